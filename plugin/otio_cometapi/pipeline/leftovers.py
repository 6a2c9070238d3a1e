"""Leftovers: what processes that were killed have left half made, in a job and beside what it has written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from otio_cometapi.jobs.folder import UNFINISHED
from otio_cometapi.jobs.making import half_made
from otio_cometapi.jobs.moving import former_places, is_abandoned_copy
from otio_cometapi.jobs.owner import is_dead_lock
from otio_cometapi.jobs.written import written_timelines
from otio_cometapi.pipeline.deliver import sidecar_of
from otio_cometapi.pipeline.job import Job


def leftovers(job: Job) -> Iterator[tuple[Path, str]]:
    """
    Yield what this job's processes may have left half made, each with why it can go, a clause.

    Somebody may be making it at this moment: that it was not touched for long is for the caller to see.
    """
    folder = job.folder
    for place in (job.path, folder.private, folder.timelines, folder.exports, folder.outputs, folder.media):
        for path in entries(place):
            if UNFINISHED.fullmatch(path.name):
                yield path, "half made by a process that has ended"
    for path in entries(folder.owners):
        if UNFINISHED.fullmatch(path.name) or is_dead_lock(path):
            yield path, "the lock of a process that has ended"
    yield from _folders(job)
    yield from _half_written(job)


def _folders(job: Job) -> Iterator[tuple[Path, str]]:
    """Yield folders of this job's name that were killed in the making, or while it moved."""
    for place in dict.fromkeys((job.path, *former_places(job.folder))):
        for path in entries(place.parent):
            of_this_job = path.name.startswith(f".{place.name}.") and UNFINISHED.fullmatch(path.name)
            if of_this_job and path.is_dir() and not path.is_symlink() and is_abandoned_copy(path):
                tables = ", with its tables on the server" if half_made(path) else ""
                yield path, f"a folder of this job's name that was never finished{tables}"


def _half_written(job: Job) -> Iterator[tuple[Path, str]]:
    """Yield what was to become a timeline that the job has written; beside it others may keep anything."""
    for known in written_timelines(job.ledger):
        output = Path(known.path)
        for place in (output, sidecar_of(output)):
            ours = re.compile(
                rf"\.{re.escape(place.stem[:100])}\.[0-9a-f]{{8}}\.part{re.escape(place.suffix)}", re.DOTALL
            )
            for path in entries(place.parent):
                if ours.fullmatch(path.name) and not path.is_symlink():
                    yield path, f"half of {place.name}, which was written anew"


def entries(place: Path) -> list[Path]:
    """Return what lies in a folder, sorted; nothing where it cannot be read."""
    try:
        return sorted(place.iterdir())
    except OSError:
        return []
