"""The shapes of answers: one task told in each of the ways in which the service is known to tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .answers import Answer, named_answer
from .clocks import china_text, unix_seconds, utc_text
from .lifecycle import Moment, Stage

POLL_SHAPES = ("bare", "bare_cost", "wrapped", "wrapped_legacy", "flat")
"""Ways in which a poll is answered."""

CREATE_SHAPES = ("id", "id_cost", "empty", "html", "wrapped")
"""Ways in which a create is answered."""

_OUTER = {
    "PENDING": "QUEUED",
    "THROTTLED": "QUEUED",
    "RUNNING": "IN_PROGRESS",
    "SUCCEEDED": "SUCCESS",
    "FAILED": "FAILURE",
    "CANCELLED": "FAILURE",
    "CANCELED": "FAILURE",
}
_OPEN = frozenset({"PENDING", "THROTTLED", "RUNNING"})


@dataclass(frozen=True, slots=True)
class TaskView:
    """What a poll tells about a task, before it has a shape."""

    task_id: str
    """The task's id."""
    created_s: float
    """When it was created, in virtual seconds."""
    moment: Moment
    """Where it stands."""
    credits: float
    """Its full price."""
    urls: tuple[str, ...] = ()
    """Its outputs; empty unless it succeeded."""


def create_answer(shape: str, task_id: str, credits_due: float) -> Answer:
    """Return the answer to a create that was accepted."""
    if shape == "html":
        return named_answer("page")
    bodies: dict[str, object] = {
        "id": {"id": task_id},
        "id_cost": {"id": task_id, "estimatedCost": {"credits": _number(credits_due)}},
        "empty": {},
        "wrapped": {"code": "success", "message": "", "data": {"task_id": task_id}},
    }
    return Answer(200, bodies[shape])


def poll_body(shape: str, view: TaskView) -> dict[str, Any]:
    """Return the body that tells of a task in one of `POLL_SHAPES`."""
    if shape == "bare":
        return _bare(view)
    if shape == "bare_cost":
        return {**_bare(view), **_money(view)}
    if shape == "flat":
        return _flat(view)
    return _wrapped(view, legacy=shape == "wrapped_legacy")


def _bare(view: TaskView, *, created_at: str = "") -> dict[str, Any]:
    stage = view.moment.stage
    body: dict[str, Any] = {
        "id": view.task_id,
        "status": stage.status,
        "createdAt": created_at or utc_text(view.created_s),
    }
    if stage.status == "RUNNING":
        progress = view.moment.progress or 0.0
        body["progress"] = round(100 * progress) if stage.percent else progress
    elif stage.status == "SUCCEEDED":
        body["output"] = list(view.urls)
    elif stage.status == "FAILED":
        body["failure"] = _failure(stage)
        if not stage.omit_code:
            body["failureCode"] = stage.failure_code
    return body


def _failure(stage: Stage) -> str:
    return "An unexpected error occurred." if stage.failure is None else stage.failure


def _money(view: TaskView) -> dict[str, Any]:
    stage = view.moment.stage
    if stage.status in _OPEN:
        return {"estimatedCost": {"credits": _number(view.credits)}}
    full = 0.0 if stage.status.startswith("CANCEL") else view.credits
    return {"cost": {"credits": _number(full if stage.credits is None else stage.credits)}}


def _number(value: float) -> float | int:
    return int(value) if value == int(value) else value


def gateway_record(view: TaskView) -> dict[str, Any]:
    """Return the gateway's own record, without the upstream's body."""
    moment = view.moment
    outer = moment.stage.outer or _OUTER.get(moment.stage.status, "UNKNOWN")
    ended = outer in {"SUCCESS", "FAILURE"}
    started = moment.started_s if moment.started_s is not None else moment.finished_s
    progress = "100%" if ended else f"{round(100 * (moment.progress or 0))}%"
    return {
        "task_id": view.task_id,
        "action": "VIDEO_TO_VIDEO",
        "status": outer,
        "fail_reason": _failure(moment.stage) if moment.stage.status == "FAILED" or moment.stage.failure else "",
        "submit_time": unix_seconds(view.created_s),
        "start_time": unix_seconds(view.created_s + started) if started is not None else 0,
        "finish_time": unix_seconds(view.created_s + (moment.finished_s or 0.0)) if ended else 0,
        "progress": progress,
    }


def _flat(view: TaskView) -> dict[str, Any]:
    record = gateway_record(view)
    rows = list(record.items())
    rows.insert(4, ("result_url", view.urls[0] if view.urls else ""))
    return dict(rows)


def _wrapped(view: TaskView, *, legacy: bool) -> dict[str, Any]:
    record = gateway_record(view)
    if view.urls and legacy:
        record["fail_reason"] = view.urls[0]
        record["data"] = None
    else:
        if view.urls:
            rows = list(record.items())
            rows.insert(4, ("result_url", view.urls[0]))
            record = dict(rows)
        record["data"] = _bare(view, created_at=china_text(view.created_s))
    return {"code": "success", "message": "", "data": record}
