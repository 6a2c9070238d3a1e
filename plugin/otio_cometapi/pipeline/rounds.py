"""Rounds: what is cut is sent, and what is finished comes home, until nothing is left to be sent."""

from __future__ import annotations

from otio_cometapi.clock import Clock
from otio_cometapi.errors import BudgetError, CometError, RunStoppedError
from otio_cometapi.events import Event, Stage
from otio_cometapi.jobs.states import UNSENT, PartState, TakeState
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.pipeline.collect import collect
from otio_cometapi.pipeline.cutting import Cutting
from otio_cometapi.pipeline.homecoming import Homecomings
from otio_cometapi.pipeline.job import Job, parts_in
from otio_cometapi.pipeline.options import Reuse, SendOptions, Trouble
from otio_cometapi.pipeline.parts import sendable, waiting
from otio_cometapi.pipeline.reuse import bring_in
from otio_cometapi.pipeline.submit import submit
from otio_cometapi.records import PartRecord, TakeRecord, TimelineRecord

_WORTH_GOING_ON = (PartState.SUBMITTED, PartState.SUCCEEDED, PartState.HOME)


class _Patience:
    """How long tasks are still waited for; it begins when it is first asked, since exports take their own time."""

    def __init__(self, clock: Clock, wait_s: float | None) -> None:
        self._clock = clock
        self._wait_s = wait_s
        self._until: float | None = None

    def left_s(self) -> float | None:
        if self._wait_s is None:
            return None
        now = self._clock.monotonic()
        self._until = now + self._wait_s if self._until is None else self._until
        return max(0.0, self._until - now)


def sent_and_collected(
    home: Homecomings, timeline: TimelineRecord, *, cutting: Cutting, send: SendOptions
) -> list[Trouble]:
    """
    Send what is cut and bring home what is finished, until nothing is left to be sent; return what went wrong.

    A part that goes by the output before it is sent in the round after that came home. What is not cut when nothing
    may be sent any more stays uncut.

    Raises:
        BudgetError: What is to be sent is above the budget; nothing was sent.
        RunStoppedError: The service refuses everything, and nothing of the job is there.
        SettingsError: There is no key.
    """
    job, patience = home.job, _Patience(home.job.clock, send.wait_s)
    troubles: dict[Trouble, None] = {}
    tried: frozenset[tuple[str, int]] = frozenset()
    coming = frozenset((take.take_id, part.number) for take, part in cutting.coming if not _goes_by_another(take, part))
    while True:
        first = not tried
        tried |= sendable(job, timeline) | coming
        try:
            found = _round(home, timeline, cutting=cutting if first else None, send=send, patience=patience)
        finally:
            cutting.stop()
        troubles |= dict.fromkeys(trouble for trouble in found if not trouble.waits)
        if not sendable(job, timeline) - tried:
            return [*cutting.troubles, *troubles, *waiting(job, timeline)]


def _goes_by_another(take: TakeRecord, part: PartRecord) -> bool:
    return take.guided and take.before(part) is not None


def _round(
    home: Homecomings,
    timeline: TimelineRecord,
    *,
    cutting: Cutting | None,
    send: SendOptions,
    patience: _Patience,
) -> list[Trouble]:
    """Send and collect once; a service that refuses us, or a budget spent meanwhile, stops neither what is known."""
    job = home.job
    troubles: list[Trouble] = []
    try:
        troubles += submit(
            job,
            settings=home.settings,
            budget=send.budget,
            timeline=timeline,
            reuse=send.reuse,
            past_refusals=send.past_refusals,
            take_deadline_s=send.take_deadline_s,
            cutting=cutting,
            home=home,
            listener=home.listener,
        )
    except (RunStoppedError, BudgetError) as exc:
        unsent = cutting is not None and isinstance(exc, BudgetError)
        if unsent or not parts_in(job.takes(timeline=timeline), *_WORTH_GOING_ON):
            raise
        troubles.append(_stopped(exc, Stage.SUBMIT, home))
    brought = _brought_late(home, timeline, reuse=send.reuse)
    try:
        troubles += _collected(home, timeline, send=send, patience=patience)
        late = _brought_late(home, timeline, reuse=send.reuse)
        if late:
            troubles += _collected(home, timeline, send=send, patience=patience)
            brought |= late
    except RunStoppedError as exc:  # the tasks go on without us, and what is home can be shown
        troubles.append(_stopped(exc, Stage.WATCH, home))
    # what was said before a take was brought in is over
    ready = {take.take_id for take in job.takes(timeline=timeline) if state_of(take) is TakeState.READY}
    return [trouble for trouble in troubles if trouble.take_id not in brought & ready]


def _collected(
    home: Homecomings, timeline: TimelineRecord, *, send: SendOptions, patience: _Patience
) -> tuple[Trouble, ...]:
    return collect(
        home.job,
        settings=home.settings,
        timeline=timeline,
        wait_s=patience.left_s(),
        take_deadline_s=send.take_deadline_s,
        poll_interval_s=send.poll_interval_s,
        home=home,
        listener=home.listener,
    )


def _brought_late(home: Homecomings, timeline: TimelineRecord, *, reuse: Reuse) -> set[str]:
    """Bring in what another job was sending at the moment when this one wanted to; return the takes."""
    before = _unsent(home.job, timeline)
    if before:
        bring_in(home.job, settings=home.settings, timeline=timeline, reuse=reuse, listener=home.listener)
        return before - _unsent(home.job, timeline)
    return set()


def _unsent(job: Job, timeline: TimelineRecord) -> set[str]:
    return {take.take_id for take, _ in parts_in(job.takes(timeline=timeline), *UNSENT)}


def _stopped(error: CometError, stage: Stage, home: Homecomings) -> Trouble:
    home.listener(Event(stage, str(error), problem=True))
    return Trouble(str(error))
