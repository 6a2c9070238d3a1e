"""The ledger's tables, and how its database is opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from otio_cometapi.jobs.columns import Words

LEDGER_SCHEMA = 4
"""Version of these tables, kept in `card`."""

BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for another one; a ledger transaction takes milliseconds."""

metadata = sa.MetaData()

card = sa.Table(
    "card",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)

timelines = sa.Table(
    "timelines",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", Words, nullable=False),
    sa.Column("added_at", sa.Float, nullable=False),
    sa.Column("path", sa.String, nullable=False),
    sa.Column("source_path", sa.String, nullable=False, default=""),
)

takes = sa.Table(
    "takes",
    metadata,
    sa.Column("take_id", sa.String, primary_key=True),
    sa.Column("shot_id", sa.String, nullable=False),
    sa.Column("look_id", sa.String, nullable=False, index=True),
    sa.Column("fingerprint", sa.String, nullable=False, index=True),
    sa.Column("shot", sa.JSON, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("seconds", sa.String, nullable=False),
    sa.Column("added_at", sa.Float, nullable=False),
)

uses = sa.Table(
    "uses",
    metadata,
    sa.Column("timeline_id", sa.Integer, sa.ForeignKey("timelines.id"), primary_key=True),
    sa.Column("clip_index", sa.Integer, primary_key=True),
    sa.Column("take_id", sa.String, sa.ForeignKey("takes.take_id"), primary_key=True),
    sa.Column("clip_name", Words, nullable=False),
    sa.Column("record", sa.JSON, nullable=False),
)

parts = sa.Table(
    "parts",
    metadata,
    sa.Column("take_id", sa.String, sa.ForeignKey("takes.take_id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("state", sa.String, nullable=False, index=True),
    sa.Column("task_id", sa.String, nullable=False, default=""),
    sa.Column("output_path", sa.String, nullable=False, default=""),
    sa.Column("message", Words, nullable=False, default=""),
    sa.Column("not_before", sa.Float, nullable=False, default=0.0),
    sa.Column("submitted_at", sa.Float, nullable=False, default=0.0),
    sa.Column("progress", sa.Float),
    sa.Column("remote_status", Words, nullable=False, default=""),
    sa.Column("cost_credits", sa.Float),
    sa.Column("export", sa.JSON(none_as_null=True)),
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("take_id", sa.String, nullable=False),
    sa.Column("part", sa.Integer, nullable=False),
    sa.Column("opened_at", sa.Float, nullable=False),
    sa.Column("owner", sa.String, nullable=False),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("lease_until", sa.Float, nullable=False),
    sa.Column("body_sha256", sa.String, nullable=False),
    sa.Column("seconds", sa.String, nullable=False),
    sa.Column("usd", sa.String),
    sa.Column("outcome", sa.String, nullable=False, default="open"),
    sa.Column("closed_at", sa.Float),
    sa.Column("http_status", sa.Integer),
    sa.Column("task_id", sa.String, nullable=False, default=""),
    sa.Column("message", Words, nullable=False, default=""),
    sa.Column("estimated_credits", sa.Float),
    sa.Column("cost_credits", sa.Float),
    sa.Column("ended", sa.String),
    sa.ForeignKeyConstraint(["take_id", "part"], ["parts.take_id", "parts.number"]),
)

sa.Index(
    "one_open_attempt",
    attempts.c.take_id,
    attempts.c.part,
    unique=True,
    sqlite_where=attempts.c.outcome == "open",
    postgresql_where=attempts.c.outcome == "open",
)
"""The database itself refuses a second create of a part while one is on the wire."""

media = sa.Table(
    "media",
    metadata,
    sa.Column("take_id", sa.String, sa.ForeignKey("takes.take_id"), primary_key=True),
    sa.Column("start_frame", sa.BigInteger, primary_key=True),
    sa.Column("variant", sa.String, primary_key=True, default="h264"),
    sa.Column("record", sa.JSON, nullable=False),
    sa.Column("added_at", sa.Float, nullable=False),
)

written = sa.Table(
    "written",
    metadata,
    sa.Column("path", sa.String, primary_key=True),
    sa.Column("timeline_id", sa.Integer, sa.ForeignKey("timelines.id"), nullable=False),
    sa.Column("sha256", sa.String, nullable=False),
    sa.Column("wish", sa.JSON, nullable=False),
    sa.Column("written_at", sa.Float, nullable=False),
)

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("timeline_id", sa.Integer, sa.ForeignKey("timelines.id"), nullable=False),
    sa.Column("clip_index", sa.Integer, nullable=False),
    sa.Column("clip_name", Words, nullable=False),
    sa.Column("take_id", sa.String, sa.ForeignKey("takes.take_id"), nullable=False, index=True),
    sa.Column("first_frame", sa.BigInteger, nullable=False),
    sa.Column("frame_count", sa.BigInteger, nullable=False),
    sa.Column("word", sa.String, nullable=False),
    sa.Column("text", Words, nullable=False, default=""),
    sa.Column("said_by", Words, nullable=False),
    sa.Column("said_at", sa.Float, nullable=False),
)

published = sa.Table(
    "published",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("sha256", sa.String, nullable=False, index=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("entered_at", sa.Float, nullable=False),
    sa.Column("put_at", sa.Float),
    sa.Column("removed_at", sa.Float),
)
"""Exports that were put where the service fetches them; entered before they are put, so that none is forgotten."""


def engine_for(ledger: Path) -> sa.Engine:
    """
    Open the SQLite ledger at *ledger* (its folder must exist).

    A rollback journal with synchronous EXTRA: a commit that returned survives the loss of power, and no shared
    memory is needed, so that the folder may lie on a network disk that knows locks. Every transaction has a
    connection of its own, so that nothing is carried over a fork and no file is held while nothing is done.
    """
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(ledger)),  # a text would end at the first question mark of a path
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
        poolclass=sa.pool.NullPool,
    )

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, in words
        cursor = connection.cursor()
        for pragma in ("journal_mode=DELETE", "synchronous=EXTRA", "fullfsync=ON", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get("ledger_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


@contextmanager
def changing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Change a database as its one writer: all of the block or nothing, on disk when the block ends."""
    with engine.connect() as plain_connection:
        connection = plain_connection.execution_options(ledger_writes=True)
        with connection.begin():
            yield connection


def version(engine: sa.Engine) -> str | None:
    """Return the version of a ledger's tables; None where there are none. Waits for no writer."""
    with engine.connect() as connection, connection.begin():
        if not sa.inspect(connection).has_table("card"):
            return None
        found = connection.execute(sa.select(card.c.value).where(card.c.name == "schema")).scalar_one()
        return str(found)


def make_tables(engine: sa.Engine, ledger: Path | None, *, of: sa.MetaData = metadata) -> None:
    """
    Make an empty ledger that only its owner may read, where there is none.

    Args:
        engine: The database.
        ledger: Its file; None where a server keeps it.
        of: Other tables than a ledger's own.
    """
    if ledger is not None:
        # never opened where it exists: closing any handle of a file drops the locks that SQLite has on it
        with suppress(FileExistsError):
            os.close(os.open(ledger, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with changing(engine) as connection:
        if of is not metadata:
            of.create_all(connection)
        elif not sa.inspect(connection).has_table("card"):
            metadata.create_all(connection)
            connection.execute(sa.insert(card).values(name="schema", value=str(LEDGER_SCHEMA)))


def bring_up_to_date(engine: sa.Engine) -> None:
    """
    Bring the tables of an older ledger to this version, all or nothing; what stands in them stays.

    Version 2 keys media by how it was finished too; all older media is H.264. Version 3 keeps an export with every
    part, where takes of before have one, and knows what tasks really cost and which timelines were written. Version 4
    knows what people decided on takes, and what was published. Tables and columns that are missing are added, empty.
    """
    with changing(engine) as connection:
        found = connection.execute(sa.select(card.c.value).where(card.c.name == "schema")).scalar_one()
        if found == str(LEDGER_SCHEMA):  # another process was faster
            return
        if found == "1":
            _key_media_by_finish(connection)
        _add_what_is_missing(connection)
        if found in ("1", "2"):
            _keep_exports_with_parts(connection)
        connection.execute(sa.update(card).where(card.c.name == "schema").values(value=str(LEDGER_SCHEMA)))


def _key_media_by_finish(connection: sa.Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE media RENAME TO media_1")
    media.create(connection)
    connection.exec_driver_sql(
        "INSERT INTO media (take_id, start_frame, variant, record, added_at) "
        "SELECT take_id, start_frame, 'h264', record, added_at FROM media_1"
    )
    connection.exec_driver_sql("DROP TABLE media_1")


def _keep_exports_with_parts(connection: sa.Connection) -> None:
    connection.exec_driver_sql(
        "UPDATE parts SET export = (SELECT takes.export FROM takes WHERE takes.take_id = parts.take_id)"
    )
    connection.exec_driver_sql("ALTER TABLE takes DROP COLUMN export")


def _add_what_is_missing(connection: sa.Connection) -> None:
    metadata.create_all(connection)
    for table in metadata.sorted_tables:
        standing = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
        for column in table.columns:
            if column.name not in standing:
                kind = column.type.compile(connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}")
