"""What lies on a reader's desk before they type what a page says: an edit, and for some pages a job."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import opentimelineio as otio

from cometapi_mock.server import MockServer
from otio_cometapi.editorial.sample_edit import CAMERAS, RATE, sample_edit
from otio_cometapi.media.testcard import write_testcard
from otio_cometapi.timecode import timecode_text
from support.doc_pages import ROOT, blocks
from support.doc_reader import Reader
from support.pictures import write_picture

WIDTH, HEIGHT = 160, 90
DNXHR = (256, 144)
"""Pictures that are large enough for DNxHR, in pixels."""
LONG_FRAMES = 320
"""Frames of the take that is too long for its model: 13.3 s."""


@dataclass(frozen=True)
class Desk:
    """A reader, and the simulator that they have started."""

    reader: Reader
    """The reader."""
    mock: MockServer
    """The simulator."""

    @property
    def folder(self) -> Path:
        """Where everything lies."""
        return self.reader.folder

    def run(self, *words: str, edit: str = "edit.otio") -> str:
        """Take an edit down the road, before the page begins."""
        line = f"otiocomet run {edit} -o relinked.otio --yes " + " ".join(words)
        return self.reader.types(line)

    def task(self) -> str:
        """Return the id of a task that the simulator has."""
        return str(self.mock.tasks()[0]["id"])

    def waiting(self) -> str:
        """Return the id of the job's first take that is not ready."""
        takes = json.loads(self.reader.types("otiocomet status comet.cometjob --json"))["takes"]
        return str(next(take["id"] for take in takes if take["state"] != "READY"))


def shoot(media: Path, *, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Path:
    """Make the small films of the sample edit, and an edit of them; return the edit's file."""
    media.mkdir(parents=True)
    for camera in CAMERAS:
        write_testcard(
            media / camera.name,
            frame_count=camera.frame_count,
            rate=RATE,
            width=size[0],
            height=size[1],
            start_timecode=timecode_text(camera.start, RATE, drop_frame=False),
            seed=camera.seed,
        )
    edit = media.parent / "edit.otio"
    otio.adapters.write_to_file(sample_edit(media), str(edit))
    return edit


def _renamed(desk: Desk, old: str, new: str) -> None:
    edit = otio.adapters.read_from_file("edit.otio")
    next(clip for clip in edit.find_clips() if clip.name == old).name = new
    otio.adapters.write_to_file(edit, "edit.otio")


def _plain(_desk: Desk) -> None:
    """Leave the edit as it is."""


def _tutorial(desk: Desk) -> None:
    Path("demo").mkdir()
    shutil.copy("edit.otio", "demo/edit.otio")


def _unanswered(desk: Desk) -> None:
    """Lay out a job with a create that brought no answer."""
    desk.reader.ends = {"run": [3]}
    desk.run("--select", "name:hands", "--prompt", "'[[scenario:lost_502]] snow'")
    desk.reader.names = {
        "t1-3f9ac02b": desk.waiting(),
        "12a01a5e-ab55-4aa7-b002-7b873546cf76": desk.task(),
    }
    desk.reader.ends = {"resume": [3, 0]}  # before a person has decided, and after


def _counted(desk: Desk) -> None:
    """Lay out a job that knows an older version of the cut."""
    shutil.copy("edit.otio", "edit_v3.otio")
    edit = otio.adapters.read_from_file("edit_v3.otio")
    edit.name = "edit_v3"
    otio.adapters.write_to_file(edit, "edit_v3.otio")
    desk.run("--select", "name:hands", "--prompt", "snow", edit="edit_v3.otio")


def _finished(desk: Desk) -> None:
    """Lay out a job whose takes are home; a move that writes no timeline again ends with 3."""
    desk.run()
    desk.reader.ends = {"move comet.cometjob archive/": [3]}


def _installed(desk: Desk) -> None:
    """Lay out a job, and an environment in which no key but the practised one is found."""
    desk.run()
    desk.reader.patch.setenv("COMETAPI_CONFIG_DIR", str(desk.folder / "configuration"))


def _judged(desk: Desk) -> None:
    """Lay out a job with takes to be judged."""
    desk.run()
    takes = json.loads(desk.reader.types("otiocomet status comet.cometjob --json"))["takes"]
    desk.reader.names = {"t1-b750ed9c": str(takes[0]["id"])}


def _keyframed(desk: Desk) -> None:
    _renamed(desk, "window", "sh010")
    for name in ("k1.png", "k2.png"):
        write_picture(Path(name), width=WIDTH, height=HEIGHT)


def _long(desk: Desk) -> None:
    """Lay out an edit of one clip that is too long for its model."""
    film = Path("media/long.mp4")
    film.parent.mkdir(exist_ok=True)
    write_testcard(
        film, frame_count=LONG_FRAMES, rate=Fraction(24), width=WIDTH, height=HEIGHT, start_timecode="00:00:00:00"
    )
    whole = otio.opentime.TimeRange(otio.opentime.RationalTime(0, 24), otio.opentime.RationalTime(LONG_FRAMES, 24))
    used = otio.opentime.TimeRange(otio.opentime.RationalTime(16, 24), otio.opentime.RationalTime(288, 24))
    track = otio.schema.Track("V1", kind="Video")
    track.append(otio.schema.Clip("long", otio.schema.ExternalReference(str(film.absolute()), whole), used))
    edit = otio.schema.Timeline("long", global_start_time=otio.opentime.RationalTime(86400, 24))
    edit.tracks.append(track)
    otio.adapters.write_to_file(edit, "edit.otio")


def _looks(_desk: Desk) -> None:
    """Lay out the look file that the page shows."""
    write_picture(Path("refs/evening.png"), width=WIDTH, height=HEIGHT)
    Path("looks.toml").write_text(blocks(ROOT / "docs/how-to/select-clips.md", "toml")[0], "utf-8")


def _recut(desk: Desk) -> None:
    shutil.copy("edit.otio", "edit_v2.otio")


def _back_from_hosts(desk: Desk) -> None:
    """Lay out a job, and what hosts made of timelines of it."""
    desk.run()
    desk.reader.types("otiocomet relink comet.cometjob -o from_resolve.otio --host resolve")
    edit = otio.adapters.read_from_file("edit.otio")
    del edit.tracks[1:]  # an EDL holds one video track
    otio.adapters.write_to_file(edit, "flat.otio")
    desk.run(edit="flat.otio")
    desk.reader.types("otiocomet relink comet.cometjob -o from_avid.edl --host avid")


def _from_host(name: str) -> Callable[[Desk], None]:
    """Return a desk with what a host exported again, of a job that is finished."""

    def lay(desk: Desk) -> None:
        if name == "resolve":
            shoot(desk.folder / "media", size=DNXHR)
        if name == "premiere":  # FCP XML takes no generators, and the edit's third track is a title
            edit = otio.adapters.read_from_file("edit.otio")
            del edit.tracks[2:]
            otio.adapters.write_to_file(edit, "edit.otio")
        desk.run()
        desk.reader.types(f"otiocomet relink comet.cometjob -o from_{name}.otio --host {name}")

    return lay


def _avid(desk: Desk) -> None:
    """Lay out an EDL, and one that shows its takes."""
    shoot(desk.folder / "media", size=DNXHR)
    edit = otio.adapters.read_from_file("edit.otio")
    del edit.tracks[1:], edit.tracks[0][1]
    marker = edit.tracks[0][1].markers[0]  # Avid writes a marker's record timecode, the adapter what stands in it
    marker.marked_range = otio.opentime.TimeRange(otio.opentime.RationalTime(50, float(RATE)))
    otio.adapters.write_to_file(edit, "edit.edl")
    desk.run("--rate 23.976", edit="edit.edl")
    desk.reader.types("otiocomet relink comet.cometjob -o from_avid.edl --host avid")


class Strips(list[Any]):
    """What stands for a sequence editor of Blender: it keeps the strips that are made."""

    def new_movie(self, name: str, filepath: str, channel: int, frame_start: int) -> Any:
        """Keep a strip as it was asked for."""
        self.append(SimpleNamespace(name=name, filepath=filepath, channel=channel, frame_start=frame_start))
        return self[-1]


def _blender(desk: Desk) -> None:
    """Let the page's Python find a module that stands for Blender."""
    strips = Strips()
    editor = SimpleNamespace(strips=strips)
    bpy = SimpleNamespace(context=SimpleNamespace(scene=SimpleNamespace(sequence_editor=editor)))
    desk.reader.patch.setitem(sys.modules, "bpy", bpy)  # type: ignore[arg-type]
    desk.reader.variables["made"] = strips


def _relinked_clip(desk: Desk) -> None:
    """Relink a clip, for a page's Python."""
    desk.run("--select", "name:hands", "--prompt", "snow")
    clips = otio.adapters.read_from_file("relinked.otio").find_clips()
    desk.reader.variables["clip"] = next(clip for clip in clips if clip.name == "hands")


DESKS: dict[str, Callable[[Desk], Any]] = {
    "README.md": _plain,
    "docs/tutorial.md": _tutorial,
    "docs/how-to/after-a-crash.md": _unanswered,
    "docs/how-to/costs.md": _counted,
    "docs/how-to/from-avid.md": _avid,
    "docs/how-to/from-blender.md": _blender,
    **{f"docs/how-to/from-{name}.md": _from_host(name) for name in ("hiero", "kdenlive", "premiere", "resolve", "rv")},
    "docs/how-to/farm.md": _plain,
    "docs/how-to/hosts.md": _back_from_hosts,
    "docs/how-to/housekeeping.md": _finished,
    "docs/how-to/keyframes.md": _keyframed,
    "docs/how-to/long-shots.md": _long,
    "docs/how-to/extend.md": _plain,
    "docs/how-to/review.md": _judged,
    "docs/how-to/select-clips.md": _looks,
    "docs/how-to/set-up.md": _installed,
    "docs/how-to/stock-otio-tools.md": _recut,
    "docs/reference/metadata.md": _relinked_clip,
    "docs/reference/python.md": _plain,
}
"""What each page that is typed needs."""

TRIED_ELSEWHERE = {
    "README.ja.md": "tests/docs/test_docs_japanese.py",  # its blocks are README's
    "docs/mock_server.md": "tests/mock/test_mock_docs.py",  # run as another project would
}
"""Pages whose blocks another test answers for."""
