"""What the simulator refuses, and in which words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from cometapi_mock.answers import answer_names, named_answer
from cometapi_mock.options import Options
from cometapi_mock.server import MockServer
from support.mock_client import MockClient, body_for

GOLDEN = Path(__file__).parents[2] / "fixtures" / "api" / "errors"
URL = "https://media.example.com/shots/sh010.mp4"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"promptText": None}, ["promptText"]),
        ({"videoUri": None}, ["videoUri"]),
        ({"promptText": ""}, ["promptText"]),
        ({"promptText": "x" * 1001}, ["promptText"]),
        ({"promptText": "😀" * 501}, ["promptText"]),
        ({"promptText": 5}, ["promptText"]),
        ({"seed": -1}, ["seed"]),
        ({"seed": 4294967296}, ["seed"]),
        ({"seed": 1.5}, ["seed"]),
        ({"seed": True}, ["seed"]),
        ({"seed": "7"}, ["seed"]),
        ({"ratio": "16:9"}, ["ratio"]),
        ({"references": [{"type": "image", "uri": URL}] * 2}, ["references"]),
        ({"references": [{"type": "video", "uri": URL}]}, ["references", 0, "type"]),
        ({"references": [{"type": "image"}]}, ["references", 0, "uri"]),
        ({"references": [{"type": "image", "uri": "data:image/gif;base64,R0lG"}]}, ["references", 0, "uri"]),
        ({"contentModeration": {"publicFigureThreshold": "high"}}, ["contentModeration", "publicFigureThreshold"]),
        ({"contentModeration": {"level": "low"}}, ["contentModeration"]),
        ({"videoUri": "http://media.example.com/a.mp4"}, ["videoUri"]),
        ({"videoUri": "https://93.184.216.34/a.mp4"}, ["videoUri"]),
        ({"videoUri": "/home/me/a.mp4"}, ["videoUri"]),
        ({"videoUri": "https://media.example.com/" + "a" * 2048}, ["videoUri"]),
        ({"videoUri": "data:text/plain;base64,aGVsbG8="}, ["videoUri"]),
        ({"videoUri": "data:video/mp4;base64,@@@@"}, ["videoUri"]),
        ({"videoUri": "data:video/mp4;base64," + "A" * (5 * 1024 * 1024)}, ["videoUri"]),
        ({"duration": 5}, []),
    ],
)
def test_a_body_that_breaks_a_rule_is_refused_at_its_place(
    client: MockClient, change: dict[str, Any], path: list[object]
) -> None:
    """HTTP 400 names the place of the problem, and no task is made."""
    answer = client.create(body_for(URL, **change))
    assert answer.status_code == 400
    assert path in [issue["path"] for issue in answer.json()["issues"]]
    assert client.control("verify")["creates"] == 0


def test_all_problems_come_at_once(client: MockClient) -> None:
    """Three problems give three issues in one answer."""
    answer = client.create(body_for(URL, promptText="x" * 1001, seed=-1, duration=5))
    assert {"promptText", "seed", ""} == {(issue["path"] or [""])[0] for issue in answer.json()["issues"]}


def test_a_prompt_of_1000_units_and_both_seed_ends_are_accepted(client: MockClient) -> None:
    """The limits themselves are inside."""
    for seed in (0, 4294967295):
        assert client.create(body_for(URL, promptText="😀" * 500, seed=seed)).status_code == 200


def test_the_golden_refusal_is_what_is_sent(client: MockClient) -> None:
    """The issues for a long prompt, a negative seed and an unknown key are those of the golden file, in any order."""
    golden = json.loads((GOLDEN / "validation_many.json").read_text())["body"]
    told = client.create(body_for(URL, promptText="x" * 1001, seed=-1, duration=5)).json()
    assert (golden["error"], golden["docUrl"]) == (told["error"], told["docUrl"])
    assert sorted(map(str, told["issues"])) == sorted(map(str, _with_sorted_keys(golden["issues"], told["issues"])))


def _with_sorted_keys(golden: list[dict[str, Any]], told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the golden issues with their keys in the order in which the told ones stand, where they are equal."""
    return [next((issue for issue in told if issue == wanted), wanted) for wanted in golden]


def test_a_missing_model_is_told_as_the_service_tells_it(client: MockClient) -> None:
    """The answer to a body without a model is the golden one."""
    golden = json.loads((GOLDEN / "validation_missing_model.json").read_text())
    answer = client.create(body_for(URL, model=None))
    assert (golden["http_status"], golden["body"]) == (answer.status_code, answer.json())


def test_an_unknown_model_has_no_channel(client: MockClient) -> None:
    """An unknown model is answered with 503 and model_not_found, by its name."""
    answer = client.create(body_for(URL, model="gen9"))
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "model_not_found"
    assert "gen9" in answer.json()["error"]["message"]


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Bearer invalid", "Basic any"])
def test_a_request_without_a_good_key_is_refused(client: MockClient, value: str) -> None:
    """Every bearer key is good but `invalid`; without one the answer is 401."""
    assert client.create(body_for(URL), headers={"Authorization": value}).status_code == 401


@pytest.mark.parametrize("value", [None, "2023-01-01"])
def test_a_create_needs_the_version_header(client: MockClient, value: str | None) -> None:
    """Without the version header, or with another version, a create is refused."""
    assert client.create(body_for(URL), headers={"X-Runway-Version": value}).status_code == 400


def test_a_poll_does_not_need_the_version_header(client: MockClient) -> None:
    """A poll without the version header is answered."""
    task_id = client.created(body_for(URL))
    del client.headers["X-Runway-Version"]
    assert client.poll(task_id).status_code == 200


def test_broken_json_is_refused(client: MockClient) -> None:
    """A body that is no JSON object gets HTTP 400."""
    assert client.create(["not", "an", "object"]).status_code == 400


def test_strict_requires_all_seven_fields() -> None:
    """With --strict a body without four of the fields is refused for all four."""
    with MockServer(Options(strict=True)) as server:
        answer = MockClient(server.url).create(body_for(URL, seed=None))
        full = json.loads((GOLDEN.parent / "requests" / "full.json").read_text())
        assert MockClient(server.url).create(full).status_code == 200
    assert {"seed", "references", "ratio", "contentModeration"} == {i["path"][0] for i in answer.json()["issues"]}


@pytest.mark.parametrize("name", answer_names())
def test_ready_made_answers_are_the_golden_ones(name: str) -> None:
    """Every ready-made answer is, byte for byte of its JSON, the golden file of its name."""
    golden = json.loads((GOLDEN / f"{name}.json").read_text())
    answer = named_answer(name)
    assert (golden["http_status"], golden["headers"], golden["body"]) == (answer.status, answer.headers, answer.body)


def test_every_golden_error_has_a_ready_made_answer() -> None:
    """No golden error is missing from the simulator."""
    assert {path.stem for path in GOLDEN.glob("*.json")} == {*answer_names(), "validation_missing_model"}


def test_half_a_surrogate_pair_harms_nothing(client: MockClient) -> None:
    """A prompt, a key and a model with half a surrogate pair are answered, journaled and shown."""
    half = json.loads('"\\ud83d"')
    assert client.create(body_for(URL, promptText=half)).status_code == 200
    assert client.create(body_for(URL, **{half: 1})).json()["issues"][0]["keys"] == [half]
    assert client.create(body_for(URL, model=half)).status_code == 503
    assert client.control("journal")[0]["body"]["promptText"] == half
    assert requests.get(client.url, timeout=9).status_code == 200
