"""The parts of Blender's panel that need no Blender, as modules."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import otio_cometapi

PANEL = Path(otio_cometapi.__file__).parent / "panels" / "blender"
_NAME = "comet_panel_without_blender"


def panel_module(name: str) -> ModuleType:
    """Import one of the panel's modules, without the package's own first lines: those ask for Blender."""
    if _NAME not in sys.modules:
        package = ModuleType(_NAME)
        package.__path__ = [str(PANEL)]
        sys.modules[_NAME] = package
    return import_module(f"{_NAME}.{name}")
