"""Every test runs in a user's place of its own: nothing of the person who runs them is read or written."""

from __future__ import annotations

import os
import shutil
import tempfile
from itertools import count
from pathlib import Path

import pytest

_FOLDERS = {
    "COMETAPI_DATA_DIR": "data",
    "COMETAPI_CONFIG_DIR": "config",
    "COMETAPI_CACHE_DIR": "cache",
    "COMETAPI_STATE_DIR": "state",
}
_place = pytest.StashKey[str]()
_numbers = count()


def pytest_configure(config: pytest.Config) -> None:
    """Give this process, and all that it starts, folders that go with it; drop what the person has set."""
    place = tempfile.mkdtemp(prefix="otio-cometapi-")
    config.stash[_place] = place
    for name in [each for each in os.environ if each.startswith("COMETAPI_")]:
        del os.environ[name]
    os.environ.update({name: str(Path(place, folder)) for name, folder in _FOLDERS.items()})


@pytest.fixture(autouse=True)
def _books_of_its_own(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test reuse what another has paid for, nor count what it has spent."""
    place = Path(request.config.stash[_place], "tests", f"{next(_numbers)}")
    for name in ("COMETAPI_DATA_DIR", "COMETAPI_STATE_DIR"):
        monkeypatch.setenv(name, str(place / _FOLDERS[name]))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove them."""
    shutil.rmtree(config.stash[_place], ignore_errors=True)
