"""A simulator and a desk for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.flow import Desk, desk
from support.road import simulator


@pytest.fixture
def at_desk(tmp_path: Path) -> Iterator[Desk]:
    """Yield an edit in a folder of its own, and a simulator of its own."""
    with simulator() as url:
        yield desk(tmp_path / "desk", url)
