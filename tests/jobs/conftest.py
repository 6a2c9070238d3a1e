"""What the tests of jobs share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from otio_cometapi.jobs.database import Holder
from otio_cometapi.jobs.ledger import Ledger
from support.ledgers import ready_ledger
from support.postgres_server import Server, running_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Yield a PostgreSQL server."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def jobs_database(postgres: Server) -> str:
    """Return the URL of a database that many jobs share: each has its own tables there."""
    return postgres.new_database()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.proof)])
def ledger_url(request: pytest.FixtureRequest) -> str:
    """Return where ledgers lie: nothing for those in job folders, or a database's URL."""
    if request.param == "sqlite":
        return ""
    url: str = request.getfixturevalue("jobs_database")
    return url


@pytest.fixture
def ledger(tmp_path: Path, ledger_url: str) -> Iterator[Ledger]:
    """Yield the ledger of a job with one take, exported and ready to be sent."""
    with ready_ledger(tmp_path / "edit.cometjob", url=ledger_url) as found:
        yield found


@pytest.fixture
def owner(ledger: Ledger) -> Iterator[Holder]:
    """Yield this process as an owner."""
    found = ledger.new_owner()
    yield found
    found.release()
