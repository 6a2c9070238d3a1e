"""Named scenarios: how tasks go, and how they fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cometapi_mock.options import Options
from cometapi_mock.scenarios import named_scenarios
from cometapi_mock.server import MockServer
from support.mock_client import MockClient, body_for
from support.mock_expectations import ABSENT, FAILURES, LIVES, TABLES

URL = "https://media.example.com/shots/sh010.mp4"


def asked(name: str, **changes: Any) -> dict[str, Any]:
    """Return a body whose prompt asks for a scenario."""
    return body_for(URL, promptText=f"[[scenario:{name}]] {changes.pop('more', '')}", **changes)


@pytest.fixture(scope="module")
def shared() -> Iterator[MockClient]:
    """Return a client of a simulator that all tests of this file share."""
    with MockServer() as server:
        yield MockClient(server.url)


def told_word(body: dict[str, Any]) -> str:
    """Return the status word of a poll's answer, in any shape."""
    if "error" in body or ("code" in body and body["code"] != "success"):
        return str(body.get("error") or body["code"])
    record = body.get("data", body)
    inner = record.get("data")
    return f"{record['status']}/{inner['status']}" if inner else str(record["status"])


@pytest.mark.parametrize("name", LIVES)
def test_a_task_goes_as_its_scenario_says(shared: MockClient, name: str) -> None:
    """The status words come in the order that the scenario gives them."""
    task_id = shared.created(asked(name))
    assert [told_word(shared.poll(task_id).json()) for _ in LIVES[name]] == LIVES[name]


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_has_its_code_and_its_price(shared: MockClient, name: str) -> None:
    """A failed task tells its code, and what it cost, as the scenario says."""
    told = shared.finished(shared.created(asked(name, more="[[shape:bare_cost]]")))
    assert told["status"] == "FAILED"
    assert (told.get("failureCode", ABSENT), told["cost"]["credits"]) == FAILURES[name]
    assert told["failure"]


def test_percent_progress_is_above_one(shared: MockClient) -> None:
    """In progress_percent the progress of a running task is a whole number of percent."""
    task_id = shared.created(asked("progress_percent", more="x"))
    assert [shared.poll(task_id).json().get("progress") for _ in range(4)] == [None, 0, 33, 67]


def test_an_output_that_comes_late_is_listed_ten_seconds_after_success(shared: MockClient) -> None:
    """In late_output the first two successes list nothing, the third lists an address."""
    task_id = shared.created(asked("late_output", more="x"))
    told = [shared.poll(task_id).json().get("output") for _ in range(7)]
    assert told[4:6] == [[], []]
    assert len(told[6]) == 1


def test_an_empty_output_stays_empty(shared: MockClient) -> None:
    """In empty_output a success never lists an address."""
    task_id = shared.created(asked("empty_output", more="x"))
    assert [shared.poll(task_id).json().get("output") for _ in range(30)][-1] == []


def test_two_outputs_are_listed(shared: MockClient) -> None:
    """In two_outputs a success lists two addresses."""
    assert len(shared.finished(shared.created(asked("two_outputs", more="x")))["output"]) == 2


def test_a_gateway_timeout_speaks_chinese(shared: MockClient) -> None:
    """In gateway_timeout the outer record fails with a Chinese reason while the inner one runs."""
    task_id = shared.created(asked("gateway_timeout", more="x"))
    record = [shared.poll(task_id).json() for _ in range(4)][-1]["data"]
    assert (record["status"], record["data"]["status"]) == ("FAILURE", "RUNNING")
    assert "超时" in record["fail_reason"]


def test_every_named_scenario_is_expected_to_do_something() -> None:
    """Every named scenario stands in exactly one table of expectations."""
    expected = [name for table in TABLES for name in table]
    assert sorted(expected) == sorted(named_scenarios())


def test_every_named_scenario_is_described() -> None:
    """Every named scenario says in a sentence what happens."""
    assert [name for name, scenario in named_scenarios().items() if not scenario.about.endswith(".")] == []


def test_the_commands_scenario_is_the_default_of_all_tasks() -> None:
    """A simulator that was started with a scenario gives it to tasks that ask for none."""
    with MockServer(Options(scenario="failed_internal")) as server:
        client = MockClient(server.url)
        assert client.finished(client.created(body_for(URL)))["failureCode"] == "INTERNAL"
