"""The room against the simulator: from a file to the task's output, in every shape of answers."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from cometapi_mock.options import Options
from cometapi_mock.server import MockServer
from cometapi_mock.shapes import POLL_SHAPES
from otio_cometapi.comet.addresses import AddressPolicy
from otio_cometapi.comet.client import Client
from otio_cometapi.comet.download import download
from otio_cometapi.comet.models import load_models
from otio_cometapi.comet.request_builder import VideoInput, create_request
from otio_cometapi.comet.watch import watch
from otio_cometapi.records import Look, SubmitOutcome, TaskSnapshot, TaskStatus
from support.fake_clock import FakeClock
from support.numbered import numbers_of, write_numbered


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make twelve numbered frames."""
    path = tmp_path_factory.mktemp("media") / "in.mp4"
    write_numbered(path, frame_count=12, rate=Fraction(24000, 1001), row=0)
    return path


@pytest.mark.parametrize("shape", POLL_SHAPES)
def test_the_way_to_an_output_is_the_same_in_every_shape(shape: str, video: Path, tmp_path: Path) -> None:
    """A create is accepted, watched to its end, and its output comes home with every frame of the input."""
    clock = FakeClock()
    model = load_models()["gen4_aleph"]
    look = Look(prompt="make it snow", model="gen4_aleph", seed=7)
    with MockServer(Options(shape=shape)) as server, Client(server.url, key="any", clock=clock) as client:
        request = create_request(look, video=VideoInput(path=video), model=model, ratio="1280:720", allow_loopback=True)
        answer = client.submit(request)
        assert answer.outcome is SubmitOutcome.ACCEPTED
        seen = list(watch(client.retrieve, {answer.task_id: clock.now()}, clock=clock, deadline_s=600.0))
        last = seen[-1]
        assert isinstance(last, TaskSnapshot)
        assert last.status is TaskStatus.SUCCEEDED
        policy = AddressPolicy.for_base_url(server.url)
        output = download(last.output_urls, into=tmp_path / "o.mp4", task_id=last.task_id, policy=policy, clock=clock)
    assert [{0: number} for number in range(12)] == numbers_of(output.path, rows=[0])
