"""Shapes: what is sent has the very keys and types of the golden files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from cometapi_mock.options import Options
from cometapi_mock.server import MockServer
from cometapi_mock.shapes import POLL_SHAPES
from support.mock_client import MockClient, body_for

GOLDEN = Path(__file__).parents[2] / "fixtures" / "api"
URL = "https://media.example.com/shots/sh010.mp4"
SCENARIOS = {
    "pending": ("ok", 1),
    "throttled": ("throttled", 1),
    "running": ("ok", 3),
    "succeeded": ("ok", 5),
    "failed": ("failed_bad_output", 5),
    "cancelled": ("cancelled", 5),
}
CASES = [(shape, status) for shape in POLL_SHAPES for status in SCENARIOS]


def form(value: Any) -> Any:
    """Return a JSON value with every leaf replaced by its type, so that only the form is compared."""
    if isinstance(value, dict):
        return {key: form(item) for key, item in value.items()}
    if isinstance(value, list):
        return [form(item) for item in value]
    return "number" if isinstance(value, int | float) else type(value).__name__


def words(body: dict[str, Any]) -> list[Any]:
    """Return the words of a poll's answer that must be equal, not only of one form."""
    record = body.get("data", body)
    inner = record.get("data") or {}
    return [
        body.get("code"),
        record["status"],
        inner.get("status"),
        record.get("failureCode"),
        inner.get("failureCode"),
    ]


@pytest.mark.parametrize(("shape", "status"), CASES)
def test_a_poll_has_the_form_of_its_golden_file(server: MockServer, shape: str, status: str) -> None:
    """Keys, their order, types and words of a poll's answer are those of the golden file."""
    client = MockClient(server.url)
    scenario, polls = SCENARIOS[status]
    task_id = client.created(body_for(URL, promptText=f"[[scenario:{scenario}]] [[shape:{shape}]]"))
    told = [client.poll(task_id).json() for _ in range(polls)][-1]
    golden = json.loads(_golden_poll(shape, status).read_text(encoding="utf-8"))
    assert form(told) == form(golden)
    assert json.dumps(list(told)) == json.dumps(list(golden))
    assert words(told) == words(golden)


def _golden_poll(shape: str, status: str) -> Path:
    name = "failed_bad_output" if (shape, status) == ("bare", "failed") else status
    name = "failed_refunded" if (shape, status) == ("bare_cost", "failed") else name
    return GOLDEN / "poll" / shape / f"{name}.json"


@pytest.mark.parametrize(
    ("shape", "golden"), [("id", "bare"), ("id_cost", "bare_cost"), ("empty", "empty"), ("wrapped", "wrapped")]
)
def test_a_create_has_the_form_of_its_golden_file(shape: str, golden: str) -> None:
    """The answer to a create has the golden file's form."""
    with MockServer(Options(create_shape=shape)) as server:
        told = MockClient(server.url).create(body_for(URL)).json()
    assert form(told) == form(json.loads((GOLDEN / "create" / f"{golden}.json").read_text()))


def test_a_create_can_be_answered_with_a_web_page() -> None:
    """In the shape html a create is answered with a page, and HTTP 200."""
    with MockServer(Options(create_shape="html")) as server:
        answer = MockClient(server.url).create(body_for(URL))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize(("shape", "expected"), [("bare", None), ("wrapped", "success"), ("flat", None)])
def test_the_feed_tells_the_gateways_record(shape: str, expected: str | None) -> None:
    """The other family's route tells the record flat, or wrapped where polls are wrapped."""
    with MockServer(Options(shape=shape)) as server:
        client = MockClient(server.url)
        body = {"task_id": client.created(body_for(URL))}
        told = requests.post(f"{server.url}/runway/feed", json=body, headers=client.headers, timeout=9).json()
    assert told.get("code") == expected
    assert told.get("data", told)["action"] == "VIDEO_TO_VIDEO"


def test_a_wrapped_service_wraps_its_refusals(client: MockClient) -> None:
    """Where polls are wrapped, the upstream's refusal of a body comes as a string inside the gateway's."""
    client.control("options", {"shape": "wrapped"})
    told = client.create(body_for(URL, seed=-1)).json()
    assert told["code"] == "fail_to_fetch_task"
    assert json.loads(told["message"])["issues"][0]["path"] == ["seed"]
