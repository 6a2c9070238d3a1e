"""Locks: whether a file system keeps the promises that the ledger in a job's folder rests on."""

from __future__ import annotations

import errno
import os
import secrets
import struct
import sys
from contextlib import suppress
from pathlib import Path

from otio_cometapi.errors import JobError

NEXT_STEP = "Put the job on a local disk, with --job, or keep ledgers in a database (COMETAPI_LEDGER_URL)."


def see_that_locks_hold(folder: Path) -> None:
    """
    See that locks on files in *folder* are given, and not given twice.

    Without them two processes could write the ledger at once, and both pay.

    Raises:
        JobError: The file system knows no locks, or gives the same one twice, or the folder cannot be written.
    """
    path = folder / f".locks-{secrets.token_hex(4)}"
    try:
        first = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as exc:
        raise JobError(
            f"no lock can be made in {folder} ({exc.strerror or exc}), so nothing is safe to pay for.",
            next_step="Look at the disk's space and the folder's permissions.",
        ) from exc
    try:
        second = os.open(path, os.O_RDWR)
        try:
            twice = _given_twice(first, second)
        finally:
            os.close(second)
    except OSError as exc:
        raise JobError(
            f"the file system of {folder} knows no locks ({exc.strerror or exc}), so nothing is safe to pay for.",
            next_step=NEXT_STEP,
        ) from exc
    finally:
        os.close(first)
        with suppress(OSError):
            path.unlink()
    if twice:
        raise JobError(
            f"the file system of {folder} gives the same lock twice, so nothing is safe to pay for.",
            next_step=NEXT_STEP,
        )


if sys.platform == "win32":

    def _given_twice(first: int, second: int) -> bool:
        """Windows' own locks are mandatory: the owner's lock tells enough."""
        return first == second
else:
    import fcntl

    def _given_twice(first: int, second: int) -> bool:
        """
        Take the kind of lock that the database takes, through two handles; tell whether both got it.

        A process never stands in its own way with those, so the second look is with locks that belong to handles,
        where the system has them (Linux).
        """
        fcntl.lockf(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.lockf(first, fcntl.LOCK_UN)
        if not sys.platform.startswith("linux"):
            return False
        whole_file = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        try:
            fcntl.fcntl(first, fcntl.F_OFD_SETLK, whole_file)
        except OSError as exc:
            if exc.errno in (errno.EINVAL, errno.ENOSYS):  # a kernel, or a stand-in for one, that has no such locks
                return False
            raise
        try:
            fcntl.fcntl(second, fcntl.F_OFD_SETLK, whole_file)
        except (BlockingIOError, PermissionError):
            return False
        return True
