"""Fingerprints: which media a file is, whatever its name, place or time of change."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

from otio_cometapi.errors import MediaError

_MIB = 1024 * 1024
WHOLE_BYTES = 64 * _MIB
"""Files up to this size are hashed whole."""
_EDGE_BYTES = 4 * _MIB
_SPREAD_BLOCKS = 56
_VERSION = "f1"


def fingerprint(path: Path) -> str:
    """
    Return the identity of a file's content as versioned text, ``f1-`` and 40 hex digits.

    It is made of the size and the bytes: all of them up to 64 MiB, beyond that the first and last 4 MiB and
    56 blocks of 1 MiB spread evenly between them. Name, folder and time of change play no part.

    Raises:
        MediaError: The file is missing, cannot be read, or changed while it was read.
    """
    try:
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            digest = _digest(file, before.st_size)
            after = os.fstat(file.fileno())
    except OSError as exc:
        raise MediaError(
            f"cannot read '{path}': {exc.strerror or exc}.",
            next_step="Check that the media is online and that you may read it.",
        ) from exc
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise MediaError(
            f"'{path}' changed while it was read.", next_step="Wait until it is written completely, then run again."
        )
    return f"{_VERSION}-{digest}"


def _digest(file: BinaryIO, size: int) -> str:
    """Hash the size and the chosen blocks."""
    sha = hashlib.sha256(f"{_VERSION}:{size}:".encode())
    for start, length in _blocks(size):
        file.seek(start)
        for offset in range(0, length, _MIB):
            sha.update(file.read(min(_MIB, length - offset)))
    return sha.hexdigest()[:40]


def _blocks(size: int) -> list[tuple[int, int]]:
    """Return the (start, length) of every block that is hashed, in order."""
    if size <= WHOLE_BYTES:
        return [(0, size)]
    room = size - 2 * _EDGE_BYTES - _MIB
    spread = [(_EDGE_BYTES + room * k // (_SPREAD_BLOCKS - 1), _MIB) for k in range(_SPREAD_BLOCKS)]
    return [(0, _EDGE_BYTES), *spread, (size - _EDGE_BYTES, _EDGE_BYTES)]
