"""
Owners on a shared ledger: who stands behind an intention is known on every machine.

An owner holds a lock of the database for as long as its session lasts. The session ends with the process, and within a
minute with a machine that lost its power; so whoever can take the lock knows that the owner is gone.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import weakref
from typing import Any

import sqlalchemy as sa

from otio_cometapi.errors import JobError
from otio_cometapi.jobs.owner import this_host
from otio_cometapi.jobs.postgres import lock_key


class SharedOwner:
    """This process, as a shared ledger knows it."""

    def __init__(self, engine: sa.Engine) -> None:
        """
        Take a lock of the database, to be held until `release` or the end of the process.

        Raises:
            JobError: The database cannot be reached.
        """
        self.host = this_host()
        name = re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname())[:64]
        self.id = f"{name}-{os.getpid()}-{secrets.token_hex(4)}"
        self._engine = engine
        self._connection: sa.Connection | None = None
        self._take()
        _held.add(self)

    def assure(self) -> None:
        """
        See that the lock still stands; take it anew where the session was cut, as by a server's restart.

        Raises:
            JobError: It cannot be taken, so nothing is safe to pay for.
        """
        try:
            if self._connection is not None:
                self._connection.execute(sa.select(1))
                return
        except sa.exc.SQLAlchemyError:
            self.release()
        self._take()

    def _take(self) -> None:
        try:
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            # no word of a transaction's isolation: this one never begins
            taken = self._connection.execute(sa.select(sa.func.pg_try_advisory_lock(lock_key(self.id)))).scalar_one()
        except sa.exc.SQLAlchemyError as exc:
            self.release()
            cause = getattr(exc, "orig", None) or exc
            raise JobError(
                f"the shared ledger's database gives no lock ({cause}), so nothing is safe to pay for.",
                next_step="Look at the database's server, then run again.",
            ) from exc
        if not taken:  # the session that was cut is not buried yet
            self.release()
            raise JobError("the lock of this process is held by its own lost session.", next_step="Run again.")

    def release(self) -> None:
        """Let go of the lock and the session."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.close()
        except sa.exc.SQLAlchemyError:  # the server is gone, and with it the lock
            connection.invalidate()

    def forget(self) -> None:
        """Let go of a session that a fork copied, without a word to the server: it stays the parent's."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        driver: Any = connection.connection.driver_connection
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, driver.fileno())  # the farewell that closing would send goes there
        os.close(nowhere)


_held: weakref.WeakSet[SharedOwner] = weakref.WeakSet()


def _forget_after_fork() -> None:
    for owner in tuple(_held):
        owner.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
