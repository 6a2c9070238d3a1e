"""A tiny road that all tests of a file share; each takes a job of its own down it."""

from __future__ import annotations

import pytest

from support.tiny_road import TinyRoad


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> TinyRoad:
    """Return a folder with tiny media."""
    return TinyRoad(tmp_path_factory.mktemp("road"))
