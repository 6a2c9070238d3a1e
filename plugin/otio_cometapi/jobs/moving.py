"""
Moving a job: by one rename, or onto another file system by copy, verification and one rename.

Whatever moment a move dies at, exactly one place is the job. On another file system that is the old one until the
verified copy gets its name, and the new one from then on: the old card names the copy before that, so that whoever
opens the old place sees which of the two counts.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import schema
from otio_cometapi.jobs.attempts import LEASE_S
from otio_cometapi.jobs.durable import replace_durably, sync_folder, write_durably
from otio_cometapi.jobs.folder import UNFINISHED, JobFolder, card_of, has_moved
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.owner import lives, this_host

MARK = "moving.json"
"""Says of an unfinished copy where it comes from."""

Step = Callable[[str], None]
"""Told what has just been done."""


def move_job(ledger: Ledger, target: Path, *, by_copy: bool = False, step: Step = lambda _: None) -> None:
    """
    Bring a job to *target*; the ledger object is of no use afterwards.

    Args:
        ledger: The job's ledger.
        target: The new folder; nothing may stand there.
        by_copy: Copy and verify on one file system too.
        step: Told of every step.

    Raises:
        JobError: A process works on the job, something stands at *target*, or it cannot be written; the job stays.
    """
    folder = ledger.folder
    _see_that_it_is_free(folder, target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with ledger.writing() as connection:  # nobody writes meanwhile; who waits fails cleanly, the folder being gone
            _see_that_nobody_works(folder, ledger.clock.now())
            _see_that_nothing_is_on_the_wire(connection, folder)
            if by_copy or not _renamed(folder, target, step):
                _copied(ledger, target, step)
    except OSError as exc:
        raise JobError(
            f"the job {folder.path} cannot be moved to {target}: {exc.strerror or exc}.",
            next_step="Nothing has moved. Look at the disk's space and your rights there.",
        ) from exc


def finish_move(old: Path) -> Path | None:
    """Take away what a finished move has left at *old*; return where the job is now, or None where none has moved."""
    card = card_of(old)
    if not has_moved(card):
        return None
    _taken_away(JobFolder(old), str(card["move"]), lambda _: None)
    return Path(str(card["moved_to"]))


def is_abandoned_copy(part: Path) -> bool:
    """Tell whether an unfinished folder is new and was never finished, a needless copy, or what a move has left."""
    card = card_of(part)
    if not card:
        return True  # no job was ever whole in it
    if card.get("moved_to"):
        return has_moved(card) is True
    if not _list(card):
        return True  # it was new, and never had its name: nothing was ever sent from it
    origin = card_of(Path(_list(card)[-1]))
    return bool(origin) and has_moved(origin) is False


def former_places(folder: JobFolder) -> tuple[Path, ...]:
    """Return where the job was before, oldest first."""
    return tuple(Path(place) for place in _list(card_of(folder.path)))


def _list(card: dict[str, object]) -> list[str]:
    found = card.get("moved_from")
    return [str(each) for each in found] if isinstance(found, list) else []


def _see_that_it_is_free(folder: JobFolder, target: Path) -> None:
    if os.path.lexists(target):
        raise JobError(f"{target} exists already.", next_step="Name a place where nothing stands.")
    if target.is_relative_to(folder.path):
        raise JobError(f"{target} lies inside the job.", next_step="Name a place outside of it.")


def _see_that_nobody_works(folder: JobFolder, now: float) -> None:
    host = this_host()
    for lock in sorted(folder.owners.glob("*.lock")):
        name = lock.stem.rsplit("-", 2)[0]
        alive = lives(folder.owners, lock.stem, host if name == host.split(" ", 1)[0] else name)
        with suppress(FileNotFoundError):
            if alive is None:  # another machine's: believed as long as its intentions are
                alive = now - lock.stat().st_mtime < LEASE_S
        if alive:
            raise JobError(
                f"the process {lock.stem} works on the job {folder.path}.",
                next_step="Let it finish or stop it, then move.",
            )


def _see_that_nothing_is_on_the_wire(connection: sa.Connection, folder: JobFolder) -> None:
    """Where a server keeps the ledger, owners leave no locks in the folder; their open creates tell of them."""
    open_ones = sa.select(schema.attempts.c.owner).where(schema.attempts.c.outcome == "open")
    owner = connection.execute(open_ones).scalar() if folder.shared() else None
    if owner is not None:
        raise JobError(
            f"the process {owner} sends for the job {folder.path}, or died while it did.",
            next_step=f"Let it finish, or settle it with `otiocomet resume {folder.path}`, then move.",
        )


def _renamed(folder: JobFolder, target: Path, step: Step) -> bool:
    """Rename the folder; return False where *target* is on another file system."""
    if folder.path.stat().st_dev != target.parent.stat().st_dev:
        return False
    card = card_of(folder.path)
    write_card(folder, {**_kept(card), "moved_from": [*_list(card), str(folder.path)]})
    step("the old place is noted")
    try:
        folder.path.rename(target)
    except OSError as exc:
        if exc.errno == errno.EXDEV:
            return False
        raise
    step("renamed")
    try:
        for place in (target.parent, folder.path.parent):
            sync_folder(place)
    except OSError as exc:
        raise JobError(
            f"the job has moved to {target}, but the disk does not confirm its new name ({exc.strerror or exc}).",
            next_step=f"Look at the disk. `otiocomet relink {target} -o TIMELINE` writes timelines with the new place.",
        ) from exc
    return True


def _copied(ledger: Ledger, target: Path, step: Step) -> None:
    folder = ledger.folder
    card, places = _kept(card_of(folder.path)), _list(card_of(folder.path))
    _without_earlier_tries(folder, target)
    token = secrets.token_hex(8)
    part = JobFolder(target.with_name(f".{target.name}.{token}.part"))
    try:
        part.path.mkdir()
        write_durably(part.path / MARK, json.dumps({"from": str(folder.path)}))
        for what in _files_copied(folder, part):
            step(what)
        if not folder.shared():
            _ledger_copied(ledger, part)
            step("the ledger is copied")
        (part.path / MARK).unlink()
        write_card(part, {**card, "move": token, "moved_from": [*places, str(folder.path)]})
        for place in sorted(each for each in part.path.rglob("*") if each.is_dir()):
            sync_folder(place)
        sync_folder(part.path)
        step("the copy is whole")
        journey = {"moved_to": str(target), "part": str(part.path), "move": token}
        write_card(folder, {**card, "moved_from": places, **journey})
        step("the old place knows of the copy")
        part.path.rename(target)
    except BaseException:
        write_card(folder, {**card, "moved_from": places})
        shutil.rmtree(part.path, ignore_errors=True)
        raise
    try:
        sync_folder(target.parent)
        step("the copy has its name")
        _taken_away(folder, token, step)
    except OSError as exc:
        raise JobError(
            f"the job has moved to {target}, but what is left at {folder.path} cannot be removed: {exc.strerror}.",
            next_step=f"It is no job any more; `otiocomet move {folder.path} {target}` tries to remove it again.",
        ) from exc


def _kept(card: dict[str, object]) -> dict[str, object]:
    """Return a card without what an earlier move wrote."""
    return {name: value for name, value in card.items() if name not in ("moved_to", "part", "move", "moved_from")}


def write_card(folder: JobFolder, card: dict[str, object]) -> None:
    """Replace a job's card, whole or not at all."""
    replace_durably(folder.card, json.dumps(card, indent=2) + "\n")


def _without_earlier_tries(folder: JobFolder, target: Path) -> None:
    """Remove copies that earlier moves of this job to this place have left; no other move of it can be under way."""
    for found in target.parent.glob(f".{target.name}.*.part"):
        with suppress(OSError, ValueError, AttributeError):
            mark = (found / MARK).read_text("utf-8") if (found / MARK).exists() else "{}"
            if str(folder.path) in (json.loads(mark).get("from"), *_list(card_of(found))[-1:]):
                shutil.rmtree(found)
    known = Path(str(card_of(folder.path).get("part", "")))
    if known.name.endswith(".part") and card_of(known).get("move") == card_of(folder.path).get("move"):
        shutil.rmtree(known)


def _files_copied(folder: JobFolder, part: JobFolder) -> Iterator[str]:
    """Copy everything but card, ledger, locks and unfinished files; verify each copy; yield what was done."""
    left_out = {folder.card, folder.ledger, folder.ledger.with_name(f"{folder.ledger.name}-journal")}
    for root, folders, files in os.walk(folder.path):
        here = part.path / Path(root).relative_to(folder.path)
        for name in sorted(folders):
            if not (Path(root) / name).is_symlink():
                (here / name).mkdir(exist_ok=True)
                shutil.copymode(Path(root) / name, here / name)
        if Path(root) == folder.owners:
            continue
        for name in sorted([*files, *(each for each in folders if (Path(root) / each).is_symlink())]):
            source = Path(root) / name
            if source not in left_out and not UNFINISHED.fullmatch(name):
                _file_copied(source, here / name)
                yield f"{source.relative_to(folder.path)} is copied"


def _file_copied(source: Path, copy: Path) -> None:
    shutil.copy2(source, copy, follow_symlinks=False)
    if copy.is_symlink():
        return
    with copy.open("rb") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").digest()
    with source.open("rb") as file:
        if hashlib.file_digest(file, "sha256").digest() != digest:
            raise OSError(errno.EIO, f"the copy of {source} is not what was copied")


def _ledger_copied(ledger: Ledger, part: JobFolder) -> None:
    """Copy the ledger through the database: opening its file a second time would drop the lock that is held."""
    os.close(os.open(part.ledger, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with ledger.reading() as connection, closing(sqlite3.connect(part.ledger, isolation_level=None)) as copy:
            raw: Any = connection.connection.driver_connection
            raw.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            sound = copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            same = sound and all(one == other for one, other in zip(raw.iterdump(), copy.iterdump(), strict=True))
    except (sqlite3.Error, ValueError) as exc:
        raise OSError(errno.EIO, f"the ledger cannot be copied: {exc}") from exc
    if not same:
        raise OSError(errno.EIO, "the copy of the ledger is not what was copied")
    handle = os.open(part.ledger, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _taken_away(folder: JobFolder, token: str, step: Step) -> None:
    """Remove the old place: first its name, then its files."""
    away = folder.path.with_name(f".{folder.path.name}.{token}.part")
    folder.path.rename(away)
    with suppress(OSError):  # a loss of power may bring the name back, and its card says where the job is
        sync_folder(away.parent)
    step("the old place has lost its name")
    shutil.rmtree(away)
    step("the old place is gone")
