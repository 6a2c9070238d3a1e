"""What the tests of the whole road share: an edit in a folder, the command that takes it down the road, and readers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

from support import road
from support.edits import Edit, three_tracks
from support.numbered import numbers_of

FILM = Fraction(24000, 1001)


@dataclass
class Desk:
    """A folder with an edit in it, and a simulator to send it to."""

    folder: Path
    """Where everything lies."""
    url: str
    """The simulator."""
    edit: Edit
    """The edit over numbered media."""
    timeline: Path = field(init=False)
    """The edit's file."""

    def __post_init__(self) -> None:
        self.timeline = self.save(self.edit.timeline, "edit.otio")

    def save(self, timeline: otio.schema.Timeline, name: str) -> Path:
        """Write a timeline into the folder."""
        path = self.folder / name
        otio.adapters.write_to_file(timeline, str(path))
        return path

    def comet(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run one `otiocomet` command in the folder."""
        return road.otiocomet(*arguments, base_url=changes.get("url", self.url), home=self.folder, cwd=self.folder)

    def run(self, *more: str, timeline: str = "edit.otio", output: str = "out.otio") -> dict[str, Any]:
        """Send every clip of a timeline down the road and return what the command said."""
        ended = self.comet("run", timeline, "-o", output, "--select", "all", "--prompt", "make it snow", *fast(), *more)
        assert ended.stdout.startswith("{"), ended.stderr
        said: dict[str, Any] = json.loads(ended.stdout)
        assert said["exit"] == ended.returncode
        return said

    def creates(self) -> int:
        """Return how many creates the simulator accepted."""
        return int(self.verify()["creates"])

    def verify(self) -> dict[str, Any]:
        """Return what the simulator says of all it was asked."""
        found: dict[str, Any] = road.answer(f"{self.url}/_mock/verify")
        return found


def fast() -> tuple[str, ...]:
    """Return the flags of a run that nobody watches, against a simulator."""
    return ("--yes", "--poll-interval", "0.05", "--json")


def desk(folder: Path, url: str) -> Desk:
    """Make a desk with an edit of three tracks at 24000/1001."""
    folder.mkdir(parents=True, exist_ok=True)
    return Desk(folder, url, three_tracks(folder / "media", FILM))


def clips(path: Path) -> list[Any]:
    """Return the clips of a timeline file, in their order."""
    return list(otio.adapters.read_from_file(str(path)).find_clips())


def numbers_shown(clip: Any) -> list[dict[int, int]]:
    """Return the numbers that a clip's active media shows over the clip's source range, frame by frame."""
    reference = clip.media_reference
    begins = clip.source_range.start_time - reference.available_range.start_time
    first = round(begins.value)
    return numbers_of(reference.target_url)[first : first + round(clip.source_range.duration.value)]


def taken(clip: Any) -> str:
    """Return the key under which a clip shows a take, or nothing."""
    key = str(clip.active_media_reference_key)
    return key if key.startswith("cometapi:") else ""


def journal_of(url: str, path: str) -> Iterator[dict[str, Any]]:
    """Yield the simulator's journal entries whose path holds *path*."""
    for entry in road.answer(f"{url}/_mock/journal"):
        if path in entry["path"]:
            yield entry
