"""
What a timeline file may be before it is given to OpenTimelineIO: how large, and how deep its JSON.

OTIO's reader of JSON calls itself for every level, in C++: beyond some tens of thousands of levels the process ends
without a word (measured with 0.18.1). Its other readers are Python and raise.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from otio_cometapi.editorial.otio_errors import AdapterBorder
from otio_cometapi.errors import EditorialError

DEEPEST = 600
"""How deep JSON may be nested: far beyond any edit, and short of what overflows the stack of OTIO's own reader."""
MOST_BYTES = 512 * 1024 * 1024
"""The largest timeline that is read, media in bundles aside: an edit of some 200,000 clips with all its metadata."""

_PIECE = 8 * 1024 * 1024
_CONTENT = "content.otio"
_UNBOUNDED = frozenset((".aaf",))
"""Formats that carry media in the same file, and whose reader does not take it in at once."""
_NO_BRACKETS = bytes(set(range(256)) - set(b'[]{}"'))
_TEXT = re.compile(rb'"[^"]*"')


def check_file(path: Path) -> None:
    """
    Pass when the file (or the timeline in a bundle) at *path* may be given to its adapter.

    Raises:
        EditorialError: It is larger than `MOST_BYTES`, its JSON is deeper than `DEEPEST`, or it cannot be read.
    """
    suffix = path.suffix.lower()
    with AdapterBorder(f"read '{path}'", next_step="Check the file and its permissions."):
        if suffix == ".otioz":
            with zipfile.ZipFile(path) as archive, archive.open(_CONTENT) as file:
                _check_json(_pieces(file, path), path)
        elif suffix == ".otiod":
            with (path / _CONTENT).open("rb") as file:
                _check_json(_pieces(file, path), path)
        elif suffix not in _UNBOUNDED and path.is_file():
            if path.stat().st_size > MOST_BYTES:
                raise _too_large(path)
            if suffix == ".otio":
                with path.open("rb") as file:
                    _check_json(_pieces(file, path), path)


def check_text(text: str) -> None:
    """
    Pass when a JSON text may be given to OTIO.

    Raises:
        EditorialError: It is nested deeper than `DEEPEST`.
    """
    if is_too_deep([text.encode("utf-8", "surrogatepass")]):
        raise EditorialError("could not read the timeline: it is nested too deep", next_step="Plan the timeline again.")


def _check_json(pieces: Iterator[bytes], path: Path) -> None:
    if is_too_deep(pieces):
        raise EditorialError(
            f"could not read '{path}': it is nested more than {DEEPEST} levels deep",
            next_step="It is no timeline that a host wrote; export it again.",
        )


def _pieces(file: IO[bytes], path: Path) -> Iterator[bytes]:
    """Yield a file's bytes; no piece ends within an escape, and there are no more than are taken."""
    size = 0
    while piece := file.read(_PIECE):
        while piece.endswith(b"\\") and (more := file.read(65_536)):
            piece += more
        size += len(piece)
        if size > MOST_BYTES:
            raise _too_large(path)
        yield piece


def _too_large(path: Path) -> EditorialError:
    return EditorialError(
        f"could not read '{path}': its timeline is larger than {MOST_BYTES // 1024 // 1024} MiB",
        next_step="Export the timeline alone, or in parts.",
    )


def _unescaped(piece: bytes) -> bytes:
    """Take escaped quotes out; most timelines have no backslash at all, and one is found sooner than two."""
    return piece.replace(rb"\\", b"").replace(rb"\"", b"") if b"\\" in piece else piece


def is_too_deep(pieces: Iterator[bytes] | list[bytes]) -> bool:
    """Tell whether JSON is nested deeper than `DEEPEST`; brackets in names and texts do not count."""
    kept = [_unescaped(piece).translate(None, _NO_BRACKETS).replace(b'""', b"") for piece in pieces]
    # What is left between quotes is text with brackets in it: two neighbours that lost their quotes have become one.
    brackets = _TEXT.sub(b"", b"".join(kept).replace(b'""', b""))
    for _ in range(DEEPEST):
        before = len(brackets)
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(brackets) == before:
            break
    # What is left are levels deeper than that, or JSON that is broken.
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST:
            return True
    return False
