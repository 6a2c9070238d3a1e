"""A look at a ledger that changes nothing: whether it can be read, and which version wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from otio_cometapi.errors import CometError, JobError
from otio_cometapi.jobs import postgres, schema
from otio_cometapi.jobs.folder import JobFolder, folder_at


@dataclass(frozen=True, slots=True)
class LedgerLook:
    """What a ledger's first page tells."""

    where: str
    """Its file, or its server without user and password."""
    version: str
    """The version of its tables; empty where it has none yet."""
    current: str
    """The version that this package writes."""

    @property
    def old(self) -> bool:
        """Whether the next command brings it up to date."""
        return self.version.isdecimal() and int(self.version) < int(self.current)

    @property
    def new(self) -> bool:
        """Whether a later version of this package wrote it."""
        return bool(self.version) and (not self.version.isdecimal() or int(self.version) > int(self.current))


def ledger_of_job(path: Path, *, url: str = "") -> LedgerLook:
    """
    Look at the ledger of the job at *path*.

    Raises:
        JobError: There is no job, or its ledger is gone, damaged or out of reach.
        CometError: The shared ledger's URL cannot be used.
    """
    folder = folder_at(path)
    if folder.shared():
        return ledger_at(url, namespace=folder.namespace())
    if not folder.ledger.exists():
        raise JobError(
            f"the ledger {folder.ledger} is gone, and with it what was sent and paid.",
            next_step="Restore it from a copy of the job folder, or start another job with --job.",
        )
    return _looked(schema.engine_for(folder.ledger), str(folder.ledger), _disk_step(folder))


def ledger_at(url: str, *, namespace: str = "") -> LedgerLook:
    """
    Look at the server that shared ledgers lie on; with a job's *namespace*, at its tables.

    Raises:
        JobError: It is out of reach, or does not let us in.
        SettingsError: *url* is none.
        MissingExtraError: The driver is not installed.
    """
    parsed = postgres.parsed(url)
    return _looked(
        postgres.engine_for(parsed, namespace or "public"),
        postgres.address_of(parsed),
        "Look at the database's server and at COMETAPI_LEDGER_URL.",
    )


def _disk_step(folder: JobFolder) -> str:
    return f"Restore {folder.ledger.name} from a copy of {folder.path}; do not delete it, it knows what was paid."


def _looked(engine: sa.Engine, where: str, step: str) -> LedgerLook:
    try:
        found = schema.version(engine)
    except CometError:
        raise
    except (sa.exc.SQLAlchemyError, OSError, UnicodeError) as exc:
        cause = " ".join(str(getattr(exc, "orig", None) or exc).split()).rstrip(".?!")
        raise JobError(f"the ledger {where} cannot be read: {cause}.", next_step=step) from exc
    finally:
        engine.dispose()
    return LedgerLook(where, found or "", str(schema.LEDGER_SCHEMA))
