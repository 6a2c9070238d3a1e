"""The journal and what it proves."""

from __future__ import annotations

import json
from pathlib import Path

import requests

from support.mock_client import MockClient, body_for


def test_the_journal_has_every_request_in_order_and_no_key(client: MockClient, clip_path: Path) -> None:
    """Create and polls stand in order; the key stands nowhere; the video is cut down to its hash."""
    client.headers["Authorization"] = "Bearer very-secret"
    task_id = client.created(body_for(clip_path))
    client.poll(task_id)
    journal = client.control("journal")
    assert [(entry["method"], entry["status"]) for entry in journal] == [("POST", 200), ("GET", 200)]
    assert "very-secret" not in json.dumps(journal)
    assert len(journal[0]["body"]["videoUri"]) < 200
    assert "sha256" in journal[0]["body"]["videoUri"]


def test_equal_bodies_are_duplicates(client: MockClient, clip_path: Path) -> None:
    """The same body sent twice is counted twice, and told with both tasks."""
    ids = [client.created(body_for(clip_path)) for _ in range(2)]
    client.created(body_for(clip_path, seed=8))
    told = client.control("verify")
    assert (told["creates"], told["distinct_bodies"], told["ok"]) == (3, 2, False)
    assert [(2, ids)] == [(row["creates"], row["task_ids"]) for row in told["duplicates"]]


def test_a_key_sent_to_the_file_host_is_a_problem(client: MockClient, clip_path: Path) -> None:
    """A download with the key in its headers shows up as a problem."""
    url = client.finished(client.created(body_for(clip_path)))["output"][0]
    requests.get(url, timeout=10)
    assert client.control("verify")["problems"] == []
    requests.get(url, headers=client.headers, timeout=10)
    assert [problem["kind"] for problem in client.control("verify")["problems"]] == ["key_sent_to_file_host"]


def test_refused_creates_are_not_counted(client: MockClient) -> None:
    """A create that was refused made no task and counts as none."""
    client.create({})
    assert client.control("verify")["creates"] == 0
