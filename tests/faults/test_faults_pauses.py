"""A run that would only do harm by going on pauses: it says why, until when and how to go on, and forgets nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from cometapi_mock.options import Options
from cometapi_mock.server import MockServer
from otio_cometapi.jobs.alarms import COOLING_S, DOUBTFUL, MODERATED
from otio_cometapi.pipeline.collect import collect
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import Exit
from otio_cometapi.pipeline.sender import TRIES
from otio_cometapi.pipeline.status import state_of
from otio_cometapi.pipeline.submit import submit
from support.fake_clock import FakeClock
from support.tiny_road import TinyRoad, settings_for

DAY_S = 86_400.0
PROMPTS = [f"make it snow, {number}" for number in range(12)]


class Ticking(FakeClock):
    """Time that passes a little whenever it is looked at, as it does while creates are sent."""

    def monotonic(self) -> float:
        """Return seconds, a tenth more every time."""
        self.time += 0.1
        return self.time


@pytest.fixture
def ticking(tmp_path: Path) -> TinyRoad:
    """Return a tiny road in time that passes."""
    return TinyRoad(tmp_path / "road", Ticking())


@pytest.fixture
def still(tmp_path: Path) -> TinyRoad:
    """Return a tiny road in time that passes by waiting alone."""
    return TinyRoad(tmp_path / "road", FakeClock())


def create_requests(server: MockServer) -> int:
    """Return how many creates the simulator was asked for."""
    return sum(entry["method"] == "POST" for entry in server.journal())


def states(path: Path) -> list[str]:
    """Return where a job's takes stand."""
    with Job(path) as job:
        return sorted(state_of(take).value for take in job.takes())


def test_repeated_moderation_pauses_the_run_before_the_last_take_is_sent(ticking: TinyRoad) -> None:
    """Refusals are noticed while creates are sent: some takes stay unsent, what is open is followed, exit 3."""
    with MockServer(Options(scenario="failed_input_text")) as server:
        path = ticking.job(PROMPTS)
        result = ticking.resume(path, server)
        sent = server.verify()["creates"]
    assert MODERATED <= sent < len(PROMPTS)
    assert states(path) == ["EXPORTED"] * (len(PROMPTS) - sent) + ["FAILED"] * sent
    assert result.exit is Exit.PARTLY
    (why,) = [problem for problem in result.problems if "the run pauses" in problem]
    assert "moderation" in why
    assert "--past-refusals" in why


def test_refusals_of_moderation_are_not_forgotten_by_the_next_run(ticking: TinyRoad) -> None:
    """`resume` sends nothing more by itself; a person's word does, and a take that passes ends the alarm."""
    with MockServer(Options(scenario="failed_output_video")) as server:
        path = ticking.job(PROMPTS)
        ticking.resume(path, server)
        sent = server.verify()["creates"]
        ticking.clock.sleep(DAY_S)
        ticking.resume(path, server)
        assert server.verify()["creates"] == sent
        server.use("ok")
        ended = ticking.resume(path, server, past_refusals=True)
        assert server.verify()["creates"] == len(PROMPTS)
    assert "EXPORTED" not in states(path)
    assert not [problem for problem in ended.problems if "the run pauses" in problem]


def test_a_moderated_take_is_never_sent_again_by_itself(still: TinyRoad) -> None:
    """However often the job is resumed, there is one create."""
    with MockServer(Options(scenario="failed_input_video")) as server:
        path = still.job(PROMPTS[:1])
        for _ in range(3):
            still.resume(path, server)
        assert create_requests(server) == 1
    assert states(path) == ["FAILED"]


def test_creates_without_a_clear_answer_pause_the_run(still: TinyRoad) -> None:
    """After three in a row nothing is sent for ten minutes; then one create tries whether answers come again."""
    with MockServer(Options(scenario="lost_502")) as server:
        path = still.job(PROMPTS[:6])
        result = still.resume(path, server)
        assert create_requests(server) == DOUBTFUL
        assert result.exit is Exit.PARTLY
        assert "3 creates in a row brought no clear answer" in " ".join(result.problems)
        still.resume(path, server, wait_s=0.0)
        assert create_requests(server) == DOUBTFUL
        still.clock.sleep(COOLING_S + 1)
        still.resume(path, server)
        assert create_requests(server) == DOUBTFUL + 1
        server.use("ok")
        still.clock.sleep(COOLING_S + 1)
        still.resume(path, server)
        assert server.verify()["duplicates"] == []
    assert states(path) == ["READY"] * 2 + ["SUBMIT_UNKNOWN"] * 4


def test_a_clear_answer_ends_a_row_of_doubtful_ones(still: TinyRoad) -> None:
    """Two without an answer, one taken, two without: nothing pauses."""
    with MockServer() as server:
        for number in (1, 2, 4, 5):
            server.use("lost_500", create=number)
        path = still.job(PROMPTS[:6])
        still.resume(path, server)
    assert states(path) == ["READY"] * 2 + ["SUBMIT_UNKNOWN"] * 4


def test_a_daily_limit_pauses_the_run_and_says_until_when(still: TinyRoad) -> None:
    """The first refusal ends the sending; nobody knocks again before the time that is told; then it goes on."""
    with MockServer(Options(daily_limit=2)) as server:
        path = still.job(PROMPTS[:5])
        result = still.resume(path, server)
        assert create_requests(server) == 3
        assert states(path) == ["EXPORTED"] * 3 + ["READY"] * 2
        (why,) = [problem for problem in result.problems if "the run pauses" in problem]
        assert "the day's limit is reached" in why
        assert why.count(" UTC") == 2
        assert result.exit is Exit.PARTLY
        still.resume(path, server)
        assert create_requests(server) == 3
        still.clock.sleep(DAY_S)
        server.advance(DAY_S)
        server.service.set_options(daily_limit=None)
        still.resume(path, server)
    assert states(path) == ["READY"] * 5


def test_a_wait_that_is_asked_for_is_kept(still: TinyRoad) -> None:
    """HTTP 429 with Retry-After is followed by the same create after that time, and by no other before it."""
    with MockServer(Options(scenario="create_429_retry_after")) as server:
        path = still.job(PROMPTS[:2])
        began = len(still.clock.sleeps)  # type: ignore[attr-defined]
        still.resume(path, server)
        bodies = [entry["body"]["seed"] for entry in server.journal() if entry["method"] == "POST"]
    pauses = still.clock.sleeps[began:]  # type: ignore[attr-defined]
    assert sum(7.0 <= pause < 7.1 for pause in pauses) == 2
    assert bodies[0] == bodies[1] != bodies[2] == bodies[3]


def test_a_service_that_stays_busy_is_left_alone(still: TinyRoad) -> None:
    """After five refusals of one create the other takes are not even tried."""
    with MockServer() as server:
        server.define(busy={"faults": [{"on": "create", "answer": "rate_limited", "times": 0}]})
        server.use("busy")
        path = still.job(PROMPTS[:3])
        result = still.resume(path, server)
        assert create_requests(server) == TRIES
    assert states(path) == ["EXPORTED"] * 3
    assert "the run pauses, 2 takes are not sent" in " ".join(result.problems)


def test_a_take_past_its_deadline_is_waited_for_no_more_and_keeps_its_id(still: TinyRoad) -> None:
    """With no end to the run's own patience it ends all the same; each later run looks once; an end still counts."""
    with MockServer(Options(scenario="never_ends")) as server:
        path = still.job(PROMPTS[:1])
        with Job(path, clock=still.clock) as job:
            submit(job, settings=settings_for(server))
            (trouble,) = collect(job, settings=settings_for(server), take_deadline_s=600.0)
            (part,) = job.take(job.takes()[0].take_id).parts
            assert part.task_id in trouble.message
            assert "has not ended within its deadline of" in trouble.message
            polls = server.tasks()[0]["polls"]
            collect(job, settings=settings_for(server), take_deadline_s=600.0)
            assert server.tasks()[0]["polls"] == polls + 1
            server.service.tasks[part.task_id].scenario = server.service.scenario("ok")
            assert collect(job, settings=settings_for(server), take_deadline_s=600.0) == ()
    assert states(path) == ["READY"]


def test_the_runs_deadline_holds_over_all_rounds(still: TinyRoad) -> None:
    """Outputs that expire again and again do not let a run wait longer than it was told to."""
    with MockServer() as server:
        server.use("output_gone", create=1)
        server.use("never_ends", create=2)
        path = still.job(PROMPTS[:2])
        with Job(path, clock=still.clock) as job:
            submit(job, settings=settings_for(server))
            began = still.clock.monotonic()
            collect(job, settings=settings_for(server), wait_s=100.0)
    assert still.clock.monotonic() - began <= 105.0


def test_no_trouble_is_lost_when_an_address_is_asked_for_anew(still: TinyRoad) -> None:
    """A task that failed in the first round is told of, though another take needed a second one."""
    with MockServer() as server:
        server.use("failed_internal", create=1)
        server.use("expired_output", create=2)
        path = still.job(PROMPTS[:2])
        with Job(path, clock=still.clock) as job:
            submit(job, settings=settings_for(server))
            troubles = collect(job, settings=settings_for(server))
    assert len(troubles) == 1
    assert states(path) == ["FAILED", "READY"]
