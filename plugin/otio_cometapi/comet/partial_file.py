"""A file on its way home: what has arrived, what it should become, and whether it can be that."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import BinaryIO

from otio_cometapi.comet.aside import Aside
from otio_cometapi.comet.unfinished import Progress

_HEAD_BYTES = 512
_BLOCK = 1024 * 1024
_STEP = 65_536
"""Bytes after which it is noted how far the file came; of large ones every 64th part."""
_STEPS = 64
_BEHIND = 4
"""Pieces that may have arrived and not be hashed: what arrives is held in memory until then."""
_SETTLED_EVERY = 64 * 1024 * 1024
"""Bytes after which the disk is asked to take what has arrived, so that little is left to wait for at the end."""
_on_disk: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")


class BrokenOffError(Exception):
    """A transfer broke off, and may go on."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        """Say why, and how long the host asks to wait, in seconds."""
        self.retry_after_s = retry_after_s
        super().__init__(message)


class UnfitError(Exception):
    """What arrives is no output, whatever the status says."""


class PartialFile:
    """Takes the pieces of one file in order, over as many answers as it needs."""

    def __init__(
        self, file: BinaryIO, *, max_bytes: int, note: Callable[[Progress | None], None] = lambda _: None
    ) -> None:
        """Write to *file*, which is empty; refuse more than *max_bytes*; tell *note* how far it came, None: nowhere."""
        self._file = file
        self._note = note
        self._noted = 0
        self._max_bytes = max_bytes
        self._hashing, self._settling = Aside(_BEHIND), Aside(1)
        self._digest = hashlib.sha256()
        self._head = b""
        self._total: int | None = None
        self._validator = ""
        self._begun = self._settled = 0
        self.size = 0
        """Bytes that have arrived."""
        self.content_type = ""
        """What the host calls it."""

    @property
    def sha256(self) -> str:
        """Of the bytes that have arrived."""
        self._hashing.settle()
        return self._digest.hexdigest()

    def leave(self) -> bool:
        """
        Note how far it came, and tell whether somebody else could go on from there.

        Raises:
            OSError: The disk has not taken all of it: the next process would not be told, and take it for written.
        """
        self._settling.settle()
        told = self._told(self.size) if self.size > self._noted else None
        if told is not None:
            self._note(replace(told, sha256=self.sha256))
        return self._noted > 0

    def take_up(self, progress: Progress) -> None:
        """
        Go on from what the file holds already; begin anew where it is not what was noted, as after a loss of power.

        Raises:
            OSError: It cannot be read.
        """
        self._file.seek(0)
        while piece := self._file.read(min(_BLOCK, progress.size - self.size)):
            self._digest.update(piece)
            self._head = (self._head + piece)[:_HEAD_BYTES]
            self.size += len(piece)
        if self.sha256 != progress.sha256 or self.size > self._max_bytes:
            self.restart()
            return
        self._file.truncate()
        self._noted = progress.size
        self._total, self._validator = progress.total, progress.validator
        self.content_type = progress.content_type

    def resume_headers(self) -> dict[str, str]:
        """Return the headers that ask for the rest; empty when only a new start is safe."""
        if not self.size or not self._validator:
            self.restart()
            return {}
        return {"Range": f"bytes={self.size}-", "If-Range": self._validator}

    def restart(self) -> None:
        """Forget what has arrived."""
        self._hashing.settle()
        self._file.seek(0)
        self._file.truncate()
        self._digest = hashlib.sha256()
        self._head = b""
        self._total = None
        self._validator = ""
        self.size = self._begun = self._settled = 0
        self._noted = 0
        self._note(None)

    def accept(self, status: int, headers: Mapping[str, str]) -> None:
        """
        Take an answer's head: go on where it says it goes on, else start again.

        Raises:
            BrokenOffError: It is not the part that was asked for.
            UnfitError: It is too large, or packed in a way that was not asked for.
        """
        encoding = headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            raise UnfitError(f"the file host packs it as {encoding[:40]}, which was not asked for")
        length = _whole_number(headers.get("Content-Length"))
        etag = headers.get("ETag", "").strip()
        # A weak tag promises the same meaning, not the same bytes.
        validator = etag if etag and not etag.startswith("W/") else headers.get("Last-Modified", "")
        if status == 206:
            self._see_that_it_is_the_same(validator)
            self._go_on(headers.get("Content-Range", ""))
        else:
            self.restart()
            self._total = length
        if self._total is not None and self._total > self._max_bytes:
            raise UnfitError(f"it has {self._total:,} bytes; {self._max_bytes:,} are the most that is taken")
        self._begun = self.size
        self.content_type = headers.get("Content-Type", "")[:100]
        self._validator = validator

    def _see_that_it_is_the_same(self, validator: str) -> None:
        """Take no rest of another version, which a host sends that does not know `If-Range`; compare tag with tag."""
        alike = validator.startswith('"') == self._validator.startswith('"')
        if validator and self._validator and alike and validator != self._validator:
            self.restart()
            raise BrokenOffError("the file changed while it was fetched")

    def _go_on(self, content_range: str) -> None:
        found = _RANGE.fullmatch(content_range.strip())
        if found is None or int(found.group(1)) != self.size:
            self.restart()
            raise BrokenOffError("the file host sent another part than was asked for")
        total = None if found.group(3) == "*" else int(found.group(3))
        if self._total is not None and total is not None and total != self._total:
            self.restart()
            raise BrokenOffError("the file changed while it was fetched")
        self._total = total if total is not None else self._total

    def write(self, piece: bytes) -> None:
        """
        Take the next bytes; they are hashed while the next ones come.

        Raises:
            UnfitError: They make it too large, or show that it is a page or JSON.
            OSError: They, or those before them, cannot be written.
        """
        self.size += len(piece)
        if self.size > self._max_bytes:
            raise UnfitError(f"it has more than {self._max_bytes:,} bytes, the most that is taken")
        if len(self._head) < _HEAD_BYTES:
            self._head = (self._head + piece)[:_HEAD_BYTES]
            self._check_head()
        self._file.write(piece)
        # Noted is a whole number of steps, wherever the wire cut the pieces.
        step = self.size - (self.size - self._begun) % _STEP
        due = step - self._noted >= max(_STEP, step // _STEPS)
        self._hashing.do(partial(self._hash, piece, len(piece) - (self.size - step), self._told(step) if due else None))
        if self.size - self._settled >= _SETTLED_EVERY and self._settling.idle:
            self._settled = self.size
            self._settling.do(partial(_on_disk, self._file.fileno()))

    def _hash(self, piece: bytes, steps: int, told: Progress | None) -> None:
        """Hash a piece; note how far the file came with its first *steps* bytes, if that is *told*."""
        rest = memoryview(piece)
        if told is not None:
            self._digest.update(rest[:steps])
            self._note(replace(told, sha256=self._digest.hexdigest()))
            rest = rest[steps:]
        self._digest.update(rest)

    def _told(self, size: int) -> Progress | None:
        """Return what to note, but for the hash, where the rest can be asked for: the host vouches, some is missing."""
        if not self._validator or size == self._total:
            return None
        self._noted = size
        return Progress(size, "", self._total, self._validator, self.content_type)

    def _check_head(self) -> None:
        start = self._head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if start.startswith(b"<"):
            raise UnfitError("it is a web page, not a video")
        if start.startswith((b'{"', b"{ ", b"{\r", b"{\n", b"{}", b"[{", b'["', b"[]")):
            raise UnfitError("it is JSON, not a video")
        if start.startswith((b"#EXTM3U", b"ffconcat version")):
            # The codec library would follow what a list names, on this machine and in its network.
            raise UnfitError("it is a list of other files, not a video")

    def finish(self) -> None:
        """
        Pass when all of it has arrived.

        Raises:
            BrokenOffError: Some is missing, or there is more than was announced.
            UnfitError: It is empty.
        """
        if self._total is not None and self.size != self._total:
            arrived = self.size
            total = self._total
            if arrived > total:
                self.restart()
            raise BrokenOffError(f"{arrived:,} of {total:,} bytes arrived")
        if not self.size:
            raise UnfitError("it is empty")

    def settle(self) -> None:
        """
        Put every byte on disk, and hash what is not.

        Raises:
            OSError: They cannot be put there, or could not be before: the system tells that only once.
        """
        self._hashing.settle()
        self._settling.settle()
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """End what is still done beside; what is not hashed by then is not. The file itself stays open."""
        self._hashing.close()
        self._settling.close()


def _whole_number(text: str | None) -> int | None:
    if text is None or not text.strip().isascii() or not text.strip().isdigit() or len(text) > 18:
        return None
    return int(text)
