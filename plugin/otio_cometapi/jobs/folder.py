"""The job folder: what lies where in ``NAME.cometjob``, and who may read it."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from otio_cometapi.errors import JobError
from otio_cometapi.jobs.durable import sync_folder, write_durably
from otio_cometapi.jobs.locks import see_that_locks_hold

SUFFIX = ".cometjob"
SCHEMA = 2
UNFINISHED = re.compile(r"\.(?:.*\.)?[0-9a-f]{8,16}\.part(?:\.\w+)?", re.DOTALL)
"""Names of files and folders on their way: made, fetched or copied, and not whole yet."""
_CARD_BYTES = 65_536  # more than any job.json has
LEDGER = "sqlite:///private/ledger.sqlite"
"""Where the account book lies, as ``job.json`` says it; the address of a database where it is shared."""


def register_in(data: Path) -> Path:
    """Return the file in a person's data folder that says which job paid for which take."""
    return data / "takes.sqlite"


@dataclass(frozen=True, slots=True)
class JobFolder:
    """
    Places in a job folder.

    ``media/`` follows the umask, since colleagues and render nodes read it; everything under ``private/`` is the
    owner's alone.
    """

    path: Path
    """The folder, absolute."""
    address: str = LEDGER
    """Where the account book lies: in the folder, or a database's address without user and password."""
    job_id: str = ""
    """The job's name in a shared ledger; empty where the ledger lies in the folder."""

    def shared(self) -> bool:
        """Tell whether the ledger lies on a server."""
        return self.address != LEDGER

    def namespace(self) -> str:
        """Return the name of the job's tables in a shared ledger."""
        return f"job_{self.job_id}"

    @property
    def card(self) -> Path:
        """What makes the folder a job; written last, so that a folder with it has a ledger."""
        return self.path / "job.json"

    @property
    def private(self) -> Path:
        """What only the owner may read."""
        return self.path / "private"

    @property
    def ledger(self) -> Path:
        """The account book."""
        return self.private / "ledger.sqlite"

    @property
    def owners(self) -> Path:
        """Locks of the processes at work."""
        return self.private / "owners"

    @property
    def timelines(self) -> Path:
        """Every timeline the job was given."""
        return self.private / "timelines"

    @property
    def exports(self) -> Path:
        """What was cut to be sent."""
        return self.private / "exports"

    @property
    def outputs(self) -> Path:
        """What the tasks delivered, untouched."""
        return self.private / "outputs"

    @property
    def review(self) -> Path:
        """Pictures that the review page made; made again when they are missing."""
        return self.private / "review"

    @property
    def farm(self) -> Path:
        """What a render farm is asked to do, and what it said."""
        return self.private / "farm"

    @property
    def media(self) -> Path:
        """Conformed media, which timelines point to."""
        return self.path / "media"

    def relative(self, path: Path) -> str:
        """Return *path* relative to the folder where it lies inside (with slashes everywhere), else absolute."""
        return path.relative_to(self.path).as_posix() if path.is_relative_to(self.path) else str(path)

    def absolute(self, path: str) -> Path:
        """Return the opposite of `relative`."""
        return self.path / path if path else Path()


def folder_at(path: Path) -> JobFolder:
    """
    Return the job folder at *path*.

    Raises:
        JobError: There is none, or it was made by a newer version.
    """
    target = Path(os.path.abspath(path))  # noqa: PTH100 - keeps symbolic links in the user's words
    try:
        with JobFolder(target).card.open("rb") as file:
            card = json.loads(file.read(_CARD_BYTES))
        schema, ledger = card["schema"], card["ledger"]
        folder = JobFolder(target, ledger, card.get("job_id", ""))
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise JobError(
            f"there is no job at {target}.",
            next_step="Check the path, or start one with `otiocomet run`.",
        ) from exc
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise JobError(
            f"the job at {target} cannot be read: {exc}.",
            next_step="Restore job.json from a copy of the folder.",
        ) from exc
    if not isinstance(schema, int) or schema > SCHEMA or not _known(folder):
        raise JobError(
            f"the job at {target} was made by a newer version of otio-cometapi (schema {schema}).",
            next_step="Install that version or a later one.",
        )
    see_that_it_has_not_moved(folder, card)
    return folder


def card_of(path: Path) -> dict[str, object]:
    """Return what ``job.json`` of the folder at *path* says; empty where there is none that can be read."""
    try:
        card = json.loads(JobFolder(path).card.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return card if isinstance(card, dict) else {}


def has_moved(card: dict[str, object]) -> bool | None:
    """Tell whether a job with that card has moved elsewhere; None where neither end of its move can be seen."""
    if not card.get("moved_to"):
        return False
    if card_of(Path(str(card["moved_to"]))).get("move") == card.get("move"):
        return True
    return False if card_of(Path(str(card.get("part", "")))).get("move") == card.get("move") else None


def see_that_it_has_not_moved(folder: JobFolder, card: dict[str, object]) -> None:
    """
    See that what lies here is the job, and not what a move to another file system has left.

    Raises:
        JobError: The job has moved, or it cannot be told.
    """
    moved = has_moved(card)
    if moved is False:
        return
    place = card["moved_to"]
    if moved:
        raise JobError(
            f"the job {folder.path} has moved to {place}.",
            next_step=f"Use that; `otiocomet move {folder.path} {place}` takes away what is left here.",
        )
    raise JobError(
        f"the job {folder.path} was on its way to {place}, and neither it nor its copy can be seen there now.",
        next_step="Bring that disk back. If the copy is lost for good, remove the line moved_to from job.json here.",
    )


def _known(folder: JobFolder) -> bool:
    """Tell whether a card says where its ledger lies in a way that this version understands."""
    if folder.address == LEDGER:
        return True
    texts: tuple[object, ...] = (folder.address, folder.job_id)
    if not all(isinstance(text, str) for text in texts):
        return False
    return folder.address.startswith("postgresql://") and bool(re.fullmatch(r"[0-9a-f]{16}", folder.job_id))


def exists(path: Path) -> bool:
    """Tell whether a job stands at *path*."""
    return JobFolder(path).card.is_file()


@contextmanager
def new_folder(path: Path, *, address: str = LEDGER) -> Iterator[JobFolder]:
    """
    Make a job folder; it appears under its name, by rename, when the block ends well, and not at all otherwise.

    Yields the folder under its temporary name: open nothing in it beyond the block.

    Args:
        path: Where it will stand.
        address: Where its ledger lies, as `JobFolder.address` says it.

    Raises:
        JobMadeMeanwhileError: Another process made a job there first; this one's was thrown away.
        JobError: Something else stands at *path*, or it cannot be written; or the job stands, and the disk does not
            confirm its name.
    """
    target = Path(os.path.abspath(path))  # noqa: PTH100 - keeps symbolic links in the user's words
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        _see_that_it_is_free(target)
        part.mkdir(parents=True)
        folder = replace(_furnished(part), address=address)
        if not folder.shared():
            see_that_locks_hold(folder.owners)
        card: dict[str, object] = {"schema": 1, "ledger": LEDGER}
        if folder.shared():
            folder = replace(folder, job_id=secrets.token_hex(8))
            card = {"schema": SCHEMA, "ledger": address, "job_id": folder.job_id}
        yield folder
        write_durably(folder.card, json.dumps(card, indent=2) + "\n")
        for place in (folder.private, folder.path):
            sync_folder(place)
        part.rename(target)
        _see_that_its_name_lasts(target)
    except JobError as exc:  # such as the new ledger's, which nobody knows by its passing name
        exc.message = exc.message.replace(str(part), str(target))
        raise
    except OSError as exc:
        if exists(target):
            raise _made_meanwhile(target) from exc
        raise JobError(
            f"the job {target} cannot be made: {exc.strerror or exc}.",
            next_step="Look at the disk's space, or name a place you may write to with --job.",
        ) from exc
    finally:
        shutil.rmtree(part, ignore_errors=True)


class JobMadeMeanwhileError(JobError):
    """Another process made the job between our look and our rename; open that one."""


def _furnished(path: Path) -> JobFolder:
    folder = JobFolder(path)
    folder.private.mkdir(mode=0o700)
    for place in (folder.owners, folder.timelines, folder.exports, folder.outputs):
        place.mkdir(mode=0o700)
    folder.media.mkdir()
    return folder


def _see_that_it_is_free(target: Path) -> None:
    if not str(target).isascii() and os.fsencode(target).decode("utf-8", "replace") != str(target):
        step = "Name another place with --job: neither timelines nor ledgers can write that name down."
        raise JobError(f"the name of the folder {target} is not UTF-8.", next_step=step)
    if exists(target):
        raise _made_meanwhile(target)
    if os.path.lexists(target) and not (target.is_dir() and not any(target.iterdir())):
        raise JobError(f"{target} exists and is no job.", next_step="Name another place with --job, or move that away.")


def _see_that_its_name_lasts(target: Path) -> None:
    """
    Bring the new job's name to the disk: what is paid for in a job that a loss of power takes away is lost.

    Raises:
        JobError: The disk does not confirm it. The job stands all the same, with what was entered.
    """
    try:
        sync_folder(target.parent)
    except OSError as exc:
        raise JobError(
            f"the job {target} is made, but the disk does not confirm its name ({exc.strerror or exc}), so nothing is "
            "safe to pay for yet.",
            next_step=f"Nothing was sent. Look at the disk, then go on with `otiocomet resume {target}`.",
        ) from exc


def _made_meanwhile(target: Path) -> JobError:
    return JobMadeMeanwhileError(
        f"another process has just made the job {target}; nothing was sent.", next_step="Run again."
    )


def discard(path: Path) -> None:
    """Remove the job at *path* with everything in it; anything that is no job is left alone."""
    if exists(path):
        shutil.rmtree(path)
