"""The wheel: what a user gets, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel and open it."""
    where = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(where), str(root)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = where.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_every_file_of_both_packages(root: Path, wheel: zipfile.ZipFile) -> None:
    """Modules, the manifest, `py.typed`, the model table and the simulator's data: all of it, byte for byte."""
    for source in ("plugin", "mock_server"):
        for path in (root / source).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert wheel.read(path.relative_to(root / source).as_posix()) == path.read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "otio_cometapi/plugin_manifest.json",
        "otio_cometapi/py.typed",
        "otio_cometapi/comet/models.toml",
        "cometapi_mock/py.typed",
        "cometapi_mock/openapi.yaml",
        "cometapi_mock/answers.json",
    ],
)
def test_the_wheel_holds_what_is_no_module(wheel: zipfile.ZipFile, name: str) -> None:
    """The data without which nothing runs is there."""
    assert name in wheel.namelist()


def test_the_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    """Two packages and the metadata: no tests, no fixtures, no caches."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"otio_cometapi", "cometapi_mock"}
    assert [name for name in wheel.namelist() if "/test_" in name or "__pycache__" in name] == []


def test_the_wheel_holds_the_licence(root: Path, wheel: zipfile.ZipFile) -> None:
    """The licence goes with the code."""
    (name,) = (each for each in wheel.namelist() if each.endswith("/LICENSE"))
    assert wheel.read(name) == (root / "LICENSE").read_bytes()


def test_the_wheel_registers_its_doors(wheel: zipfile.ZipFile) -> None:
    """Console scripts and the entry point that OTIO looks for are declared."""
    (name,) = (each for each in wheel.namelist() if each.endswith("entry_points.txt"))
    words = wheel.read(name).decode().split("\n")
    assert "otiocomet = otio_cometapi.cli:main" in words
    assert "cometapi-mock = cometapi_mock.__main__:main" in words
    assert words.index("[opentimelineio.plugins]") < words.index("otio_cometapi = otio_cometapi")


def test_the_manifests_files_are_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    """Every file that the manifest names is there."""
    manifest = json.loads(wheel.read("otio_cometapi/plugin_manifest.json"))
    named = [entry["filepath"] for kind in ("adapters", "media_linkers", "hook_scripts") for entry in manifest[kind]]
    assert [name for name in named if f"otio_cometapi/{name}" not in wheel.namelist()] == []
    assert len(named) == 3
