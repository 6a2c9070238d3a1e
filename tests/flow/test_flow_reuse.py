"""What one job of a person has paid for, the next one does not pay for again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from cometapi_mock.server import MockServer
from otio_cometapi.events import Event
from otio_cometapi.jobs import attempts, decisions
from otio_cometapi.jobs.folder import discard
from otio_cometapi.jobs.states import PartState, TakeState
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.pipeline.collect import collect
from otio_cometapi.pipeline.export import export
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.move import move
from otio_cometapi.pipeline.options import PlanOptions, Reuse, Trouble
from otio_cometapi.pipeline.plan import plan
from otio_cometapi.pipeline.reuse import tell_others
from otio_cometapi.pipeline.submit import submit
from otio_cometapi.records import Plan, SubmitAnswer, SubmitOutcome
from otio_cometapi.settings import Settings
from support.edits import dissolve
from support.flow import FILM


@dataclass
class Person:
    """Somebody with an edit, a simulator and any number of jobs."""

    folder: Path
    """Where everything lies."""
    server: MockServer
    """The simulator."""
    settings: Settings
    """What is set for this person."""
    timeline: Any
    """The edit."""
    said: list[Event] = field(default_factory=list)
    """What was told on the way."""

    def planned(self, job: str, reuse: Reuse = Reuse.ALL) -> Plan:
        """Plan one clip of the edit into a job."""
        options = PlanOptions(
            select=("name:sh110",), look={"prompt": "snow"}, media_root=self.folder / "media", reuse=reuse
        )
        standing = Job.opened(self.folder / job, settings=self.settings)
        try:
            return plan(self.timeline, options=options, settings=self.settings, job=standing, listener=self.said.append)
        finally:
            if standing:
                standing.close()

    def sent(self, job: str, reuse: Reuse = Reuse.ALL) -> tuple[Job, list[Trouble]]:
        """Plan, export and send; return the open job and what went wrong."""
        found = self.planned(job, reuse)
        opened = Job.with_plan(self.folder / job, found, timeline=self.timeline, settings=self.settings)
        words = {"settings": self.settings, "reuse": reuse, "listener": self.said.append}
        return opened, [*export(opened, **words), *submit(opened, **words)]

    def done(self, job: str, reuse: Reuse = Reuse.ALL) -> tuple[TakeState, list[Trouble]]:
        """Go the whole road; return where the take stands, and what went wrong."""
        opened, troubles = self.sent(job, reuse)
        with opened:
            troubles += collect(opened, settings=self.settings, poll_interval_s=0.01, listener=self.said.append)
            (take,) = opened.takes()
            return state_of(take), troubles

    def creates(self) -> int:
        """Return how many creates the simulator accepted."""
        return int(self.server.verify()["creates"])


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    """Yield a person without any job."""
    with MockServer() as server:
        settings = Settings(base_url=server.url, key="sk-0123456789", data_dir=tmp_path / "data")
        yield Person(tmp_path, server, settings, dissolve(tmp_path / "media", FILM).timeline)


def test_a_take_of_another_job_serves_for_nothing(person: Person) -> None:
    """The plan says from where, nothing is created, and the second job has an output and media of its own."""
    assert person.done("first.cometjob") == (TakeState.READY, [])
    found = person.planned("second.cometjob")
    assert (found.seconds, found.new_takes) == (0, ())
    assert found.takes[0].paid_in == str(person.folder / "first.cometjob")
    (line,) = [clip for clip in found.clips if clip.selected]
    assert any("was paid in" in note and "first.cometjob" in note for note in line.warnings)
    assert person.done("second.cometjob") == (TakeState.READY, [])
    assert person.creates() == 1
    shutil.rmtree(person.folder / "first.cometjob")
    with Job(person.folder / "second.cometjob") as job:
        (take,) = job.takes()
        assert Path(take.media[0].path).is_file()
        assert attempts.spent(job.ledger).seconds == 0


def moved_media(person: Person, folder: str) -> Any:
    """Copy all media elsewhere, with new times, and return the edit as it is there: as on a second machine."""
    shutil.copytree(person.folder / "media", person.folder / folder, copy_function=shutil.copyfile)
    there = person.timeline.clone()
    for clip in there.find_clips():
        reference = clip.media_reference
        reference.target_url = str(person.folder / folder / Path(reference.target_url).name)
        os.utime(reference.target_url, (1e9, 1e9))
    return there


def test_media_that_was_copied_elsewhere_is_the_same_media(person: Person) -> None:
    """Another path, name of folder and time of change cost nothing."""
    person.done("first.cometjob")
    person.timeline = moved_media(person, "second machine")
    assert person.planned("second.cometjob").seconds == 0
    assert person.done("second.cometjob") == (TakeState.READY, [])
    assert person.creates() == 1


def test_another_render_of_the_same_size_is_other_media(person: Person) -> None:
    """One byte makes it another file, and its take is another one."""
    person.done("first.cometjob")
    person.timeline = moved_media(person, "rendered again")
    for path in {Path(clip.media_reference.target_url) for clip in person.timeline.find_clips()}:
        new = bytearray(path.read_bytes())
        new[15] ^= 1  # the container's minor version, by which nobody goes
        path.write_bytes(new)
    assert person.planned("second.cometjob").seconds > 0


def test_no_reuse_pays_again(person: Person) -> None:
    """By a person's word the same take is paid in each job."""
    person.done("first.cometjob")
    assert person.planned("second.cometjob", Reuse.NONE).seconds > 0
    assert person.done("second.cometjob", Reuse.NONE) == (TakeState.READY, [])
    assert person.creates() == 2


def test_a_task_that_runs_for_another_job_is_followed(person: Person) -> None:
    """It is created once, and both jobs bring its output home."""
    first, _ = person.sent("first.cometjob")
    assert person.done("second.cometjob") == (TakeState.READY, [])
    with first:
        assert collect(first, settings=person.settings, poll_interval_s=0.01) == ()
        assert state_of(first.takes()[0]) is TakeState.READY
    assert person.creates() == 1


def unknown(person: Person) -> Job:
    """Return a job whose one create was never answered."""
    found = person.planned("first.cometjob")
    job = Job.with_plan(person.folder / "first.cometjob", found, timeline=person.timeline, settings=person.settings)
    export(job, settings=person.settings)
    (take,) = job.takes()
    owner = job.ledger.new_owner()
    attempt = attempts.open_attempt(
        job.ledger,
        take.parts[0],
        owner=owner,
        body_sha256="b",
        spending=attempts.Spending(take.seconds),
        budget=attempts.Budget(),
    )
    assert attempt is not None
    attempts.close_attempt(job.ledger, attempt, SubmitAnswer(SubmitOutcome.AMBIGUOUS, message="no answer"))
    owner.release()
    tell_others(job, settings=person.settings)
    return job


def test_what_may_be_paid_elsewhere_is_said_and_not_bought(person: Person) -> None:
    """An unknown create of another job holds the take here; the message names that job and the way out."""
    unknown(person).close()
    assert person.planned("second.cometjob").seconds == 0
    state, troubles = person.done("second.cometjob")
    assert state is TakeState.PLANNED
    (trouble,) = troubles
    assert "may be paid already" in trouble.message
    assert f"otiocomet resolve {person.folder / 'first.cometjob'}" in trouble.message
    assert "--pay-again" in trouble.message
    assert person.creates() == 0


def test_pay_again_buys_what_may_be_paid_elsewhere(person: Person) -> None:
    """By that word it is priced in the plan and sent."""
    unknown(person).close()
    assert person.planned("second.cometjob", Reuse.AT_HAND).seconds > 0
    assert person.done("second.cometjob", Reuse.AT_HAND) == (TakeState.READY, [])
    assert person.creates() == 1


def test_a_take_that_was_given_up_elsewhere_is_free(person: Person) -> None:
    """What no money stands behind is bought here as if the other job were not there."""
    with unknown(person) as job:
        decisions.abandon(job.ledger, job.takes()[0])
    assert person.done("second.cometjob") == (TakeState.READY, [])
    assert person.creates() == 1


def test_an_output_that_is_gone_there_is_asked_of_the_service(person: Person) -> None:
    """The other job's task is known, so its output is fetched anew, for nothing."""
    person.done("first.cometjob")
    for output in (person.folder / "first.cometjob/private/outputs").iterdir():
        output.unlink()
    assert person.done("second.cometjob") == (TakeState.READY, [])
    assert person.creates() == 1


def test_an_output_that_cannot_be_had_is_named_and_not_bought(person: Person) -> None:
    """Neither folder nor service has it: the take waits for a word, which then buys it."""
    person.done("first.cometjob")
    for output in (person.folder / "first.cometjob/private/outputs").iterdir():
        output.write_bytes(b"no video")
    keyless = replace(person.settings, key="")
    with Job.with_plan(
        person.folder / "second.cometjob",
        person.planned("second.cometjob"),
        timeline=person.timeline,
        settings=keyless,
    ) as job:
        (trouble,) = export(job, settings=keyless)
        assert "its output cannot be read from here" in trouble.message
        assert "--pay-again" in trouble.message
        assert state_of(job.takes()[0]) is TakeState.PLANNED
        assert submit(job, settings=person.settings) == ()
    assert person.creates() == 1


def test_a_lost_index_is_made_again_by_the_job(person: Person) -> None:
    """Whoever looks at a job with money in it enters that in the index."""
    person.done("first.cometjob")
    shutil.rmtree(person.folder / "data")
    assert person.planned("second.cometjob").seconds > 0
    with Job(person.folder / "first.cometjob") as job:
        tell_others(job, settings=person.settings)
    assert person.planned("second.cometjob").seconds == 0


def test_a_damaged_index_is_told_and_passed_over(person: Person) -> None:
    """It costs a reuse, says what to remove, and stops nobody."""
    (person.folder / "data").mkdir()
    (person.folder / "data" / "takes.sqlite").write_bytes(b"notes, and no index at all. " * 100)
    assert person.done("first.cometjob") == (TakeState.READY, [])
    told = [event.message for event in person.said if event.problem]
    assert any("takes.sqlite cannot be used" in message and "Remove that file" in message for message in told)


def test_the_index_is_the_persons_alone(person: Person) -> None:
    """Nobody else may read which clips somebody works on."""
    person.done("first.cometjob")
    assert (person.folder / "data").stat().st_mode & 0o777 == 0o700
    assert (person.folder / "data" / "takes.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_deleted_job_holds_nothing(person: Person) -> None:
    """Who throws a job away starts anew."""
    person.done("first.cometjob")
    discard(person.folder / "first.cometjob")
    assert person.done("second.cometjob") == (TakeState.READY, [])
    assert person.creates() == 2


def test_a_moved_job_still_serves(person: Person) -> None:
    """After a move the job is known under its new name as soon as it is worked on."""
    person.done("first.cometjob")
    (person.folder / "first.cometjob").rename(person.folder / "moved.cometjob")
    with Job(person.folder / "moved.cometjob") as job:
        tell_others(job, settings=person.settings)
    found = person.planned("second.cometjob")
    assert found.takes[0].paid_in == str(person.folder / "moved.cometjob")


@pytest.mark.parametrize("by_copy", [False, True], ids=["rename", "copy"])
def test_a_job_that_was_moved_by_command_serves_at_once(person: Person, by_copy: bool) -> None:
    """`move` tells the person's index where the job lies now: the next job pays nothing, without a run in between."""
    person.done("first.cometjob")
    new = move(person.folder / "first.cometjob", person.folder / "new", by_copy=by_copy, settings=person.settings)
    assert person.planned("second.cometjob").takes[0].paid_in == str(new)
    assert person.done("second.cometjob") == (TakeState.READY, [])
    assert person.creates() == 1


def test_another_services_takes_are_not_seen(person: Person) -> None:
    """What a simulator made is no take of the service, nor of another simulator."""
    person.done("first.cometjob")
    with MockServer() as other:
        person.settings = replace(person.settings, base_url=other.url)
        assert person.planned("second.cometjob").seconds > 0


def test_a_failed_take_elsewhere_does_not_hold_this_one(person: Person) -> None:
    """A job that got nothing for its money has nothing to give."""
    first, _ = person.sent("first.cometjob")
    with first:
        (take,) = first.takes()
        first.ledger.part_moved(take.parts[0], PartState.FAILED)
    assert person.planned("second.cometjob").seconds > 0
