"""A road so small that hundreds of takes go down it: pictures of 64 x 36, a job that is cut once and copied."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import opentimelineio as otio

from cometapi_mock.server import MockServer
from otio_cometapi.clock import Clock
from otio_cometapi.comet.client import Client, Timeouts
from otio_cometapi.pipeline import submit as submitting
from otio_cometapi.pipeline.export import export
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import PlanOptions, RunResult, SendOptions
from otio_cometapi.pipeline.plan import plan
from otio_cometapi.pipeline.run import finish
from otio_cometapi.settings import Settings
from support.fake_clock import FakeClock

FRAMES = 12
RATE = Fraction(24)
KEY = "sk-simulated-0123456789"


@dataclass
class TinyRoad:
    """A folder with tiny media, and jobs over it whose clips are cut and wait to be sent."""

    folder: Path
    """Where everything lies."""
    clock: Clock = field(default_factory=FakeClock)
    """The jobs' time; waiting costs nothing."""

    def timeline(self, prompts: list[str]) -> otio.schema.Timeline:
        """Return a cut of one clip for every prompt, each of other frames."""
        count = FRAMES * len(prompts)
        media = self.folder / f"tiny_{count}.mp4"
        if not media.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            _write(media, count)
        track = otio.schema.Track(name="V1", kind="Video")
        for number, prompt in enumerate(prompts):
            clip = otio.schema.Clip(
                name=f"sh{number:03d}",
                media_reference=otio.schema.ExternalReference(str(media), _range(0, count)),
                source_range=_range(number * FRAMES, FRAMES),
                metadata={"cometapi": {"prompt": prompt}},
            )
            track.append(clip)
        cut = otio.schema.Timeline(name="tiny")
        cut.tracks.append(track)
        return cut

    def job(self, prompts: list[str], *, takes: int = 1, name: str = "job.cometjob") -> Path:
        """Make a job whose takes are exported and wait to be sent; the same prompts are cut once."""
        template = self.folder / f"template_{len(prompts)}_{takes}_{abs(hash(tuple(prompts)))}.cometjob"
        if not template.exists():
            options = PlanOptions(select=("all",), look={"takes": takes}, handles=0, media_root=self.folder)
            cut = self.timeline(prompts)
            made = plan(cut, options=options, settings=Settings(), job=None)
            assert not made.problems, made.problems
            with Job.with_plan(template, made, timeline=cut) as job:
                assert export(job, settings=Settings()) == ()
        target = self.folder / name
        shutil.copytree(template, target)
        return target

    def resume(self, job: Path, server: MockServer, *, wait_s: float | None = 300.0, **more: bool) -> RunResult:
        """Take a job as far as it goes."""
        with Job(job, clock=self.clock) as opened:
            return finish(
                opened,
                job.with_suffix(".otio"),
                send=SendOptions(poll_interval_s=5.0, wait_s=wait_s, **more),
                settings=settings_for(server),
            )


def settings_for(server: MockServer, **more: str) -> Settings:
    """Return settings that name a simulator."""
    return Settings(base_url=server.url, key=KEY, **more)  # type: ignore[arg-type]


def impatient(monkeypatch: object, seconds: float) -> None:
    """Let clients give up after *seconds*, so that a test of stalled answers need not wait as people would."""

    def client_for(job: Job, settings: Settings) -> Client:
        timeouts = Timeouts(connect_s=seconds, create_s=seconds, poll_s=seconds)
        return Client(settings.base_url, key=settings.key, clock=job.clock, timeouts=timeouts)

    for module in (submitting, __import__("otio_cometapi.pipeline.collect", fromlist=["collect"])):
        monkeypatch.setattr(module, "client_for", client_for)  # type: ignore[attr-defined]


def _write(path: Path, frame_count: int) -> None:
    """Write a film whose every frame is another grey ramp, so that no two cuts of it are equal."""
    ramp = np.linspace(40, 200, 64, dtype=np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "crf": "18", "g": "12"})
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for number in range(frame_count):
            luma = np.tile(np.roll(ramp, number * 7), (36, 1))
            luma[:12] = number * 5 % 200 + 30
            luma[12:24] = number // 40 % 200 + 30
            planes = np.concatenate([luma.reshape(-1), np.full(64 * 36 // 2, 128, np.uint8)])
            frame = av.VideoFrame.from_ndarray(planes.reshape(-1, 64), format="yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_noise(path: Path, frame_count: int) -> None:
    """Write a film of 320 x 180 that no codec can make small, so that its output takes a while to come home."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "crf": "18", "g": "12"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(frame_count):
            planes = draw.integers(16, 235, (270, 320), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _range(first: int, count: int) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(
        otio.opentime.RationalTime(first, float(RATE)), otio.opentime.RationalTime(count, float(RATE))
    )
