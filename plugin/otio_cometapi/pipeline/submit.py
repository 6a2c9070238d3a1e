"""Submit: send every exported take once. The only verb that spends."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from otio_cometapi.comet.client import Client
from otio_cometapi.comet.models import load_models, model_named
from otio_cometapi.comet.publish import video_input
from otio_cometapi.comet.request_builder import CreateRequest, create_request, nearest_ratio
from otio_cometapi.errors import (
    BudgetError,
    JobError,
    MediaError,
    RequestInvalidError,
    RunStoppedError,
    SettingsError,
)
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs import attempts, identity
from otio_cometapi.jobs.attempts import Budget, Spending
from otio_cometapi.jobs.budget import OverBudgetError
from otio_cometapi.jobs.states import PartState
from otio_cometapi.media.raster import display_size
from otio_cometapi.pipeline.allowed import check_sendable
from otio_cometapi.pipeline.budgets import DayLimit
from otio_cometapi.pipeline.conform import finish_for
from otio_cometapi.pipeline.elsewhere import Elsewhere
from otio_cometapi.pipeline.job import Job, clips_of, part_of, parts_in
from otio_cometapi.pipeline.options import Reuse, Trouble
from otio_cometapi.pipeline.parts import look_for, reason_to_wait, stuck_part
from otio_cometapi.pipeline.parts import waiting as parts_waiting
from otio_cometapi.records import Model, PartRecord, SubmitAnswer, SubmitOutcome, TakeRecord, TimelineRecord
from otio_cometapi.settings import Settings

PATIENCE_S = 120.0
"""A service that asks to wait longer than this is left alone for this run."""

TRIES = 5
"""Creates of one part in one run that the service may refuse for now."""


def require_key(settings: Settings) -> None:
    """
    See that there is a key before any work is done.

    Raises:
        SettingsError: There is none.
    """
    if not settings.key:
        raise SettingsError(
            "there is no API key.",
            next_step="Set COMETAPI_KEY to it; nothing was sent.",
        )


def client_for(job: Job, settings: Settings) -> Client:
    """
    Return a client of the service.

    Raises:
        SettingsError: There is no key, or the address is not safe for one.
    """
    require_key(settings)
    return Client(settings.base_url, key=settings.key, clock=job.clock)


def submit(
    job: Job,
    *,
    settings: Settings,
    budget: Budget | None = None,
    timeline: TimelineRecord | None = None,
    reuse: Reuse = Reuse.ALL,
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
        reuse: What is done with takes that another job paid for: they are not sent, but by a person's word.
        listener: Told of every create.

    Returns:
        What went wrong or waits, for a person or for another part; the other takes went on.

    Raises:
        BudgetError: The estimate is above the budget; nothing was sent.
        RunStoppedError: The service refuses everything: key, credit or address.
        SettingsError: There is no key.
    """
    models = load_models(settings.models_file)
    attempts.settle_dead_owners(job.ledger)
    waiting = parts_in(job.takes(timeline=timeline), PartState.EXPORTED)
    if all(reason_to_wait(take, part) for take, part in waiting):  # nothing is sent, so no key is needed
        return parts_waiting(job, timeline)
    limit = budget or Budget()
    total = Spending()
    for take, part in waiting:
        if stuck_part(take) is None:
            total = total.plus(spending_of(take, part, model_named(models, take.look.model)))
    day = DayLimit.of(settings, clock=job.clock)
    attempts.check(limit, before=attempts.spent(job.ledger), more=total)
    day.check(total)
    elsewhere = Elsewhere(settings, folder=job.folder, reuse=reuse, listener=listener)
    sender = _Sender(job, client_for(job, settings), elsewhere, limit, day)
    problems = []
    try:
        for take, part, tries in _in_turn(job, waiting, sender):
            now = job.take(take.take_id) if len(take.parts) > 1 else take  # the parts before were sent meanwhile
            problem = sender.send(now, part, model_named(models, take.look.model), tries)
            problems += [problem] if problem else []
    except OverBudgetError as exc:  # others have spent since the estimate was checked
        if not sender.sent:
            raise
        problems.append(Trouble(f"the rest was not sent: {exc.why}. {exc.next_step}"))
    finally:
        sender.owner.release()
    return (*problems, *parts_waiting(job, timeline))


def spending_of(take: TakeRecord, part: PartRecord, model: Model) -> Spending:
    """Return what sending a part of a take would spend, at the assumed price."""
    seconds = take.seconds_of(part)
    return Spending(seconds, identity.price(seconds, per_second=model.usd_per_second, minimum=model.min_usd))


def _in_turn(
    job: Job, waiting: list[tuple[TakeRecord, PartRecord]], sender: _Sender
) -> Iterator[tuple[TakeRecord, PartRecord, int]]:
    """Yield parts to be sent; those refused for now come again, after the time the service asked for."""
    for tries in range(1, TRIES + 1):
        sender.later.clear()
        for take, part in waiting:
            pause = part.not_before - job.clock.now()
            if 0 < pause <= PATIENCE_S:
                sender.tell(take, part, f"the service asks to wait {pause:.0f} s")
                job.clock.sleep(pause)
            yield take, part, tries
        if not sender.later or tries == TRIES:
            return
        names = {(part.take_id, part.number) for part in sender.later}
        waiting = [
            (take, part)
            for take, part in parts_in(job.takes(), PartState.EXPORTED)
            if (part.take_id, part.number) in names
        ]


class _Sender:
    """Sends creates as one owner."""

    def __init__(self, job: Job, client: Client, elsewhere: Elsewhere, budget: Budget, day: DayLimit) -> None:
        self.job = job
        self.client = client
        self.elsewhere = elsewhere
        self.settings = elsewhere.settings
        self.budget = budget
        self.listener = elsewhere.listener
        self.day = day
        self.sent = False
        """Whether a create has left in this run."""
        self.owner = job.ledger.new_owner()
        self.later: list[PartRecord] = []
        self.finish = finish_for(job)

    def tell(self, take: TakeRecord, part: PartRecord, message: str, *, problem: bool = False) -> None:
        clip = clips_of(take) + part_of(take, part)
        self.listener(Event(Stage.SUBMIT, message, take_id=take.take_id, clip=clip, problem=problem))

    def send(self, take: TakeRecord, part: PartRecord, model: Model, tries: int) -> Trouble | None:
        """Send one create, once; return what a person should know, or nothing."""
        why = reason_to_wait(take, part)
        if why:
            self.tell(take, part, f"not sent yet: {why}")
            return None
        if part.not_before > self.job.clock.now():
            return self._problem(
                take, part, f"the service asked to wait: {part.message}. Run `otiocomet resume` later."
            )
        try:
            request = self._request(take, part, model)
        except MediaError as exc:  # what the part before made cannot be gone on from
            exc.clip = exc.clip or clips_of(take)
            self.job.ledger.noted(take.take_id, str(exc))
            return self._problem(take, part, f"not sent: {exc.message} {exc.next_step}".strip())
        except RequestInvalidError as exc:
            exc.clip = clips_of(take)
            try:
                self.job.ledger.part_moved(part, PartState.REFUSED, message=str(exc))
            except JobError:  # its create is on the wire: the answer decides
                self.tell(take, part, "another process has it")
                return None
            return self._problem(take, part, exc.message)
        spending = spending_of(take, part, model)
        with self.elsewhere.alone(take) as why_not:
            entry = None if why_not else self.day.reserve(spending, job=self.job.path)
            attempt = None if why_not else self._intention(part, request, spending, entry)
        if attempt is None:
            if why_not:
                return self._problem(take, part, why_not)
            self.tell(take, part, "another process has it")
            return None
        self.sent = True
        answer = self.client.submit(request)
        if answer.outcome is SubmitOutcome.REFUSED_FOR_NOW and answer.retry_after_s is None:
            answer = _with_backoff(answer, tries)
        attempts.close_attempt(self.job.ledger, attempt, answer)
        self.day.settle(entry, answer)
        return self._after(take, part, answer, tries)

    def _intention(self, part: PartRecord, request: CreateRequest, spending: Spending, entry: int | None) -> int | None:
        """Enter the intention; where that cannot be, the day's reservation is given back."""
        try:
            attempt = attempts.open_attempt(
                self.job.ledger,
                part,
                owner=self.owner,
                body_sha256=request.sha256,
                spending=spending,
                budget=self.budget,
            )
        except BudgetError:
            self.day.settle(entry, None)
            raise
        if attempt is None:
            self.day.settle(entry, None)
        return attempt

    def _request(self, take: TakeRecord, part: PartRecord, model: Model) -> CreateRequest:
        if part.export is None:
            raise RequestInvalidError((f"take {take.take_id} has no export",), clip=clips_of(take))
        check_sendable(self.job, take, part.export, roots=self.settings.allowed_media_roots)
        return create_request(
            look_for(self.job, take, part, model, finish=self.finish),
            video=video_input(part.export),
            model=model,
            ratio=take.look.ratio or nearest_ratio(*display_size(take.info), model),
            allow_loopback=self.settings.loopback,
        )

    def _after(self, take: TakeRecord, part: PartRecord, answer: SubmitAnswer, tries: int) -> Trouble | None:
        """Say what an answer means for this take, and for the run."""
        step = f" {answer.next_step}" if answer.next_step else ""
        match answer.outcome:
            case SubmitOutcome.ACCEPTED:
                self.tell(take, part, f"sent, task {answer.task_id}")
                return None
            case SubmitOutcome.STOP_RUN:
                raise RunStoppedError(answer.message, clip=clips_of(take), next_step=answer.next_step)
            case SubmitOutcome.REFUSED_FOR_NOW:
                if tries < TRIES and (answer.retry_after_s or 0.0) <= PATIENCE_S:
                    self.tell(take, part, f"the service refuses for now: {answer.message}")
                    self.later.append(part)
                    return None
                return self._problem(
                    take, part, f"refused for now: {answer.message}. Run `otiocomet resume` later.{step}"
                )
            case SubmitOutcome.REFUSED:
                return self._problem(take, part, f"refused, nothing was spent: {answer.message}.{step}")
        return self._problem(
            take,
            part,
            f"no clear answer came ({answer.message}); the task may exist and be charged, so it is not sent again. "
            f"Decide with `otiocomet resolve {self.job.path} {take.take_id[:11]}`.",
        )

    def _problem(self, take: TakeRecord, part: PartRecord, message: str) -> Trouble:
        self.tell(take, part, message, problem=True)
        return Trouble(f"{self._named(take, part)}: {message}", take.take_id)

    def _named(self, take: TakeRecord, part: PartRecord) -> str:
        return f"clip '{clips_of(take)}'{part_of(take, part)}"


def _with_backoff(answer: SubmitAnswer, tries: int) -> SubmitAnswer:
    """Wait as the service's own guide says where its answer does not: 1 s, doubling up to 30 s, and a jitter."""
    return replace(answer, retry_after_s=min(30.0, 2.0 ** (tries - 1)) + random.random())
