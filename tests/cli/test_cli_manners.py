"""Manners: mistakes are met with what was meant, shells complete, terminals of any width, little or much said."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import click
import opentimelineio as otio
import pytest
from click.testing import Result

from otio_cometapi.cli import cli
from otio_cometapi.cli.completion import SHELLS
from support import road
from support.edits import three_tracks
from support.flow import FILM
from support.help_pages import every_command
from support.host_process import script
from support.terminal import drawn, text_of

Called = Callable[..., Result]
EDL = "TITLE: x\n\n001  AX       V     C        00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00\n"
PICK = ("--select", "track:V3", "--prompt", "make it snow")


@pytest.fixture
def desk(home: Path) -> Path:
    """Return the work folder, with an edit in it."""
    work = home / "work"
    otio.adapters.write_to_file(three_tracks(home / "media", FILM).timeline, str(work / "edit.otio"))
    return work


@pytest.fixture
def variables(home: Path) -> Mapping[str, str]:
    """Return the environment of a process of this person."""
    return {
        **road.environment(base_url="https://api.example.com", home=home),
        "COMETAPI_CONFIG_DIR": str(home / "config"),
    }


# -- what was meant


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("docter",), "Did you mean 'doctor'?"),
        (("plan", "edit.otio", "--promt", "x"), "'--prompt'"),
        (("auth", "logon"), "login"),
        (("plan", "edit.otio", "--conform", "tme"), "'time'"),
        (("plan", "cut.edl", "-a", "rat=25"), "the adapter cmx_3600 takes no argument 'rat'. Did you mean 'rate'?"),
    ],
)
@pytest.mark.usefixtures("desk")
def test_a_misspelt_word_of_a_command(called: Called, arguments: tuple[str, ...], words: str) -> None:
    """Commands, options, choices and an adapter's arguments: exit code 2, and the right word."""
    Path("cut.edl").write_text(EDL, "utf-8")
    done = called(*arguments)
    assert (done.exit_code, words in done.output) == (2, True), done.output


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--seed", value) for value in ("-4", "4294967296", "x")),
        *(("--takes", value) for value in ("0", "101", "x")),
        *(("--handles", value) for value in ("-1", "x")),
        *(("--overlap", value) for value in ("0", "x")),
        *(("--rate", value) for value in ("0", "-24", "nan", "x")),
        *((option, value) for option in ("--poll-interval", "--wait", "--deadline") for value in ("-1", "nan", "inf")),
        *((option, value) for option in ("--budget", "--day-limit") for value in ("abc", "-5s", "5")),
        ("--ratio", "wide"),
        ("--keyframe", "k1.png"),
    ],
)
@pytest.mark.usefixtures("desk")
def test_an_amount_that_cannot_be_meant(called: Called, option: str, value: str) -> None:
    """Whatever the option: exit code 2, the value or the option by name, and nothing made."""
    done = called("run", "edit.otio", "-o", "out.otio", *PICK, "--yes", option, value)
    assert (done.exit_code, value in done.output or option in done.output) == (2, True), done.output
    assert not Path("comet.cometjob").exists()


def test_a_flag_takes_no_amount(called: Called) -> None:
    """`--parts 3`, where `--parts` alone is meant: exit code 2, and the word that is too many."""
    done = called("plan", "edit.otio", *PICK, "--parts", "3")
    assert (done.exit_code, "3" in done.output) == (2, True), done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--select", "all", "--prompt", "x", "--model", "gen4_alpeh"), "Did you mean 'gen4_aleph'?"),
        (("--select", "name:SH1O", "--prompt", "x"), "name:SH1O: there is no such clip. Did you mean '"),
        (("--select", "track:Title", "--prompt", "x"), "track:Title: there is no such track."),
    ],
)
@pytest.mark.usefixtures("desk")
def test_a_misspelt_model_clip_or_track(called: Called, arguments: tuple[str, ...], words: str) -> None:
    """`plan` names the nearest that there is."""
    done = called("plan", "edit.otio", *arguments)
    assert words in done.output, done.output


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("look.toml", '[default]\nprompt = "x"', "Did you mean 'defaults'?"),
        ("look.toml", '[defaults]\npromt = "x"', "Did you mean 'prompt'?"),
        ("look.csv", "clip,promtp\nsh010,x\n", "Did you mean 'prompt'?"),
    ],
)
def test_a_misspelt_field_of_a_look(called: Called, desk: Path, name: str, text: str, words: str) -> None:
    """Tables, settings and columns of look files."""
    (desk / name).write_text(text)
    done = called("plan", "edit.otio", "--look", name)
    assert (done.exit_code, words in done.output) == (1, True), done.output


# -- what every command has


def test_every_command_has_one_door_an_example_and_loudness() -> None:
    """Errors and Ctrl-C end alike; all that print tables know --json, -q and -v; each help has a line to type."""
    for name in every_command():
        command: click.Command = cli
        for word in name.split():
            assert isinstance(command, click.Group)
            command = command.get_command(click.Context(command), word) or command
        if isinstance(command, click.Group):
            continue
        assert hasattr(command.callback, "__wrapped__"), name
        assert re.search(rf"^ *otiocomet {name}", command.help or "", re.MULTILINE), name
        if name not in ("mock", "demo", "completion", "farm template"):
            assert {"as_json", "quiet", "verbose"} <= {each.name for each in command.params}, name


def test_ctrl_c_before_a_command_has_begun(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """While libraries are still read it ends with 130 and a sentence, as later."""

    def interrupted(_name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("otio_cometapi.cli.import_module", interrupted)
    done = called("status", "a.cometjob")
    assert (done.exit_code, "nothing was begun" in done.output) == (130, True)


@pytest.mark.parametrize("error", [KeyboardInterrupt, click.Abort])
def test_ctrl_c_says_how_to_go_on(
    desk: Path, called: Called, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """Wherever it strikes, at a question too, the code is 130 and the line to type names job and output."""
    assert called("export", "edit.otio", "--job", "a.cometjob", *PICK).exit_code == 0

    def interrupted(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("otio_cometapi.cli.running.ask_to_send", interrupted)
    for arguments in (("submit", "a.cometjob"), ("resume", "a.cometjob", "-o", "out.otio")):
        done = called(*arguments)
        assert done.exit_code == 130
        assert "Go on with `otiocomet resume a.cometjob -o " in done.output


# -- shells


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_for_every_shell(called: Called, shell: str) -> None:
    """The script names the program, and the variable by which it is asked."""
    done = called("completion", shell)
    assert done.exit_code == 0
    assert "_OTIOCOMET_COMPLETE" in done.output


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("otiocomet st", {"status", "strip"}),
        ("otiocomet auth log", {"login", "logout"}),
        ("otiocomet plan --mod", {"--model", "--moderation"}),
        ("otiocomet plan --model gen4", {"gen4_aleph"}),
        ("otiocomet run --host re", {"resolve"}),
    ],
)
def test_a_shell_completes(variables: Mapping[str, str], typed: str, expected: set[str]) -> None:
    """Commands, those of a group, options, models and choices; asked as bash asks."""
    words = typed.split()
    asked = {"_OTIOCOMET_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)}
    ended = subprocess.run(
        [script("otiocomet")], env={**variables, **asked}, capture_output=True, text=True, check=False
    )
    assert {line.partition(",")[2] for line in ended.stdout.splitlines()} == expected, ended.stderr


def test_bash_takes_the_script(called: Called, tmp_path: Path) -> None:
    """Bash itself reads it without a complaint and registers the program."""
    (tmp_path / "completion.bash").write_text(called("completion", "bash").output)
    ended = subprocess.run(
        ["bash", "--norc", "-c", f"source {tmp_path}/completion.bash && complete -p otiocomet"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "_otiocomet_completion" in ended.stdout


# -- terminals


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_a_plan_fits_the_terminal(desk: Path, variables: Mapping[str, str], columns: int) -> None:
    """On a real terminal no line is broken by it; timecode, length, reason and price are there."""
    shown, code = drawn(
        *(script("otiocomet"), "plan", "edit.otio", *PICK), columns=columns, environment=variables, cwd=desk
    )
    text = text_of(shown)
    assert code == 0, text
    assert max(len(line) for line in text.splitlines()) <= columns
    for words in ("01:00:0", "length", "USD", "not selected"):
        assert words in text
    assert b"\x1b[" in shown


def test_no_color_is_heeded(desk: Path, variables: Mapping[str, str]) -> None:
    """With NO_COLOR not one escape is written, on a terminal too."""
    command = ("/usr/bin/env", "NO_COLOR=1", script("otiocomet"), "plan", "edit.otio", *PICK)
    shown, _ = drawn(*command, columns=80, environment=variables, cwd=desk)
    assert b"\x1b" not in shown


# -- little and much


@pytest.mark.usefixtures("desk")
def test_quiet_says_the_result_alone(called: Called) -> None:
    """No table and no note: the estimate."""
    done = called("plan", "edit.otio", *PICK, "--quiet")
    assert re.fullmatch(r"\d+ new takes?, .* USD \(.*\)\.\n", done.output), done.output


def test_verbose_tells_every_step_with_its_time(desk: Path, called: Called) -> None:
    """An export says when it cut what."""
    done = called("export", "edit.otio", "--job", "a.cometjob", *PICK, "-v")
    assert re.search(r"^20\d\d-.* UTC  export: .*: cut$", done.output, re.MULTILINE), done.output


# -- pictures, and what goes on elsewhere


def test_strip_draws_what_waits_and_what_was_left_out(desk: Path, called: Called) -> None:
    """After an export the chosen clips are pending, the others left out; counts are told, and the file is SVG."""
    assert called("export", "edit.otio", "--job", "a.cometjob", *PICK).exit_code == 0
    done = called("strip", "a.cometjob", "-o", "strip.svg", "--json")
    said = json.loads(done.output)
    states = [segment["state"] for segment in said["segments"] if segment["track"] == said["tracks"][-1]]
    assert set(states) == {"pending"}
    assert {segment["state"] for segment in said["segments"]} == {"pending", "left out"}
    root = ET.parse(desk / "strip.svg").getroot()  # noqa: S314 - our own file
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert said["segments"][0]["start"] == 86400, "one hour at 23.976"


def test_strip_shows_what_came_home(desk: Path, called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a run the clips whose takes are ready are replaced."""
    with road.simulator() as url:
        monkeypatch.setenv("COMETAPI_BASE_URL", url)
        monkeypatch.setenv("COMETAPI_KEY", "test")
        options = ("-o", "out.otio", "--job", "a.cometjob", "--yes", "--poll-interval", "0.05")
        done = called("run", "edit.otio", *options, *PICK)
        assert done.exit_code == 0, done.output
    told = called("strip", "a.cometjob", "-o", "strip.svg").output
    assert re.match(r"[1-9]\d* replaced, 0 pending, 0 failed, \d+ left out: strip.svg", told), told


def test_watch_ends_when_nothing_goes_on_by_itself(desk: Path, called: Called) -> None:
    """A job that waits to be sent is watched on; once its take is abandoned the watching ends, a line a change."""
    assert called("export", "edit.otio", "--job", "a.cometjob", *PICK).exit_code == 0
    process = subprocess.Popen(
        [script("otiocomet"), "status", "a.cometjob", "--watch", "--interval", "0.1", "--json"],
        cwd=desk,
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    assert {take["state"] for take in first["takes"]} == {"EXPORTED"}
    assert called("cancel", "a.cometjob").exit_code in (0, 3)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert {take["state"] for take in json.loads(rest.splitlines()[-1])["takes"]} == {"ABANDONED"}


@pytest.mark.parametrize("columns", [40, 100])
def test_a_run_on_a_terminal_shows_every_step_and_the_time_left(
    desk: Path, variables: Mapping[str, str], columns: int
) -> None:
    """Bars with each take's step, the service's percentage, and how long all of it may take."""
    with road.simulator() as url:
        command = (script("otiocomet"), "run", "edit.otio", "-o", "out.otio", "--job", "a.cometjob", "--yes", *PICK)
        shown, code = drawn(
            *command,
            *("--poll-interval", "0.3"),
            columns=columns,
            environment={**variables, "COMETAPI_BASE_URL": url, "COMETAPI_KEY": "test"},
            cwd=desk,
        )
    text = text_of(shown)
    assert code == 0, text
    for words in ("all takes", "queued", "left", "1 clip relinked"):
        assert words in text, text
    assert re.search(r"generating \d+%", text), text
