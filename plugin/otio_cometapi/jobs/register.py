"""
Registers: which job paid for which take, so that no other job pays for it again.

A person's own jobs meet in a file in his data folder, the jobs of a shared ledger in its database. A register only
points: what became of a take stands in the ledger of the job that it names, so a register that is lost or out of date
costs a reuse and never a frame or a cent of what is on the books.
"""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import postgres, schema
from otio_cometapi.jobs.folder import JobFolder, folder_at, register_in
from otio_cometapi.jobs.locks import see_that_locks_hold

NAMESPACE = "otio_cometapi"
"""Where the register of a shared ledger lies."""

metadata = sa.MetaData()

paid_takes = sa.Table(
    "paid_takes",
    metadata,
    sa.Column("service", sa.String, primary_key=True),
    sa.Column("take_id", sa.String, primary_key=True),
    sa.Column("job", sa.String, primary_key=True),
    sa.Column("fingerprint", sa.String, nullable=False, index=True),
    sa.Column("look_id", sa.String, nullable=False),
    sa.Column("path", sa.String, nullable=False),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("person", sa.String, nullable=False),
)

outputs = sa.Table(
    "outputs",
    metadata,
    sa.Column("service", sa.String, primary_key=True),
    sa.Column("take_id", sa.String, primary_key=True),
    sa.Column("job", sa.String, primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("task_id", sa.String, nullable=False),
    sa.Column("sha256", sa.String, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Listing:
    """A job that paid, or may have paid, for a take."""

    take_id: str
    """The take."""
    job: str
    """The job, as the register knows it."""
    folder: JobFolder
    """Where the job lies, as far as the register knows."""
    told: str
    """The job, for people."""


@dataclass(frozen=True, slots=True)
class Key:
    """A take as registers know it."""

    take_id: str
    """Identity."""
    fingerprint: str
    """Identity of its media."""
    look_id: str
    """Identity of its look."""


class Register:
    """What the jobs of one person, or of one shared ledger, tell each other about one service."""

    def __init__(self, place: Path | str, *, service: str) -> None:
        """
        Name a register; nothing is opened yet.

        Args:
            place: The person's data folder, or the URL of a shared ledger.
            service: The address of the service that was paid: a simulator's takes are nobody else's.
        """
        self.service = service
        self._has_locks = False
        self.file = register_in(place) if isinstance(place, Path) else None
        if isinstance(place, Path):
            self.engine = schema.engine_for(register_in(place))
            self.where = str(self.file)
        else:
            url = postgres.parsed(place)
            self.engine = postgres.engine_for(url, NAMESPACE)
            self.where = postgres.address_of(url)

    def job_key(self, folder: JobFolder) -> str:
        """Return the name under which this register knows a job."""
        return os.path.realpath(folder.path) if self.file else folder.job_id

    @contextmanager
    def alone(self) -> Iterator[sa.Connection]:
        """
        Keep every other job of this register from deciding on takes until the block ends; what is entered then stands.

        Raises:
            JobError: The register cannot be written.
        """
        with self._errors():
            self._make()
        with self._errors(), schema.changing(self.engine) as connection:
            yield connection

    def enter(self, connection: sa.Connection, key: Key, folder: JobFolder) -> None:
        """Enter that a job pays for a take."""
        mine = self.job_key(folder)
        same = (
            paid_takes.c.service == self.service,
            paid_takes.c.take_id == key.take_id,
            paid_takes.c.job == mine,
        )
        connection.execute(sa.delete(paid_takes).where(*same))
        connection.execute(
            sa.insert(paid_takes).values(
                service=self.service,
                take_id=key.take_id,
                job=mine,
                fingerprint=key.fingerprint,
                look_id=key.look_id,
                path=str(folder.path),
                host=socket.gethostname(),
                person=_person(),
            )
        )

    def follow(self, folder: JobFolder, *, old: Path) -> None:
        """
        Enter where a job lies that has moved, for every service it paid.

        Args:
            folder: The job at its new place.
            old: Where it was before.

        Raises:
            JobError: The register cannot be written.
        """
        if self.file is not None and not self.file.exists():
            return
        mine = self.job_key(folder)
        before = os.path.realpath(old) if self.file else mine
        with self.alone() as connection:
            for table in (outputs, paid_takes) if mine != before else ():  # of a job that lay there and is gone
                connection.execute(sa.delete(table).where(table.c.job == mine))
            connection.execute(sa.update(outputs).where(outputs.c.job == before).values(job=mine))
            here = {"job": mine, "path": str(folder.path), "host": socket.gethostname()}
            connection.execute(sa.update(paid_takes).where(paid_takes.c.job == before).values(**here))

    def lacking(self, folder: JobFolder, take_ids: Iterable[str]) -> set[str]:
        """Return which of a job's takes are not entered, or under another path than the job has now."""
        wanted = set(take_ids)
        query = sa.select(paid_takes.c.take_id).where(
            paid_takes.c.service == self.service,
            paid_takes.c.job == self.job_key(folder),
            paid_takes.c.path == str(folder.path),
        )
        with self._reading() as connection:
            return wanted if connection is None else wanted - set(connection.execute(query).scalars())

    def enter_output(self, folder: JobFolder, *, take_id: str, part: int, task_id: str, sha256: str) -> None:
        """
        Enter what a part's output holds, so that another job finds it in the store.

        Raises:
            JobError: The register cannot be written.
        """
        row = {"service": self.service, "take_id": take_id, "job": self.job_key(folder), "part": part}
        with self.alone() as connection:
            connection.execute(sa.delete(outputs).where(*(outputs.c[name] == value for name, value in row.items())))
            connection.execute(sa.insert(outputs).values(**row, task_id=task_id, sha256=sha256))

    def output_of(self, listing_job: str, *, take_id: str, part: int, task_id: str) -> str:
        """Return the SHA-256 of the output that a job has of one task; empty where none is entered."""
        query = sa.select(outputs.c.sha256).where(
            outputs.c.service == self.service,
            outputs.c.take_id == take_id,
            outputs.c.job == listing_job,
            outputs.c.part == part,
            outputs.c.task_id == task_id,
        )
        with self._reading() as connection:
            return "" if connection is None else str(connection.execute(query).scalar() or "")

    def of_media(self, fingerprints: Iterable[str], *, besides: JobFolder | None) -> tuple[Listing, ...]:
        """Return who paid for takes of any of these media, without the job *besides*."""
        return self._listings(paid_takes.c.fingerprint.in_(tuple(fingerprints)), besides)

    def of_take(self, take_id: str, *, besides: JobFolder | None) -> tuple[Listing, ...]:
        """Return who paid for a take, without the job *besides*."""
        return self._listings(paid_takes.c.take_id == take_id, besides)

    def _listings(self, which: sa.ColumnElement[bool], besides: JobFolder | None) -> tuple[Listing, ...]:
        own = self.job_key(besides) if besides else ""
        query = sa.select(paid_takes).where(which, paid_takes.c.service == self.service, paid_takes.c.job != own)
        with self._reading() as connection:
            rows = [] if connection is None else connection.execute(query.order_by(paid_takes.c.job)).all()
        found = []
        for row in rows:
            folder = self._folder(row.path, row.job)
            if folder is not None:
                by = f" (by {row.person} on {row.host})" if self.file is None else ""
                found.append(Listing(row.take_id, row.job, folder, f"{row.path}{by}"))
        return tuple(found)

    def _folder(self, path: str, job: str) -> JobFolder | None:
        """Return where a listed job lies; None where no job lies there any more."""
        if self.file is None:
            return JobFolder(Path(path), self.where, job)
        try:
            return folder_at(Path(path))
        except JobError:
            return None

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection | None]:
        """See one moment of the register; None where there is none yet. Nothing is written for a look."""
        if self.file is not None and not self.file.exists():
            yield None
            return
        self._see_locks()
        with self._errors(), self.engine.connect() as connection, connection.begin():
            yield connection if sa.inspect(connection).has_table("outputs") else None

    def _make(self) -> None:
        if self.file is not None:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._see_locks()
        else:
            postgres.make_namespace(self.engine, NAMESPACE)
        schema.make_tables(self.engine, self.file, of=metadata)

    def _see_locks(self) -> None:
        """Find out before the database waits for locks that never come, as in homes on some network disks."""
        if self.file is not None and not self._has_locks:
            see_that_locks_hold(self.file.parent)
            self._has_locks = True

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.SQLAlchemyError, OSError, UnicodeError) as exc:
            cause = " ".join(str(getattr(exc, "orig", None) or exc).split()).rstrip(".?!")
            raise JobError(
                f"the register of paid takes {self.where} cannot be used: {cause}.",
                next_step="Remove that file: it is made anew, job by job."
                if self.file
                else "Look at the database's server and at COMETAPI_LEDGER_URL.",
            ) from exc


def _person() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user without a name, as in containers
        return "somebody"
