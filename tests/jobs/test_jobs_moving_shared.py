"""A job whose ledger lies on a server moves without it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import attempts
from otio_cometapi.jobs.folder import JobFolder, folder_at
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.moving import former_places, move_job
from otio_cometapi.jobs.states import PartState
from support.file_systems import on_another_file_system
from support.ledgers import accepted, again, new_job, only_take, opened, planned, state

pytestmark = pytest.mark.proof


@pytest.fixture(params=["by rename", "onto another file system"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Yield where the job goes."""
    with ExitStack() as stack:
        far = request.param != "by rename"
        place = stack.enter_context(on_another_file_system(tmp_path)) if far else tmp_path / "there"
        yield place / "new.cometjob"


@pytest.fixture
def job(tmp_path: Path, jobs_database: str) -> JobFolder:
    """Return a job on the server with a take that is ready to be sent, an export and media."""
    folder = new_job(tmp_path / "here" / "job.cometjob", planned(), url=jobs_database)
    (folder.exports / "x.mp4").write_bytes(b"export")
    (folder.media / "m.mp4").write_bytes(b"media")
    return folder


def test_files_move_and_the_books_stay_where_they_are(job: JobFolder, target: Path, jobs_database: str) -> None:
    """No ledger file appears; the same server's books open from the new place, and paths in them follow."""
    with Ledger(job, url=jobs_database) as ledger:
        before = only_take(ledger)
        move_job(ledger, target)
    assert not job.path.exists()
    assert list(target.parent.iterdir()) == [target]
    new = folder_at(target)
    assert not new.ledger.exists()
    assert (new.address, new.job_id) == (job.address, job.job_id)
    assert (new.media / "m.mp4").read_bytes() == b"media"
    assert new.private.stat().st_mode & 0o777 == 0o700
    assert former_places(new) == (job.path,)
    with Ledger(new, url=jobs_database) as ledger:
        after = only_take(ledger)
        assert after.parts[0].export is not None
        assert (after.take_id, Path(after.parts[0].export.path)) == (before.take_id, new.exports / "x.mp4")


def test_an_open_create_holds_the_job_until_it_is_entered(job: JobFolder, target: Path, jobs_database: str) -> None:
    """While an answer is awaited the folder stays; once it is on the books it moves, and the task is followed there."""
    with Ledger(job, url=jobs_database) as ledger:
        owner = ledger.new_owner()
        attempt = opened(ledger, owner)
        with again(ledger) as mover, pytest.raises(JobError, match=f"{owner.id} sends for the job .*otiocomet resume"):
            move_job(mover, target)
        folder_at(job.path)
        attempts.close_attempt(ledger, attempt, accepted())
        owner.release()
        move_job(ledger, target)
    with Ledger(folder_at(target), url=jobs_database) as ledger:
        assert (state(ledger), only_take(ledger).parts[0].task_id) == (PartState.SUBMITTED, "task-1")


def test_a_create_whose_process_died_is_settled_before_the_job_moves(
    job: JobFolder, target: Path, jobs_database: str
) -> None:
    """The refusal names what settles it; then the take is unknown, and stays so at the new place."""
    with Ledger(job, url=jobs_database) as ledger:
        owner = ledger.new_owner()
        opened(ledger, owner)
        owner.release()
        with pytest.raises(JobError, match="or died while it did"):
            move_job(ledger, target)
        assert attempts.settle_dead_owners(ledger) == (only_take(ledger).take_id,)
        move_job(ledger, target)
    with Ledger(folder_at(target), url=jobs_database) as ledger:
        assert state(ledger) is PartState.SUBMIT_UNKNOWN
