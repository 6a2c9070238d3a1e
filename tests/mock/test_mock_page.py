"""The page at /, without a browser."""

from __future__ import annotations

import re
from pathlib import Path

import requests

from support.mock_client import MockClient, body_for

URL = "https://media.example.com/shots/sh010.mp4"


def page(client: MockClient) -> str:
    """Return the page."""
    answer = requests.get(client.url, timeout=9)
    assert answer.status_code == 200
    return answer.text


def press(client: MockClient, action: str, **fields: str) -> requests.Response:
    """Press a button."""
    return requests.post(f"{client.url}/_mock/page/{action}", data=fields, timeout=9)


def test_an_empty_page_says_what_to_do(client: MockClient) -> None:
    """Without tasks the page says how to get one."""
    assert "No task yet" in page(client)


def test_a_task_is_shown_with_its_prompt_as_text(client: MockClient) -> None:
    """A prompt with markup is shown, never run."""
    client.created(body_for(URL, promptText="<script>alert(1)</script>"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page(client)


def test_pictures_before_and_after_are_pngs(client: MockClient, clip_path: Path) -> None:
    """A finished task has a picture of both sides, and they differ."""
    task_id = client.created(body_for(clip_path))
    client.finished(task_id)
    found = [
        requests.get(f"{client.url}/_mock/pictures/{task_id}/{side}.png", timeout=9) for side in ("before", "after")
    ]
    assert [answer.content[:4] for answer in found] == [b"\x89PNG"] * 2
    assert found[0].content != found[1].content


def test_a_broken_input_has_no_picture(client: MockClient) -> None:
    """The picture of an input that is no video is missing, and nothing fails."""
    task_id = client.created(body_for("data:video/mp4;base64,bm90IGEgdmlkZW8="))
    assert requests.get(f"{client.url}/_mock/pictures/{task_id}/before.png", timeout=9).status_code == 404


def test_buttons_advance_end_and_reset(client: MockClient) -> None:
    """Each button does its work and leads back to the page."""
    first, second = (client.created(body_for(URL, seed=seed)) for seed in (1, 2))
    assert press(client, "advance", seconds="12").url == f"{client.url}/"
    press(client, "fail", task=second)
    assert re.findall(r'class="status \w+">(\w+)<', page(client)) == ["FAILED", "RUNNING"]
    press(client, "succeed", task=first)
    assert client.poll(first).json()["status"] == "SUCCEEDED"
    press(client, "reset")
    assert client.control("tasks") == []


def test_the_scenario_in_force_can_be_chosen(client: MockClient) -> None:
    """After the scenario is set, new tasks get it, and the page shows it."""
    press(client, "scenario", scenario="failed_internal")
    assert client.finished(client.created(body_for(URL)))["failureCode"] == "INTERNAL"
    assert '<option value="failed_internal"' in page(client)


def test_a_button_of_another_site_is_refused(client: MockClient) -> None:
    """A form of another site cannot reset the simulator."""
    address = f"{client.url}/_mock/page/reset"
    assert requests.post(address, headers={"Sec-Fetch-Site": "cross-site"}, timeout=9).status_code == 403


def test_duplicates_stand_on_the_page(client: MockClient) -> None:
    """A body that was created twice is shown as what is wrong."""
    for _ in range(2):
        client.created(body_for(URL))
    assert "One body was created 2 times" in page(client)
