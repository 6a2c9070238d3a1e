"""Written: what the road leaves outside of its job, and how the job remembers it."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from otio_cometapi.editorial.hosts import Delivery
from otio_cometapi.errors import WrongUsageError
from otio_cometapi.jobs.written import WrittenTimeline, enter_written
from otio_cometapi.pipeline.job import Job
from otio_cometapi.records import TimelineRecord


def remember_written(
    job: Job, output: Path, which: TimelineRecord, *, delivery: Delivery, wanted_takes: Sequence[str] = ()
) -> None:
    """Remember that a relinked timeline stands at *output*, so that `clean` spares its media and `move` mends it."""
    path = output.absolute()
    digest = digest_of(path)
    if digest:
        wish = {"delivery": asdict(delivery), "takes": list(wanted_takes)}
        enter_written(job.ledger, WrittenTimeline(str(path), which.timeline_id, digest, wish))


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, or of the files of a folder (such as `.otiod`); empty where it cannot be read."""
    digest = hashlib.sha256()
    try:
        if not path.is_dir():
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        for each in sorted(path.rglob("*")):
            if each.is_file():
                digest.update(f"{each.relative_to(path).as_posix()}\0{each.stat().st_size}\0".encode())
                if each.suffix == ".otio":
                    digest.update(each.read_bytes())
    except OSError:
        return ""
    return digest.hexdigest()


def put_text(path: Path, text: str) -> None:
    """
    Write a text file whole or not at all.

    Raises:
        WrongUsageError: It cannot be written there.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise WrongUsageError(
            f"{path} cannot be written: {exc.strerror or exc}.", next_step="Name another file with -o."
        ) from exc
