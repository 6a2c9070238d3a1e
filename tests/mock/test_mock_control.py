"""The control API: options, rules, scenarios, tasks, snapshots, and a state that is kept."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from cometapi_mock.matching import read_scenario_file
from cometapi_mock.scenarios import UnknownScenarioError, named_scenarios
from cometapi_mock.server import MockServer
from support.mock_client import MockClient, body_for, frame_number, grey_frames

URL = "https://media.example.com/shots/sh010.mp4"
FILE = """
[snowed_in]
about = "Fails when it snows."
stages = [{status = "FAILED", failure_code = "SNOW.DEEP"}]

[[rules]]
scenario = "snowed_in"
prompt = "*snow*"
"""


def code_of(client: MockClient, **changes: Any) -> str | None:
    """Return the failure code with which a create's task ends, or None when it succeeds."""
    return client.finished(client.created(body_for(URL, **changes))).get("failureCode")


@pytest.mark.parametrize(
    ("rule", "hit", "miss"),
    [
        ({"prompt": "*snow*"}, {"promptText": "Make it SNOW."}, {"promptText": "rain"}),
        ({"model": "aleph2"}, {"model": "aleph2"}, {"model": "gen4_aleph"}),
        ({"seed": 5}, {"seed": 5}, {"seed": 6}),
        ({"create": 1}, {"seed": 1}, {"seed": 2}),
    ],
)
def test_a_rule_gives_its_scenario_to_the_creates_that_it_names(
    client: MockClient, rule: dict[str, Any], hit: dict[str, Any], miss: dict[str, Any]
) -> None:
    """Rules hold by prompt, model, seed or number of the create."""
    client.control("rules", {"scenario": "failed_internal", **rule})
    assert (code_of(client, **hit), code_of(client, **miss)) == ("INTERNAL", None)


def test_the_last_rule_that_holds_decides(client: MockClient) -> None:
    """A later rule overrides an earlier one; a directive in the prompt overrides both."""
    client.control("rules", {"scenario": "failed_internal"})
    client.control("rules", {"scenario": "failed_asset", "seed": 3})
    asked = [code_of(client, seed=2), code_of(client, seed=3)]
    asked.append(code_of(client, seed=3, promptText="[[scenario:failed_new_code]]"))
    assert asked == ["INTERNAL", "ASSET.INVALID", "ORBIT.DECAYED"]


def test_rules_can_be_dropped(client: MockClient) -> None:
    """After DELETE there are no rules."""
    client.control("rules", {"scenario": "failed_internal"})
    requests.delete(f"{client.url}/_mock/rules", timeout=9)
    assert client.control("rules") == []
    assert code_of(client) is None


@pytest.mark.parametrize("directive", ["[[scenario:nonsense]]", "[[shape:nonsense]]"])
def test_a_directive_that_names_nothing_is_refused(client: MockClient, directive: str) -> None:
    """A misspelt directive is an error, not the default scenario: a test that asks for it would prove nothing."""
    answer = client.create(body_for(URL, promptText=directive))
    assert answer.status_code == 400
    assert "nonsense" in answer.json()["error"]


def test_scenarios_can_be_defined_while_it_runs(client: MockClient) -> None:
    """A scenario that a control call defines is one like the others."""
    client.control("scenarios", {"mine": {"stages": [{"status": "FAILED", "failure_code": "MINE"}]}})
    assert code_of(client, promptText="[[scenario:mine]]") == "MINE"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("scenarios", {"bad": {"stages": [{"seconds": 3}]}}),
        ("scenarios", {"bad": {"faults": [{"on": "create"}]}}),
        ("scenarios", {"bad": {"faults": [{"on": "create", "answer": "nonsense"}]}}),
        ("scenarios", {"bad": {"output": {"variant": "nonsense"}}}),
        ("scenarios", {"bad": {"surprise": 1}}),
        ("rules", {"scenario": "nonsense"}),
        ("rules", {}),
        ("options", {"shape": "nonsense"}),
        ("options", {"scenario": "nonsense"}),
        ("advance", {"seconds": -1}),
        ("restore", {"schema": 99}),
        ("restore", {"schema": 1}),
    ],
)
def test_a_control_call_that_makes_no_sense_is_refused(client: MockClient, path: str, body: object) -> None:
    """Wrong control calls get HTTP 400 with a reason, and change nothing."""
    before = client.control("snapshot")
    answer = requests.post(f"{client.url}/_mock/{path}", json=body, timeout=9)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)
    assert client.control("snapshot") == before


def test_control_calls_from_another_site_are_refused(client: MockClient) -> None:
    """A page of another site cannot drive the simulator through a browser."""
    answer = requests.post(f"{client.url}/_mock/reset", headers={"Sec-Fetch-Site": "cross-site"}, timeout=9)
    assert answer.status_code == 403


def test_a_task_can_be_ended_by_a_control_call(client: MockClient) -> None:
    """A task that is told to fail has failed at the next poll, with the code that was given."""
    task_id = client.created(body_for(URL))
    client.control(f"tasks/{task_id}", {"status": "FAILED", "failure_code": "BY.HAND"})
    assert client.poll(task_id).json()["failureCode"] == "BY.HAND"


def test_a_task_can_be_given_another_scenario_and_shape(client: MockClient) -> None:
    """One task can change its scenario and its shape; others do not."""
    first, second = (client.created(body_for(URL, seed=seed)) for seed in (1, 2))
    client.control(f"tasks/{first}", {"scenario": "failed_internal", "shape": "flat"})
    assert [client.poll(first).json()["status"] for _ in range(4)][-1] == "FAILURE"
    assert client.finished(second)["status"] == "SUCCEEDED"


def test_options_can_be_changed_and_are_reset(client: MockClient) -> None:
    """A control call changes the shape of polls; a reset brings back what the server was started with."""
    client.control("options", {"shape": "flat"})
    assert "task_id" in client.poll(client.created(body_for(URL))).json()
    client.control("reset", {})
    assert "id" in client.poll(client.created(body_for(URL))).json()


def test_tasks_can_be_deleted_where_that_is_allowed(client: MockClient) -> None:
    """DELETE answers 405 by default; where it is allowed, 204, and the task is gone afterwards."""
    task_id = client.created(body_for(URL))
    address = f"{client.url}/runwayml/v1/tasks/{task_id}"
    refused = requests.delete(address, headers=client.headers, timeout=9).status_code
    client.control("options", {"allow_delete": True})
    answers = [requests.delete(address, headers=client.headers, timeout=9).status_code for _ in range(2)]
    assert [refused, *answers, client.poll(task_id).status_code] == [405, 204, 404, 404]


def test_a_snapshot_brings_everything_back(client: MockClient, clip_path: Path, tmp_path: Path) -> None:
    """After a reset and a restore, tasks, counts, journal and time are as they were, and go on from there."""
    task_id = client.created(body_for(clip_path))
    client.created(body_for(clip_path))
    client.control("advance", {"seconds": 7})
    client.poll(task_id)
    kept = client.control("snapshot")
    client.control("reset", {})
    client.control("restore", kept)
    assert client.control("snapshot") == kept
    assert client.control("verify")["duplicates"][0]["creates"] == 2
    output = client.output(task_id, tmp_path / "out.mp4")
    assert [frame_number(grey) for grey in grey_frames(output)] == list(range(30))


def test_a_snapshot_without_its_videos_is_refused(client: MockClient, clip_path: Path) -> None:
    """Another simulator, which has no copy of the input, refuses the snapshot by the input's name."""
    client.created(body_for(clip_path))
    kept = client.control("snapshot")
    with MockServer() as other:
        answer = requests.post(f"{other.url}/_mock/restore", json=kept, timeout=9)
    assert (answer.status_code, kept["tasks"][0]["source"] in answer.json()["error"]) == (400, True)


def test_a_restarted_server_still_knows_its_tasks(tmp_path: Path, clip_path: Path) -> None:
    """A server that was killed and started again with its state folder tells of the task, and counts on."""
    client, first = _process(tmp_path)
    task_id = client.created(body_for(clip_path))
    client.poll(task_id)
    client.control("options", {"shape": "flat"})
    before = client.control("snapshot")
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=20)
    client, second = _process(tmp_path)
    after = client.control("snapshot")
    client.created(body_for(clip_path))
    told = client.control("verify")
    second.send_signal(signal.SIGTERM)
    second.communicate(timeout=20)
    assert after == before
    assert (told["creates"], told["distinct_bodies"]) == (2, 1)


def _process(state: Path) -> tuple[MockClient, subprocess.Popen[str]]:
    command = [sys.executable, "-m", "cometapi_mock", "--state", str(state)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return MockClient(process.stdout.readline().strip()), process


def test_a_scenario_file_brings_scenarios_and_rules(tmp_path: Path) -> None:
    """A user's file defines a scenario and the creates that get it."""
    path = tmp_path / "mine.toml"
    path.write_text(FILE)
    scenarios, rules = read_scenario_file(path, named_scenarios())
    with MockServer(scenarios=scenarios, rules=rules) as server:
        client = MockClient(server.url)
        assert code_of(client, promptText="let it snow") == "SNOW.DEEP"
        assert code_of(client, promptText="let it rain") is None


@pytest.mark.parametrize("text", ["[broken", "[[rules]]\nscenario = 'nonsense'", "[a]\nabout = 'x'\nsurprise = 1"])
def test_a_wrong_scenario_file_is_told_by_its_mistake(tmp_path: Path, text: str) -> None:
    """A file that cannot be used is refused before the server starts."""
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UnknownScenarioError):
        read_scenario_file(path, named_scenarios())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("status = 'RUNNING'", "the key of a scenario 'status' is none of about, stages"),
        ("faults = [{on = 'poll', answr = 'rate_limited'}]", "the key of a fault 'answr' is none of on, answer"),
        ("stages = [{status = 'RUNNING', secs = 3}]", "the key of a stage 'secs' is none of status"),
        ("output = {kind = 'whole'}", "the key of an output 'kind' is none of "),
    ],
)
def test_a_wrong_key_of_a_scenario_is_told_with_the_right_ones(tmp_path: Path, text: str, words: str) -> None:
    """A typing error in a file names the key and those that may stand there."""
    path = tmp_path / "mine.toml"
    path.write_text(f"[a]\n{text}\n")
    with pytest.raises(UnknownScenarioError) as caught:
        read_scenario_file(path, named_scenarios())
    assert words in str(caught.value)


def test_the_named_scenarios_are_told_in_the_form_of_a_file(client: MockClient) -> None:
    """What GET /_mock/scenarios tells can be sent back as definitions."""
    told = client.control("scenarios")
    assert set(told) == set(named_scenarios())
    assert json.loads(json.dumps(client.control("scenarios", {"again": told["throttled"]}))) == {"defined": ["again"]}
