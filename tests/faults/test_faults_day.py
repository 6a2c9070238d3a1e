"""The book of a day holds what was spent and nothing else, however a create ends."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from cometapi_mock.options import Options
from cometapi_mock.server import MockServer
from otio_cometapi.comet.request_builder import CreateRequest, create_request
from otio_cometapi.errors import RunStoppedError
from otio_cometapi.jobs import attempts
from otio_cometapi.jobs.daybook import Daybook
from otio_cometapi.pipeline import sender
from otio_cometapi.pipeline.collect import collect
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.submit import submit
from support.tiny_road import TinyRoad, settings_for

TAKE_S = Fraction(1, 2)
BUSY = {"faults": [{"on": "create", "answer": "rate_limited", "times": 0}]}


@pytest.fixture
def book(tmp_path: Path, tiny: TinyRoad, monkeypatch: pytest.MonkeyPatch) -> Daybook:
    """Return the book of the day, which the road uses too."""
    monkeypatch.setenv("COMETAPI_STATE_DIR", str(tmp_path / "state"))
    return Daybook(tmp_path / "state" / "spending.sqlite", clock=tiny.clock)


@pytest.fixture
def tiny(tmp_path: Path) -> TinyRoad:
    """Return a tiny road."""
    return TinyRoad(tmp_path / "road")


@pytest.mark.parametrize(
    ("scenario", "creates", "spent"),
    [
        ("ok", 1, 1),
        ("create_429_retry_after", 2, 1),
        ("busy", 5, 0),
        ("create_refused", 1, 0),
        ("create_401", 1, 0),
        ("lost_502", 1, 1),
    ],
)
def test_every_try_is_settled(tiny: TinyRoad, book: Daybook, scenario: str, creates: int, spent: int) -> None:
    """What is refused, for good or for now, is given back; what is taken or unknown counts once."""
    with MockServer() as server:
        server.define(busy=BUSY)
        server.use(scenario)
        with Job(tiny.job(["make it snow"]), clock=tiny.clock) as job:
            try:
                submit(job, settings=settings_for(server, day_limit="60s"))
            except RunStoppedError:
                assert scenario == "create_401"
            assert sum(entry["method"] == "POST" for entry in server.journal()) == creates
            assert book.spent().seconds == spent * TAKE_S == attempts.spent(job.ledger).seconds


def test_what_is_never_sent_is_given_back(tiny: TinyRoad, book: Daybook, monkeypatch: pytest.MonkeyPatch) -> None:
    """A create that is equal to another take's is refused before it leaves, and counts for nothing."""
    made: list[CreateRequest] = []

    def always_the_first(*arguments: object, **more: object) -> CreateRequest:
        made.append(create_request(*arguments, **more))  # type: ignore[arg-type]
        return made[0]

    monkeypatch.setattr(sender, "create_request", always_the_first)
    with MockServer() as server, Job(tiny.job(["make it snow", "make it rain"]), clock=tiny.clock) as job:
        (trouble,) = submit(job, settings=settings_for(server, day_limit="60s"))
        assert "the very same request" in trouble.message
        assert [part.state for take in job.takes() for part in take.parts] == ["SUBMITTED", "REFUSED"]
        assert book.spent().seconds == TAKE_S
        assert server.verify()["creates"] == 1


def test_a_refund_that_the_book_cannot_take_stops_nothing(tiny: TinyRoad, book: Daybook, tmp_path: Path) -> None:
    """The task's end is entered all the same, and the other tasks go on."""
    with MockServer(Options(shape="bare_cost")) as server:
        server.use("failed_internal", create=1)
        with Job(tiny.job(["make it snow", "make it rain"]), clock=tiny.clock) as job:
            settings = settings_for(server, day_limit="60s")
            submit(job, settings=settings)
            (tmp_path / "state" / "spending.sqlite").write_bytes(b"noise" * 1000)
            collect(job, settings=settings)
            assert sorted(part.state for take in job.takes() for part in take.parts) == ["FAILED", "HOME"]
