"""Unfinished: a private file beside its future name, held by one process at a time, that outlives its process."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

_MOST_NOTES_BYTES = 1_000_000
"""More than the notes of any file that is taken come to."""
_LONGEST_TEXT = 1000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file has come."""

    size: int
    """Bytes that have arrived."""
    sha256: str
    """Of those."""
    total: int | None
    """Bytes of the whole file, where the host says."""
    validator: str
    """What the host calls this version of the file."""
    content_type: str
    """What the host calls it."""


class Unfinished:
    """A file on its way, and notes on how far it came."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        """Hold *file*, which lies at *path*."""
        self.path = path
        self.file = file
        self.stays = False
        """Whether it is left for the next process, whole or not."""
        self._notes = path.with_name(f"{path.name}.json")

    def note(self, progress: Progress | None) -> None:
        """Note how far the file has come; None: it begins anew. Without a note it is only fetched once more."""
        with suppress(OSError):
            if progress is None:
                self._forget(self._notes)
                return
            self.file.flush()
            with self._notes.open("ab") as notes:
                notes.write(json.dumps(asdict(progress)).encode() + b"\n")

    def progress(self) -> Progress | None:
        """
        Return how far the file came, by the last note that may be true; None where it must begin anew.

        A file whose last byte has come is told as it was before, so that its host is asked once more. Whether the
        bytes are those that the note is about is for the caller to see: after a loss of power some may be missing.
        """
        try:
            with _plain_file(self._notes, "rb") as notes:
                lines = notes.read(_MOST_NOTES_BYTES).splitlines()
            length = os.fstat(self.file.fileno()).st_size
            for line in reversed(lines):
                found = _parsed(line)
                if found is not None and found.size <= length and found.size != found.total:
                    return found
        except OSError:
            return None
        return None

    def becomes(self, into: Path) -> None:
        """
        Give the whole file its name.

        Raises:
            OSError: It cannot be renamed.
        """
        if sys.platform == "win32":  # which renames no open file; there it is nobody else's
            self.file.close()
        self.path.replace(into)

    def close(self) -> None:
        """Let go of it, and remove it unless it stays."""
        if sys.platform == "win32":  # which removes no open file
            self.file.close()
        if not self.stays:
            self._forget(self.path)
            self._forget(self._notes)
        self.file.close()

    @staticmethod
    def _forget(path: Path) -> None:
        with suppress(OSError):  # where it cannot be removed, the first error counts, or none
            if path.exists():
                path.unlink()


@contextmanager
def unfinished(into: Path, *, name: str) -> Iterator[Unfinished]:
    """
    Yield the file in which *into* comes into being: what a process that died has left of it, else an empty one.

    Args:
        into: The file's future name.
        name: What comes, and from where; only what was begun under the same name is taken up.

    Raises:
        OSError: No file can be made there.
    """
    found = _claimed(into.with_name(f".{hashlib.sha256(name.encode()).hexdigest()[:16]}.part"))
    if found is None:  # another process fetches it, or it cannot be told
        path = into.with_name(f".{secrets.token_hex(8)}.part")
        found = Unfinished(path, path.open("xb"))
    try:
        yield found
    finally:
        found.close()


def _claimed(path: Path) -> Unfinished | None:
    """Open or make a file, and hold it alone until it is closed or the process dies; None where that cannot be."""
    if sys.platform == "win32":  # its locks would keep the owner from renaming
        return None
    try:
        file = _plain_file(path, "r+b") if os.path.lexists(path) else path.open("x+b")
    except OSError:
        return None
    try:
        _lock(file)
        same = os.path.samestat(os.fstat(file.fileno()), os.lstat(path))
    except OSError:
        same = False
    if not same:
        file.close()
        return None
    return Unfinished(path, file)


def _plain_file(path: Path, mode: str) -> BinaryIO:
    """
    Open a file that is one, and no link to something else: a job may come from a stranger.

    Raises:
        OSError: It is none, or cannot be opened.
    """

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))

    file: Any = open(path, mode, opener=opener)  # noqa: SIM115 - a path's own `open` takes no opener
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(f"{path} is no plain file")
    return file  # type: ignore[no-any-return]


def _parsed(line: bytes) -> Progress | None:
    """Return what a line notes; None for half a line, and for anything that no process of ours has written."""
    try:
        found = Progress(**json.loads(line))
    except (ValueError, TypeError, RecursionError):
        return None
    texts = (found.sha256, found.validator, found.content_type)
    numbers = (found.size, *(() if found.total is None else (found.total,)))
    if not all(isinstance(text, str) and len(text) <= _LONGEST_TEXT and text.isprintable() for text in texts):
        return None
    if not all(type(number) is int and number >= 0 for number in numbers) or not found.validator.isascii():
        return None
    return found if found.size and found.validator else None


if sys.platform == "win32":

    def _lock(file: BinaryIO) -> None:
        """Nothing is claimed there."""
else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        """
        Take the lock that dies with the process.

        Raises:
            OSError: Another process has it.
        """
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
