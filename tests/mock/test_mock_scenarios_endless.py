"""What dribbles, swells or never ends: the simulator holds a client that lets itself be held."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests

from cometapi_mock.server import MockServer
from support.mock_client import MockClient, body_for
from support.mock_expectations import WITHOUT_END

URL = "https://media.example.com/shots/sh010.mp4"
BOMB_BYTES = 64 * 1024**2


@pytest.fixture(scope="module")
def shared() -> Iterator[MockClient]:
    """Return a client of a simulator that all tests of this file share."""
    with MockServer() as server:
        yield MockClient(server.url)


def address_in(client: MockClient, name: str) -> str:
    """Return an address that goes wrong as a scenario says: of a task's second poll, or of its file."""
    created = client.created(body_for(URL, promptText=f"[[scenario:{name}]]"))
    if name.startswith("download"):
        return str(client.finished(created)["output"][0])
    client.poll(created)
    return f"{client.url}/runwayml/v1/tasks/{created}"


def asked(address: str, *, timeout: float = 0.5) -> requests.Response:
    """Open an address with the body unread."""
    return requests.get(address, headers={"Authorization": "Bearer any"}, stream=True, timeout=timeout)


@pytest.mark.parametrize("name", [name for name in WITHOUT_END if "drip" in name])
def test_a_drip_is_slower_than_a_client_waits(shared: MockClient, name: str) -> None:
    """Pieces come several seconds apart."""
    address = address_in(shared, name)
    with pytest.raises(requests.RequestException):
        asked(address).close()


@pytest.mark.parametrize("name", [name for name in WITHOUT_END if "bomb" in name])
def test_a_bomb_is_small_until_it_is_unpacked(shared: MockClient, name: str) -> None:
    """A packed body of some kilobytes holds 64 MB."""
    with asked(address_in(shared, name), timeout=9) as answer:
        packed = answer.raw.read(decode_content=False)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(packed) < 100_000
    assert len(gzip.decompress(packed)) == BOMB_BYTES


@pytest.mark.parametrize("name", [name for name in WITHOUT_END if "endless" in name])
def test_an_endless_answer_goes_on(shared: MockClient, name: str) -> None:
    """There is no length, and megabytes come after the body."""
    with asked(address_in(shared, name), timeout=9) as answer:
        assert "Content-Length" not in answer.headers
        assert len(answer.raw.read(4_000_000)) == 4_000_000


@pytest.mark.parametrize("name", ["lost_slow_drip", "lost_endless"])
def test_a_create_that_is_answered_without_end_has_made_its_task(shared: MockClient, name: str) -> None:
    """Nobody reads the answer to its end, and one task exists all the same."""
    with suppress(requests.RequestException):
        shared.create(body_for(URL, promptText=f"[[scenario:{name}]]"), timeout=0.5, stream=True).close()
    assert sum(task["scenario"] == name for task in shared.control("tasks")) == 1


def test_a_poll_that_is_redirected_says_so(shared: MockClient) -> None:
    """In poll_301 the second poll and all after it are redirected."""
    address = address_in(shared, "poll_301")
    for _ in range(2):
        headers = {"Authorization": "Bearer any"}
        assert requests.get(address, headers=headers, allow_redirects=False, timeout=9).status_code == 301


def test_the_task_list_needs_an_access_token(shared: MockClient) -> None:
    """Neither nothing nor an API key opens the account's list."""
    address = f"{shared.url}/api/task/self"
    for headers in ({}, {"Authorization": "Bearer sk-key"}, {"Authorization": "Bearer invalid"}):
        answer = requests.get(address, headers=headers, timeout=9)
        assert (answer.status_code, answer.json()["success"]) == (401, False)


def test_the_task_list_shows_pages_newest_first() -> None:
    """Tasks stand in it by the time of their creates, a page at a time, with model, action, status and quota."""
    with MockServer() as server:
        client = MockClient(server.url)
        first = client.created(body_for(URL, seed=1))
        server.advance(60)
        second = client.created(body_for(URL, seed=2))
        pages = [task_page(client, p=page, page_size=1) for page in (1, 2, 3)]
        begins = pages[0]["items"][0]["submit_time"]
        only = task_page(client, start_timestamp=begins)
    assert [[row["task_id"] for row in page["items"]] for page in pages] == [[second], [first], []]
    assert [row["task_id"] for row in only["items"]] == [second]
    row = pages[0]["items"][0]
    assert (row["model_name"], row["action"], row["quota"]) == ("gen4_aleph", "VIDEO_TO_VIDEO", 375_000)
    assert row["submit_time"] - pages[1]["items"][0]["submit_time"] == 60


def task_page(client: MockClient, **query: int) -> dict[str, list[dict[str, object]]]:
    """Return a page of the account's list."""
    headers = {"Authorization": "Bearer account-token"}
    answer = requests.get(f"{client.url}/api/task/self", params=query, headers=headers, timeout=9)
    assert answer.status_code == 200
    found: dict[str, list[dict[str, object]]] = answer.json()["data"]
    return found


@pytest.mark.parametrize("query", [{"p": 0}, {"page_size": 101}, {"start_timestamp": "soon"}])
def test_a_number_that_cannot_be_meant_is_refused(shared: MockClient, query: dict[str, object]) -> None:
    """The list answers 400 where a number is none or out of its range."""
    headers = {"Authorization": "Bearer account-token"}
    answer = requests.get(f"{shared.url}/api/task/self", params=query, headers=headers, timeout=9)  # type: ignore[arg-type]
    assert answer.status_code == 400
