"""A file on its way home: what has arrived, what it should become, and whether it can be that."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from typing import BinaryIO

_HEAD_BYTES = 512
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

    def __init__(self, file: BinaryIO, *, max_bytes: int) -> None:
        """Write to *file*, which is empty; refuse more than *max_bytes*."""
        self._file = file
        self._max_bytes = max_bytes
        self._digest = hashlib.sha256()
        self._head = b""
        self._total: int | None = None
        self._validator = ""
        self.size = 0
        """Bytes that have arrived."""
        self.content_type = ""
        """What the host calls it."""

    @property
    def sha256(self) -> str:
        """Of the bytes that have arrived."""
        return self._digest.hexdigest()

    def resume_headers(self) -> dict[str, str]:
        """Return the headers that ask for the rest; empty when only a new start is safe."""
        if not self.size or not self._validator:
            self.restart()
            return {}
        return {"Range": f"bytes={self.size}-", "If-Range": self._validator}

    def restart(self) -> None:
        """Forget what has arrived."""
        self._file.seek(0)
        self._file.truncate()
        self._digest = hashlib.sha256()
        self._head = b""
        self._total = None
        self._validator = ""
        self.size = 0

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
        if status == 206:
            self._go_on(headers.get("Content-Range", ""))
        else:
            self.restart()
            self._total = length
        if self._total is not None and self._total > self._max_bytes:
            raise UnfitError(f"it has {self._total:,} bytes; {self._max_bytes:,} are the most that is taken")
        self.content_type = headers.get("Content-Type", "")[:100]
        etag = headers.get("ETag", "").strip()
        # A weak tag promises the same meaning, not the same bytes.
        self._validator = etag if etag and not etag.startswith("W/") else headers.get("Last-Modified", "")

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
        Take the next bytes.

        Raises:
            UnfitError: They make it too large, or show that it is a page or JSON.
            OSError: They cannot be written.
        """
        self.size += len(piece)
        if self.size > self._max_bytes:
            raise UnfitError(f"it has more than {self._max_bytes:,} bytes, the most that is taken")
        if len(self._head) < _HEAD_BYTES:
            self._head = (self._head + piece)[:_HEAD_BYTES]
            self._check_head()
        self._digest.update(piece)
        self._file.write(piece)

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
        """Put every byte on disk."""
        self._file.flush()
        os.fsync(self._file.fileno())


def _whole_number(text: str | None) -> int | None:
    if text is None or not text.strip().isascii() or not text.strip().isdigit() or len(text) > 18:
        return None
    return int(text)
