"""What every kind of answer of the service leads to: the take's state, the exit, and how often it was paid."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from cometapi_mock.options import Options
from cometapi_mock.server import MockServer
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import Exit, PlanOptions, RunOrder, RunResult, SendOptions
from otio_cometapi.pipeline.resolve import adopt
from otio_cometapi.pipeline.run import finish, run
from otio_cometapi.pipeline.status import state_of
from otio_cometapi.settings import Settings
from support.edits import dissolve
from support.flow import FILM


@dataclass(frozen=True)
class Case:
    """A scenario of the simulator and what the road must make of it."""

    scenario: str
    """Its name."""
    state: str
    """Where the take must stand at the end."""
    exit: Exit
    """How the run must end."""
    creates: int = 1
    """How many creates the service must have accepted."""


CASES = (
    Case("ok", "READY", Exit.DONE),
    Case("throttled", "READY", Exit.DONE),
    Case("not_yet", "READY", Exit.DONE),
    Case("unknown_status", "READY", Exit.DONE),
    Case("progress_percent", "READY", Exit.DONE),
    Case("poll_500", "READY", Exit.DONE),
    Case("poll_html", "READY", Exit.DONE),
    Case("poll_401", "SUBMITTED", Exit.PARTLY),
    Case("download_half", "READY", Exit.DONE),
    Case("download_404", "READY", Exit.DONE),
    Case("expired_output", "READY", Exit.DONE),
    Case("output_other_rate", "READY", Exit.DONE),
    Case("output_other_size", "READY", Exit.DONE),
    Case("output_with_sound", "READY", Exit.DONE),
    Case("output_truncated_file", "FAILED", Exit.NOTHING),
    Case("failed_output_video", "FAILED", Exit.NOTHING),
    Case("cancelled", "FAILED", Exit.NOTHING),
    Case("lost_500", "SUBMIT_UNKNOWN", Exit.PARTLY),
    Case("lost_reset", "SUBMIT_UNKNOWN", Exit.PARTLY),
    Case("lost_html", "SUBMIT_UNKNOWN", Exit.PARTLY),
    Case("lost_empty", "SUBMIT_UNKNOWN", Exit.PARTLY),
    Case("create_429", "READY", Exit.DONE),
    Case("create_refused", "REFUSED", Exit.NOTHING, creates=0),
    Case("create_503_model_not_found", "REFUSED", Exit.NOTHING, creates=0),
)


def down_the_road(folder: Path, server: MockServer) -> RunResult:
    """Send one clip down the road."""
    edit = dissolve(folder / "media", FILM)
    order = RunOrder(
        output=folder / "out.otio",
        job=folder / "job.cometjob",
        options=PlanOptions(select=("name:sh110",), look={"prompt": "make it snow"}),
        send=SendOptions(poll_interval_s=0.01, wait_s=20),
    )
    return run(edit.timeline, order, settings=settings_for(server))


def settings_for(server: MockServer) -> Settings:
    """Return settings that name the simulator."""
    return Settings(base_url=server.url, key="sk-simulated-0123456789")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.scenario)
def test_an_answer_leads_to_its_state(case: Case, tmp_path: Path) -> None:
    """The take ends where that answer leads, the run ends with its exit code, and nothing was created twice."""
    with MockServer(Options(scenario=case.scenario)) as server:
        result = down_the_road(tmp_path, server)
        (take,) = result.takes
        assert state_of(take) == case.state, result.problems
        assert result.exit is case.exit, result.problems
        assert bool(result.problems) == (case.exit is not Exit.DONE)
        checked = server.verify()
        assert checked["creates"] == case.creates
        assert checked["duplicates"] == []
        assert checked["problems"] == []


def test_a_lost_create_is_adopted_by_its_id_and_comes_home_without_paying_again(tmp_path: Path) -> None:
    """The task that stands behind a lost answer is followed once a person names its id; one create in all."""
    with MockServer(Options(scenario="lost_reset")) as server:
        result = down_the_road(tmp_path, server)
        task = next(entry["task_id"] for entry in server.journal() if entry.get("task_id"))
        with Job(result.job) as job:
            adopt(job, result.takes[0].take_id, task_id=task)
            ended = finish(
                job,
                tmp_path / "out.otio",
                send=SendOptions(poll_interval_s=0.01, wait_s=20),
                settings=settings_for(server),
            )
        assert ended.exit is Exit.DONE, ended.problems
        assert server.verify()["creates"] == 1
