"""A job that moves is whole in one place at every moment."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import attempts
from otio_cometapi.jobs.folder import JobFolder, exists, folder_at, has_moved
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.moving import card_of, finish_move, former_places, move_job
from otio_cometapi.jobs.owner import Owner
from otio_cometapi.jobs.takes import takes
from support.failing_disk import failing_fsync
from support.ledgers import accepted, new_job, only_take, opened, planned

TESTS = Path(__file__).parents[1]


@pytest.fixture
def job(tmp_path: Path) -> JobFolder:
    """Return a job with a take that is sent, an output, media and an export."""
    folder = new_job(tmp_path / "here" / "job.cometjob", planned())
    (folder.outputs / "o.mp4").write_bytes(b"output")
    (folder.media / "m.mp4").write_bytes(b"media")
    (folder.exports / "e.mp4").write_bytes(b"export")
    with Ledger(folder) as ledger:
        owner = Owner(folder.owners)
        attempts.close_attempt(ledger, opened(ledger, owner), accepted())
        owner.release()
    return folder


def move(folder: JobFolder, target: Path, *, by_copy: bool = True) -> JobFolder:
    """Move a job and open it."""
    with Ledger(folder) as ledger:
        move_job(ledger, target, by_copy=by_copy)
    return folder_at(target)


def test_a_mover_that_is_killed_after_any_step_leaves_one_whole_job(tmp_path: Path, job: JobFolder) -> None:
    """By rename and by copy: one place is the job and has everything; moving on ends it, and nothing is left."""
    place = tmp_path / "there"
    place.mkdir()
    ended = subprocess.run(
        [sys.executable, "-m", "support.killed_movers", str(job.path), str(place)],
        cwd=TESTS,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found["wrong"] == []
    assert {"renamed", "the ledger is copied", "the copy is whole", "the copy has its name"} <= set(found["steps"])
    assert len(found["steps"]) >= 12


@pytest.mark.parametrize("by_copy", [False, True])
def test_everything_moves_and_keeps_its_mode(tmp_path: Path, job: JobFolder, by_copy: bool) -> None:
    """Files, private modes, the ledger with its takes; the new place knows the old one."""
    with Ledger(job) as ledger:
        before = only_take(ledger)
    new = move(job, tmp_path / "there" / "new.cometjob", by_copy=by_copy)
    assert not job.path.exists()
    assert (new.outputs / "o.mp4").read_bytes() == b"output"
    assert new.private.stat().st_mode & 0o777 == 0o700
    assert new.ledger.stat().st_mode & 0o777 == 0o600
    assert former_places(new) == (job.path,)
    with Ledger(new) as ledger:
        (after,) = takes(ledger)
        (part,), (was,) = after.parts, before.parts
        assert part.export is not None
        assert was.export is not None
        assert (after.take_id, replace(part, export=was.export)) == (before.take_id, was)
        assert part.export == replace(was.export, path=str(new.exports / "x.mp4"))
    assert [each.name for each in (tmp_path / "there").iterdir()] == ["new.cometjob"]
    assert [each.name for each in (tmp_path / "here").iterdir()] == []


def test_a_job_that_somebody_works_on_stays(tmp_path: Path, job: JobFolder) -> None:
    """A living owner may be about to send: nothing moves, and the process is named."""
    owner = Owner(job.owners)
    with pytest.raises(JobError, match=owner.id):
        move(job, tmp_path / "new.cometjob")
    owner.release()
    move(job, tmp_path / "new.cometjob")


@pytest.mark.parametrize("by_copy", [False, True])
def test_what_stands_at_the_new_place_is_never_overwritten(tmp_path: Path, job: JobFolder, by_copy: bool) -> None:
    """Not even an empty folder."""
    (tmp_path / "new.cometjob").mkdir()
    with pytest.raises(JobError, match="exists already"):
        move(job, tmp_path / "new.cometjob", by_copy=by_copy)
    folder_at(job.path)


def test_a_copy_that_is_not_what_was_copied_moves_nothing(
    tmp_path: Path, job: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that writes something else is found out; the job stays and the copy goes."""
    from otio_cometapi.jobs import moving

    def spoiled(source: Path, copy: Path, *, follow_symlinks: bool) -> None:
        copy.write_bytes(source.read_bytes()[:-1])

    monkeypatch.setattr(moving.shutil, "copy2", spoiled)
    with pytest.raises(JobError, match="is not what was copied"):
        move(job, tmp_path / "there" / "new.cometjob")
    folder_at(job.path)
    assert [each.name for each in (tmp_path / "there").iterdir()] == []
    assert "moved_to" not in card_of(job.path)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=["full", "broken"])
@pytest.mark.parametrize("by_copy", [False, True], ids=["rename", "copy"])
def test_a_disk_that_fails_at_any_write_leaves_one_whole_job(
    tmp_path: Path, job: JobFolder, by_copy: bool, code: int
) -> None:
    """Whatever cannot be settled, one place is the job, the error says which, and the move can be made again."""
    target = tmp_path / "there" / "new.cometjob"
    settled = os.fsync
    for failing in range(1, 100):
        count = 0

        def refuses(handle: int, failing: int = failing) -> None:
            nonlocal count
            count += 1
            if count == failing:
                raise OSError(code, os.strerror(code))
            settled(handle)

        said = ""
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(os, "fsync", refuses)
            try:
                move(job, target, by_copy=by_copy)
            except JobError as exc:
                said = exc.message
        here, there = exists(job.path) and not has_moved(card_of(job.path)), exists(target)
        assert here is not there, f"at fsync {failing}: {said}"
        assert not said or ("has moved to" in said) is there, f"at fsync {failing}: {said}"
        if count < failing:
            break
        finish_move(job.path)
        if exists(target):
            with Ledger(folder_at(target)) as ledger:
                assert (target / "media" / "m.mp4").read_bytes() == b"media"
                move_job(ledger, job.path)
        assert [each.name for each in job.path.parent.iterdir()] == ["job.cometjob"], f"at fsync {failing}"
        assert not target.parent.exists() or list(target.parent.iterdir()) == [], f"at fsync {failing}"
    assert failing > 3
    assert (target / "media" / "m.mp4").read_bytes() == b"media"


def test_a_move_whose_new_name_the_disk_does_not_confirm_says_where_the_job_is(
    tmp_path: Path, job: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the rename nobody is told that nothing has moved."""
    place = tmp_path / "there"
    place.mkdir()
    failing_fsync(monkeypatch, folder=place, code=errno.EIO)
    with pytest.raises(JobError, match=rf"has moved to {place}/new.cometjob, but the disk.*Input/output error"):
        move(job, place / "new.cometjob", by_copy=False)
    assert folder_at(place / "new.cometjob").ledger.is_file()
    assert not job.path.exists()


def test_an_old_place_whose_new_one_cannot_be_seen_is_no_job(tmp_path: Path, job: JobFolder) -> None:
    """A disk that is not there may hold the job: nothing is sent from what may be an old copy."""
    card = json.loads(job.card.read_text("utf-8"))
    gone = {"moved_to": str(tmp_path / "gone" / "x.cometjob"), "part": str(tmp_path / "gone" / ".x.part"), "move": "1"}
    job.card.write_text(json.dumps({**card, **gone}), "utf-8")
    with pytest.raises(JobError, match="neither it nor its copy can be seen"):
        folder_at(job.path)
