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
_MEMORY = Path("/dev/shm")  # noqa: S108 - a file system, and no file
_MEMORY_BYTES = 4 << 30
"""What must be free there: a run of all tests needs less than a quarter."""
_LONGEST = ("blender", "flow", "faults", "docs", "strangers", "hosts", "fuzz", "mock")
_place = pytest.StashKey[str]()
_numbers = count()


def pytest_configure(config: pytest.Config) -> None:
    """Give this process, and all that it starts, folders that go with it; drop what the person has set."""
    if _has_room(_MEMORY):  # books that are flushed to a disk at every entry wait for it most of the time
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)
    place = tempfile.mkdtemp(prefix="otio-cometapi-")
    config.stash[_place] = place
    for name in [each for each in os.environ if each.startswith("COMETAPI_")]:
        del os.environ[name]
    os.environ.update({name: str(Path(place, folder)) for name, folder in _FOLDERS.items()})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the modules that take long begin first, so that no worker waits for another at the end."""
    order = {name: number for number, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: order.get(item.path.parent.name, len(order)))


@pytest.fixture(autouse=True)
def _books_of_its_own(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test reuse what another has paid for, nor count what it has spent."""
    place = Path(request.config.stash[_place], "tests", f"{next(_numbers)}")
    for name in ("COMETAPI_DATA_DIR", "COMETAPI_STATE_DIR"):
        monkeypatch.setenv(name, str(place / _FOLDERS[name]))


def _has_room(place: Path) -> bool:
    """Tell whether a file system in memory can take what tests write, programs included."""
    if "TMPDIR" in os.environ or not place.is_dir() or not os.access(place, os.W_OK):
        return False
    told = os.statvfs(place)
    return told.f_bavail * told.f_frsize >= _MEMORY_BYTES and not told.f_flag & os.ST_NOEXEC


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove them."""
    shutil.rmtree(config.stash[_place], ignore_errors=True)
