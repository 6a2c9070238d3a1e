"""What killed processes leave behind is found by its name and its owner, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import opentimelineio as otio
import pytest

from otio_cometapi.editorial.timeline_io import write_timeline
from otio_cometapi.jobs.folder import new_folder
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.owner import Owner
from otio_cometapi.jobs.written import WrittenTimeline, enter_written
from otio_cometapi.pipeline.clean import Kind, cleaning, remove
from otio_cometapi.pipeline.job import Job
from support.ledgers import new_job, plan_of, planned, shot

LONG_AGO = 1_000_000_000
CUT = otio.schema.Timeline(name="cut")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Return a job whose processes are all gone."""
    return Job(new_job(tmp_path / "comet.cometjob", planned()).path)


def killed(work: Callable[[], object], *, at: str) -> None:
    """Do something in a process that is killed where it first calls `os.` *at*."""
    child = os.fork()
    if child == 0:
        setattr(os, at, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def aged(place: Path) -> None:
    """Make all that lies in a folder look untouched for years."""
    for path in (*place.rglob("*"), place):
        os.utime(path, (LONG_AGO, LONG_AGO), follow_symlinks=False)


def offered(job: Job) -> list[Path]:
    """Return what `clean` offers as half made."""
    return [item.path for item in cleaning(job).items if item.kind is Kind.LEFTOVERS]


def test_half_a_timeline_beside_one_that_the_job_wrote_is_offered(tmp_path: Path, job: Job) -> None:
    """Only under the very name that the writer makes: what others keep in that folder is theirs."""
    output = tmp_path / "delivered" / "out.otio"
    output.parent.mkdir()
    write_timeline(CUT, output)
    enter_written(job.ledger, WrittenTimeline(str(output), 1, "", {}))
    killed(lambda: write_timeline(CUT, output), at="replace")
    (half,) = [path for path in output.parent.iterdir() if path != output]
    for name in (".other.01234567.part.otio", ".out.mine.part.otio", "out.01234567.part.otio", ".out.01234567.part"):
        (output.parent / name).write_text("somebody's")
    assert offered(job) == [], "somebody may be writing it"
    aged(output.parent)
    assert offered(job) == [half]
    gone = remove(job, cleaning(job))
    assert ([item.path for item in gone.items], gone.kept) == ([half], ())
    assert len(list(output.parent.iterdir())) == 5


@pytest.mark.parametrize("at", ["open", "rename"], ids=["before its card", "before its name"])
def test_a_job_that_was_killed_in_the_making_is_offered_by_the_one_that_stands(
    tmp_path: Path, job: Job, at: str
) -> None:
    """Nothing was ever sent from a folder that never had its name, whether its card is in it or not."""
    other = job.path.with_name("away.cometjob")
    job.path.rename(other)

    def made() -> None:
        with new_folder(job.path) as folder, Ledger(folder) as ledger:
            ledger.add_plan(plan_of(planned()), timeline_text="{}", source_path="")

    killed(made, at=at)
    (half,) = [path for path in tmp_path.iterdir() if path != other]
    other.rename(job.path)
    assert offered(job) == []
    aged(half)
    assert offered(job) == [half]
    remove(job, cleaning(job))
    assert [path.name for path in tmp_path.iterdir()] == ["comet.cometjob"]


def test_half_a_timeline_in_the_job_is_offered(job: Job) -> None:
    """A plan that was killed while its timeline was entered leaves no half file under a final name."""
    plan = plan_of(planned(shot(300)))
    killed(lambda: job.ledger.add_plan(plan, timeline_text="{}", source_path=""), at="replace")
    (half,) = [path for path in job.folder.timelines.iterdir() if path.name != "0001.otio"]
    assert half.name.startswith(".0002.")
    aged(job.folder.timelines)
    assert offered(job) == [half]


def test_the_locks_of_the_dead_are_offered_and_those_of_the_living_are_not(job: Job) -> None:
    """A lock that a process holds stays, however old its file is; so does one that another machine made."""
    program = (
        "import sys; from pathlib import Path; from otio_cometapi.jobs.owner import Owner\n"
        "print(Owner(Path(sys.argv[1])).id, flush=True); sys.stdin.readline()"
    )
    owners = job.folder.owners
    mine = Owner(owners)
    with subprocess.Popen(
        [sys.executable, "-c", program, str(owners)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        theirs = process.stdout.readline().strip()
        (owners / "another-machine-4711-01234567.lock").touch()
        (owners / "notes.txt").touch()
        (owners / ".locks-89abcdef").touch()
        aged(owners)
        assert offered(job) == [owners / ".locks-89abcdef"]
        process.kill()
        process.wait(10)
        assert offered(job) == [owners / ".locks-89abcdef", owners / f"{theirs}.lock"]
    assert (owners / f"{mine.id}.lock").exists()
    mine.release()
    assert remove(job, cleaning(job)).kept == ()
    assert sorted(path.name for path in owners.iterdir()) == ["another-machine-4711-01234567.lock", "notes.txt"]
