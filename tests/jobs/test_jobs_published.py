"""What was published stands in the ledger until it is removed, and only under names that were drawn by lot."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import published
from support.ledgers import ready_ledger

PLACE = {"address": "s3://bucket/prefix", "sha256": "ab" * 32, "size_bytes": 7}


def test_an_export_has_one_entry_at_a_place_until_it_is_removed(tmp_path: Path) -> None:
    """The same content at the same place is one entry, put or not; another place, or a removal, makes a new name."""
    with ready_ledger(tmp_path / "edit.cometjob") as ledger:
        first = published.entered(ledger, **PLACE)
        assert published.entered(ledger, **PLACE) == first
        published.was_put(ledger, first)
        again = published.entered(ledger, **PLACE)
        assert (again.name, again.put_at is not None) == (first.name, True)
        other = published.entered(ledger, **{**PLACE, "address": "s3://other"})
        assert {each.name for each in published.standing(ledger)} == {first.name, other.name}
        published.was_removed(ledger, again)
        assert [each.name for each in published.standing(ledger)] == [other.name]
        assert published.entered(ledger, **PLACE).name not in (first.name, other.name)


def test_a_name_that_was_not_drawn_here_is_never_removed(tmp_path: Path) -> None:
    """A ledger that names somebody else's file is damaged; nothing of it is believed."""
    with ready_ledger(tmp_path / "edit.cometjob") as ledger:
        published.entered(ledger, **PLACE)
        connection = sqlite3.connect(ledger.folder.ledger)
        connection.execute("UPDATE published SET name = '../masters/film.mov'")
        connection.commit()
        connection.close()
        with pytest.raises(JobError, match="none that was drawn here"):
            published.standing(ledger)
