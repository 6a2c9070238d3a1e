"""The default simulator, over a socket: create, poll, download."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import requests

from cometapi_mock.server import MockServer
from support.mock_client import FILM, MockClient, body_for, frame_number, grey_frames, stream_facts

GOLDEN = Path(__file__).parents[2] / "fixtures" / "api"


def test_a_task_goes_from_pending_over_running_to_succeeded(client: MockClient, clip_path: Path) -> None:
    """The statuses of a task come in their order, and the last within ten polls."""
    task_id = client.created(body_for(clip_path))
    told = [client.poll(task_id).json()["status"] for _ in range(10)]
    assert list(dict.fromkeys(told)) == ["PENDING", "RUNNING", "SUCCEEDED"]


def test_every_frame_of_the_output_is_the_frame_that_was_sent(
    client: MockClient, clip_path: Path, tmp_path: Path
) -> None:
    """Frame n of the output shows number n, for every n."""
    output = client.output(client.created(body_for(clip_path)), tmp_path / "out.mp4")
    assert list(range(30)) == [frame_number(grey) for grey in grey_frames(output)]


def test_the_output_has_the_inputs_rate_and_raster_and_no_sound(
    client: MockClient, clip_path: Path, tmp_path: Path
) -> None:
    """Rate and raster are exact; there is no sound."""
    output = client.output(client.created(body_for(clip_path)), tmp_path / "out.mp4")
    assert stream_facts(output) == (FILM, 320, 180, 0)


@pytest.mark.parametrize("seed", range(8))
def test_the_ramp_stays_monotone_and_keeps_half_its_range(
    client: MockClient, clip_path: Path, tmp_path: Path, seed: int
) -> None:
    """A ramp from black to white is a ramp in the output, in one direction, over at least half the range."""
    output = client.output(client.created(body_for(clip_path, seed=seed)), tmp_path / "out.mp4")
    row = grey_frames(output)[0][105].astype(int)[::8]
    steps = row[1:] - row[:-1]
    if row[0] > row[-1]:
        steps = -steps
    assert abs(row[-1] - row[0]) >= 128
    assert min(steps) >= -3


def test_two_seeds_give_two_pictures(client: MockClient, clip_path: Path, tmp_path: Path) -> None:
    """Another seed gives another output of the same frames."""
    first = client.output(client.created(body_for(clip_path, seed=1)), tmp_path / "a.mp4")
    second = client.output(client.created(body_for(clip_path, seed=2)), tmp_path / "b.mp4")
    assert first.read_bytes() != second.read_bytes()


@pytest.mark.parametrize("name", ["full", "small", "aleph2"])
def test_golden_requests_are_accepted(client: MockClient, name: str) -> None:
    """Every example request of the service's documents creates a task."""
    body = json.loads((GOLDEN / "requests" / f"{name}.json").read_text())
    assert client.finished(client.created(body))["status"] == "SUCCEEDED"


def test_ids_are_uuids_and_follow_from_the_body(clip_path: Path) -> None:
    """Two simulators give the same ids to the same bodies, and different ids to equal bodies sent twice."""
    found = []
    for _ in range(2):
        with MockServer() as server:
            client = MockClient(server.url)
            found.append([client.created(body_for(clip_path)) for _ in range(2)])
    assert found[0] == found[1]
    assert len(set(found[0])) == 2
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", i) for i in found[0]
    )


@pytest.mark.parametrize("path", ["/runwayml/v1/video_to_video", "/v1/video_to_video"])
def test_both_base_addresses_work(client: MockClient, clip_path: Path, path: str) -> None:
    """A create is taken on the bare host and under /runwayml."""
    assert client.create(body_for(clip_path), path=path).status_code == 200


def test_an_output_answers_head_get_and_range_without_a_key(client: MockClient, clip_path: Path) -> None:
    """The output's address answers HEAD with its length, GET with all of it, and Range with the part."""
    url = client.finished(client.created(body_for(clip_path)))["output"][0]
    whole = requests.get(url, timeout=10)
    part = requests.get(url, headers={"Range": "bytes=10-19"}, timeout=10)
    head = requests.head(url, timeout=10)
    assert (whole.status_code, part.status_code, head.status_code) == (200, 206, 200)
    assert part.content == whole.content[10:20]
    assert head.headers["Content-Length"] == str(len(whole.content))
    assert head.headers["Content-Type"] == "video/mp4"


def test_an_output_with_a_wrong_signature_is_denied(client: MockClient, clip_path: Path) -> None:
    """Without its signature an output's address answers 403."""
    url = client.finished(client.created(body_for(clip_path)))["output"][0]
    assert requests.get(url.split("?")[0], timeout=10).status_code == 403


def test_text_in_a_data_uri_ends_as_an_invalid_asset(client: MockClient) -> None:
    """A data URI that holds no video is accepted and then fails with ASSET.INVALID."""
    task_id = client.created(body_for("data:video/mp4;base64,bm90IGEgdmlkZW8="))
    assert client.finished(task_id)["failureCode"] == "ASSET.INVALID"


def test_a_video_behind_a_loopback_address_is_fetched(
    client: MockClient, clip_path: Path, tmp_path: Path, server: MockServer
) -> None:
    """An output can be the input of the next task, by its address."""
    url = client.finished(client.created(body_for(clip_path)))["output"][0]
    again = client.output(client.created(body_for(url)), tmp_path / "again.mp4")
    assert list(range(30)) == [frame_number(grey) for grey in grey_frames(again)]


def test_advance_moves_tasks_on_without_polls(client: MockClient, clip_path: Path) -> None:
    """After an advance of a minute the first poll finds the task succeeded."""
    task_id = client.created(body_for(clip_path))
    client.control("advance", {"seconds": 60})
    assert client.poll(task_id).json()["status"] == "SUCCEEDED"


def test_reset_forgets_tasks_and_requests(client: MockClient, clip_path: Path) -> None:
    """After a reset the task does not exist and the journal is empty."""
    task_id = client.created(body_for(clip_path))
    client.control("reset", {})
    assert client.control("journal") == []
    assert client.poll(task_id).json()["code"] == "task_not_exist"
