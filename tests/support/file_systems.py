"""Two file systems of this machine, so that a rename from one to the other is impossible."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PLACES = ("/dev/shm", "/tmp", "/var/tmp")  # noqa: S108 - each is a file system, and no file


@contextmanager
def on_another_file_system(than: Path) -> Iterator[Path]:
    """Yield an empty folder on another file system than *than*'s; a machine that has one only is a failure."""
    others = [Path(each) for each in _PLACES if os.access(each, os.W_OK)]
    others = [each for each in others if each.stat().st_dev != than.stat().st_dev]
    assert others, f"{than} and all of {_PLACES} lie on one file system"
    place = Path(tempfile.mkdtemp(prefix="otio-cometapi-", dir=others[0]))
    try:
        yield place
    finally:
        shutil.rmtree(place)
