"""Disks: whether there is room, whether files can be written, and whether locks hold where jobs lie."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from otio_cometapi.errors import JobError, sentence
from otio_cometapi.jobs.locks import see_that_locks_hold
from otio_cometapi.records.findings import Finding, Level

LITTLE_BYTES = 2_000_000_000
"""Below this a job of a few shots may fill the disk: an export, an output and its media are some tens of MB each."""
TOO_LITTLE_BYTES = 100_000_000
"""Below this even one shot may not fit."""
_TRIAL_BYTES = 65_536


def disks(work: Path) -> Iterator[Finding]:
    """Look at the folder that jobs are written to, and at the one for temporary files."""
    finding = _written(work, "disk", "jobs are written to")
    yield finding
    if finding.level is not Level.PROBLEM:
        yield _locks(work)
    try:
        temporary = Path(tempfile.gettempdir())
    except OSError as exc:  # the library has tried several itself
        yield Finding("temporary files", Level.PROBLEM, sentence(str(exc.strerror or exc)), _TEMPORARY_STEP)
    else:
        yield _written(temporary, "temporary files", "temporary files go to", step=_TEMPORARY_STEP)


_TEMPORARY_STEP = "Make room there, or set TMPDIR to a folder with some."


def _written(folder: Path, check: str, what: str, *, step: str = "") -> Finding:
    """Write a little into a folder and take it away again; look at the room that is left."""
    place = folder.absolute()
    step = step or "Make room there, or work in another folder (--job says where a job goes)."
    try:
        _try(place)
        free = shutil.disk_usage(place).free
    except OSError as exc:
        return Finding(check, Level.PROBLEM, f"{place}, which {what}, cannot be written: {exc.strerror or exc}.", step)
    room = f"{free / 1e9:.1f} GB are free in {place}, which {what}."
    if free < TOO_LITTLE_BYTES:
        return Finding(check, Level.PROBLEM, f"Only {free / 1e6:.0f} MB are free in {place}, which {what}.", step)
    if free < LITTLE_BYTES:
        return Finding(check, Level.NOTE, f"Only {room}", step)
    return Finding(check, Level.OK, room)


def _try(folder: Path) -> None:
    """
    Write, sync and remove a file.

    Raises:
        OSError: That cannot be done.
    """
    path = folder / f".otiocomet-{secrets.token_hex(4)}.part"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        left = _TRIAL_BYTES
        while left > 0:
            left -= os.write(handle, b"\0" * left)
        os.fsync(handle)
    finally:
        os.close(handle)
        with suppress(OSError):
            path.unlink()


def _locks(folder: Path) -> Finding:
    try:
        see_that_locks_hold(folder.absolute())
    except JobError as exc:
        return Finding("locks", Level.PROBLEM, sentence(exc.message), exc.next_step)
    return Finding("locks", Level.OK, "The disk keeps locks, so a ledger may lie on it.")
