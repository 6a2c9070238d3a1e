"""Submit: send every exported take once. The only verb that spends."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from otio_cometapi.comet.client import Client
from otio_cometapi.comet.models import load_models, model_named
from otio_cometapi.errors import SettingsError
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs import attempts
from otio_cometapi.jobs.attempts import Budget, Spending
from otio_cometapi.jobs.limits import OverBudgetError
from otio_cometapi.jobs.states import PartState
from otio_cometapi.pipeline.breaker import Breaker
from otio_cometapi.pipeline.budgets import DayLimit, spending_of
from otio_cometapi.pipeline.cutting import Cutting
from otio_cometapi.pipeline.elsewhere import Elsewhere
from otio_cometapi.pipeline.homecoming import Homecomings
from otio_cometapi.pipeline.job import Job, parts_in
from otio_cometapi.pipeline.news import Glances, News
from otio_cometapi.pipeline.options import TAKE_DEADLINE_S, Reuse, Trouble
from otio_cometapi.pipeline.parts import reason_to_wait, stuck_part
from otio_cometapi.pipeline.parts import waiting as parts_waiting
from otio_cometapi.pipeline.publish import Publishing
from otio_cometapi.pipeline.sender import Sender
from otio_cometapi.records import Model, PartRecord, TakeRecord, TimelineRecord
from otio_cometapi.settings import Settings

Unsent = Sequence[tuple[TakeRecord, PartRecord]]
"""Parts that are to be sent, with their takes."""


def require_key(settings: Settings) -> None:
    """
    See that there is a key before any work is done.

    Raises:
        SettingsError: There is none.
    """
    if not settings.key:
        raise SettingsError(
            "there is no API key.",
            next_step="Keep one with `otiocomet auth login`, or set COMETAPI_KEY to it; nothing was sent.",
        )


def client_for(job: Job, settings: Settings) -> Client:
    """
    Return a client of the service.

    Raises:
        SettingsError: There is no key, or the address is not safe for one.
    """
    require_key(settings)
    return Client(settings.base_url, key=settings.key, clock=job.clock)


def submit(  # noqa: PLR0913 - keyword-only, and most are flags of the command line
    job: Job,
    *,
    settings: Settings,
    budget: Budget | None = None,
    timeline: TimelineRecord | None = None,
    take_ids: tuple[str, ...] | None = None,
    reuse: Reuse = Reuse.ALL,
    past_refusals: bool = False,
    take_deadline_s: float = TAKE_DEADLINE_S,
    cutting: Cutting | None = None,
    home: Homecomings | None = None,
    listener: Listener = ignore,
) -> tuple[Trouble, ...]:
    """
    Send every exported part of a take, each once: the intention is on disk before, the task's id right after.

    A part that goes by the output of the one before is left for the next time, when that is home.

    Args:
        job: The job.
        settings: Key and address of the service, the models' table, and the limit of a day.
        budget: What the job may spend within 24 hours; checked before the first part is sent, for all the parts of all
            these takes: none is begun that cannot be ended.
        timeline: Only the takes of this timeline; None: all of the job's.
        take_ids: Of those only these; None: all.
        reuse: What is done with takes that another job paid for: they are not sent, but by a person's word.
        past_refusals: Send although moderation refused the last takes; a person has looked at them.
        take_deadline_s: How long a task is waited for after its create; what is published can be fetched for longer.
        cutting: Exports on their way: each is sent when it is cut. Nothing is cut when nothing may be sent.
        home: What brings outputs home that are finished while others are still being sent; None: nothing does.
        listener: Told of every create, and of tasks that are looked at between creates.

    Returns:
        What went wrong or waits, for a person or for another part; the other takes went on, unless a sentence says
        that the run pauses.

    Raises:
        BudgetError: The estimate is above the budget; nothing was sent.
        RunStoppedError: The service refuses everything: key, credit or address.
        SettingsError: There is no key, or nothing can be published as the settings say.
    """
    models = load_models(settings.models_file)
    attempts.settle_dead_owners(job.ledger)
    row = _Row(job, parts_in(job.takes(timeline=timeline, take_ids=take_ids), PartState.EXPORTED), cutting)
    if not row.coming and all(reason_to_wait(take, part) for take, part in row.left):  # no key is needed for that
        return parts_waiting(job, timeline)
    limit, day = budget or Budget(), DayLimit.of(settings, clock=job.clock)
    total = _total(row.left, models)
    attempts.check(limit, before=attempts.spent(job.ledger), more=total)
    day.check(total)
    breaker = Breaker(job, past_refusals=past_refusals)
    if why := breaker.reason():
        return (_paused(why, row.left, listener), *parts_waiting(job, timeline))
    elsewhere = Elsewhere(settings, folder=job.folder, reuse=reuse, listener=listener)
    publishing = Publishing(job, settings, take_deadline_s=take_deadline_s, listener=listener)
    with client_for(job, settings) as client:
        sender = Sender(job, client, elsewhere, publishing=publishing, breaker=breaker, budget=limit, day=day)
        try:
            return (*_sent(sender, row, models, home), *parts_waiting(job, timeline))
        finally:
            sender.owner.release()


def _total(unsent: Unsent, models: Mapping[str, Model]) -> Spending:
    """Return what sending these would spend; of a take that waits for a person nothing is sent."""
    total = Spending()
    for take, part in unsent:
        if stuck_part(take) is None:
            total = total.plus(spending_of(take, part, model_named(models, take.look.model)))
    return total


class _Row:
    """Parts that stand in a row to be sent: those that are cut, and those that still are being cut."""

    def __init__(self, job: Job, cut: Unsent, cutting: Cutting | None) -> None:
        self._job = job
        self._cutting = cutting
        coming = {take.take_id for take, _ in self.coming}
        self._cut = deque((take, part) for take, part in cut if take.take_id not in coming)

    @property
    def coming(self) -> list[tuple[TakeRecord, PartRecord]]:
        """The parts that are still being cut."""
        return self._cutting.coming if self._cutting else []

    @property
    def left(self) -> list[tuple[TakeRecord, PartRecord]]:
        """The parts that are not sent yet."""
        return [*self._cut, *self._waiting(), *self.coming]

    def __bool__(self) -> bool:
        """Whether any is left, or may still come."""
        return bool(self._cut or self._cutting)

    def next(self, wait_s: float | None) -> tuple[TakeRecord, PartRecord] | None:
        """Return the next part that is cut; None where none is within *wait_s* seconds. Enters what was cut."""
        for take_id in self._cutting.next(0.0 if self._cut else wait_s) if self._cutting else ():
            self._cut.extend(parts_in((self._job.take(take_id),), PartState.EXPORTED))
        return self._cut.popleft() if self._cut else None

    def _waiting(self) -> list[tuple[TakeRecord, PartRecord]]:
        """Return the parts that are cut and wait for another one of their take, which still is being cut."""
        coming = {(take.take_id, part.number) for take, part in self.coming}
        takes = {take.take_id: take for take, _ in self.coming}
        found = parts_in(tuple(takes.values()), PartState.EXPORTED)
        return [(take, part) for take, part in found if (take.take_id, part.number) not in coming]


def _sent(sender: Sender, row: _Row, models: Mapping[str, Model], home: Homecomings | None) -> list[Trouble]:
    """Send one after the other, with glances at their tasks, as long as nothing speaks against going on."""
    job, problems = sender.job, []
    glances = Glances(News(job, sender.settings, sender.listener), sender.client, home)
    try:
        while row:
            found = row.next(glances.due_in_s())
            problems += glances.look()
            if found is None:
                continue
            take, part = found
            if why := sender.breaker.reason():
                problems.append(_paused(why, [found, *row.left], sender.listener))
                break
            now = job.take(take.take_id) if len(take.parts) > 1 else take  # the parts before were sent meanwhile
            problem = sender.send(now, part, model_named(models, take.look.model))
            problems += [problem] if problem else []
            if sender.accepted is not None:
                glances.follow(take, sender.accepted)
    except OverBudgetError as exc:  # others have spent since the estimate was checked
        if not sender.begun:
            raise
        problems.append(Trouble(f"the rest was not sent: {exc.why}. {exc.next_step}"))
    return problems


def _paused(why: str, unsent: Unsent, listener: Listener) -> Trouble:
    """Say that the run pauses before what is left to send."""
    count = len({take.take_id for take, _ in unsent})
    left = "1 take is" if count == 1 else f"{count} takes are"
    message = f"the run pauses, {left} not sent and nothing was spent on that: {why}"
    listener(Event(Stage.SUBMIT, message, problem=True))
    return Trouble(message)
