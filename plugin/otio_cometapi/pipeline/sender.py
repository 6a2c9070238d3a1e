"""Sender: one create after another, each between its two entries in the ledger, and what its answer means."""

from __future__ import annotations

import random
from dataclasses import replace

from otio_cometapi.comet.client import Client
from otio_cometapi.comet.request_builder import CreateRequest, create_request, nearest_ratio
from otio_cometapi.errors import CometError, JobError, MediaError, PublishError, RequestInvalidError, RunStoppedError
from otio_cometapi.events import Event, Stage
from otio_cometapi.jobs import attempts, identity
from otio_cometapi.jobs.attempts import Budget, EqualRequestError
from otio_cometapi.jobs.states import PartState
from otio_cometapi.media.raster import display_size
from otio_cometapi.pipeline.allowed import check_sendable
from otio_cometapi.pipeline.breaker import Breaker
from otio_cometapi.pipeline.budgets import DayLimit, spending_of
from otio_cometapi.pipeline.conform import finish_for
from otio_cometapi.pipeline.elsewhere import Elsewhere, PaidElsewhereError
from otio_cometapi.pipeline.job import Job, clips_of, named, part_of
from otio_cometapi.pipeline.options import Trouble
from otio_cometapi.pipeline.parts import look_for, reason_to_wait
from otio_cometapi.pipeline.publish import Publishing
from otio_cometapi.records import Model, PartRecord, SubmitAnswer, SubmitOutcome, TakeRecord

PATIENCE_S = 120.0
"""A service that asks to wait longer than this is left alone for this run."""

TRIES = 5
"""Creates of one part in one run that the service may refuse for now."""


class Sender:
    """Sends creates as one owner."""

    def __init__(
        self,
        job: Job,
        client: Client,
        elsewhere: Elsewhere,
        *,
        publishing: Publishing,
        breaker: Breaker,
        budget: Budget,
        day: DayLimit,
    ) -> None:
        """Become an owner of intentions; `owner` is to be released in the end."""
        self.job = job
        self.client = client
        self.elsewhere = elsewhere
        self.settings = elsewhere.settings
        self.publishing = publishing
        self.breaker = breaker
        self.budget = budget
        self.day = day
        self.listener = elsewhere.listener
        self.finish = finish_for(job)
        self.owner = job.ledger.new_owner()
        self.begun = False
        """Whether a create has left in this run."""
        self.accepted: PartRecord | None = None
        """The part whose create was accepted last, with its task; None after any other end."""

    def send(self, take: TakeRecord, part: PartRecord, model: Model) -> Trouble | None:
        """
        Send a part's create until it is taken or refused; return what a person should know, or nothing.

        Raises:
            BudgetError: Others have spent meanwhile, and it does not fit a limit any more.
            RunStoppedError: The service refuses everything.
        """
        self.accepted = None
        if why := reason_to_wait(take, part):
            self._tell(take, part, f"not sent yet: {why}")
            return None
        not_before = part.not_before
        for tries in range(1, TRIES + 1):
            pause = not_before - self.job.clock.now()
            if pause > PATIENCE_S:
                said = f"the service asked to wait: {part.message}. Run `otiocomet resume` later."
                return self._problem(take, part, said)
            if pause > 0:
                self._tell(take, part, f"the service asks to wait {pause:.0f} s")
                self.job.clock.sleep(pause)
            answer = self._sent_once(take, part, model, tries)
            if isinstance(answer, Trouble) or answer is None:
                return answer
            wait = answer.retry_after_s or 0.0
            last = tries == TRIES or wait > PATIENCE_S or answer.day_limit
            if answer.outcome is not SubmitOutcome.REFUSED_FOR_NOW or last:
                return self._after(take, part, answer)
            self._tell(take, part, f"the service refuses for now: {answer.message}")
            not_before = self.job.clock.now() + wait
        return None

    def _sent_once(self, take: TakeRecord, part: PartRecord, model: Model, tries: int) -> SubmitAnswer | Trouble | None:
        """Send one create, once, between its two entries in the ledger; None where another process has the part."""
        try:
            request, intention = self._intended(take, part, model)
        except (MediaError, PublishError) as exc:  # what the part before made cannot be gone on from, or not be fetched
            exc.clip = exc.clip or clips_of(take)
            self.job.ledger.noted(take.take_id, str(exc))
            return self._problem(take, part, f"not sent: {exc.message} {exc.next_step}".strip())
        except PaidElsewhereError as exc:
            return self._problem(take, part, exc.message)
        except (RequestInvalidError, EqualRequestError) as exc:
            return self._unsendable(take, part, exc)
        if intention is None:
            self._tell(take, part, "another process has it")
            return None
        attempt, entry = intention
        self.begun = True
        answer = self.client.submit(request)
        if answer.outcome is SubmitOutcome.REFUSED_FOR_NOW and answer.retry_after_s is None and not answer.day_limit:
            answer = _with_backoff(answer, tries)
        attempts.close_attempt(self.job.ledger, attempt, answer)
        self.day.settle(entry, answer)
        self.breaker.answered(answer)
        return answer

    def _intended(
        self, take: TakeRecord, part: PartRecord, model: Model
    ) -> tuple[CreateRequest, tuple[int, int | None] | None]:
        """
        Return a part's create with its intention; None for that where another process has the part.

        Parts of a still picture may be equal to the last byte, and would then send one request twice. The later one
        goes with a seed of its own: both are paid for, as estimated, and the books can tell them apart.
        """
        request = self._request(take, part, model)
        try:
            return request, self._intention(take, part, model, request)
        except EqualRequestError as exc:
            if exc.take_id != take.take_id:
                raise
        own = self._request(take, part, model, seed=identity.part_seed(take=take.take_id, part=part.number))
        return own, self._intention(take, part, model, own)

    def _intention(
        self, take: TakeRecord, part: PartRecord, model: Model, request: CreateRequest
    ) -> tuple[int, int | None] | None:
        """
        Enter what one try would spend, in the book of the day and then in the ledger; return both entries' numbers.

        Every try has entries of its own, so that a try which is refused gives back exactly what it took.
        """
        spending, attempt = spending_of(take, part, model), None
        with self.elsewhere.alone(take) as why_not:
            if why_not:
                raise PaidElsewhereError(why_not)
            entry = self.day.reserve(spending, job=self.job.path)
            try:
                attempt = attempts.open_attempt(
                    self.job.ledger,
                    part,
                    owner=self.owner,
                    body_sha256=request.sha256,
                    spending=spending,
                    budget=self.budget,
                )
            finally:
                if attempt is None:  # whatever the reason, nothing is sent
                    self.day.settle(entry, None)
        return None if attempt is None else (attempt, entry)

    def _request(self, take: TakeRecord, part: PartRecord, model: Model, *, seed: int | None = None) -> CreateRequest:
        if part.export is None:
            raise RequestInvalidError((f"take {take.take_id} has no export",), clip=clips_of(take))
        check_sendable(self.job, take, part.export, roots=self.settings.allowed_media_roots)
        look = look_for(self.job, take, part, model, finish=self.finish)
        return create_request(
            look if seed is None else replace(look, seed=seed),
            video=self.publishing.video(take, part, part.export),
            model=model,
            ratio=take.look.ratio or nearest_ratio(*display_size(take.info), model),
            allow_loopback=self.settings.loopback,
        )

    def _unsendable(self, take: TakeRecord, part: PartRecord, error: CometError) -> Trouble | None:
        error.clip = clips_of(take)
        try:
            self.job.ledger.part_moved(part, PartState.REFUSED, message=str(error))
        except JobError:  # its create is on the wire: the answer decides
            self._tell(take, part, "another process has it")
            return None
        step = f" {error.next_step}" if isinstance(error, EqualRequestError) else ""
        return self._problem(take, part, f"{error.message}{step}")

    def _after(self, take: TakeRecord, part: PartRecord, answer: SubmitAnswer) -> Trouble | None:
        """Say what an answer means for this take, and for the run."""
        step = f" {answer.next_step}" if answer.next_step else ""
        said = answer.message.rstrip(".")
        match answer.outcome:
            case SubmitOutcome.ACCEPTED:
                self._tell(take, part, f"sent, task {answer.task_id}")
                now = self.job.clock.now()
                self.accepted = replace(part, state=PartState.SUBMITTED, task_id=answer.task_id, submitted_at=now)
                return None
            case SubmitOutcome.STOP_RUN:
                raise RunStoppedError(answer.message, clip=clips_of(take), next_step=answer.next_step)
            case SubmitOutcome.REFUSED_FOR_NOW:
                if not answer.day_limit:
                    self.breaker.wait(answer)
                return self._problem(take, part, f"refused for now, nothing was spent: {said}.{step}")
            case SubmitOutcome.REFUSED:
                return self._problem(take, part, f"refused, nothing was spent: {said}.{step}")
        return self._problem(
            take,
            part,
            f"no clear answer came ({said}); the task may exist and be charged, so it is not sent again. "
            f"Decide with `otiocomet resolve {self.job.path} {take.take_id[:11]}`.",
        )

    def _tell(self, take: TakeRecord, part: PartRecord, message: str, *, problem: bool = False) -> None:
        clip = clips_of(take) + part_of(take, part)
        self.listener(Event(Stage.SUBMIT, message, take_id=take.take_id, clip=clip, problem=problem))

    def _problem(self, take: TakeRecord, part: PartRecord, message: str) -> Trouble:
        self._tell(take, part, message, problem=True)
        return Trouble(f"{named(take, part)}: {message}", take.take_id)


def _with_backoff(answer: SubmitAnswer, tries: int) -> SubmitAnswer:
    """Wait as the service's own guide says where its answer does not: 1 s, doubling up to 30 s, and a jitter."""
    return replace(answer, retry_after_s=min(30.0, 2.0 ** (tries - 1)) + random.random())
