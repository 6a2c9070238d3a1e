"""What the tests of the review page share: a finished job, and its page served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.review_desk import Browser, copied, finished_job, served


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a finished job that nobody changes."""
    return finished_job(tmp_path_factory.mktemp("review"))


@pytest.fixture
def job(finished: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    return copied(finished, tmp_path)


@pytest.fixture
def browser(job: Path) -> Iterator[Browser]:
    """Yield a browser that was let in to the job's page."""
    with served(job) as server:
        found = Browser(server)
        assert found.enter().status == 303
        yield found
