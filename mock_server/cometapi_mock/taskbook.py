"""Tasks as the control API tells them."""

from __future__ import annotations

from typing import Any

from .service import Service
from .tasks import Task


def task_row(service: Service, task: Task) -> dict[str, Any]:
    """Return what the control API tells of a task, without waiting for its output."""
    moment = service.moment(task)
    return {
        "id": task.id,
        "number": task.number,
        "body_sha256": task.body_sha256,
        "nth": task.nth,
        "model": task.model,
        "prompt": task.prompt,
        "seed": task.seed,
        "scenario": task.scenario.name,
        "shape": task.shape,
        "status": "DELETED" if task.deleted else moment.stage.status,
        "progress": moment.progress,
        "created_s": task.created_s,
        "polls": task.polls,
        "file_requests": task.file_requests.total(),
    }
