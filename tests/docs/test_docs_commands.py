"""Every command in a fenced block can be typed: its program, command, options and arguments exist."""

from __future__ import annotations

import sys

import click
import opentimelineio as otio
import pytest
from opentimelineio.console import otioconvert

from cometapi_mock.__main__ import _parser as mock_parser
from otio_cometapi.cli import COMMANDS, cli
from otio_cometapi.editorial.criteria import Criteria
from support.doc_pages import PAGES, Command, commands

OTHERS = {
    "make",
    "python3",
    "export",
    ".venv/bin/pip",
    "pip",
    "pytest",
    "curl",
    "otiopluginfo",
    "pass",
    "dask",
    "openjd",
}
"""Programs of other people, whose words are theirs."""

ALL = [command for page in PAGES for command in commands(page)]
LINKER_ARGUMENTS = {"job", "media_root"}
MORE_WRITE_ARGUMENTS = {"ratio", "references", "moderation", "handles", "takes"}


def typed(program: str) -> list[Command]:
    """Return the documented commands of one program."""
    return [command for command in ALL if command.words[0] == program]


def test_only_known_programs_are_shown() -> None:
    """No page shows a program that these tests do not judge or know to be another's."""
    ours = {"otiocomet", "otioconvert", "cometapi-mock"}
    assert {command.words[0] for command in ALL} - ours - OTHERS == set()


def test_every_command_of_the_program_is_known_to_the_pages() -> None:
    """The commands that a user types daily are shown somewhere in a block that can be copied."""
    shown = {command.words[1] for command in typed("otiocomet")}
    assert {"plan", "run", "status", "resume", "resolve", "relink", "demo"} <= shown <= {*COMMANDS, "--version"}


@pytest.mark.parametrize("command", typed("otiocomet"), ids=str)
def test_an_otiocomet_line_parses(command: Command) -> None:
    """Click takes the line as it stands, and its selections can be read."""
    name, *arguments = command.words[1:]
    if name == "--version":
        return
    top = cli.make_context("otiocomet", [], resilient_parsing=True)
    found = cli.get_command(top, name)
    assert found is not None
    if isinstance(found, click.Group):
        top, (name, *arguments) = found.make_context(name, [], parent=top, resilient_parsing=True), arguments
        found = found.commands[name]
    context = found.make_context(name, list(arguments), parent=top)
    Criteria(tuple(context.params.get("select") or ()), tuple(context.params.get("exclude") or ()))


@pytest.mark.parametrize("command", typed("otioconvert"), ids=str)
def test_an_otioconvert_line_parses(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """OTIO's tool takes the line, and adapter and linker know every argument."""
    monkeypatch.setattr(sys, "argv", list(command.words))
    arguments = otioconvert._parsed_args()
    adapter = otio.adapters.from_name("cometapi")
    features = adapter.plugin_info_map()["supported features"]
    written = {*features["write_to_file"]["args"], *MORE_WRITE_ARGUMENTS}
    assert {each.partition("=")[0] for each in arguments.output_adapter_arg} <= written
    assert {each.partition("=")[0] for each in arguments.adapter_arg} <= set(features["read_from_file"]["args"])
    assert {each.partition("=")[0] for each in arguments.media_linker_arg} <= LINKER_ARGUMENTS


@pytest.mark.parametrize("command", typed("cometapi-mock"), ids=str)
def test_a_simulator_line_parses(command: Command) -> None:
    """The simulator takes the line as it stands."""
    assert mock_parser().parse_args(list(command.words[1:]))
