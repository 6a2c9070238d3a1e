"""The official Python SDK of the service's provider at the simulator: it works, and breaks where it would break."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
import runwayml
from runwayml import RunwayML
from runwayml.lib import polling

from cometapi_mock.server import MockServer
from support.mock_client import MockClient, body_for, data_uri, frame_number, grey_frames

URL = "https://media.example.com/shots/sh010.mp4"


@pytest.fixture(autouse=True)
def quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the SDK poll without its six seconds' wait: the simulator's time is its polls."""
    monkeypatch.setattr(polling, "POLL_TIME", 0.02)
    monkeypatch.setattr(polling, "POLL_JITTER", 0)


def sdk(server: MockServer, *, suffix: str = "/runwayml", **options: Any) -> RunwayML:
    """Return an SDK client of a simulator."""
    return RunwayML(api_key="any", base_url=server.url + suffix, **{"max_retries": 0, **options})


def create(client: RunwayML, scenario: str = "ok", **changes: Any) -> Any:
    """Create a task through the SDK."""
    asked: dict[str, Any] = {"model": "gen4_aleph", "video_uri": URL, "prompt_text": f"[[scenario:{scenario}]]"}
    return client.video_to_video.create(**{**asked, **changes})


@pytest.mark.parametrize("suffix", ["/runwayml", ""])
def test_it_creates_waits_and_gets_its_output(server: MockServer, clip_path: Path, tmp_path: Path, suffix: str) -> None:
    """A task that the SDK creates and waits for delivers the frames that were sent, with either base URL."""
    with sdk(server, suffix=suffix) as client:
        task = create(client, video_uri=data_uri(clip_path)).wait_for_task_output()
    assert task.status == "SUCCEEDED"
    (tmp_path / "out.mp4").write_bytes(requests.get(task.output[0], timeout=9).content)
    assert [frame_number(grey) for grey in grey_frames(tmp_path / "out.mp4")] == list(range(30))
    server.check()


def test_it_creates_the_successors_tasks(server: MockServer) -> None:
    """A body of the newer model, with keyframes, is accepted as the SDK writes it."""
    with sdk(server) as client:
        keyframe = {"uri": "https://media.example.com/k1.png", "seconds": 1.5}
        task = create(client, model="aleph2", keyframes=[keyframe], seed=9).wait_for_task_output()
    assert task.status == "SUCCEEDED"


def test_a_failed_task_raises_its_own_error(server: MockServer) -> None:
    """A task that fails raises the SDK's TaskFailedError with the failure code."""
    # Since it knows of money it recognises a failed task by that alone.
    server.service.set_options(shape="bare_cost")
    with sdk(server) as client, pytest.raises(runwayml.TaskFailedError) as caught:
        create(client, "failed_input_text").wait_for_task_output()
    assert caught.value.task_details.failure_code == "SAFETY.INPUT.TEXT"


@pytest.mark.parametrize(
    ("scenario", "error"),
    [
        ("create_refused", runwayml.BadRequestError),
        ("create_401", runwayml.AuthenticationError),
        ("create_403", runwayml.PermissionDeniedError),
        ("create_404", runwayml.NotFoundError),
        ("create_405", runwayml.APIStatusError),
        ("create_413", runwayml.APIStatusError),
        ("create_422", runwayml.UnprocessableEntityError),
        ("create_429", runwayml.RateLimitError),
        ("create_503_model_not_found", runwayml.InternalServerError),
        ("lost_408", runwayml.APIStatusError),
        ("lost_409", runwayml.ConflictError),
        ("lost_500", runwayml.InternalServerError),
        ("lost_502", runwayml.InternalServerError),
        ("lost_524", runwayml.InternalServerError),
        ("lost_reset", runwayml.APIConnectionError),
        ("lost_stalled", runwayml.APITimeoutError),
    ],
)
def test_errors_are_its_own_classes(server: MockServer, scenario: str, error: type[Exception]) -> None:
    """Every error arrives as the SDK's class for it."""
    with sdk(server, timeout=0.5) as client, pytest.raises(error) as caught:
        create(client, scenario)
    assert type(caught.value) is error


def test_its_own_retry_buys_twice_and_the_simulator_tells(server: MockServer) -> None:
    """With the SDK's default of two retries, one lost answer makes two tasks of one body."""
    with sdk(server, max_retries=2) as client:
        create(client, "lost_502")
    assert [row["creates"] for row in server.verify()["duplicates"]] == [2]
    with pytest.raises(AssertionError, match="created 2 times"):
        server.check()


def test_a_wrapped_poll_has_no_status_for_it(server: MockServer) -> None:
    """The gateway's envelope parses into a task without a status, so its wait never ends before its timeout."""
    server.service.set_options(shape="wrapped")
    with sdk(server) as client:
        created = create(client)
        assert client.tasks.retrieve(created.id).status is None
        with pytest.raises(runwayml.TaskTimeoutError):
            created.wait_for_task_output(timeout=0.5)


def test_a_wrapped_create_has_no_id_for_it(server: MockServer) -> None:
    """An id inside the gateway's envelope is not found, and waiting raises ValueError though the task exists."""
    server.service.set_options(create_shape="wrapped")
    with sdk(server) as client, pytest.raises(ValueError, match="non-empty value for `id`"):
        create(client).wait_for_task_output()
    assert server.verify()["creates"] == 1


def test_a_task_that_does_not_exist_yet_breaks_its_wait(server: MockServer) -> None:
    """The gateway's task_not_exist ends the SDK's wait, though the task is alive."""
    with sdk(server) as client, pytest.raises(runwayml.BadRequestError):
        create(client, "not_yet").wait_for_task_output()
    assert server.tasks()[0]["status"] != "FAILED"


def test_a_cancelled_task_never_ends_its_wait(server: MockServer) -> None:
    """The SDK's synchronous wait does not know CANCELLED as an end; it runs into its own timeout."""
    with sdk(server) as client, pytest.raises(runwayml.TaskTimeoutError):
        create(client, "cancelled").wait_for_task_output(timeout=1)
    assert server.tasks()[0]["status"] == "CANCELLED"


def test_a_web_page_is_a_string_to_it(server: MockServer) -> None:
    """HTTP 200 with a web page comes back as text, and nothing is raised."""
    with sdk(server) as client:
        assert isinstance(create(client, "lost_html"), str)
    assert server.verify()["creates"] == 1


def test_what_it_sends_differs_from_no_plain_client(server: MockServer) -> None:
    """The SDK's body and a plain client's equal body are one body to the simulator."""
    with sdk(server) as client:
        create(client, seed=7)
    MockClient(server.url).create(body_for(URL, promptText="[[scenario:ok]]", seed=7))
    assert server.verify()["distinct_bodies"] == 1
