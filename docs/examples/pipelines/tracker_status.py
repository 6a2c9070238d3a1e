"""
Tell a production tracker where every shot stands: ShotGrid (Flow Production Tracking) or Kitsu, over their REST doors.

A clip's name is the shot's code. What is told is read from the job, offline; a shot that the tracker does not know is
named, and the others go on.

    TRACKER_TOKEN=... python tracker_status.py comet.cometjob --shotgrid https://studio.shotgrid.autodesk.com
    TRACKER_TOKEN=... python tracker_status.py comet.cometjob --kitsu https://kitsu.studio --task-status ID=wip ...

The routes are from the makers' public documents; they were tried against a stand-in, not against the products.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import otio_cometapi as comet

WORDS = {
    "READY": "rev",
    "FAILED": "hld",
    "REFUSED": "hld",
    "SUBMIT_UNKNOWN": "hld",
    "ABANDONED": "omt",
}
"""A take's state in the tracker's short words; every other state is work in progress."""
IN_PROGRESS = "ip"

Tell = Callable[[str, str, str], bool]
"""Given a shot's code, its new status and a note: whether the tracker knows the shot."""


def statuses(job: comet.Job) -> dict[str, tuple[str, str]]:
    """Return each clip's status and a note; of several takes the one that needs somebody most counts."""
    weight = ["rev", IN_PROGRESS, "omt", "hld"]
    found: dict[str, tuple[str, str]] = {}
    for line in comet.report(job).lines:
        word = WORDS.get(line.state, IN_PROGRESS)
        if line.clip.name not in found or weight.index(word) > weight.index(found[line.clip.name][0]):
            found[line.clip.name] = (word, f"take {line.take.number} ({line.take.take_id[:11]}) is {line.state}")
    return found


def shotgrid(address: str, token: str) -> Tell:
    """Return what writes a shot's ``sg_status_list``."""

    def tell(shot: str, status: str, note: str) -> bool:  # noqa: ARG001 - ShotGrid's notes are entities of their own
        wanted = {"filters": [["code", "is", shot]], "fields": ["id"]}
        kind = "application/vnd+shotgun.api3_array+json"
        found = _ask(f"{address}/api/v1.1/entity/shots/_search", token, wanted, kind=kind)["data"]
        for each in found:
            change = {"sg_status_list": status}
            _ask(f"{address}/api/v1.1/entity/shots/{each['id']}", token, change, method="PUT")
        return bool(found)

    return tell


def kitsu(address: str, token: str, ids: dict[str, str]) -> Tell:
    """Return what comments on a shot's tasks with a status; *ids* are Kitsu's own for the words used here."""

    def tell(shot: str, status: str, note: str) -> bool:
        found = _ask(f"{address}/api/data/shots?name={quote(shot)}", token)
        for each in found:
            for task in _ask(f"{address}/api/data/shots/{each['id']}/tasks", token):
                comment = {"task_status_id": ids[status], "comment": note}
                _ask(f"{address}/api/actions/tasks/{task['id']}/comment", token, comment)
        return bool(found)

    return tell


def _ask(
    url: str, token: str, body: dict[str, Any] | None = None, *, method: str = "", kind: str = "application/json"
) -> Any:
    """Send one request with the tracker's token; return its JSON."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "Content-Type": kind}
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data=data, headers=headers, method=method or ("GET" if body is None else "POST"))  # noqa: S310
    with urlopen(request, timeout=30) as answer:  # noqa: S310 - the tracker's address is the caller's
        return json.load(answer)


def main(words: list[str] | None = None) -> int:
    """Tell the tracker about every clip of the job; 3 when it does not know one of them."""
    parser = argparse.ArgumentParser(description="Tell a tracker where every shot of a job stands.")
    parser.add_argument("job")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--shotgrid", metavar="URL")
    where.add_argument("--kitsu", metavar="URL")
    parser.add_argument("--task-status", action="append", default=[], metavar="WORD=ID", help="Kitsu's id for a word")
    said = parser.parse_args(words)
    token = os.environ.get("TRACKER_TOKEN", "")
    ids = dict(pair.split("=", 1) for pair in said.task_status)
    tell = shotgrid(said.shotgrid.rstrip("/"), token) if said.shotgrid else kitsu(said.kitsu.rstrip("/"), token, ids)
    with comet.Job(said.job) as job:
        lost = [shot for shot, (status, note) in statuses(job).items() if not tell(shot, status, note)]
    for shot in lost:
        print(f"{shot}: the tracker has no such shot")
    return 3 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
