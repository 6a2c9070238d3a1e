"""Fixtures of the simulator's own tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cometapi_mock.server import MockServer
from support.mock_client import MockClient, numbered_clip


@pytest.fixture
def server() -> Iterator[MockServer]:
    """Yield a simulator with the command's defaults."""
    with MockServer() as running:
        yield running


@pytest.fixture
def client(server: MockServer) -> MockClient:
    """Return a plain HTTP client of the default simulator."""
    return MockClient(server.url)


@pytest.fixture(scope="session")
def clip_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return 30 numbered frames at 24000/1001."""
    return numbered_clip(tmp_path_factory.mktemp("mock") / "numbered.mp4", frames=30)
