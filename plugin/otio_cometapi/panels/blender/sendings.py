"""
What was sent from a .blend file, on disk beside it.

It does not stand in the scene: an undo would take it back, and the money would still be spent. Strips carry an id;
where an undo took that away, the name that a strip had when it was sent finds it again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .edit import Take, takes_of
from .program import read_object

JOB = "takes.cometjob"
READY = "READY"
NOT_SENT = ("NEW", "PLANNED", "EXPORTED")
"""States of a take on which nothing was spent."""
STILL = ("READY", "FAILED", "REFUSED", "ABANDONED", "SUBMIT_UNKNOWN")
"""States that no program but a person's word changes."""


@dataclass
class SentStrip:
    """A strip of a sending."""

    strip_id: str
    name: str
    """As it was called then."""
    reason: str = ""
    """Why the program left it out; empty where it is sent."""
    takes: list[str] = field(default_factory=list)
    """Ids of its takes."""


@dataclass
class Sending:
    """One time that strips of a scene were planned, and perhaps sent."""

    number: int
    scene: str
    folder: str
    strips: list[SentStrip]
    sent: bool = False
    seconds: float = 0.0
    """Of video, as estimated."""
    usd: float | None = None
    """As estimated; None: the price is unknown."""
    prices: dict[str, list[float | None]] = field(default_factory=dict)
    """Seconds and USD of every take, as estimated."""
    notes: list[str] = field(default_factory=list)
    """What the program would have the editor know."""

    @property
    def job(self) -> Path:
        """The job folder: one for the whole .blend file."""
        return Path(self.folder) / JOB

    def file(self, kind: str, suffix: str = "json") -> Path:
        """Return one of the files of this sending."""
        return Path(self.folder) / f"{kind}_{self.number:03d}.{suffix}"

    @property
    def edit(self) -> Path:
        """The timeline that is sent."""
        return self.file("edit", "otio")

    @property
    def timeline_name(self) -> str:
        """The timeline's name in the job."""
        return f"{self.scene} {self.number:03d}"

    @property
    def output(self) -> Path:
        """The timeline in which the takes stand."""
        return self.file("relinked", "otio")

    @cached_property
    def takes(self) -> dict[str, list[Take]]:
        """Its finished takes by strip, as they were when they were first asked for; empty while there are none."""
        try:
            return takes_of(self.output.read_text("utf-8"))
        except (OSError, ValueError):
            return {}

    def strip(self, strip_id: str) -> SentStrip | None:
        """Return one of its strips."""
        return next((each for each in self.strips if each.strip_id == strip_id), None)

    @cached_property
    def states(self) -> dict[str, dict[str, Any]]:
        """What the program told last of every take, by its id, when it was first asked for."""
        told = read_object(Path(self.folder) / "status.json")
        return {take["id"]: take for take in told.get("takes", ())}

    def unsent(self) -> tuple[float, float | None]:
        """Return seconds and USD, as estimated, of the takes that were not sent yet."""
        wanted = {take for each in self.strips for take in each.takes}
        open_takes = [take for take in wanted if self.state(take) in NOT_SENT]
        found = [self.prices.get(take, [0.0, None]) for take in open_takes]
        dollars = [usd for _, usd in found]
        known = [usd for usd in dollars if usd is not None]
        return sum(seconds or 0.0 for seconds, _ in found), sum(known) if len(known) == len(dollars) else None

    def missing(self) -> set[str]:
        """Return the takes that are ready and not rejected, and do not stand in the relinked timeline yet."""
        ready = {take for each in self.strips for take in each.takes if self.state(take) == READY}
        reviews = read_object(Path(self.folder) / "status.json").get("reviews", ())
        rejected = {each["take"] for each in reviews if each["verdict"] == "rejected"}
        return ready - rejected - {take.take_id for takes in self.takes.values() for take in takes}

    def rests(self) -> bool:
        """Whether no take of it changes by itself, and all that are ready stand in the relinked timeline."""
        return all(self.state(take) in STILL for each in self.strips for take in each.takes) and not self.missing()

    def state(self, take_id: str) -> str:
        """Return where a take stands, as the program told last."""
        return str(self.states.get(take_id, {}).get("state", "PLANNED"))

    def save(self) -> None:
        """Write it down, whole or not at all."""
        path = self.file("sending")
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".part")
        half.write_text(json.dumps(asdict(self), indent=1), "utf-8")
        os.replace(half, path)  # noqa: PTH105 - the same on every platform


def folder_of(blend: str, noted: Sequence[str] = ()) -> Path:
    """
    Return the folder that belongs to a .blend file: ``edit.comet`` beside ``edit.blend``.

    Args:
        blend: The file.
        noted: Folders that stand in it: where the job lies if the file was saved under another name.
    """
    own = Path(blend).with_suffix(".comet")
    for folder in map(Path, noted):
        for place in (own, folder, own.with_name(folder.name)):  # the last: both were moved
            if place.is_dir():
                return place
    return own


def load_all(folder: Path) -> list[Sending]:
    """Return what was sent from a .blend file, oldest first."""
    found = []
    for path in sorted(folder.glob("sending_*.json")):
        values = read_object(path)
        if values:
            strips = [SentStrip(**each) for each in values.pop("strips")]
            found.append(Sending(**{**values, "folder": str(folder), "strips": strips}))
    return found


def next_number(folder: Path) -> int:
    """Return the number of the next sending: one that was only planned gives its own up."""
    sent = [each.number for each in load_all(folder) if each.sent]
    return max(sent, default=0) + 1
