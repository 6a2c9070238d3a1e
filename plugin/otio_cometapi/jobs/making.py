"""
Making: a new job's folder and its ledger together, and what is left of both where a process dies at it.

A ledger on a server has its tables there before the folder has its name. Until then a note in the folder says which
they are, so that nobody has to guess when one stays without the other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa

from otio_cometapi.jobs import postgres, schema
from otio_cometapi.jobs.durable import write_durably
from otio_cometapi.jobs.folder import LEDGER, JobFolder, card_of, new_folder
from otio_cometapi.jobs.ledger import Ledger

_NOTE = "making.json"


@contextmanager
def new_job(path: Path, *, address: str = LEDGER, url: str = "") -> Iterator[Ledger]:
    """
    Make a job; its folder appears under its name when the block ends well, and nothing of it stays otherwise.

    Args:
        path: Where the folder will stand.
        address: Where its ledger lies, as `JobFolder.address` says it.
        url: The server's URL with what it takes to get in; only for a shared ledger.

    Raises:
        JobMadeMeanwhileError: Another process made a job there first; this one's was thrown away.
        JobError: The folder or the ledger cannot be made.
    """
    folder: JobFolder | None = None
    opened = False
    try:
        with new_folder(path, address=address) as folder:
            if folder.shared():
                note = {"part": folder.path.name, "ledger": address, "job_id": folder.job_id}
                write_durably(folder.private / _NOTE, json.dumps(note) + "\n")
            with Ledger(folder, url=url) as ledger:
                opened = True
                yield ledger
    except BaseException:
        if folder is not None and folder.shared() and opened and card_of(path).get("job_id") != folder.job_id:
            _take_away(folder, url)
        raise
    if folder.shared():
        with suppress(OSError):  # it names a folder that is no more, so nobody goes by it
            (JobFolder(path).private / _NOTE).unlink()


def half_made(part: Path) -> JobFolder | None:
    """Return the shared job that died in the making in the unfinished folder *part*; None where there was none."""
    try:
        note = json.loads((JobFolder(part).private / _NOTE).read_text("utf-8"))
        name, address, job_id = (str(note[key]) for key in ("part", "ledger", "job_id"))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    # a copy of a job that stands has another name than the note's
    return JobFolder(part, address, job_id) if name == part.name and re.fullmatch(r"[0-9a-f]{16}", job_id) else None


def forget_half_made(connection: sa.Connection, ours: JobFolder, part: Path) -> str:
    """
    Remove the tables of a job that died in the making; return why they stay, a clause, or nothing.

    Args:
        connection: Writes to the ledger of the job that stands.
        ours: That job.
        part: The unfinished folder.
    """
    found = half_made(part)
    if found is None or found.job_id == ours.job_id:
        return ""
    if found.address != ours.address:
        return f"its tables, {found.namespace()}, lie at {found.address}, and this job's ledger does not"
    try:
        with connection.begin_nested():  # what else is done with this connection goes on without it
            gone = postgres.drop_unused(connection, found.namespace())
    except sa.exc.DBAPIError as exc:
        why = " ".join(str(exc.orig).split()).rstrip(".")
        return f"its tables, {found.namespace()}, cannot be removed: {why}"
    return "" if gone else f"its tables, {found.namespace()}, know of something that was sent"


def _take_away(folder: JobFolder, url: str) -> None:
    engine = postgres.engine_for(postgres.parsed(url), folder.namespace())
    try:
        with suppress(sa.exc.SQLAlchemyError), schema.changing(engine) as connection:
            postgres.drop_unused(connection, folder.namespace())
    finally:
        engine.dispose()
