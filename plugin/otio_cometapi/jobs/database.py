"""How a ledger is opened, read and written, wherever it lies: in the job's folder, or on a shared server."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from otio_cometapi.clock import Clock, SystemClock
from otio_cometapi.errors import JobError
from otio_cometapi.jobs import owner as owners
from otio_cometapi.jobs import postgres, schema
from otio_cometapi.jobs.folder import JobFolder
from otio_cometapi.jobs.locks import see_that_locks_hold
from otio_cometapi.jobs.shared_owner import SharedOwner

R = TypeVar("R")


class Holder(Protocol):
    """Who stands behind an intention."""

    id: str
    """Its name, never used again."""
    host: str
    """The machine."""

    def assure(self) -> None:
        """See that its lock still stands."""
        ...

    def release(self) -> None:
        """Let go of its lock."""
        ...


def _url_for(folder: JobFolder, url: str) -> sa.URL:
    """
    Return the URL of a job's shared ledger.

    Raises:
        JobError: None is given.
        SettingsError: It is none.
    """
    if not url:
        raise JobError(
            f"the ledger of the job {folder.path} is shared: it lies at {folder.address}.",
            next_step="Set COMETAPI_LEDGER_URL to that database's URL, with user and password.",
        )
    return postgres.parsed(url)


class Database:
    """One job's tables. Safe to use from several threads and processes."""

    def __init__(self, folder: JobFolder, *, clock: Clock | None = None, url: str = "", standing: bool = False) -> None:
        """
        Open the ledger of a job, making its tables while the folder is being made.

        Args:
            folder: The job's folder; it says where the ledger lies.
            clock: What time it is; default: the database's own on a server, else this machine's.
            url: The server's URL with what it takes to get in; only for a shared ledger.
            standing: The job was made before, though its folder may not be seen from here: nothing is made.

        Raises:
            JobError: The database is gone, damaged or cannot be opened, or a newer version made it.
            MissingExtraError: The ledger is shared and its driver is not installed.
            SettingsError: *url* is none.
        """
        self.folder = folder
        self._taken: dict[Hashable, tuple[Any, Any]] = {}
        self.where = folder.address if folder.shared() else str(folder.ledger)
        """What people are told of the ledger's place."""
        if folder.shared():
            self.engine = postgres.engine_for(_url_for(folder, url), folder.namespace())
            self.clock = postgres.clock_of(self.engine, clock)
        else:
            self.engine = schema.engine_for(folder.ledger)
            self.clock = clock or SystemClock()
        with self._foreign_errors():
            self._prepare(standing=standing)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """See one moment of the ledger."""
        with self._foreign_errors(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Change the ledger: all of the block or nothing, on disk when the block ends."""
        with self._foreign_errors(), schema.changing(self.engine) as connection:
            yield connection

    @contextmanager
    def _foreign_errors(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.SQLAlchemyError, OSError, UnicodeError) as exc:
            cause = " ".join(str(getattr(exc, "orig", None) or exc).split()).rstrip(".?!")
            if "locked" in cause and self.folder.owners.is_dir():
                see_that_locks_hold(self.folder.owners)  # to SQLite a file system without locks is a busy one
            look = (
                "Look at the database's server and at COMETAPI_LEDGER_URL"
                if self.folder.shared()
                else "Look at the disk's space and the folder's permissions"
            )
            raise JobError(
                f"the ledger {self.where} cannot be used: {cause}.",
                next_step=f"{look}; nothing that was paid is forgotten.",
            ) from exc

    @contextmanager
    def understanding(self) -> Iterator[None]:
        """
        Take rows for records.

        Raises:
            JobError: A row is damaged.
        """
        try:
            yield
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as exc:
            raise JobError(
                f"the ledger {self.where} holds something that is no record: {exc}.",
                next_step="Restore it from a copy of the job folder.",
            ) from exc

    def taken(self, key: Hashable, row: Any, read: Callable[[], R]) -> R:
        """
        Return the record that *read* makes of a row, or the one that it made of a row with the same values before.

        A command looks at all takes several times; the rows are asked for each time, and what has changed is read.

        Args:
            key: Which row it is.
            row: Its values, as the database gave them.
            read: Takes them for a record, one that nobody can change.
        """
        found = self._taken.get(key)
        if found is not None and found[0] == row:
            made: R = found[1]
            return made
        made = read()
        self._taken[key] = (row, made)
        return made

    def new_owner(self) -> Holder:
        """
        Return this process as an owner that holds a lock as long as it lives.

        Raises:
            JobError: No lock can be had, so nothing is safe to pay for.
        """
        return SharedOwner(self.engine) if self.folder.shared() else owners.Owner(self.folder.owners)

    def owner_lives(self, owner_id: str, host: str) -> bool | None:
        """Tell whether an owner's process still lives; None where this machine cannot know."""
        if not self.folder.shared():
            return owners.lives(self.folder.owners, owner_id, host)
        with self.writing() as connection:
            return postgres.lives(connection, owner_id)

    def _prepare(self, *, standing: bool) -> None:
        shared = self.folder.shared()
        found = schema.version(self.engine) if shared or self.folder.ledger.exists() else None
        if found is None and (standing or self.folder.card.exists()):
            raise self._gone()  # a new, empty one would pay for everything again
        if found is None:
            if shared:
                postgres.make_namespace(self.engine, self.folder.namespace())
            schema.make_tables(self.engine, None if shared else self.folder.ledger)
        elif not found.isdecimal() or int(found) > schema.LEDGER_SCHEMA:
            raise JobError(
                f"the ledger {self.where} was made by a newer version of otio-cometapi (schema {found}).",
                next_step="Install that version or a later one.",
            )
        elif int(found) < schema.LEDGER_SCHEMA:
            schema.bring_up_to_date(self.engine)

    def _gone(self) -> JobError:
        next_step = "Restore it from a copy of the job folder, or start another job with --job."
        if self.folder.shared():
            next_step = "Set COMETAPI_LEDGER_URL to the database that has it, or restore that from its backup."
        return JobError(
            f"the ledger {self.where} is gone or empty, and with it what was sent and paid.", next_step=next_step
        )
