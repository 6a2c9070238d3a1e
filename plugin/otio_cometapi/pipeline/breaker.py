"""The circuit breaker: when sending on would only do harm, a run pauses and says why."""

from __future__ import annotations

from otio_cometapi.clock import utc_text
from otio_cometapi.jobs import alarms
from otio_cometapi.jobs.alarms import COOLING_S, DOUBTFUL, MODERATED
from otio_cometapi.pipeline.job import Job
from otio_cometapi.records import SubmitAnswer, SubmitOutcome

DAY_LIMIT_LOOK_S = 3600.0
"""
A day's limit is looked at again after this long where the service names no time.

It counts a rolling day, so that it gives way piece by piece.
"""
_DAY_S = 86_400.0


class Breaker:
    """Watches a job's creates and their ends."""

    def __init__(self, job: Job, *, past_refusals: bool = False) -> None:
        """Go by what the ledger knows; a person's word takes the refusals of moderation off it."""
        self._job = job
        if past_refusals:
            alarms.moderation_passed(job.ledger)

    def reason(self) -> str:
        """Say why nothing may be sent now, and how to go on; empty when it may."""
        known, now = alarms.alarms(self._job.ledger), self._job.clock.now()
        if known.wait_until > now:
            return (
                f"{known.wait_reason} Nothing is sent before {utc_text(known.wait_until)}; "
                f"then `otiocomet resume {self._job.path} -o OUT` goes on."
            )
        if known.moderated >= MODERATED:
            return (
                f"the last {known.moderated} takes were all refused by the service's moderation, which charges them "
                "and suspends accounts that go on. Change prompts, pictures or images first; then give "
                f"--past-refusals to `run` or to `otiocomet resume {self._job.path} -o OUT`."
            )
        if known.doubtful >= DOUBTFUL and known.doubtful_at + COOLING_S > now:
            return (
                f"{known.doubtful} creates in a row brought no clear answer, so that each may be charged and waits for "
                f"you: `otiocomet resolve {self._job.path}` lists them. After "
                f"{utc_text(known.doubtful_at + COOLING_S)} `otiocomet resume {self._job.path} -o OUT` sends one more, "
                "to see whether the service answers again."
            )
        return ""

    def answered(self, answer: SubmitAnswer) -> None:
        """Take note of an answer to a create."""
        ledger, now, said = self._job.ledger, self._job.clock.now(), answer.message.rstrip(".")
        if answer.outcome is SubmitOutcome.AMBIGUOUS:
            alarms.doubtful_answer(ledger)
            return
        if answer.day_limit:
            until = now + (answer.retry_after_s or DAY_LIMIT_LOOK_S)
            free = "" if answer.retry_after_s else f" It counts a rolling day, and is free by {utc_text(now + _DAY_S)}."
            alarms.wait_wanted(ledger, until=until, reason=f"the day's limit is reached ({said}).{free}")
        elif answer.outcome is not SubmitOutcome.REFUSED_FOR_NOW:
            alarms.clear_answer(ledger)
        if answer.moderated:
            alarms.moderation_refused(ledger)

    def wait(self, answer: SubmitAnswer) -> None:
        """Send nothing for as long as the service asks, since it refuses every create alike."""
        until, said = self._job.clock.now() + (answer.retry_after_s or 0.0), answer.message.rstrip(".")
        alarms.wait_wanted(self._job.ledger, until=until, reason=f"the service refuses for now: {said}.")
