"""Fingerprints of media."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from otio_cometapi.errors import MediaError
from otio_cometapi.media.fingerprint import WHOLE_BYTES, fingerprint


def _sparse(path: Path, size: int, *, at: int | None = None) -> Path:
    """Write a file of zeros that takes no room, with one byte set."""
    with path.open("wb") as file:
        file.truncate(size)
        if at is not None:
            file.seek(at)
            file.write(b"x")
    return path


def test_a_copy_has_the_same_fingerprint(tmp_path: Path) -> None:
    """Name, folder and time of change play no part; the text names its version."""
    first = tmp_path / "a.mov"
    first.write_bytes(b"picture" * 1000)
    (tmp_path / "elsewhere").mkdir()
    second = tmp_path / "elsewhere" / "b.mxf"
    second.write_bytes(first.read_bytes())
    os.utime(second, (1, 1))
    assert fingerprint(first) == fingerprint(second)
    assert re.fullmatch(r"f1-[0-9a-f]{40}", fingerprint(first))


def test_one_changed_byte_makes_another_fingerprint(tmp_path: Path) -> None:
    """A re-render of the same size is other media."""
    first, second = tmp_path / "a.mov", tmp_path / "b.mov"
    first.write_bytes(b"picture" * 1000)
    second.write_bytes(b"picture" * 999 + b"pictura")
    assert fingerprint(first) != fingerprint(second)


@pytest.mark.parametrize("place", [0, WHOLE_BYTES // 2, WHOLE_BYTES - 1], ids=["first", "middle", "last"])
def test_a_file_of_64_mib_is_read_whole(tmp_path: Path, place: int) -> None:
    """Up to 64 MiB every byte counts."""
    plain = _sparse(tmp_path / "plain", WHOLE_BYTES)
    changed = _sparse(tmp_path / "changed", WHOLE_BYTES, at=place)
    assert fingerprint(plain) != fingerprint(changed)


@pytest.mark.parametrize("place", [0, 1_000_000_000 - 1, 4 * 1024 * 1024], ids=["head", "tail", "first block"])
def test_a_large_file_is_told_by_head_tail_and_blocks(tmp_path: Path, place: int) -> None:
    """Beyond 64 MiB the head, the tail and the spread blocks count."""
    plain = _sparse(tmp_path / "plain", 1_000_000_000)
    changed = _sparse(tmp_path / "changed", 1_000_000_000, at=place)
    assert fingerprint(plain) != fingerprint(changed)


def test_the_size_alone_makes_a_difference(tmp_path: Path) -> None:
    """Two large files whose read blocks agree differ by their size."""
    assert fingerprint(_sparse(tmp_path / "a", 100_000_000)) != fingerprint(_sparse(tmp_path / "b", 100_000_001))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A file that is not there is an error with its path and a next step."""
    with pytest.raises(MediaError, match=r"gone\.mov.*online"):
        fingerprint(tmp_path / "gone.mov")
