"""Polls: a known task id outlives every failure, and only key, account and address stop a run."""

from __future__ import annotations

import gc
import json
import threading
import warnings
import weakref
from pathlib import Path

import pytest

from otio_cometapi.comet.client import EMPTY_SUCCESSES, Client, Timeouts
from otio_cometapi.errors import PollError, RunStoppedError
from otio_cometapi.records import TaskStatus
from support.fake_clock import FakeClock
from support.raw_http import CLOSED, RESET, SILENT, RawServer, Reply, reply

GOLDEN = Path(__file__).resolve().parents[2] / "fixtures" / "api"
KEY = "sk-Very-Secret-0123456789"
NOT_EXIST = {"code": "task_not_exist", "message": "task_not_exist", "data": None}
RUNNING = {"id": "t-1", "status": "RUNNING", "progress": 0.5}


def a_client(server: RawServer, clock: FakeClock | None = None) -> Client:
    """Return a client that gives up soon."""
    return Client(server.url, key=KEY, clock=clock or FakeClock(), timeouts=Timeouts(poll_s=0.5))


def error_of(server_reply: Reply) -> PollError | RunStoppedError:
    """Poll once and return the error."""
    with (
        RawServer(server_reply) as server,
        a_client(server) as client,
        pytest.raises((PollError, RunStoppedError)) as caught,
    ):
        client.retrieve("t-1", submitted_at=0.0)
    return caught.value


def test_a_poll_asks_for_the_task_with_key_and_version() -> None:
    """A poll is a GET of the task's path with the bearer key and the version."""
    with RawServer(reply(200, RUNNING)) as server, a_client(server) as client:
        snapshot = client.retrieve("t-1", submitted_at=0.0)
        seen = server.requests[0]
    assert (snapshot.status, snapshot.progress, snapshot.task_id) == (TaskStatus.RUNNING, 0.5, "t-1")
    assert (seen.method, seen.path) == ("GET", "/runwayml/v1/tasks/t-1")
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.headers["x-runway-version"] == "2024-11-06"


def test_polls_share_a_connection() -> None:
    """Polls of one thread reuse their connection."""
    with RawServer(reply(200, RUNNING)) as server, a_client(server) as client:
        for _ in range(5):
            client.retrieve("t-1", submitted_at=0.0)
        assert (len(server.requests), server.connections) == (5, 1)


def test_a_client_that_nobody_holds_any_more_is_gone_with_its_connections() -> None:
    """Also where it was not closed: a program that makes a client for every look keeps none of them."""
    with RawServer(reply(200, RUNNING)) as server:
        client = a_client(server)
        client.retrieve("t-1", submitted_at=0.0)
        watched = weakref.ref(client)
        del client
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # that it was not closed
            gc.collect()
        assert watched() is None


def test_polls_of_several_threads_do_not_mix() -> None:
    """Threads that share a client each get the answers to their own questions."""
    with RawServer(reply(200, RUNNING)) as server, a_client(server) as client:
        seen: list[str] = []

        def poll(name: str) -> None:
            seen.extend(client.retrieve(name, submitted_at=0.0).task_id for _ in range(5))

        threads = [threading.Thread(target=poll, args=(f"t-{number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(seen) == sorted(f"t-{number}" for number in range(4) for _ in range(5))


@pytest.mark.parametrize(
    ("age_s", "expected"), [(0, TaskStatus.NOT_YET), (59, TaskStatus.NOT_YET), (61, TaskStatus.GONE)]
)
@pytest.mark.parametrize(
    "server_reply",
    [
        reply(400, NOT_EXIST),
        reply(200, NOT_EXIST),
        reply(500, NOT_EXIST),
        reply(400, {"error": {"code": "task_not_exist", "message": "task_not_exist", "type": "comet_api_error"}}),
        reply(404, {"error": "Could not find Task"}),
    ],
    ids=["400", "200", "500", "gateway", "404"],
)
def test_a_missing_task_is_not_yet_there_for_a_minute(server_reply: Reply, age_s: float, expected: TaskStatus) -> None:
    """Right after a create "no such task" means wait; later it means gone."""
    clock = FakeClock()
    with RawServer(server_reply) as server, a_client(server, clock) as client:
        assert expected is client.retrieve("t-1", submitted_at=clock.now() - age_s).status


@pytest.mark.parametrize(
    "server_reply",
    [reply(status, "<html><title>x</title></html>") for status in (200, 404, 408, 409, 429, 500, 502, 503, 504, 524)]
    + [reply(200, b'{"status": "RUN'), reply(200), reply(200, {}), RESET, CLOSED, SILENT]
    + [reply(500, {"code": "get_task_failed", "message": "get_task_failed", "data": None})],
    ids=[
        "200 page",
        "404 page",
        "408",
        "409",
        "429",
        "500",
        "502",
        "503",
        "504",
        "524",
        "broken",
        "empty",
        "no status",
        "reset",
        "closed",
        "silent",
        "get_task_failed",
    ],
)
def test_a_passing_trouble_lets_the_task_be_asked_again(server_reply: Reply) -> None:
    """Trouble of servers and networks ends one poll and nothing else."""
    error = error_of(server_reply)
    assert isinstance(error, PollError)
    assert (error.hopeless, error.task_id) == (False, "t-1")


@pytest.mark.parametrize("status", [400, 422])
def test_a_refused_poll_is_hopeless(status: int) -> None:
    """A poll that the service refuses for what it is would be refused again."""
    error = error_of(reply(status, {"code": "invalid_api_platform", "message": "no", "data": None}))
    assert isinstance(error, PollError)
    assert error.hopeless


@pytest.mark.parametrize("status", [301, 302, 307, 401, 402, 403, 405])
def test_key_account_and_address_stop_the_run(status: int) -> None:
    """What every other poll would meet too stops the run, and the id is kept in the error."""
    error = error_of(reply(status, {"error": {"message": f"no {KEY}", "code": ""}}, headers={"location": "/x"}))
    assert isinstance(error, RunStoppedError)
    assert error.task_id == "t-1"
    assert KEY not in str(error)


def test_a_wrong_path_stops_the_run() -> None:
    """The gateway's "Invalid URL" is about the address, not the task."""
    golden = json.loads((GOLDEN / "errors" / "path_not_found.json").read_text("utf-8"))
    assert isinstance(error_of(reply(404, golden["body"])), RunStoppedError)


def test_a_busy_service_says_when_to_come_back() -> None:
    """Retry-After of a refused poll reaches the caller."""
    error = error_of(reply(429, {"error": "busy"}, headers={"retry-after": "12"}))
    assert isinstance(error, PollError)
    assert error.retry_after_s == 12.0


def test_a_poll_does_not_follow_a_redirect() -> None:
    """The key does not travel to where a poll is redirected."""
    with RawServer(reply(200, RUNNING)) as other:
        error = error_of(reply(302, headers={"location": f"{other.url}/x"}))
        assert (isinstance(error, RunStoppedError), other.connections) == (True, 0)


def test_a_success_without_an_output_is_asked_for_a_few_times_then_failed() -> None:
    """Success without an output is waited on; in the end it is a failure that says so."""
    with (
        RawServer(reply(200, {"id": "t-1", "status": "SUCCEEDED", "output": []})) as server,
        a_client(server) as client,
    ):
        statuses = [client.retrieve("t-1", submitted_at=0.0) for _ in range(EMPTY_SUCCESSES)]
    assert [each.status for each in statuses] == [TaskStatus.UNKNOWN] * (EMPTY_SUCCESSES - 1) + [TaskStatus.FAILED]
    assert "no output" in statuses[-1].failure


def test_a_late_output_is_a_success() -> None:
    """An output that appears after an empty success is taken."""
    empty = {"id": "t-1", "status": "SUCCEEDED"}
    full = empty | {"output": ["https://cdn.example.com/o.mp4"]}
    with RawServer(reply(200, empty), reply(200, full)) as server, a_client(server) as client:
        seen = [client.retrieve("t-1", submitted_at=0.0).status for _ in range(2)]
    assert seen == [TaskStatus.UNKNOWN, TaskStatus.SUCCEEDED]


def test_one_bad_poll_does_not_end_the_next() -> None:
    """After a cut connection the same client polls on."""
    with RawServer(RESET, reply(200, RUNNING)) as server, a_client(server) as client:
        with pytest.raises(PollError):
            client.retrieve("t-1", submitted_at=0.0)
        assert client.retrieve("t-1", submitted_at=0.0).status is TaskStatus.RUNNING


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    """An answer of many megabytes ends the poll, not the memory."""
    assert isinstance(error_of(reply(200, b"{" + b" " * 6_000_000)), PollError)
