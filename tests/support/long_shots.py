"""A shot that is longer than its model takes, on a small medium whose frames are numbered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import opentimelineio as otio

from cometapi_mock.server import MockServer
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import PlanOptions, RunOrder, RunResult, SendOptions
from otio_cometapi.pipeline.run import finish, run
from otio_cometapi.settings import Settings
from support.numbered import numbers_of, write_numbered

RATE = Fraction(24)
HOUR = 86400
FIRST, COUNT = 16, 288
"""The cut shows frames 16 to 303 of the file: twelve seconds."""


def long_medium(folder: Path) -> Path:
    """Write a medium of 320 frames at 160 x 90 that counts from one hour."""
    folder.mkdir(parents=True, exist_ok=True)
    return write_numbered(
        folder / "long.mp4", frame_count=320, rate=RATE, row=1, width=160, height=90, start_timecode="01:00:00:00"
    )


def still_medium(folder: Path) -> Path:
    """Write a medium like it whose every frame is the same grey."""
    path = folder / "still.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.full((54, 64), 128, np.uint8), format="yuv420p")
        for number in range(320):
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def long_cut(medium: Path, *, first: int = FIRST, count: int = COUNT) -> otio.schema.Timeline:
    """Return a timeline with one clip of a medium, `long`."""

    def frames(start: int, length: int) -> otio.opentime.TimeRange:
        return otio.opentime.TimeRange(
            otio.opentime.RationalTime(start, float(RATE)), otio.opentime.RationalTime(length, float(RATE))
        )

    reference = otio.schema.ExternalReference(str(medium), frames(HOUR, 320))
    track = otio.schema.Track(name="V1", kind=otio.schema.TrackKind.Video)
    track.append(otio.schema.Clip("long", reference, frames(HOUR + first, count)))
    timeline = otio.schema.Timeline("long cut")
    timeline.tracks.append(track)
    return timeline


@dataclass
class LongRoad:
    """The whole road for one long shot, in this process."""

    folder: Path
    """Where everything is written."""
    medium: Path
    """The numbered medium."""
    server: MockServer
    """The simulator."""
    look: Mapping[str, object] = field(default_factory=dict)
    """More of the look."""
    models: Path | None = None
    """A model table of the user's own."""

    @property
    def settings(self) -> Settings:
        """Settings that name the simulator."""
        return Settings(base_url=self.server.url, key="sk-simulated-0123456789", models_file=self.models)

    @property
    def options(self) -> PlanOptions:
        """What is asked for: the clip, in parts."""
        return PlanOptions(select=("all",), look={"prompt": "make it snow", **self.look}, parts=True)

    @property
    def output(self) -> Path:
        """The relinked timeline."""
        return self.folder / "out.otio"

    send = SendOptions(poll_interval_s=0.01, wait_s=60)

    def run(self, **changes: Any) -> RunResult:
        """Go down the road."""
        order = RunOrder(
            output=self.output,
            job=self.folder / "job.cometjob",
            options=replace(self.options, **changes),
            send=self.send,
        )
        return run(long_cut(self.medium), order, settings=self.settings)

    def resume(self, job: Job) -> RunResult:
        """Go on with the job."""
        return finish(job, self.output, send=self.send, settings=self.settings)

    def shown(self) -> list[int | None]:
        """Return the numbers that the relinked clip shows, frame by frame; None where one cannot be read."""
        (clip,) = otio.adapters.read_from_file(str(self.output)).find_clips()
        reference = clip.media_reference
        first = round((clip.source_range.start_time - reference.available_range.start_time).value)
        numbers = numbers_of(reference.target_url, (1,))[first : first + COUNT]
        return [each.get(1) for each in numbers]

    def creates(self) -> list[dict[str, Any]]:
        """Return the creates that the simulator was sent, in order."""
        return [entry for entry in self.server.journal() if entry["method"] == "POST" and "runwayml" in entry["path"]]


def in_seams(frames: list[int], seams: Any) -> set[int]:
    """Return those of *frames* (file numbers) that lie in seams, given as spans."""
    return {frame for frame in frames for seam in seams if seam.first_frame <= frame < seam.end_frame}
