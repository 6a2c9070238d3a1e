"""Desks that the tests of a module share: a tiny road, and one whose processes are killed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.crash_desk import CrashDesk
from support.tiny_road import TinyRoad


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> TinyRoad:
    """Return a folder with tiny media; each test takes a job of its own down the road."""
    return TinyRoad(tmp_path_factory.mktemp("road"))


@pytest.fixture(scope="module")
def crash_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrashDesk]:
    """Yield a desk that knows what the finished job is like, and how many points lie on the way."""
    desk = CrashDesk(tmp_path_factory.mktemp("crash"))
    try:
        desk.fresh()
        ended = desk.run()
        assert ended.code == 0, ended
        desk.points = ended.labels
        desk.remember()
        yield desk
    finally:
        desk.close()
