"""The day's book: what one person has spent over all jobs within 24 hours, kept only while a limit for that is set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from otio_cometapi.clock import Clock
from otio_cometapi.errors import JobError
from otio_cometapi.jobs.budget import DAY_S, SPENT
from otio_cometapi.jobs.limits import DAY_LIMIT, Budget, Spending, check
from otio_cometapi.jobs.schema import changing, engine_for
from otio_cometapi.records import SubmitAnswer
from otio_cometapi.records.toml_file import exact_number

_metadata = sa.MetaData()

_spendings = sa.Table(
    "spendings",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("opened_at", sa.Float, nullable=False, index=True),
    sa.Column("job", sa.String, nullable=False),
    sa.Column("seconds", sa.String, nullable=False),
    sa.Column("usd", sa.String),
    sa.Column("task_id", sa.String, nullable=False, default=""),
)


class Daybook:
    """
    One person's book of a day. Safe to use from several processes.

    A reservation is entered before the intention it belongs to, and is given back when nothing was spent. A process
    that dies in between leaves it standing until its day has passed: rather too much is counted than too little.
    """

    def __init__(self, path: Path, *, clock: Clock) -> None:
        """
        Open the book at *path*, making it where there is none.

        Raises:
            JobError: It cannot be opened.
        """
        self._path = path
        self._clock = clock
        with self._foreign_errors():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._engine = engine_for(path)
            with self._writing() as connection:
                _metadata.create_all(connection)
            path.chmod(0o600)

    def spent(self) -> Spending:
        """Return what was spent within 24 hours."""
        with self._writing() as connection:
            return self._spent(connection)

    def reserve(self, spending: Spending, *, limit: Budget, job: Path) -> int:
        """
        Enter what is about to be spent, if it fits; return the entry's number.

        Raises:
            OverBudgetError: It does not fit.
        """
        with self._writing() as connection:
            check(limit, before=self._spent(connection), more=spending, limit=DAY_LIMIT)
            entry = connection.execute(
                sa.insert(_spendings).values(
                    opened_at=self._clock.now(),
                    job=str(job),
                    seconds=str(spending.seconds),
                    usd=None if spending.usd is None else str(spending.usd),
                )
            ).inserted_primary_key
            if entry is None:
                raise JobError("the day's book did not number the entry.")
            return int(entry[0])

    def settle(self, entry: int, answer: SubmitAnswer) -> None:
        """Give an entry back when its create was refused, else keep it with its task."""
        if answer.outcome.value not in SPENT:
            self.release(entry)
            return
        with self._writing() as connection:
            connection.execute(sa.update(_spendings).where(_spendings.c.id == entry).values(task_id=answer.task_id))

    def release(self, entry: int) -> None:
        """Give an entry back: nothing was spent."""
        with self._writing() as connection:
            connection.execute(sa.delete(_spendings).where(_spendings.c.id == entry))

    def refunded(self, task_id: str) -> None:
        """Give back what was entered for a task that cost nothing in the end."""
        with self._writing() as connection:
            connection.execute(sa.delete(_spendings).where(_spendings.c.task_id == task_id))

    def _spent(self, connection: sa.Connection) -> Spending:
        since = self._clock.now() - DAY_S
        connection.execute(sa.delete(_spendings).where(_spendings.c.opened_at <= since))
        alike = (_spendings.c.seconds, _spendings.c.usd)
        total = Spending()
        for row in connection.execute(sa.select(*alike, sa.func.count().label("times")).group_by(*alike)):
            usd = None if row.usd is None else exact_number(row.usd)
            total = total.plus(Spending(exact_number(row.seconds), usd).times(row.times))
        return total

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with self._foreign_errors(), changing(self._engine) as connection:
            yield connection

    @contextmanager
    def _foreign_errors(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.SQLAlchemyError, OSError) as exc:
            cause = getattr(exc, "orig", None) or exc
            raise JobError(
                f"the day's book {self._path}, which the limit of a day needs, cannot be used: {cause}.",
                next_step="Look at the disk and the folder's permissions, or run without a limit of a day.",
            ) from exc
