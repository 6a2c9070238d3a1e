"""The account's own list of tasks, which an access token opens and an API key does not."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, request

from .answers import Answer
from .clocks import unix_seconds
from .routes import service
from .service import Service
from .shapes import TaskView, gateway_record
from .tasks import Task
from .wire import response_for

blueprint = Blueprint("tasklist", __name__)

QUOTA_PER_CREDIT = 5_000
"""Units of quota in one upstream credit: 500,000 are a dollar, and a credit is a cent."""
_MOST_ROWS = 100
_FOREVER = 10**16


@blueprint.get("/api/task/self")
def own_tasks() -> Response:
    """Tell the account's tasks, newest first, a page at a time."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    g.entry["access_token"] = bool(token)
    if scheme.lower() != "bearer" or token in {"", "invalid"} or token.startswith("sk-"):
        return response_for(Answer(401, {"success": False, "message": "Unauthorized, invalid access token"}))
    try:
        page, size = _number("p", 1, least=1), _number("page_size", 20, least=1, most=_MOST_ROWS)
        window = _number("start_timestamp", 0), _number("end_timestamp", _FOREVER)
    except ValueError as exc:
        return response_for(Answer(400, {"success": False, "message": f"{exc} is no number that can be meant"}))
    simulated = service()
    found = [row for task in _newest_first(simulated) if _asked_for(row := _row(simulated, task), window)]
    items = found[(page - 1) * size : page * size]
    data = {"page": page, "page_size": size, "total": len(found), "items": items}
    return response_for(Answer(200, {"success": True, "message": "", "data": data}))


def _newest_first(simulated: Service) -> list[Task]:
    return list(simulated.tasks.values())[::-1]


def _row(simulated: Service, task: Task) -> dict[str, Any]:
    moment = simulated.moment(task)
    record = gateway_record(TaskView(task.id, task.created_s, moment, task.credits))
    created = unix_seconds(task.created_s)
    cost = 0 if record["status"] == "FAILURE" else round(task.credits * QUOTA_PER_CREDIT)
    own = {"id": task.number, "created_at": created, "updated_at": created, "platform": "runwayml", "quota": cost}
    return {**own, **record, "model_name": task.model}


def _asked_for(row: dict[str, Any], window: tuple[int, int]) -> bool:
    wanted = {name: request.args.get(name, "") for name in ("platform", "task_id", "status", "action")}
    begins, ends = window
    return all(not text or str(row[name]) == text for name, text in wanted.items()) and (
        begins <= row["submit_time"] <= ends
    )


def _number(name: str, default: int, *, least: int = 0, most: int = _FOREVER) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 17 and least <= int(text) <= most):
        raise ValueError(name)
    return int(text)
