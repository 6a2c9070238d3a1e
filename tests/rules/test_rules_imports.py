"""Who may import whom: the contracts hold, and they really catch what they forbid."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOMS = ("editorial", "media", "comet", "jobs", "review", "farm")
LEAVES = ("records", "errors", "events", "clock", "timecode")
DOORS = ("cli", "otio_entry", "api", "review_app")
OWNED = {
    "opentimelineio": "editorial",
    "requests": "comet",
    "av": "media",
    "numpy": "media",
    "sqlalchemy": "jobs",
    "sqlite3": "jobs",
    "obstore": "comet",
    "click": "cli",
    "rich": "cli",
    "flask": "review_app",
    "waitress": "review_app",
    "jinja2": "review",
    "distributed": "farm",
}
"""Outside libraries and the one place that may import each."""

HOLDERS = ("cli", "otio_entry", "review_app", "pipeline", *ROOMS, "records")
"""Packages in which a module can be planted."""

ARROWS = [
    *itertools.permutations(ROOMS, 2),
    *((room, "settings") for room in ROOMS),
    *((room, "pipeline") for room in ROOMS),
    *((room, "api") for room in ROOMS),
    *(("records", room) for room in ROOMS),
    ("pipeline", "cli"),
    ("pipeline", "otio_entry"),
    ("pipeline", "review_app"),
    ("review_app", "cli"),
    ("records", "settings"),
    ("cli", "otio_entry"),
    ("otio_entry", "cli"),
]
"""Imports between our own parts that no contract may let pass."""

LIBRARIES = [(holder, library) for library, owner in OWNED.items() for holder in HOLDERS if holder != owner]


def target_of(name: str) -> str:
    """Return a module to import from a part of the package."""
    return f"otio_cometapi.{name}"


def planted_name(what: str) -> str:
    """Return the name of a module planted to import *what*."""
    return f"planted_{what}"


def lint(where: Path) -> tuple[int, str]:
    """Run the contracts on a copy of the packages."""
    done = subprocess.run(
        [shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or "lint-imports", "--no-cache"],
        cwd=where,
        env={**os.environ, "PYTHONPATH": f"{where / 'plugin'}{os.pathsep}{where / 'mock_server'}", "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)


@pytest.fixture(scope="module")
def copy(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the packages and their contracts."""
    where = tmp_path_factory.mktemp("contracts")
    shutil.copy(root / "pyproject.toml", where)
    for source in ("plugin", "mock_server"):
        shutil.copytree(root / source, where / source, ignore=shutil.ignore_patterns("__pycache__"))
    return where


@pytest.fixture(scope="module")
def report(copy: Path) -> str:
    """Plant every forbidden import in the copy and return what the contracts say."""
    package = copy / "plugin" / "otio_cometapi"
    for holder, target in ARROWS:
        (package / holder / f"{planted_name(target)}.py").write_text(f"import {target_of(target)}\n")
    for holder, library in LIBRARIES:
        (package / holder / f"{planted_name(library)}.py").write_text(f"import {library}\n")
    (package / "media" / "planted_mock.py").write_text("import cometapi_mock\n")
    (copy / "mock_server" / "cometapi_mock" / "planted_plugin.py").write_text("import otio_cometapi.errors\n")
    code, text = lint(copy)
    assert code != 0
    return text


def test_the_contracts_are_kept(root: Path) -> None:
    """Every arrow in the code points down."""
    code, text = lint(root)
    assert code == 0, text
    assert re.search(r"Contracts: \d+ kept, 0 broken", text)


def test_every_contract_can_break(report: str) -> None:
    """With every forbidden import planted no contract is kept: none of them is empty."""
    assert re.search(r"Contracts: 0 kept, [1-9]\d* broken", report), report[-3000:]


@pytest.mark.parametrize(("holder", "target"), ARROWS)
def test_a_forbidden_import_between_our_parts_is_caught(report: str, holder: str, target: str) -> None:
    """The report names the planted import."""
    assert f"otio_cometapi.{holder}.{planted_name(target)} -> {target_of(target)}" in report


@pytest.mark.parametrize(("holder", "library"), LIBRARIES)
def test_a_library_outside_its_room_is_caught(report: str, holder: str, library: str) -> None:
    """The report names the planted import."""
    assert f"otio_cometapi.{holder}.{planted_name(library)} -> {library}" in report


@pytest.mark.parametrize(
    "arrow",
    ["otio_cometapi.media.planted_mock -> cometapi_mock", "cometapi_mock.planted_plugin -> otio_cometapi.errors"],
)
def test_the_plugin_and_the_simulator_are_kept_apart(report: str, arrow: str) -> None:
    """The report names the planted import."""
    assert arrow in report


def test_every_part_of_the_package_has_its_floor(root: Path) -> None:
    """A new room or leaf is named here, and so in the contracts and in these tests."""
    package = root / "plugin" / "otio_cometapi"
    parts = {path.stem for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert parts == {*ROOMS, *LEAVES, *DOORS, "pipeline", "settings", "__init__"}
