"""Cancel through the console script: what was not sent stays unsent, and nothing that is paid is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cometapi_mock.options import Options
from cometapi_mock.server import MockServer
from support.flow import Desk, desk, fast, journal_of

TWO = ("--select", "name:sh010", "--select", "name:sh020")


def said(at_desk: Desk, *arguments: str) -> dict[str, Any]:
    """Run a command with --json and return what it said."""
    ended = at_desk.comet(*arguments, "--json")
    assert ended.stdout.startswith("{"), ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    assert found.get("exit", ended.returncode) == ended.returncode
    return found


def states(found: dict[str, Any]) -> list[str]:
    """Return the states of all takes."""
    return sorted(take["state"] for take in found["takes"])


def sent(at_desk: Desk, prompt: str) -> None:
    """Send two clips and come back without waiting."""
    ended = at_desk.comet(
        *("run", "edit.otio", "-o", "out.otio", *TWO, "--prompt", prompt, "--wait", "0", *fast()),
    )
    assert ended.returncode == 3, ended.stderr


def deletes(at_desk: Desk) -> list[int]:
    """Return the answers to all deletes."""
    return [entry["status"] for entry in journal_of(at_desk.url, "/tasks/") if entry["method"] == "DELETE"]


def test_what_was_not_sent_is_stopped_and_can_be_taken_back(at_desk: Desk) -> None:
    """After cancel, `resume` sends nothing; the service was never asked; a resubmit sends after all."""
    exported = at_desk.comet("export", "edit.otio", "--job", "comet.cometjob", *TWO, "--prompt", "make it snow")
    assert exported.returncode == 0, exported.stderr
    found = said(at_desk, "cancel", "comet.cometjob")
    assert (found["exit"], len(found["stopped"]), states(found)) == (0, 2, ["ABANDONED"] * 2)
    at_desk.comet("resume", "comet.cometjob", "-o", "out.otio", *fast())
    assert at_desk.creates() == 0
    assert list(journal_of(at_desk.url, "/tasks/")) == []
    back = at_desk.comet("resolve", "comet.cometjob", found["stopped"][0], "--resubmit")
    assert back.returncode == 0, back.stderr
    at_desk.comet("resume", "comet.cometjob", "-o", "out.otio", *fast())
    assert at_desk.creates() == 1


@pytest.mark.proof
def test_nothing_to_cancel_is_said(at_desk: Desk) -> None:
    """A finished job stays as it is."""
    assert at_desk.run("--exclude", "name:sh02*,name:sh03*,name:sh04*,name:sh05*")["exit"] == 0
    ended = at_desk.comet("cancel", "comet.cometjob")
    assert ended.returncode == 0
    assert "nothing to cancel" in ended.stdout


@pytest.fixture
def server() -> Iterator[MockServer]:
    """Yield a simulator that deletes tasks, as upstream does, and whose time goes on by the test's word alone."""
    with MockServer(Options(allow_delete=True, clock="virtual")) as found:
        yield found


@pytest.fixture
def deleting(tmp_path: Path, server: MockServer) -> Desk:
    """Return a desk at that simulator."""
    return desk(tmp_path / "desk", server.url)


def test_waiting_tasks_are_deleted_and_stay_on_the_books(deleting: Desk, server: MockServer) -> None:
    """A task that waits for a slot is deleted; the take says so, and its create counts as spent."""
    sent(deleting, "[[scenario:throttled]] snow")
    server.advance(10)
    found = said(deleting, "cancel", "comet.cometjob", "--remote")
    assert [task["fate"] for task in found["tasks"]] == ["deleted", "deleted"], found
    assert (found["exit"], states(found)) == (0, ["FAILED"] * 2)
    assert all(
        "deleted at the service by your word while it was throttled" in take["message"] for take in found["takes"]
    )
    assert found["cost"]["sent"] == 2
    assert deletes(deleting) == [204, 204]


def test_running_tasks_go_on_unless_they_are_meant(deleting: Desk, server: MockServer) -> None:
    """A running task is charged either way: it is left, unless --running says otherwise."""
    sent(deleting, "[[scenario:never_ends]] snow")
    server.advance(20)
    found = said(deleting, "cancel", "comet.cometjob", "--remote")
    assert [task["fate"] for task in found["tasks"]] == ["runs on", "runs on"], found
    assert (found["exit"], states(found), deletes(deleting)) == (3, ["SUBMITTED"] * 2, [])
    found = said(deleting, "cancel", "comet.cometjob", "--remote", "--running")
    assert (found["exit"], states(found), deletes(deleting)) == (0, ["FAILED"] * 2, [204, 204])


@pytest.mark.proof
@pytest.mark.parametrize(
    ("scenario", "seconds"),
    [("unknown_status", 15), ("gone", 40), ("poll_502", 0)],
    ids=["a word nobody knows", "not found", "no answer"],
)
def test_a_task_of_unknown_state_is_never_deleted(
    deleting: Desk, server: MockServer, scenario: str, seconds: int
) -> None:
    """Whatever it is, it may be finished; --running does not mean it either."""
    sent(deleting, f"[[scenario:{scenario}]] snow")
    server.advance(seconds)
    found = said(deleting, "cancel", "comet.cometjob", "--remote", "--running")
    assert {task["fate"] for task in found["tasks"]} == {"left alone"}, found
    assert deletes(deleting) == []


def test_what_is_finished_comes_home_first(deleting: Desk, server: MockServer) -> None:
    """A task that succeeded meanwhile is fetched, never deleted."""
    sent(deleting, "make it snow")
    server.advance(100)
    found = said(deleting, "cancel", "comet.cometjob", "--remote")
    assert states(found) == ["READY", "READY"]
    assert deletes(deleting) == []


@pytest.mark.proof
def test_a_service_that_deletes_nothing_changes_nothing(at_desk: Desk) -> None:
    """Exit 3, the answer is shown, and the tasks are followed as before."""
    sent(at_desk, "[[scenario:throttled]] snow")
    found = said(at_desk, "cancel", "comet.cometjob", "--remote")
    assert (found["exit"], states(found)) == (3, ["SUBMITTED"] * 2)
    assert all("HTTP 405" in task["message"] for task in found["tasks"])


def test_running_alone_is_wrong_usage(at_desk: Desk) -> None:
    """It says what is missing."""
    ended = at_desk.comet("cancel", "comet.cometjob", "--running")
    assert ended.returncode == 2
    assert "--remote" in ended.stderr
