"""Outputs that are unlike their source, and a lost create that is found again, down the whole road."""

from __future__ import annotations

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

OUTPUTS = ("output_other_rate", "output_other_size", "output_with_sound")
"""Outputs that are made to fit; what every other answer leads to is tried among the faults."""


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


@pytest.mark.parametrize("scenario", OUTPUTS)
def test_an_output_that_is_unlike_its_source_is_made_to_fit(scenario: str, tmp_path: Path) -> None:
    """The take is ready, the run is done without a word, and nothing was created twice."""
    with MockServer(Options(scenario=scenario)) as server:
        result = down_the_road(tmp_path, server)
        assert (result.exit, result.problems) == (Exit.DONE, ())
        assert [state_of(take) for take in result.takes] == ["READY"]
        checked = server.verify()
        assert (checked["creates"], checked["duplicates"], checked["problems"]) == (1, [], [])


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
