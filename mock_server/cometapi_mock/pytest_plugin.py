"""A pytest fixture for other projects: ``cometapi_mock``, a simulator of its own for every test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .server import MockServer


@pytest.fixture
def cometapi_mock() -> Iterator[MockServer]:
    """Yield a running simulator; its address is ``cometapi_mock.url``."""
    # Imported here so that a test run which never asks for it pays nothing.
    from .server import MockServer  # noqa: PLC0415

    with MockServer() as server:
        yield server
