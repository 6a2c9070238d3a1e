"""A disk that does not confirm what it was given."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def failing_fsync(monkeypatch: pytest.MonkeyPatch, *, folder: Path, code: int) -> None:
    """Let the disk refuse to settle that one folder."""
    settled = os.fsync

    def refuses(handle: int) -> None:
        if os.path.samestat(os.fstat(handle), folder.stat()):
            raise OSError(code, os.strerror(code))
        settled(handle)

    monkeypatch.setattr(os, "fsync", refuses)
