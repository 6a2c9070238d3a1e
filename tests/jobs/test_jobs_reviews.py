"""What people say of takes, in the ledger: kept word by word, folded when it is read, in every kind of database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import schema
from otio_cometapi.jobs.folder import folder_at
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.reviews import Said, enter_reviews, reviewed_uses
from otio_cometapi.records import Review, Verdict, Word
from support.ledgers import new_job, planned, ready_ledger


def said(ledger: Ledger, word: Word, by: str = "mia", text: str = "") -> Review:
    """Say something of the ledger's one take; return what holds then."""
    ((take_id, (use,)),) = ledger.uses_by_take(timeline_id=1).items()
    enter_reviews(ledger, [Said(1, take_id, use, word, by, text)])
    (found,) = reviewed_uses(ledger, timeline_id=1)
    return found.review


def test_what_was_said_last_holds_and_nothing_is_lost(ledger: Ledger) -> None:
    """Verdict, choice and note go their own ways; the books keep every word with its speaker."""
    assert reviewed_uses(ledger, timeline_id=1)[0].review == Review()
    assert said(ledger, Word.APPROVE).chosen
    noted = said(ledger, Word.NOTE, by="leo", text="more snow")
    assert (noted.verdict, noted.by, noted.note, noted.noted_by) == (Verdict.APPROVED, "mia", "more snow", "leo")
    rejected = said(ledger, Word.REJECT, by="leo")
    assert (rejected.verdict, rejected.by, rejected.chosen) == (Verdict.REJECTED, "leo", False)
    assert said(ledger, Word.CLEAR) == Review(note="more snow", noted_by="leo")
    assert said(ledger, Word.NOTE) == Review()
    with ledger.reading() as connection:
        rows = connection.execute(sa.select(schema.reviews).order_by(schema.reviews.c.id)).all()
    assert [(row.word, row.said_by) for row in rows] == [
        ("approve", "mia"), ("note", "leo"), ("reject", "leo"), ("clear", "mia"), ("note", "mia"),
    ]  # fmt: skip


def test_a_ledger_of_version_3_takes_decisions(tmp_path: Path) -> None:
    """A ledger of before opens with all its takes and exports, gets the table, and can be decided on."""
    with ready_ledger(tmp_path / "edit.cometjob") as ledger:
        before = ledger.uses_by_take(), ledger.timelines()
    connection = sqlite3.connect(ledger.folder.ledger)
    exports = connection.execute("SELECT export FROM parts").fetchall()
    connection.execute("DROP TABLE reviews")
    connection.execute("UPDATE card SET value = '3' WHERE name = 'schema'")
    connection.commit()
    with Ledger(folder_at(tmp_path / "edit.cometjob")) as opened:
        assert (opened.uses_by_take(), opened.timelines()) == before
        assert said(opened, Word.APPROVE).verdict is Verdict.APPROVED
    assert connection.execute("SELECT export FROM parts").fetchall() == exports != [(None,)]
    connection.close()


@pytest.mark.parametrize("column", ["word", "said_at"])
def test_a_damaged_decision_is_named(tmp_path: Path, column: str) -> None:
    """A row that no version writes is a sentence about the ledger, never a wrong picture in the timeline."""
    folder = new_job(tmp_path / "edit.cometjob", planned())
    with Ledger(folder) as ledger:
        said(ledger, Word.APPROVE)
    connection = sqlite3.connect(folder.ledger)
    connection.execute(f"UPDATE reviews SET {column} = 'nonsense'")  # noqa: S608 - a name of this test
    connection.commit()
    connection.close()
    with Ledger(folder) as ledger, pytest.raises(JobError, match="no record"):
        reviewed_uses(ledger, timeline_id=1)
