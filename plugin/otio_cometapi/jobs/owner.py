"""
Owners: who stands behind an intention, and whether that process still lives.

An owner holds an operating-system lock on a file of its own for as long as its process lives; the lock dies with
the process, so whoever can take it knows that the owner is gone. Across machines locks may not travel, so there an
intention is believed until its lease ends.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from pathlib import Path

from otio_cometapi.errors import JobError


class Owner:
    """This process, as the ledger knows it."""

    def __init__(self, folder: Path) -> None:
        """
        Take a lock in *folder*, to be held until `release` or the end of the process.

        Raises:
            JobError: The folder's file system knows no locks.
        """
        self.host = socket.gethostname()
        self.id = f"{self.host}-{os.getpid()}-{secrets.token_hex(4)}"
        self._path = folder / f"{self.id}.lock"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            locked = _try_lock(self._handle)
        except OSError as exc:
            os.close(self._handle)
            raise JobError(
                f"the file system of {folder} knows no locks ({exc.strerror or exc}), so nothing is safe to pay for.",
                next_step="Put the job on a local disk, with --job.",
            ) from exc
        if not locked:  # a fresh name with 32 random bits cannot be held by another
            raise JobError(f"the lock {self._path} is held by another process.", next_step="Run again.")

    def release(self) -> None:
        """Let go of the lock and remove its file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
            self._path.unlink(missing_ok=True)


def lives(folder: Path, owner_id: str, host: str) -> bool | None:
    """
    Tell whether the owner's process still lives; None where this machine cannot know.

    A lock that can be taken belongs to a dead process.
    """
    if host != socket.gethostname():
        return None
    path = folder / f"{owner_id}.lock"
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return None
    try:
        return not _try_lock(handle)
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        """Take the lock if it is free."""
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True
else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        """Take the lock if it is free."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
