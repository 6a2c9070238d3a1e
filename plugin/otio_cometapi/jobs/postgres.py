"""
A ledger on PostgreSQL: how its address is read, how it is opened, and what time it is there.

Every job has a namespace (a schema) of its own with the same tables as a ledger in a folder, so that jobs cannot touch
each other's books; what jobs tell each other stands in the register's namespace.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import sqlalchemy as sa

from otio_cometapi.clock import SystemClock
from otio_cometapi.errors import MissingExtraError, SettingsError
from otio_cometapi.jobs import schema

if TYPE_CHECKING:
    from otio_cometapi.clock import Clock

PREFIX = "postgresql://"
"""How the address of every shared ledger begins."""

LOCK_TIMEOUT_MS = 30_000
"""How long a writer waits for another one; a ledger transaction takes milliseconds."""

_SESSION = {
    # a commit that returned is on the server's disk, whatever the server's usual is
    "synchronous_commit": "on",
    "lock_timeout": str(LOCK_TIMEOUT_MS),
    # a stopped process must not keep others from their books
    "idle_in_transaction_session_timeout": "60000",
    # the session of a machine that lost its power, and with it its owners' locks, ends within a minute
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}


def parsed(text: str) -> sa.URL:
    """
    Return the URL of a shared ledger.

    Raises:
        SettingsError: It is no PostgreSQL URL; what it says is not repeated, since it may hold a password.
    """
    wrong = SettingsError(
        "COMETAPI_LEDGER_URL is not the address of a PostgreSQL database.",
        next_step="It looks like postgresql://user:password@host:5432/database.",
    )
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError) as exc:
        raise wrong from exc
    if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg") or not url.database:
        raise wrong
    return url.set(drivername="postgresql+psycopg")


def address_of(url: sa.URL) -> str:
    """Return where a database is, as it may be written down: without user, password or options."""
    named = url.host or url.query.get("host") or "localhost"
    host = named if isinstance(named, str) else ",".join(named)
    return f"{PREFIX}{quote(host, safe='.:-,')}:{url.port or url.query.get('port') or 5432}/{quote(url.database or '')}"


def engine_for(url: sa.URL, namespace: str) -> sa.Engine:
    """
    Open the tables of one namespace. Nothing is asked of the server yet.

    Writers of one namespace go one after the other, by a lock of the transaction; readers see one moment. Every
    transaction has a connection of its own, so that nothing is carried over a fork.

    Raises:
        MissingExtraError: The driver is not installed.
    """
    given = url.query.get("options", "")
    options = [given] if isinstance(given, str) else list(given)
    options += [f"-c{name}={value}" for name, value in {"search_path": namespace, **_SESSION}.items()]
    try:
        engine = sa.create_engine(
            url.difference_update_query(["options"]),
            connect_args={"options": " ".join(options).strip(), "connect_timeout": 10, "application_name": "otiocomet"},
            poolclass=sa.pool.NullPool,
        )
    except ImportError as exc:
        raise MissingExtraError(
            "a ledger on PostgreSQL needs a driver that is not installed.",
            next_step="Install it with: pip install 'otio-cometapi[shared]'.",
        ) from exc
    key = lock_key(namespace)

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("ledger_writes", False):
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (key,))
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    return engine


def lock_key(name: str) -> int:
    """Return the number under which the server knows a lock of ours by that name, a signed 64-bit one."""
    return int.from_bytes(hashlib.sha256(f"otio-cometapi {name}".encode()).digest()[:8], "big", signed=True)


def make_namespace(engine: sa.Engine, namespace: str) -> None:
    """Make a namespace where there is none."""
    with schema.changing(engine) as connection:
        if not sa.inspect(connection).has_schema(namespace):  # asked first: making needs a right of its own
            connection.execute(sa.schema.CreateSchema(namespace, if_not_exists=True))


def drop_unused(connection: sa.Connection, namespace: str) -> bool:
    """Remove the namespace of a job from which nothing was ever sent; tell whether it is gone."""
    look = sa.inspect(connection)
    if not look.has_schema(namespace):
        return True
    if look.has_table(schema.attempts.name, schema=namespace):
        sent = sa.select(sa.func.count()).select_from(sa.table(schema.attempts.name, schema=namespace))
        if connection.execute(sent).scalar_one():
            return False
    connection.execute(sa.schema.DropSchema(namespace, cascade=True))
    return True


class DatabaseClock(SystemClock):
    """The server's clock, one for all machines that share a ledger; only waiting is done here."""

    def __init__(self, engine: sa.Engine) -> None:
        """Take the time from the server behind *engine*."""
        self._engine = engine

    def now(self) -> float:
        """Return Unix time in seconds, as the server has it."""
        query = sa.select(sa.extract("epoch", sa.func.clock_timestamp()))
        with self._engine.connect() as connection, connection.begin():
            return float(connection.execute(query).scalar_one())


def clock_of(engine: sa.Engine, given: Clock | None) -> Clock:
    """Return the clock that a shared ledger goes by."""
    return given or DatabaseClock(engine)


def lives(connection: Any, owner_id: str) -> bool:
    """Tell whether an owner's session stands: its lock can be taken by nobody else."""
    query = sa.select(sa.func.pg_try_advisory_xact_lock_shared(lock_key(owner_id)))
    return not connection.execute(query).scalar_one()
