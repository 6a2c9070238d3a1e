"""Owners: a lock that lives exactly as long as its process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import owner as owners
from otio_cometapi.jobs.owner import Owner, lives, this_host

HOLD = """
import sys
from pathlib import Path
from otio_cometapi.jobs.owner import Owner
owner = Owner(Path(sys.argv[1]))
print(owner.id, flush=True)
sys.stdin.readline()
"""

FORK = """
import os, sys
from pathlib import Path
from otio_cometapi.jobs.owner import Owner
owner = Owner(Path(sys.argv[1]))
if os.fork() == 0:
    owner.release()
    print("the child waits", flush=True)
sys.stdin.readline()
"""


def other_process(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """Start a process that holds a lock; return it with its owner's id."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_the_lock_dies_with_a_killed_process(tmp_path: Path) -> None:
    """While the process runs its owner lives; after SIGKILL it does not, at once."""
    process, owner_id = other_process(tmp_path)
    with process:
        assert lives(tmp_path, owner_id, this_host()) is True
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert (tmp_path / f"{owner_id}.lock").exists()
        assert lives(tmp_path, owner_id, this_host()) is False


def test_a_dead_owners_lock_file_goes(tmp_path: Path) -> None:
    """Who finds an owner dead removes its file, and it stays dead."""
    (tmp_path / "dead.lock").touch()
    assert lives(tmp_path, "dead", this_host()) is False
    assert list(tmp_path.iterdir()) == []
    assert lives(tmp_path, "dead", this_host()) is False


def test_this_process_lives(tmp_path: Path) -> None:
    """An owner sees itself alive without touching its lock, and gone after its release."""
    owner = Owner(tmp_path)
    assert lives(tmp_path, owner.id, owner.host) is True
    assert [each.name for each in tmp_path.iterdir()] == [f"{owner.id}.lock"]
    owner.release()
    owner.release()
    assert lives(tmp_path, owner.id, owner.host) is False
    assert list(tmp_path.iterdir()) == []


def test_another_machine_cannot_be_known(tmp_path: Path) -> None:
    """A free lock of another machine proves nothing, and its file stays."""
    (tmp_path / "far.lock").touch()
    assert lives(tmp_path, "far", "elsewhere 0000-boot") is None
    assert lives(tmp_path, "far, too", "elsewhere 0000-boot") is None
    assert (tmp_path / "far.lock").exists()


def test_a_held_lock_proves_life_wherever_it_was_taken(tmp_path: Path) -> None:
    """Where locks do travel, another machine's owner is seen alive."""
    process, owner_id = other_process(tmp_path)
    with process:
        assert lives(tmp_path, owner_id, "elsewhere 0000-boot") is True
        process.kill()


@pytest.mark.parametrize(
    "then",
    ["another-name BOOT", "NAME another-boot"],
    ids=["the machine was renamed", "the machine was started anew"],
)
def test_the_same_machine_is_known_by_name_or_by_boot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    """A change of name, or a restart, between the kill and `resume` costs no waiting."""
    monkeypatch.setattr(owners, "this_host", lambda: "NAME BOOT")
    (tmp_path / "dead.lock").touch()
    assert lives(tmp_path, "dead", then) is False


def forked_owner(folder: Path) -> subprocess.Popen[str]:
    """Start an owner whose forked child has released its copy and waits; its input, when closed, ends the child."""
    process = subprocess.Popen(
        [sys.executable, "-c", FORK, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "the child waits\n"
    return process


def test_a_forked_child_does_not_release_its_parents_lock(tmp_path: Path) -> None:
    """What the child does with its copy of the owner leaves the parent alive."""
    with forked_owner(tmp_path) as process:
        (lock,) = tmp_path.glob("*.lock")
        assert lives(tmp_path, lock.stem, this_host()) is True
        process.kill()


def test_a_forked_child_does_not_keep_its_dead_parents_lock(tmp_path: Path) -> None:
    """When the parent is killed its owner is dead, though the child goes on."""
    with forked_owner(tmp_path) as process:
        (lock,) = tmp_path.glob("*.lock")
        process.kill()
        process.wait(10)
        assert lives(tmp_path, lock.stem, this_host()) is False


def test_two_looks_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    """While one process looks at a dead owner's lock, another finds it dead all the same."""
    (tmp_path / "dead.lock").touch()
    looking = os.open(tmp_path / "dead.lock", os.O_RDWR)
    try:
        assert owners._try_lock(looking, shared=True)
        assert lives(tmp_path, "dead", this_host()) is False
    finally:
        os.close(looking)


def test_a_folder_that_cannot_be_written_is_a_job_error(tmp_path: Path) -> None:
    """Without a lock nothing is safe to pay for, and the error says so."""
    (tmp_path / "file").touch()
    with pytest.raises(JobError, match=r"nothing is safe to pay for.*permissions"):
        Owner(tmp_path / "file" / "owners")


def test_a_file_system_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the next step, and no file stays behind."""

    def no_locks(_handle: int) -> bool:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(owners, "_try_lock", no_locks)
    with pytest.raises(JobError, match=r"knows no locks \(No locks available\).*--job"):
        Owner(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_file_that_cannot_be_removed_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails after everything is entered spoils nothing: the owner is gone without its lock."""
    owner = Owner(tmp_path)

    def failing(_path: Path, *, missing_ok: bool = False) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", failing)
        owner.release()
    assert (tmp_path / f"{owner.id}.lock").exists()
    assert lives(tmp_path, owner.id, owner.host) is False
