"""What the tests of jobs share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.owner import Owner
from support.ledgers import ready_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Yield the ledger of a job with one take, exported and ready to be sent."""
    with ready_ledger(tmp_path / "edit.cometjob") as found:
        yield found


@pytest.fixture
def owner(ledger: Ledger) -> Iterator[Owner]:
    """Yield this process as an owner."""
    found = Owner(ledger.folder.owners)
    yield found
    found.release()
