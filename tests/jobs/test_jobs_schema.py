"""Ledgers of an older version, and what a job remembers."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import choices
from otio_cometapi.jobs.folder import folder_at
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.takes import takes
from support.ledgers import conformed_in, ready_ledger

OLD_MEDIA = """
CREATE TABLE media (
    take_id VARCHAR NOT NULL, start_frame BIGINT NOT NULL, record JSON NOT NULL, added_at FLOAT NOT NULL,
    PRIMARY KEY (take_id, start_frame), FOREIGN KEY(take_id) REFERENCES takes (take_id)
)
"""


def made_old(path: Path) -> None:
    """Turn a ledger into one of version 1, as that version wrote it."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT take_id, start_frame, record, added_at FROM media").fetchall()
    connection.execute("DROP TABLE media")
    connection.execute(OLD_MEDIA)
    connection.executemany("INSERT INTO media VALUES (?, ?, ?, ?)", rows)
    connection.execute("UPDATE card SET value = '1' WHERE name = 'schema'")
    connection.commit()
    connection.close()


def test_an_older_ledger_keeps_all_that_stands_in_it(tmp_path: Path) -> None:
    """A ledger of version 1 opens, its media is H.264 media, and media of other codecs stands beside it."""
    with ready_ledger(tmp_path / "edit.cometjob") as ledger:
        take = takes(ledger)[0]
        old = conformed_in(ledger.folder)
        ledger.media_made(take.take_id, old)
        before = takes(ledger)
    made_old(ledger.folder.ledger)
    with Ledger(folder_at(tmp_path / "edit.cometjob")) as opened:
        assert takes(opened) == before
        other = replace(old, variant="prores", path=old.path.replace(".mp4", ".mov"))
        opened.media_made(take.take_id, other)
        assert takes(opened)[0].media == (old, other)
    connection = sqlite3.connect(ledger.folder.ledger)
    assert connection.execute("SELECT value FROM card WHERE name = 'schema'").fetchall() == [("2",)]
    connection.close()


def test_media_of_one_finish_replaces_its_own_kind_alone(tmp_path: Path) -> None:
    """Media made again with the same codec at the same place takes that row; other codecs keep theirs."""
    with ready_ledger(tmp_path / "edit.cometjob") as ledger:
        take_id = takes(ledger)[0].take_id
        first, other = conformed_in(ledger.folder), replace(conformed_in(ledger.folder), variant="prores")
        for media in (first, other, replace(first, policy="short")):
            ledger.media_made(take_id, media)
        assert takes(ledger)[0].media == (replace(first, policy="short"), other)


def test_a_job_remembers_choices(tmp_path: Path) -> None:
    """What was chosen last is found again in a new process; another name has none."""
    with ready_ledger(tmp_path / "edit.cometjob") as ledger:
        choices.remember(ledger, "media", {"codec": "prores"})
        choices.remember(ledger, "media", {"codec": "dnxhr", "policy": "hold"})
    with Ledger(folder_at(tmp_path / "edit.cometjob")) as opened:
        assert choices.remembered(opened, "media") == {"codec": "dnxhr", "policy": "hold"}
        assert choices.remembered(opened, "other") == {}


def test_a_damaged_choice_is_an_error_of_ours(tmp_path: Path) -> None:
    """What cannot be read as choices says so."""
    with ready_ledger(tmp_path / "edit.cometjob") as ledger:
        choices.remember(ledger, "media", {"codec": "prores"})
        connection = sqlite3.connect(ledger.folder.ledger)
        connection.execute("UPDATE card SET value = '[]' WHERE name = 'choice:media'")
        connection.commit()
        connection.close()
        with pytest.raises(JobError, match="no table"):
            choices.remembered(ledger, "media")
