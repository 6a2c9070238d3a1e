"""Named scenarios: creates that are refused, and creates whose answer is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from cometapi_mock.server import MockServer
from support.mock_client import MockClient, body_for
from support.mock_expectations import CUT, LOST, REFUSED

URL = "https://media.example.com/shots/sh010.mp4"


def asked(name: str, **changes: Any) -> dict[str, Any]:
    """Return a body whose prompt asks for a scenario."""
    return body_for(URL, promptText=f"[[scenario:{name}]]", **changes)


@pytest.fixture(scope="module")
def shared() -> Iterator[MockClient]:
    """Return a client of a simulator that all tests of this file share."""
    with MockServer() as server:
        yield MockClient(server.url)


def creates_of(client: MockClient, name: str) -> int:
    """Return how many tasks were made in a scenario."""
    return sum(task["scenario"] == name for task in client.control("tasks"))


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_create_makes_no_task(shared: MockClient, name: str) -> None:
    """The first attempt is refused in the scenario's words; the second goes as the scenario says."""
    status, words, second = REFUSED[name]
    answer = shared.create(asked(name), allow_redirects=False)
    assert (answer.status_code, words in answer.text) == (status, True)
    assert creates_of(shared, name) == 0
    assert shared.create(asked(name), allow_redirects=False).status_code == second


@pytest.mark.parametrize("name", LOST)
def test_a_lost_create_has_made_its_task(shared: MockClient, name: str) -> None:
    """The answer tells nothing of a task, and one exists all the same."""
    status, words = LOST[name]
    answer = shared.create(asked(name))
    assert (answer.status_code, words in answer.text) == (status, True)
    assert creates_of(shared, name) == 1


@pytest.mark.parametrize("name", CUT)
def test_a_create_whose_connection_is_cut_has_made_its_task(shared: MockClient, name: str) -> None:
    """The client gets no answer, and one task exists all the same."""
    with pytest.raises(requests.RequestException):
        shared.create(asked(name), timeout=0.5)
    assert creates_of(shared, name) == 1


def test_a_create_that_is_reset_makes_no_task(shared: MockClient) -> None:
    """In create_reset the client gets no answer, and there is no task; the next attempt makes one."""
    with pytest.raises(requests.ConnectionError):
        shared.create(asked("create_reset"))
    assert creates_of(shared, "create_reset") == 0
    assert shared.create(asked("create_reset")).status_code == 200


def test_a_dripping_answer_arrives_in_the_end(shared: MockClient) -> None:
    """In lost_drip the answer takes longer than a second, and is whole."""
    answer = shared.create(asked("lost_drip"))
    assert answer.elapsed.total_seconds() < 1
    assert answer.json()["id"]


def test_a_lenient_endpoint_takes_unknown_keys(shared: MockClient) -> None:
    """In create_lenient a body with an unknown key makes a task."""
    assert shared.create(asked("create_lenient", duration=5)).status_code == 200


def test_retry_after_is_sent_where_the_scenario_says(shared: MockClient) -> None:
    """The two kinds of 429 differ in the header alone."""
    with_header = shared.create(asked("create_429_retry_after", seed=1))
    without = shared.create(asked("create_429", seed=1))
    assert (with_header.headers.get("Retry-After"), without.headers.get("Retry-After")) == ("7", None)


def test_a_redirect_turns_a_followed_post_into_a_get(shared: MockClient) -> None:
    """In create_301 a client that follows ends at a path that answers its GET with an error."""
    answer = shared.create(asked("create_301", seed=2))
    assert [step.status_code for step in answer.history] == [301]
    assert answer.request.method == "GET"
    assert answer.status_code >= 400


def test_the_header_that_some_accounts_need_lets_a_create_through(shared: MockClient) -> None:
    """In create_needs_header a create that brings the header is accepted."""
    answer = shared.create(asked("create_needs_header"), headers={"X-Runway-On-Behalf-Of": "someone"})
    assert answer.status_code == 200
