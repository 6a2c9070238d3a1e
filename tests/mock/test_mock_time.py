"""The three clocks, and the limits that depend on them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import requests

from cometapi_mock.options import Options
from cometapi_mock.server import MockServer
from support.mock_client import MockClient, body_for

URL = "https://media.example.com/shots/sh010.mp4"


def status(client: MockClient, task_id: str) -> str:
    """Return a task's status word."""
    return str(client.poll(task_id).json()["status"])


def test_on_the_poll_clock_polls_of_other_tasks_do_not_age_a_task(client: MockClient) -> None:
    """A task that is not asked about stays where it is, however often others are."""
    first, second = (client.created(body_for(URL, seed=seed)) for seed in (1, 2))
    for _ in range(10):
        client.poll(first)
    assert status(client, second) == "PENDING"


def test_on_the_virtual_clock_polls_do_not_age_a_task() -> None:
    """Only an advance moves a task on."""
    with MockServer(Options(clock="virtual")) as server:
        client = MockClient(server.url)
        task_id = client.created(body_for(URL))
        assert [status(client, task_id) for _ in range(10)] == ["PENDING"] * 10
        server.advance(12)
        assert status(client, task_id) == "RUNNING"
        server.advance(15)
        assert status(client, task_id) == "SUCCEEDED"


def test_on_the_real_clock_time_passes_by_itself() -> None:
    """At a speed of 500, a twentieth of a second is a task's whole life."""
    with MockServer(Options(clock="real", speed=500)) as server:
        client = MockClient(server.url)
        task_id = client.created(body_for(URL))
        time.sleep(0.06)
        assert status(client, task_id) == "SUCCEEDED"


def test_polls_faster_than_five_seconds_are_a_problem() -> None:
    """On the virtual clock two polls of one task without five seconds between them are told by verify."""
    with MockServer(Options(clock="virtual")) as server:
        client = MockClient(server.url)
        task_id = client.created(body_for(URL))
        client.poll(task_id)
        server.advance(5)
        client.poll(task_id)
        assert server.verify()["problems"] == []
        server.advance(4)
        client.poll(task_id)
        assert [problem["kind"] for problem in server.verify()["problems"]] == ["polled_too_fast"]


def test_on_the_poll_clock_no_poll_is_too_fast(client: MockClient) -> None:
    """A poll is five seconds by definition there."""
    client.finished(client.created(body_for(URL)))
    assert client.control("verify")["problems"] == []


def test_tasks_above_the_limit_are_throttled_until_another_ends() -> None:
    """With room for one, the second task waits as THROTTLED and starts when the first has ended."""
    with MockServer(Options(concurrency=1)) as server:
        client = MockClient(server.url)
        first, second = (client.created(body_for(URL, seed=seed)) for seed in (1, 2))
        assert (status(client, first), status(client, second)) == ("PENDING", "THROTTLED")
        client.finished(first)
        assert status(client, second) == "PENDING"
        assert client.finished(second)["status"] == "SUCCEEDED"


def test_on_the_virtual_clock_a_waiting_task_starts_when_another_ends() -> None:
    """With room for two, the third task starts when the first ends, 25 seconds on, though nobody asked meanwhile."""
    with MockServer(Options(clock="virtual", concurrency=2)) as server:
        client = MockClient(server.url)
        ids = [client.created(body_for(URL, seed=seed)) for seed in range(3)]
        assert status(client, ids[2]) == "THROTTLED"
        server.advance(24)
        assert status(client, ids[2]) == "THROTTLED"
        server.advance(12)
        assert [status(client, task_id) for task_id in ids] == ["SUCCEEDED", "SUCCEEDED", "RUNNING"]


def test_the_days_limit_answers_429_until_the_day_is_over() -> None:
    """The third create of a day of two is refused; a day later it is accepted."""
    with MockServer(Options(daily_limit=2)) as server:
        client = MockClient(server.url)
        answers = [client.create(body_for(URL, seed=seed)).status_code for seed in range(3)]
        server.advance(24 * 3600 + 1)
        assert [*answers, client.create(body_for(URL, seed=9)).status_code] == [200, 200, 429, 200]


def conversation(folder: Path, clip: Path) -> list[str]:
    """Hold one conversation with a fresh simulator and return every answer, its port removed."""
    told: list[str] = []
    with MockServer(Options(seed=5), state=folder) as server:
        client = MockClient(server.url)
        ids = [client.create(body_for(clip, seed=seed)).json()["id"] for seed in (1, 2, 1)]
        for _ in range(6):
            told.extend(client.poll(task_id).text for task_id in ids)
        for task_id in ids:
            url = client.poll(task_id).json()["output"][0]
            told.append(requests.get(url, timeout=9).content.hex())
        told.append(json.dumps([{**entry, "headers": None} for entry in client.control("journal")]))
        told.append(json.dumps(client.control("snapshot")))
        return [text.replace(server.url, "http://server") for text in told]


def test_the_same_conversation_gives_the_same_bytes(tmp_path: Path, clip_path: Path) -> None:
    """Two simulators with one seed answer a scripted conversation alike, outputs, journal and state included."""
    assert conversation(tmp_path / "a", clip_path) == conversation(tmp_path / "b", clip_path)
