"""
Owners: who stands behind an intention, and whether that process still lives.

An owner holds an operating-system lock on a file of its own for as long as its process lives; the lock dies with
the process, so whoever can take it knows that the owner is gone. Across machines locks may not travel, so there an
intention is believed until its lease ends.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import sys
from contextlib import suppress
from pathlib import Path

from otio_cometapi.errors import JobError
from otio_cometapi.jobs.locks import NEXT_STEP, see_that_locks_hold

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_LOCK = re.compile(r"(?P<host>.+)-[0-9]+-[0-9a-f]{8}\.lock", re.DOTALL)
_TRIAL = re.compile(r"\.locks-[0-9a-f]{8}")


class Owner:
    """This process, as the ledger knows it."""

    def __init__(self, folder: Path) -> None:
        """
        Take a lock in *folder*, to be held until `release` or the end of the process.

        Raises:
            JobError: The folder cannot be written, or its file system knows no locks.
        """
        self.host = this_host()
        self.id = f"{_file_host()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._path = folder / f"{self.id}.lock"
        self._handle = -1
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            see_that_locks_hold(folder)
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as exc:
            raise JobError(
                f"no lock can be made in {folder} ({exc.strerror or exc}), so nothing is safe to pay for.",
                next_step="Look at the disk's space and the folder's permissions.",
            ) from exc
        try:
            locked = _try_lock(self._handle)
        except OSError as exc:
            self.release()
            raise JobError(
                f"the file system of {folder} knows no locks ({exc.strerror or exc}), so nothing is safe to pay for.",
                next_step=NEXT_STEP,
            ) from exc
        if not locked:  # a fresh name with 32 random bits cannot be held by another
            os.close(self._handle)
            self._handle = -1
            raise JobError(f"the lock {self._path} is held by another process.", next_step="Run again.")
        _held[self.id] = self

    def assure(self) -> None:
        """
        See that the lock's file still stands: without it every other process takes this one for dead.

        Raises:
            JobError: Somebody removed it.
        """
        if self._handle >= 0 and not self._path.exists():
            raise JobError(
                f"the lock {self._path} was removed while this process works, so nothing is safe to pay for.",
                next_step="Leave private/owners alone while something runs, then run again.",
            )

    def release(self) -> None:
        """Let go of the lock and remove its file."""
        _held.pop(self.id, None)
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
            with suppress(OSError):  # without its lock the file says nothing, and what was sent is on the books
                self._path.unlink(missing_ok=True)

    def forget(self) -> None:
        """Let go of a handle that a fork copied; the lock and its file stay with the parent."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


_held: dict[str, Owner] = {}
"""This process's own owners. Where locks are the process's, as on NFS, probing one's own lock would drop it."""


def _forget_after_fork() -> None:
    """Make a forked child no owner, else it would keep its dead parent's locks alive."""
    for owner in _held.values():
        owner.forget()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)


def this_host() -> str:
    """Return this machine's name and, where it tells, the id of its boot, with a blank between."""
    try:
        boot = _BOOT_ID.read_text("ascii").strip()
    except (OSError, ValueError):
        boot = ""
    return f"{socket.gethostname()} {boot}".strip()


def lives(folder: Path, owner_id: str, host: str) -> bool | None:
    """
    Tell whether the owner's process still lives; None where this machine cannot know.

    A lock that can be taken belongs to a dead process, if it was made on this machine: the same name (so that it
    holds over a restart) or the same boot (so that it holds over a change of name). A dead owner's lock file goes.
    """
    alive = _looked_at(folder, owner_id, host)
    if alive is False:
        with suppress(OSError):
            (folder / f"{owner_id}.lock").unlink(missing_ok=True)  # its name is never used again
    return alive


def is_dead_lock(path: Path) -> bool:
    """Tell whether a file is the lock, or the trial of a lock, of a process of this machine that lives no more."""
    if _TRIAL.fullmatch(path.name):
        return True  # tried within moments, and never again under that name
    found = _LOCK.fullmatch(path.name)
    host = this_host()
    return found is not None and found["host"] == _file_host() and _looked_at(path.parent, path.stem, host) is False


def _looked_at(folder: Path, owner_id: str, host: str) -> bool | None:
    """Tell whether the owner's process still lives, and change nothing."""
    if owner_id in _held:
        return True
    here = _same_machine(host, this_host())
    try:
        handle = os.open(folder / f"{owner_id}.lock", os.O_RDWR)
    except FileNotFoundError:
        return False if here else None
    except OSError:
        return None
    try:
        held = not _try_lock(handle, shared=True)
    except OSError:
        return None
    finally:
        os.close(handle)
    if held:
        return True
    return False if here else None


def _file_host() -> str:
    """Return this machine's name as the names of its lock files begin."""
    return re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname())[:64]


def _same_machine(one: str, other: str) -> bool:
    return not set(one.split()).isdisjoint(other.split())


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int, *, shared: bool = False) -> bool:  # noqa: ARG001 - Windows knows one kind here
        """Take the lock if it is free."""
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True
else:
    import fcntl

    def _try_lock(handle: int, *, shared: bool = False) -> bool:
        """Take the lock if it is free; a shared one, for a look, leaves room for other looks."""
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
