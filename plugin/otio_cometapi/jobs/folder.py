"""The job folder: what lies where in ``NAME.cometjob``, and who may read it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from otio_cometapi.errors import JobError

SUFFIX = ".cometjob"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class JobFolder:
    """
    Places in a job folder.

    ``media/`` follows the umask, since colleagues and render nodes read it; everything under ``private/`` is the
    owner's alone.
    """

    path: Path
    """The folder, absolute."""

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
    def media(self) -> Path:
        """Conformed media, which timelines point to."""
        return self.path / "media"

    def relative(self, path: Path) -> str:
        """Return *path* relative to the folder where it lies inside, else absolute."""
        return str(path.relative_to(self.path)) if path.is_relative_to(self.path) else str(path)

    def absolute(self, path: str) -> Path:
        """Return the opposite of `relative`."""
        return self.path / path if path else Path()


def folder_at(path: Path) -> JobFolder:
    """
    Return the job folder at *path*.

    Raises:
        JobError: There is none, or it was made by a newer version.
    """
    folder = JobFolder(Path(os.path.abspath(path)))  # noqa: PTH100 - keeps symbolic links in the user's words
    try:
        card = json.loads((folder.path / "job.json").read_text("utf-8"))
        schema = card["schema"]
    except FileNotFoundError as exc:
        raise JobError(
            f"there is no job at {folder.path}.",
            next_step="Check the path, or start one with `otiocomet run`.",
        ) from exc
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise JobError(
            f"the job at {folder.path} cannot be read: {exc}.",
            next_step="Restore job.json from a copy of the folder.",
        ) from exc
    if not isinstance(schema, int) or schema > SCHEMA:
        raise JobError(
            f"the job at {folder.path} was made by a newer version of otio-cometapi (schema {schema}).",
            next_step="Install that version or a later one.",
        )
    return folder


def exists(path: Path) -> bool:
    """Tell whether a job stands at *path*."""
    return (path / "job.json").is_file()


@contextmanager
def new_folder(path: Path) -> Iterator[JobFolder]:
    """
    Make a job folder; it appears under its name, by rename, when the block ends well, and not at all otherwise.

    Yields the folder under its temporary name: open nothing in it beyond the block.

    Raises:
        JobError: Something else stands at *path*, or it cannot be written.
    """
    target = Path(os.path.abspath(path))  # noqa: PTH100 - keeps symbolic links in the user's words
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise JobError(f"{target} exists and is no job.", next_step="Name another place with --job, or move that away.")
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        part.mkdir(parents=True)
    except OSError as exc:
        raise JobError(
            f"the job {target} cannot be made: {exc.strerror or exc}.",
            next_step="Name a place you may write to with --job.",
        ) from exc
    try:
        folder = JobFolder(part)
        folder.private.mkdir(mode=0o700)
        for place in (folder.owners, folder.timelines, folder.exports, folder.outputs):
            place.mkdir(mode=0o700)
        folder.media.mkdir()
        card = {"schema": SCHEMA, "ledger": "sqlite:///private/ledger.sqlite"}
        (part / "job.json").write_text(json.dumps(card, indent=2) + "\n", "utf-8")
        yield folder
        part.rename(target)
    except OSError as exc:
        raise JobError(f"the job {target} cannot be made: {exc.strerror or exc}.") from exc
    finally:
        shutil.rmtree(part, ignore_errors=True)


def discard(path: Path) -> None:
    """Remove the job at *path* with everything in it; anything that is no job is left alone."""
    if exists(path):
        shutil.rmtree(path)
