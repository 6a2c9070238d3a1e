"""Rules for the repository: what lies where, and that its papers agree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

import otio_cometapi
from otio_cometapi.cli import COMMANDS, cli

TOP_LEVEL = {
    ".ci",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.ja.md",
    "README.md",
    "SECURITY.md",
    "docs",
    "fixtures",
    "mock_server",
    "plugin",
    "pyproject.toml",
    "tests",
}
LARGEST_FILE = 1024 * 1024


def test_the_top_level_is_fixed(repository_files: list[Path]) -> None:
    """Nothing new lies at the top."""
    assert {name.parts[0] for name in repository_files} <= TOP_LEVEL


def test_the_two_source_roots_hold_one_package_each(repository_files: list[Path]) -> None:
    """`plugin/` and `mock_server/` are source roots."""
    held = {name.parts[:2] for name in repository_files if name.parts[0] in ("plugin", "mock_server")}
    assert held == {("plugin", "otio_cometapi"), ("mock_server", "cometapi_mock")}


def test_no_file_is_large(root: Path, repository_files: list[Path]) -> None:
    """Media is made by scripts; nothing over a mebibyte is kept."""
    assert [str(name) for name in repository_files if (root / name).stat().st_size > LARGEST_FILE] == []


def test_the_version_is_one(root: Path) -> None:
    """The package and its metadata agree."""
    metadata = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    assert metadata["project"]["version"] == otio_cometapi.__version__


def test_the_changelog_has_a_place_for_what_is_new(root: Path) -> None:
    """Visible changes have a section to go to, the first one."""
    sections = re.findall(r"^## (.*)$", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert sections[0].strip("[]") == "Unreleased"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    """`--help` says in a sentence what a command does and shows how to call it."""
    done = CliRunner().invoke(cli, [name, "--help"])
    assert done.exit_code == 0, done.output
    assert f"otiocomet {name}" in done.output.split("\n", 1)[1]
    assert re.search(r"^ {2}[A-Z].*?\.$", done.output, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_where_the_table_says(name: str) -> None:
    """The module that the table names holds the command under its name."""
    command = cli.commands.get(name) or cli.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert command.name == name
    assert command.callback is not None
    module, line = COMMANDS[name]
    assert command.callback.__module__ == f"otio_cometapi.cli.{module}"
    assert line.endswith(".")


def test_the_overall_help_names_every_command() -> None:
    """`otiocomet --help` lists them all, with their lines."""
    shown = CliRunner().invoke(cli, ["--help"]).output
    assert [name for name in COMMANDS if not re.search(rf"^ {{2}}{name} ", shown, re.MULTILINE)] == []
