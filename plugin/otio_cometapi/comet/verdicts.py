"""What an answer means, status by status: to a create for money, to a poll for the next one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from otio_cometapi.comet.models import SUCCESSOR_MODEL
from otio_cometapi.comet.wire import ServiceError, created_task_id, error_in, estimated_credits, object_in
from otio_cometapi.errors import ApiError, PollError, RunStoppedError
from otio_cometapi.records import SubmitAnswer, SubmitOutcome

_DAY_S = 86_400.0

RESOLVE_STEP = (
    "A task may exist and may be charged, so nothing is sent again by itself: look at the service's task list,"
    " then decide with `otiocomet resolve`."
)
"""What to do when nobody knows whether a task exists."""
ADDRESS_STEP = "Check COMETAPI_BASE_URL; it is the bare host, such as https://api.cometapi.com."
"""What to do when the address is wrong."""
KEY_STEP = "Check COMETAPI_KEY and the account's balance."
"""What to do when the key is refused."""
_BODY_STEP = "Correct what is named and run again; nothing was spent."

# Refused by the letter of HTTP before anything was processed. Whatever is named nowhere is held for a person.
_REFUSED = frozenset({400, 406, 411, 413, 414, 415, 417, 422, 426, 428, 431, 451})
_STOPPED = frozenset({401, 402, 403, 404, 405, 407, 410})


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, as far as it came."""

    status: int
    """The HTTP status."""
    body: bytes
    """What came of the body, within the limit."""
    retry_after_s: float | None = None
    """How long the service asks to wait, in seconds."""
    cut_short: str = ""
    """Why the body is not whole; empty when it is."""


def create_verdict(answer: Answer, *, model: str, secret: str) -> SubmitAnswer:
    """
    Return what the answer to a create means.

    Args:
        answer: What came back.
        model: The model that was asked for.
        secret: The key, which never stands in the result.
    """
    status = answer.status
    if 200 <= status < 300:
        return _accepted(answer, secret=secret)
    error = error_in(answer.body, secret=secret)
    outcome, next_step = _outcome(status, error, model=model)
    said = error.sentence()
    message = f"the service answered HTTP {status}" + (f": {said}" if said else " without a word")
    return SubmitAnswer(
        outcome=outcome,
        http_status=status,
        message=message,
        code=error.code,
        retry_after_s=answer.retry_after_s,
        next_step=next_step,
        day_limit=outcome is SubmitOutcome.REFUSED_FOR_NOW and error.day_limit,
        moderated=outcome is SubmitOutcome.REFUSED and error.moderated,
    )


def _accepted(answer: Answer, *, secret: str) -> SubmitAnswer:
    record = object_in(answer.body)
    error = error_in(answer.body, secret=secret)
    task_id = created_task_id(record) if record is not None and not error.codes and not record.get("error") else ""
    if record is not None and task_id:
        return SubmitAnswer(
            outcome=SubmitOutcome.ACCEPTED,
            task_id=task_id,
            estimated_credits=estimated_credits(record),
            http_status=answer.status,
            message="accepted",
        )
    said = answer.cut_short or error.sentence()
    return SubmitAnswer(
        outcome=SubmitOutcome.AMBIGUOUS,
        http_status=answer.status,
        message=f"the service answered HTTP {answer.status} without a task id" + (f": {said}" if said else ""),
        code=error.code,
        next_step=RESOLVE_STEP,
    )


def _outcome(status: int, error: ServiceError, *, model: str) -> tuple[SubmitOutcome, str]:
    refused = status in _REFUSED or (status == 500 and error.request_invalid)
    result = (SubmitOutcome.AMBIGUOUS, RESOLVE_STEP)
    if status == 429:
        result = (SubmitOutcome.REFUSED_FOR_NOW, "Wait and go on with `otiocomet resume`; nothing was spent.")
    elif 300 <= status < 400:
        result = (SubmitOutcome.STOP_RUN, ADDRESS_STEP)
    elif error.model_unknown and (refused or status in (404, 503)):
        result = (SubmitOutcome.REFUSED, _model_step(model))
    elif status in _STOPPED:
        result = (SubmitOutcome.STOP_RUN, ADDRESS_STEP if status in (404, 405, 410) else KEY_STEP)
    elif status in _REFUSED and error.out_of_credit:
        result = (SubmitOutcome.STOP_RUN, "Top up the account; nothing was spent.")
    elif status == 413:
        result = (SubmitOutcome.REFUSED, "Send a shorter clip, or fewer handles.")
    elif refused:
        result = (SubmitOutcome.REFUSED, _BODY_STEP)
    return result


def _model_step(model: str) -> str:
    other = f", such as {SUCCESSOR_MODEL}" if model != SUCCESSOR_MODEL else ""
    return f"The service offers no model '{model}' to this key; `otiocomet models` lists others{other}."


def poll_failure(answer: Answer, error: ServiceError, task_id: str) -> ApiError:
    """Return the error of a poll that brought no task: passing, hopeless, or one that stops the run."""
    said = error.sentence() or answer.cut_short
    message = f"asking for the task brought HTTP {answer.status}" + (f": {said}" if said else "")
    if answer.status in (401, 402, 403, 407):
        return RunStoppedError(f"{message}.", task_id=task_id, next_step=f"{KEY_STEP} The task goes on.")
    if 300 <= answer.status < 400 or answer.status == 405 or (error.path_wrong and not error.is_page):
        return RunStoppedError(f"{message}.", task_id=task_id, next_step=f"{ADDRESS_STEP} The task goes on.")
    passing = answer.status in (404, 408, 409, 410, 421, 425, 429) or not 400 <= answer.status < 500
    return PollError(
        f"{message}.",
        task_id=task_id,
        next_step="It is asked again; the task goes on meanwhile." if passing else "The task's id is kept.",
        retry_after_s=answer.retry_after_s,
        hopeless=not passing,
    )


def retry_after(value: str | None, *, milliseconds: str | None = None, now: float) -> float | None:
    """
    Return how long to wait, in seconds, from the headers ``Retry-After`` and ``Retry-After-Ms``.

    Args:
        value: Seconds, or an HTTP date.
        milliseconds: The other header's value.
        now: Unix time, to measure a date against.

    Returns:
        Between 0 and one day; None where nothing usable is said.
    """
    for text, scale in ((milliseconds, 0.001), (value, 1.0)):
        number = _seconds(text, scale)
        if number is not None:
            return number
    if value is None:
        return None
    try:
        moment = parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(_DAY_S, max(0.0, moment - now))


def _seconds(text: str | None, scale: float) -> float | None:
    if text is None:
        return None
    try:
        number = float(text.strip()) * scale
    except ValueError:
        return None
    return min(_DAY_S, number) if math.isfinite(number) and number >= 0 else None
