"""The job folder: how it appears, who may read it, and what is refused."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import opentimelineio as otio
import pytest

from otio_cometapi.errors import JobError
from otio_cometapi.jobs.folder import JobFolder, JobMadeMeanwhileError, discard, exists, folder_at, new_folder
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.pipeline.job import Job
from support.failing_disk import failing_fsync
from support.ledgers import plan_of, planned


def made(path: Path) -> JobFolder:
    """Make a job without takes."""
    with new_folder(path) as folder, Ledger(folder):
        pass
    return folder_at(path)


@pytest.fixture
def umask_022() -> Iterator[None]:
    """Let others read what is not made private."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    """Return a path's permissions."""
    return stat.S_IMODE(path.stat().st_mode)


def test_a_job_appears_only_when_the_block_ends_well(tmp_path: Path) -> None:
    """While it is made, nothing stands under its name, and its card is not written yet."""
    path = tmp_path / "edit.cometjob"
    with new_folder(path) as folder, Ledger(folder):
        assert not path.exists()
        assert folder.path.parent == tmp_path
        assert not exists(folder.path)
    assert exists(path)
    assert [each.name for each in tmp_path.iterdir()] == ["edit.cometjob"]


def test_a_failing_block_leaves_nothing(tmp_path: Path) -> None:
    """An error while the job is made passes through, and no trace of the folder stays."""
    with pytest.raises(KeyError), new_folder(tmp_path / "edit.cometjob") as folder, Ledger(folder):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_that_cannot_be_made_is_named_by_its_place_to_be(tmp_path: Path) -> None:
    """No message shows the passing name that a folder has while it is made."""
    with pytest.raises(JobError) as caught, new_folder(tmp_path / "edit.cometjob") as folder:
        raise JobError(f"the ledger {folder.ledger} cannot be used: database or disk is full.")
    assert caught.value.message.startswith(f"the ledger {tmp_path / 'edit.cometjob'}/private/ledger.sqlite cannot")


def test_a_full_disk_is_a_job_error_with_a_next_step(tmp_path: Path) -> None:
    """What the system refuses while the job is made is told in our words, and leaves nothing."""
    with pytest.raises(JobError, match=r"No space left.*--job"), new_folder(tmp_path / "edit.cometjob"):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_parents_are_made(tmp_path: Path) -> None:
    """A job may lie in a folder that does not exist yet."""
    assert made(tmp_path / "show" / "sc01" / "edit.cometjob").ledger.is_file()


@pytest.mark.usefixtures("umask_022")
def test_private_parts_are_the_owners_alone(tmp_path: Path) -> None:
    """Everything under private/ is closed to others, and the ledger too."""
    folder = made(tmp_path / "edit.cometjob")
    for place in (folder.private, folder.owners, folder.timelines, folder.exports, folder.outputs):
        assert mode(place) == 0o700, place
    assert mode(folder.ledger) == 0o600


@pytest.mark.usefixtures("umask_022")
def test_media_follows_the_umask(tmp_path: Path) -> None:
    """Colleagues and render nodes can read conformed media."""
    folder = made(tmp_path / "edit.cometjob")
    assert mode(folder.path) == 0o755
    assert mode(folder.media) == 0o755


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_something_else_at_the_path_is_refused_and_left_alone(tmp_path: Path, kind: str) -> None:
    """What stands there already is never overwritten."""
    path = tmp_path / "edit.cometjob"
    if kind == "file":
        path.write_text("mine")
    elif kind == "folder":
        path.mkdir()
        (path / "mine.txt").write_text("mine")
    else:
        path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(JobError, match=r"is no job.*--job"), new_folder(path):
        pass
    assert os.path.lexists(path)
    assert [each.name for each in tmp_path.iterdir()] == ["edit.cometjob"]


def test_a_name_that_is_not_utf_8_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    """No timeline could point to its media, and no ledger could name it."""
    place = tmp_path / os.fsdecode(b"caf\xe9")
    with pytest.raises(JobError, match=r"is not UTF-8.*--job"):
        made(place / "edit.cometjob")
    assert list(tmp_path.iterdir()) == []
    assert exists(made(tmp_path / "café" / "edit.cometjob").path)


def test_an_empty_folder_becomes_the_job(tmp_path: Path) -> None:
    """A folder that someone made in advance is taken."""
    path = tmp_path / "edit.cometjob"
    path.mkdir()
    assert made(path).path == path


def test_the_second_of_two_that_make_the_same_job_loses_and_knows_it(tmp_path: Path) -> None:
    """The job of the first stays whole; the second's error says that it can be opened."""
    path = tmp_path / "edit.cometjob"

    def second() -> None:
        with new_folder(path) as folder, Ledger(folder):
            first = made(path)
            (first.media / "first.mov").write_text("kept")

    with pytest.raises(JobMadeMeanwhileError, match="nothing was sent"):
        second()
    assert (path / "media" / "first.mov").is_file()
    assert [each.name for each in tmp_path.iterdir()] == ["edit.cometjob"]


def test_a_name_that_the_disk_does_not_confirm_leaves_a_job_that_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told as it is: made, by nobody else, with what was entered; nothing may be paid in it yet."""
    path = tmp_path / "edit.cometjob"
    failing_fsync(monkeypatch, folder=tmp_path, code=errno.EIO)
    with pytest.raises(JobError, match=r"is made, but the disk.*Input/output error.*otiocomet resume") as caught:
        made(path)
    assert not isinstance(caught.value, JobMadeMeanwhileError)
    assert [each.name for each in tmp_path.iterdir()] == ["edit.cometjob"]
    with Ledger(folder_at(path)) as ledger:
        assert ledger.timelines() == ()


def test_a_plan_is_entered_once_where_the_disk_does_not_confirm_the_jobs_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failure after the rename is not taken for another process's job, into which the plan would go again."""
    cut = otio.schema.Timeline(name="cut")
    failing_fsync(monkeypatch, folder=tmp_path, code=errno.EIO)
    with pytest.raises(JobError, match="is made, but the disk"):
        Job.with_plan(tmp_path / "edit.cometjob", plan_of(planned()), timeline=cut)
    monkeypatch.undo()
    with Job(tmp_path / "edit.cometjob") as job:
        assert len(job.ledger.timelines()) == 1
        assert len(job.takes()) == 1


def test_a_file_system_that_settles_no_folders_makes_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where `fsync` of a folder is unheard of, as on some network file systems, nothing has failed."""
    failing_fsync(monkeypatch, folder=tmp_path, code=errno.EINVAL)
    assert exists(made(tmp_path / "edit.cometjob").path)


def test_a_job_that_stands_already_is_not_made_again(tmp_path: Path) -> None:
    """Making a job where one stands tells so before any work is done."""
    made(tmp_path / "edit.cometjob")
    with pytest.raises(JobMadeMeanwhileError), new_folder(tmp_path / "edit.cometjob"):
        pytest.fail("the block must not run")


def test_no_job_at_the_path(tmp_path: Path) -> None:
    """A path without a job is told with a next step."""
    with pytest.raises(JobError, match=r"there is no job at .*otiocomet run"):
        folder_at(tmp_path / "edit.cometjob")


def test_a_file_is_no_job(tmp_path: Path) -> None:
    """A timeline given in place of a job is told as such."""
    path = tmp_path / "edit.otio"
    path.write_text("{}")
    with pytest.raises(JobError, match="there is no job at"):
        folder_at(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema": 1}', "\udcff"], ids=ascii)
def test_a_damaged_card_is_refused(tmp_path: Path, text: str) -> None:
    """A job.json that cannot be understood is named, with what to restore."""
    folder = made(tmp_path / "edit.cometjob")
    folder.card.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(JobError, match=r"cannot be read.*Restore job\.json"):
        folder_at(folder.path)


@pytest.mark.parametrize(
    "card",
    [
        {"schema": 3, "ledger": "sqlite:///private/ledger.sqlite"},
        {"schema": "two", "ledger": "sqlite:///private/ledger.sqlite"},
        {"schema": 1, "ledger": "postgresql://host/jobs"},
    ],
    ids=["newer", "unheard-of", "ledger elsewhere"],
)
def test_a_job_of_a_newer_version_is_refused(tmp_path: Path, card: dict[str, object]) -> None:
    """A job that this version does not understand is not touched: its money may be counted elsewhere."""
    folder = made(tmp_path / "edit.cometjob")
    folder.card.write_text(json.dumps(card))
    with pytest.raises(JobError, match="newer version"):
        folder_at(folder.path)


def test_paths_inside_are_kept_relative_and_others_absolute(tmp_path: Path) -> None:
    """`relative` and `absolute` undo each other for both."""
    folder = made(tmp_path / "edit.cometjob")
    inside, outside = folder.media / "a" / "m.mov", tmp_path / "store" / "m.mov"
    assert folder.relative(inside) == "media/a/m.mov"
    assert folder.relative(outside) == str(outside)
    for path in (inside, outside):
        assert folder.absolute(folder.relative(path)) == path


def test_discard_removes_a_job_and_nothing_else(tmp_path: Path) -> None:
    """Only a folder with a card is removed."""
    folder, other = made(tmp_path / "edit.cometjob"), tmp_path / "other.cometjob"
    other.mkdir()
    discard(folder.path)
    discard(other)
    discard(tmp_path / "nothing")
    assert [each.name for each in tmp_path.iterdir()] == ["other.cometjob"]
