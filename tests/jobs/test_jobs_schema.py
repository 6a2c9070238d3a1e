"""Ledgers of an older version, and what a job remembers."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import choices, published
from otio_cometapi.jobs.folder import folder_at
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.schema import LEDGER_SCHEMA
from otio_cometapi.jobs.takes import takes
from support.ledgers import conformed_in, ready_ledger

OLD_MEDIA = """
CREATE TABLE media (
    take_id VARCHAR NOT NULL, start_frame BIGINT NOT NULL, record JSON NOT NULL, added_at FLOAT NOT NULL,
    PRIMARY KEY (take_id, start_frame), FOREIGN KEY(take_id) REFERENCES takes (take_id)
)
"""


def made_version_3(path: Path) -> sqlite3.Connection:
    """Turn a ledger into one of version 3, as that version wrote it: nothing was published."""
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE published")
    connection.execute("UPDATE card SET value = '3' WHERE name = 'schema'")
    connection.commit()
    return connection


def made_version_2(path: Path) -> sqlite3.Connection:
    """Turn a ledger into one of version 2, as that version wrote it: exports stand with takes."""
    connection = made_version_3(path)
    connection.execute("ALTER TABLE takes ADD COLUMN export JSON")
    connection.execute("UPDATE takes SET export = (SELECT export FROM parts WHERE parts.take_id = takes.take_id)")
    connection.execute("ALTER TABLE parts DROP COLUMN export")
    connection.execute("UPDATE card SET value = '2' WHERE name = 'schema'")
    connection.commit()
    return connection


def made_version_1(path: Path) -> sqlite3.Connection:
    """Turn a ledger into one of version 1, as that version wrote it: media of one codec only, too."""
    connection = made_version_2(path)
    rows = connection.execute("SELECT take_id, start_frame, record, added_at FROM media").fetchall()
    connection.execute("DROP TABLE media")
    connection.execute(OLD_MEDIA)
    connection.executemany("INSERT INTO media VALUES (?, ?, ?, ?)", rows)
    connection.execute("UPDATE card SET value = '1' WHERE name = 'schema'")
    connection.commit()
    return connection


@pytest.mark.parametrize(
    "made_old", [made_version_1, made_version_2, made_version_3], ids=["version 1", "version 2", "version 3"]
)
def test_an_older_ledger_keeps_all_that_stands_in_it(
    tmp_path: Path, made_old: Callable[[Path], sqlite3.Connection]
) -> None:
    """A ledger of before opens with its exports, its media is H.264 media, and media of other codecs stands beside."""
    with ready_ledger(tmp_path / "edit.cometjob") as ledger:
        take = takes(ledger)[0]
        old = conformed_in(ledger.folder)
        ledger.media_made(take.take_id, old)
        before = takes(ledger)
    made_old(ledger.folder.ledger).close()
    with Ledger(folder_at(tmp_path / "edit.cometjob")) as opened:
        assert takes(opened) == before
        assert before[0].parts[0].export is not None
        other = replace(old, variant="prores", path=old.path.replace(".mp4", ".mov"))
        opened.media_made(take.take_id, other)
        assert takes(opened)[0].media == (old, other)
        assert published.standing(opened) == ()
    connection = sqlite3.connect(ledger.folder.ledger)
    assert connection.execute("SELECT value FROM card WHERE name = 'schema'").fetchall() == [(str(LEDGER_SCHEMA),)]
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
