"""OpenTimelineIO's own discovery: it finds us, and it pays nothing for us."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import opentimelineio as otio
import pytest

import otio_cometapi

HEAVY = {"av", "requests", "urllib3", "sqlalchemy", "click", "rich", "flask", "numpy"}
PACKAGE = Path(otio_cometapi.__file__).parent
LIMIT_MS = 10.0

START = """
import json, sys
import opentimelineio as otio
before = set(sys.modules)
manifest = otio.plugins.ActiveManifest()
print(json.dumps(sorted(name.split(".")[0] for name in set(sys.modules) - before)))
"""


def run(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run Python afresh, with OTIO's settings of this machine left out."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("OTIO_")}
    return subprocess.run(
        [sys.executable, *options, "-c", code], env=variables, capture_output=True, text=True, check=True
    )


@pytest.fixture(scope="module")
def manifest() -> otio.plugins.manifest.Manifest:
    """Return the manifest as OTIO finds it."""
    return otio.plugins.ActiveManifest()


def test_otio_finds_the_adapter_by_its_suffix() -> None:
    """`.cometjob` is ours, and the file that OTIO loads is the one beside this package."""
    adapter = otio.adapters.from_filepath("edit.cometjob")
    assert adapter.name == "cometapi"
    assert Path(adapter.module_abs_path()) == PACKAGE / "otio_entry" / "adapter.py"


def test_the_loaded_adapter_reads_and_writes() -> None:
    """OTIO can load the module, and it has both directions."""
    adapter = otio.adapters.from_name("cometapi")
    assert adapter.has_feature("read")
    assert adapter.has_feature("write")
    assert not adapter.has_feature("read_from_string")


def test_otio_finds_the_media_linker() -> None:
    """The linker is found by name, from our file."""
    assert "cometapi" in otio.media_linker.available_media_linker_names()
    linker = otio.media_linker.from_name("cometapi")
    assert Path(linker.module_abs_path()) == PACKAGE / "otio_entry" / "media_linker.py"
    assert callable(linker.module().link_media_reference)


def test_the_hook_script_is_registered_and_attached_to_nothing(manifest: otio.plugins.manifest.Manifest) -> None:
    """A studio may attach it; by itself opening a timeline runs nothing of ours."""
    (script,) = (each for each in manifest.hook_scripts if each.name == "cometapi_lay_takes")
    assert Path(script.module_abs_path()) == PACKAGE / "otio_entry" / "hook_script.py"
    assert [name for name, scripts in manifest.hooks.items() if "cometapi_lay_takes" in scripts] == []


def test_otio_passes_the_names_that_our_doors_have() -> None:
    """OTIO calls with keywords: the names of our parameters are a promise."""
    linker = otio.media_linker.from_name("cometapi").module().link_media_reference
    assert linker.__code__.co_varnames[:2] == ("in_clip", "media_linker_argument_map")
    (script,) = (each for each in otio.plugins.ActiveManifest().hook_scripts if each.name == "cometapi_lay_takes")
    assert script.module().hook_function.__code__.co_varnames[:2] == ("in_timeline", "argument_map")


def test_otios_start_loads_nothing_heavy() -> None:
    """Reading every manifest imports our package and none of its libraries."""
    loaded = set(json.loads(run(START).stdout))
    assert "otio_cometapi" in loaded
    assert not loaded & HEAVY


def test_our_package_is_imported_within_10_ms() -> None:
    """The best of several fresh starts; the machine may be busy, but the work does not grow."""
    assert min(import_ms() for _ in range(5)) < LIMIT_MS


def import_ms() -> float:
    """Return the milliseconds that importing our package takes beyond an interpreter that has the usual modules."""
    told = run("import json, typing; import otio_cometapi", "-X", "importtime").stderr
    (line,) = (each for each in told.splitlines() if each.split("|")[-1].strip() == "otio_cometapi")
    return int(line.split("|")[1]) / 1000


@pytest.mark.parametrize("name", ["adapter", "media_linker", "hook_script"])
def test_a_door_of_otio_is_a_shim(name: str) -> None:
    """Loaded from their file paths, they import absolutely, keep no state and take no decision."""
    tree = ast.parse((PACKAGE / "otio_entry" / f"{name}.py").read_text("utf-8"))
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    assert len(statements) < 30
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in statements)
    assert not any(isinstance(node, ast.Assign | ast.AnnAssign | ast.Global) for node in tree.body)
