"""Pytest fixtures for other projects: a simulator of its own for every test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .server import MockServer

MARKER = "cometapi_mock"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", f"{MARKER}(scenario=..., shape=..., ...): how this test's simulator is set up, as its Options"
    )


@pytest.fixture
def cometapi_mock(request: pytest.FixtureRequest) -> Iterator[MockServer]:
    """
    Yield a running simulator that no other test shares; its address is ``cometapi_mock.url``.

    ``@pytest.mark.cometapi_mock(scenario="throttled", strict=True)`` sets it up for a test.
    """
    # Imported here, so that a test run which never asks for a simulator pays nothing for it.
    from .options import Options  # noqa: PLC0415
    from .server import MockServer  # noqa: PLC0415

    marker = request.node.get_closest_marker(MARKER)
    with MockServer(Options(**(marker.kwargs if marker else {}))) as server:
        yield server


@pytest.fixture
def cometapi_mock_env(cometapi_mock: MockServer, monkeypatch: pytest.MonkeyPatch) -> MockServer:
    """Return a running simulator that ``COMETAPI_BASE_URL`` and ``COMETAPI_KEY`` point to."""
    monkeypatch.setenv("COMETAPI_BASE_URL", cometapi_mock.url)
    monkeypatch.setenv("COMETAPI_KEY", "cometapi-mock")
    return cometapi_mock
