"""What the journal proves: that nothing was bought twice, and that clients kept the rules."""

from __future__ import annotations

from typing import Any

from .clocks import SECONDS_PER_POLL
from .service import Service

_TOLERANCE_S = 0.05


def verification_of(service: Service) -> dict[str, Any]:
    """Return what a test asks at its end: creates, distinct bodies, duplicates, problems, and `ok` over all."""
    with service.lock:
        tasks = list(service.tasks.values())
        creates = dict(service.creates)
    duplicates = [
        {
            "body_sha256": digest,
            "creates": count,
            "task_ids": [task.id for task in tasks if task.body_sha256 == digest],
        }
        for digest, count in creates.items()
        if count > 1
    ]
    problems = _problems(service)
    return {
        "ok": not duplicates and not problems,
        "creates": sum(creates.values()),
        "distinct_bodies": len(creates),
        "duplicates": duplicates,
        "problems": problems,
    }


def _problems(service: Service) -> list[dict[str, Any]]:
    entries = service.journal.rows()
    found: list[dict[str, Any]] = [
        {
            "kind": "key_sent_to_file_host",
            "message": "a key was sent to the host of the outputs",
            "request": entry["number"],
        }
        for entry in entries
        if entry["key_sent"] and entry["path"].startswith("/files/")
    ]
    # On the poll clock a poll is five seconds by definition, however fast the client really asks.
    return found if service.clock.kind == "polls" else [*found, *_fast_polls(entries)]


def _fast_polls(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    last: dict[str, float] = {}
    for entry in entries:
        task_id = entry.get("task_id")
        is_poll = entry["path"] == "/runway/feed" or (entry["method"] == "GET" and "/tasks/" in entry["path"])
        if not task_id or not is_poll:
            continue
        passed = entry["at_s"] - last.get(task_id, float("-inf"))
        if passed < SECONDS_PER_POLL - _TOLERANCE_S:
            words = f"task {task_id} was asked about again after {passed:.2f} s; the service updates it every 5 s"
            found.append({"kind": "polled_too_fast", "message": words, "request": entry["number"]})
        last[task_id] = entry["at_s"]
    return found
