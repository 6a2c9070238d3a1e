"""Disks that are no disks: file systems without locks, and one job folder on two machines."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import attempts, locks
from otio_cometapi.jobs import owner as owners
from otio_cometapi.jobs.folder import folder_at, new_folder
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.owner import Owner
from otio_cometapi.jobs.states import PartState
from support import road
from support.fake_clock import FakeClock
from support.flow import desk, fast
from support.ledgers import new_job, only_take, planned, ready_ledger, state, tried
from support.road import simulator

SHIM = Path(__file__).parents[1] / "support" / "no_locks.c"

SEND = """
import sys
from fractions import Fraction
from pathlib import Path
from otio_cometapi.jobs import attempts, takes
from otio_cometapi.jobs.folder import folder_at
from otio_cometapi.jobs.ledger import Ledger
folder = folder_at(Path(sys.argv[1]))
ledger = Ledger(folder)
(take,) = takes.takes(ledger)
attempts.open_attempt(
    ledger, take.parts[0], owner=ledger.new_owner(), body_sha256="b",
    spending=attempts.Spending(Fraction(1)), budget=attempts.Budget(),
)
print("on the wire", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_that_gives_no_locks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A job is not even made there, the error names what to do, and nothing stays behind."""

    def none(_handle: int, _operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(locks.fcntl, "lockf", none)
    with pytest.raises(JobError, match=r"knows no locks.*--job.*COMETAPI_LEDGER_URL"), new_folder(tmp_path / "j"):
        pytest.fail("the folder was made")
    with pytest.raises(JobError, match="knows no locks"):
        Owner(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_that_gives_a_lock_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a mount without its lock service does: everybody gets every lock."""
    monkeypatch.setattr(locks.fcntl, "fcntl", lambda *_: 0)
    with pytest.raises(JobError, match=r"the same lock twice.*--job"):
        Owner(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_with_locks_is_taken(tmp_path: Path) -> None:
    """Here the look finds nothing wrong, and leaves nothing."""
    locks.see_that_locks_hold(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_shared_ledger_needs_no_locks_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a database keeps the books, the folder's file system does not matter."""
    monkeypatch.setattr(locks.fcntl, "fcntl", lambda *_: 0)
    with new_folder(tmp_path / "j.cometjob", address="postgresql://host:5432/jobs"):
        pass
    assert (tmp_path / "j.cometjob" / "job.json").is_file()


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the stand-in, compiled."""
    library = tmp_path_factory.mktemp("shim") / "no_locks.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, SHIM, "-ldl"], check=True, timeout=60)
    return library


@pytest.mark.proof
@pytest.mark.parametrize("lie", [False, True], ids=["locks fail", "locks are given to all"])
def test_a_run_on_such_a_disk_sends_nothing(tmp_path: Path, shim: Path, lie: bool) -> None:
    """The command as a process, under the system calls of such a disk: a sentence, exit 1, and no create."""
    with simulator() as url:
        at_desk = desk(tmp_path / "desk", url)
        more = {"LD_PRELOAD": str(shim), "NO_LOCKS_BELOW": str(at_desk.folder), **({"LOCKS_LIE": "1"} if lie else {})}
        words = ("run", "edit.otio", "-o", "out.otio", "--select", "all", "--prompt", "x", *fast())
        ended = road.otiocomet(
            *words, base_url=url, home=tmp_path / "home", cwd=at_desk.folder, more=more, installed=True
        )
        assert ended.returncode == 1, ended.stderr
        assert ("the same lock twice" if lie else "knows no locks") in ended.stderr
        assert "--job" in ended.stderr
        assert not (at_desk.folder / "comet.cometjob").exists()
        elsewhere = (*words, "--job", str(tmp_path / "local.cometjob"))
        again = road.otiocomet(
            *elsewhere, base_url=url, home=tmp_path / "home", cwd=at_desk.folder, more=more, installed=True
        )
        assert again.returncode == 0, again.stderr


@pytest.fixture
def killed_elsewhere(tmp_path: Path) -> Path:
    """Return a job whose create was on the wire when its process was killed."""
    new_job(tmp_path / "edit.cometjob", planned())
    with subprocess.Popen(
        [sys.executable, "-c", SEND, str(tmp_path / "edit.cometjob")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "on the wire\n"
        process.send_signal(signal.SIGKILL)
    return tmp_path / "edit.cometjob"


def test_on_the_same_machine_a_kill_is_known_at_once(killed_elsewhere: Path) -> None:
    """The dead process's lock is free: its create is unknown, and nobody waits for a lease."""
    with Ledger(folder_at(killed_elsewhere), clock=FakeClock()) as ledger:
        assert attempts.settle_dead_owners(ledger) == (only_take(ledger).take_id,)
        assert state(ledger) is PartState.SUBMIT_UNKNOWN


def test_another_machine_whose_locks_do_not_travel_waits_for_the_lease(
    killed_elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It neither sends the take nor takes its owner for dead; when the lease is over it is unknown, and not resent."""
    monkeypatch.setattr(owners, "this_host", lambda: "other-machine other-boot")
    monkeypatch.setattr(owners, "_try_lock", lambda _handle, **_: True)
    with Ledger(folder_at(killed_elsewhere)) as ledger:
        assert attempts.settle_dead_owners(ledger) == ()
        owner = ledger.new_owner()
        assert state(ledger) is PartState.SUBMITTING
        assert tried(ledger, owner) is None
        now = ledger.clock.now()
        monkeypatch.setattr(ledger.clock, "now", lambda: now + attempts.LEASE_S)
        assert len(attempts.settle_dead_owners(ledger)) == 1
        assert state(ledger) is PartState.SUBMIT_UNKNOWN
        assert tried(ledger, owner) is None
        owner.release()


def test_a_removed_lock_stops_its_owner_before_it_pays(tmp_path: Path) -> None:
    """Who tidied up in private/owners made this process look dead to all others."""
    with ready_ledger(tmp_path / "edit.cometjob") as ledger:
        owner = ledger.new_owner()
        for lock in ledger.folder.owners.iterdir():
            lock.unlink()
        with pytest.raises(JobError, match="was removed while this process works"):
            tried(ledger, owner)
        assert state(ledger) is PartState.EXPORTED
        owner.release()
