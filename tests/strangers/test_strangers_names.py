"""Names from timelines that want to be paths or orders to a terminal, down the whole road and on a real terminal."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import pty
import re
import threading
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import opentimelineio as otio
import pytest

from otio_cometapi.cli.doors import print_json
from otio_cometapi.errors import CometError, tame
from otio_cometapi.events import Event, Stage
from otio_cometapi.otio_entry import work
from support import road, warm_scripts
from support.edits import three_tracks
from support.flow import FILM
from support.road import simulator

NAMES = {
    "climbing": "../../../../tmp/climbed",
    "absolute": "/etc/absolute.mov",
    "backslashes": "..\\..\\climbed",
    "NUL": "nul\x00byte",
    "reserved on Windows": "CON",
    "reserved with a suffix": "lpt1.mov",
    "three hundred characters": "x" * 300,
    "three hundred emoji": "\N{CLAPPER BOARD}" * 300,
    "from right to left": "sh\u202e010\u2066.mov",
    "emoji of several": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "line ends": "one\ntwo\r\nthree\u2028four",
    "title of the window": "\x1b]0;TAKEN\x07",
    "cleared screen": "\x1b[2J\x1b[1;1Hcleared",
    "eight bits": "\x9b31mred",
    "bell and backspace": "a\x07\x08\x08b",
    "many marks": "a" + "\u0301" * 200,
    "markup of the tables": "[red]x[/red] [link=https://a.b]y[/link]",
    "dots": "..",
    "a dash": "-rf",
    "nothing": "",
    "blanks": "   ",
}
KEPT = [name.partition("\x00")[0] for name in NAMES.values()]
"""What OTIO itself keeps of them: its texts end at a NUL (0.18.1)."""
HOSTILE = ("\x1b]0;", "\x1b[2J", "\x9b", "\x07", "\x08", "\x00", "\u202e", "\u2066", "\u2028", "\u0301" * 9)


@dataclass
class Scene:
    """What came of a road full of such names."""

    folder: Path
    screen: str
    """What a terminal was sent."""
    plain: str
    """What a pipe was sent."""
    said: dict[str, object]
    """What `status --json` printed."""
    json_text: str


def on_terminal(*arguments: str, cwd: Path, environment: dict[str, str]) -> str:
    """Run a command whose three streams are a terminal; return all that the terminal was sent."""
    ours, theirs = pty.openpty()
    pieces: list[bytes] = []

    def read() -> None:
        with contextlib.suppress(OSError):  # the last one who writes has gone
            while piece := os.read(ours, 65_536):
                pieces.append(piece)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        process = warm_scripts.start(arguments, cwd=cwd, env=environment, streams=[theirs] * 3)
    finally:
        os.close(theirs)
    process.wait(120)
    reader.join(10)
    os.close(ours)
    return b"".join(pieces).decode("utf-8", "replace")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Send a cut of one shot under every name down the road: one take, whose media is named for one of them."""
    folder = tmp_path_factory.mktemp("names")
    edit = three_tracks(folder / "media", FILM)
    pattern = next(iter(edit.timeline.find_clips()))
    names = list(NAMES.values())
    track = otio.schema.Track("\x1b[2Jtrack\u202e", kind=otio.schema.TrackKind.Video)
    for name in names:
        clip = pattern.clone()
        clip.name = name
        track.append(clip)
    timeline = otio.schema.Timeline("../\x1b]0;TAKEN\x07timeline")
    timeline.tracks.append(track)
    otio.adapters.write_to_file(timeline, str(folder / "edit.otio"))
    prompt = "make it snow \x1b]0;TAKEN\x07\u202e"
    with simulator() as url:
        environment = {**road.environment(base_url=url, home=folder), "TERM": "xterm", "COLUMNS": "200"}
        run = ("run", "edit.otio", "-o", "out.otio", "--select", "all", "--prompt", prompt, "--yes", "--poll-interval")
        screen = on_terminal("otiocomet", *run, "0.05", cwd=folder, environment=environment)
        screen += on_terminal("otiocomet", *run[:2], "--select", "all", cwd=folder, environment=environment)
        plain = road.otiocomet("status", "comet.cometjob", base_url=url, home=folder, cwd=folder)
        plain_plan = road.otiocomet("plan", *run[1:2], *run[4:8], base_url=url, home=folder, cwd=folder)
        told = road.otiocomet("status", "comet.cometjob", "--json", base_url=url, home=folder, cwd=folder)
    shown = plain.stdout + plain.stderr + plain_plan.stdout + plain_plan.stderr
    return Scene(folder, screen, shown, json.loads(told.stdout), told.stdout)


def test_every_name_went_down_the_road(scene: Scene) -> None:
    """What follows is worth something: the take is ready, and the terminal showed a table."""
    (take,) = scene.said["takes"]  # type: ignore[misc]
    assert take["state"] == "READY"
    assert "clips relinked" in scene.screen
    assert "cleared" in scene.screen


def test_nothing_lies_outside_of_where_it_belongs(scene: Scene) -> None:
    """The folder holds what the command was told to make, and media has plain names inside the job."""
    made = {path.name for path in scene.folder.iterdir()}
    assert made - {".cache", ".config", ".local"} == {"media", "edit.otio", "out.otio", "comet.cometjob"}
    media = [path.name for path in (scene.folder / "comet.cometjob" / "media").iterdir()]
    assert media
    assert all(re.fullmatch(r"[\w-]+\.mp4", name) and len(name.encode()) < 200 for name in media)
    assert not Path("/tmp/climbed").exists()  # noqa: S108 - the name above
    for clip in otio.adapters.read_from_file(str(scene.folder / "out.otio")).find_clips():
        assert Path(clip.media_reference.target_url).parent == scene.folder / "comet.cometjob" / "media"


def test_the_timeline_keeps_every_name_as_it_was(scene: Scene) -> None:
    """Names are tamed where they are shown, never in the edit."""
    found = [clip.name for clip in otio.adapters.read_from_file(str(scene.folder / "out.otio")).find_clips()]
    assert found == KEPT


@pytest.mark.parametrize("order", HOSTILE, ids=ascii)
def test_no_order_reaches_a_terminal_or_a_pipe(scene: Scene, order: str) -> None:
    """Neither tables nor progress nor sentences carry a control character, an escape or a change of direction."""
    assert order not in scene.screen
    assert order not in scene.plain


def test_lines_in_a_pipe_stay_lines(scene: Scene) -> None:
    """A name with line ends does not make a second row: every row of the plan's table has its columns."""
    rows = [line for line in scene.plain.splitlines() if line.startswith("Already paid\t")]
    assert len(rows) == len(NAMES)
    assert {row.count("\t") for row in rows} == {10}


def test_json_holds_every_name_and_no_order(scene: Scene) -> None:
    """`--json` says the names exactly, in escapes where they could steer a terminal."""
    (take,) = scene.said["takes"]  # type: ignore[misc]
    assert take["clips"] == KEPT
    assert not [letter for letter in scene.json_text if unicodedata.category(letter) in ("Cc", "Cs") and letter != "\n"]
    assert "\u202e" not in scene.json_text


def test_half_a_character_does_not_end_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """File names that are no UTF-8 come as halves of characters: they are printed as escapes, not as a traceback."""
    print_json({"path": "/media/caf\udce9.mov"})
    assert json.loads(capsys.readouterr().out) == {"path": "/media/caf\udce9.mov"}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_errors_show_no_order_wherever_they_are_printed(name: str) -> None:
    """An error's text is tame by itself, so that tracebacks and other people's tools show it so too."""
    error = CometError(f"'{name}' cannot be read", clip=name, next_step=f"Look at {name}.")
    assert not [letter for letter in str(error) if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")]
    assert not set("\u202e\u2066") & set(str(error))


def test_what_otio_logs_of_events_is_tame(caplog: pytest.LogCaptureFixture) -> None:
    """The adapter's log lines, which tools print, carry no order either."""
    with caplog.at_level(logging.INFO, logger="otio_cometapi"):
        work._logged(Event(Stage.EXPORT, "cut \x1b[2J", clip=NAMES["title of the window"]))
    assert "\x1b" not in caplog.text
    assert "cut" in caplog.text


def test_living_scripts_are_shown_as_they_are() -> None:
    """Taming takes nothing from names in Arabic, Hindi, Thai, Hebrew, Vietnamese or emoji."""
    for name in (
        "مشهد",
        "शॉट ०१०",
        "ฉากที่ ๑๐",
        "סצנה 010",
        "Cảnh ghế",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    ):
        assert tame(name) == name
