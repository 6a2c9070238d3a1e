"""Jobs in the making: a folder, a ledger and takes, without media, timeline or network."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from otio_cometapi.jobs import attempts, identity, postgres, takes
from otio_cometapi.jobs.attempts import Budget, Spending
from otio_cometapi.jobs.database import Holder
from otio_cometapi.jobs.folder import LEDGER, JobFolder, folder_at, new_folder
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.states import PartState
from otio_cometapi.records import (
    Conformed,
    Export,
    Look,
    MediaInfo,
    Plan,
    PlannedTake,
    Shot,
    ShotUse,
    Span,
    SubmitAnswer,
    SubmitOutcome,
    TakeRecord,
)
from support.fake_clock import FakeClock

RATE = Fraction(24000, 1001)

INFO = MediaInfo(
    path="/footage/A001.mov",
    frame_count=500,
    rate=RATE,
    width=320,
    height=180,
    size_bytes=1234,
    codec="h264",
    pixel_format="yuv420p",
    start_timecode="01:00:00:00",
    start_frame=86400,
)

SPENDING = Spending(Fraction(2), Fraction(3, 10))


def shot(first_frame: int = 100, frame_count: int = 48, *, look: Look | None = None, path: str = INFO.path) -> Shot:
    """Return a shot that one clip shows without its handles."""
    span = Span(first_frame, frame_count, RATE)
    visible = Span(first_frame + 8, frame_count - 16, RATE)
    use = ShotUse(first_frame, f"clip {first_frame}", visible, 86400, 23.976, "DEFAULT_MEDIA")
    return Shot(replace(INFO, path=path), span, look or Look("make it snow", "gen4_aleph"), uses=(use,))


def planned(what: Shot | None = None, *, number: int = 1, fingerprint: str = "f1") -> PlannedTake:
    """Return a take as the plan would decide it."""
    what = what or shot()
    shot_id = identity.shot_id(what, fingerprint=fingerprint)
    look_id = identity.look_id(what.look, number=number)
    take_id = identity.take_id(shot_id, look_id)
    look = identity.settled_look(what.look, number=number, take=take_id)
    return PlannedTake(take_id, shot_id, look_id, fingerprint, what, look, number, what.wire_seconds, Fraction(3, 10))


def plan_of(*takes_: PlannedTake, name: str = "edit") -> Plan:
    """Return a plan of those takes."""
    return Plan(name, clips=(), takes=takes_)


def export_in(folder: JobFolder, what: Shot | None = None) -> Export:
    """Return an export that lies in the job (nothing is written)."""
    what = what or shot()
    return Export(
        path=str(folder.exports / "x.mp4"),
        span=what.span,
        pad_frames=0,
        wire_rate=what.wire_rate,
        width=320,
        height=180,
        picture=(0, 0, 320, 180),
        size_bytes=99,
        quality="high",
        sha256="ab" * 32,
        frame_hashes=("h1", "h2"),
    )


def conformed_in(folder: JobFolder, *, start_frame: int = 86500) -> Conformed:
    """Return conformed media that lies in the job (nothing is written)."""
    path = str(folder.media / f"m{start_frame}.mov")
    return Conformed(path, shot().span, start_frame, "01:00:04:04", 320, 180, "index", notes=("exact",))


def new_job(path: Path, *takes_: PlannedTake, url: str = "") -> JobFolder:
    """Make a job with those takes, exported and ready to be sent; its ledger in the folder, or on a server."""
    address = postgres.address_of(postgres.parsed(url)) if url else LEDGER
    with new_folder(path, address=address) as folder, Ledger(folder, clock=FakeClock(), url=url) as ledger:
        ledger.add_plan(plan_of(*takes_), timeline_text="{}", source_path="/edits/edit.otio")
        for take in takes_:
            ledger.export_made(take.take_id, export_in(folder, take.shot))
    return folder_at(path)


@contextlib.contextmanager
def ready_ledger(path: Path, *takes_: PlannedTake, url: str = "") -> Iterator[Ledger]:
    """Yield the ledger of a new job with those takes (or one) ready to be sent, under a clock that stands still."""
    folder = new_job(path, *(takes_ or (planned(),)), url=url)
    with Ledger(folder, clock=FakeClock(), url=url) as ledger:
        yield ledger


def clock_of(ledger: Ledger) -> FakeClock:
    """Return a ledger's clock, to be turned."""
    assert isinstance(ledger.clock, FakeClock)
    return ledger.clock


def only_take(ledger: Ledger) -> TakeRecord:
    """Return the ledger's one take, as it stands now."""
    (found,) = takes.takes(ledger)
    return found


def state(ledger: Ledger) -> PartState:
    """Return where the ledger's one take stands."""
    return PartState(only_take(ledger).parts[0].state)


def opened(
    ledger: Ledger,
    owner: Holder,
    *,
    take: TakeRecord | None = None,
    spending: Spending = SPENDING,
    budget: Budget | None = None,
) -> int:
    """Enter an intention, which must be possible."""
    attempt = tried(ledger, owner, take=take, spending=spending, budget=budget)
    assert attempt is not None
    return attempt


def tried(
    ledger: Ledger,
    owner: Holder,
    *,
    take: TakeRecord | None = None,
    spending: Spending = SPENDING,
    budget: Budget | None = None,
) -> int | None:
    """Try to enter an intention."""
    part = (take or only_take(ledger)).parts[0]
    return attempts.open_attempt(
        ledger, part, owner=owner, body_sha256=part.take_id, spending=spending, budget=budget or Budget()
    )


def accepted(task_id: str = "task-1") -> SubmitAnswer:
    """Return the answer to a create that made a task."""
    return SubmitAnswer(SubmitOutcome.ACCEPTED, task_id=task_id, http_status=200)


def answered(outcome: SubmitOutcome, **more: object) -> SubmitAnswer:
    """Return an answer that made no task that is known."""
    return SubmitAnswer(outcome, message=f"it was {outcome.value}", **more)  # type: ignore[arg-type]


def url_of(ledger: Ledger) -> str:
    """Return what it takes to open a shared ledger, password and all; nothing for one in its folder."""
    return ledger.engine.url.render_as_string(hide_password=False) if ledger.folder.shared() else ""


def again(ledger: Ledger, *, path: Path | None = None) -> Ledger:
    """Open a ledger once more, as another process would; *path*: where its folder lies by now."""
    return Ledger(folder_at(path or ledger.folder.path), clock=FakeClock(), url=url_of(ledger))
