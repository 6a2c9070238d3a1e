"""What the journal proves: that nothing was bought twice, and that clients kept the rules."""

from __future__ import annotations

from typing import Any

from .service import Service


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
    return [
        {
            "kind": "key_sent_to_file_host",
            "message": "a key was sent to the host of the outputs",
            "request": entry["number"],
        }
        for entry in list(service.journal.entries)
        if entry["key_sent"] and entry["path"].startswith("/files/")
    ]
