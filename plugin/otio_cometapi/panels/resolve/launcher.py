"""
CometAPI takes: what DaVinci Resolve lists under Workspace > Scripts.

`otiocomet host install resolve` copies this file into Resolve's folder of scripts and writes the next line; the rest of
the panel lies where that line says, out of the menu's sight.
"""

import importlib.util
import sys
from pathlib import Path

FOLDER = ""
_NAME = "otiocomet_resolve"

if FOLDER:
    _FOUND = importlib.util.spec_from_file_location(
        _NAME, str(Path(FOLDER, "__init__.py")), submodule_search_locations=[FOLDER]
    )
    if _FOUND is None or _FOUND.loader is None:
        raise ImportError(FOLDER)
    for _each in [name for name in sys.modules if name == _NAME or name.startswith(_NAME + ".")]:
        del sys.modules[_each]
    sys.modules[_NAME] = importlib.util.module_from_spec(_FOUND)
    _FOUND.loader.exec_module(sys.modules[_NAME])
    importlib.import_module(_NAME + ".script").main(globals().get("resolve"))
