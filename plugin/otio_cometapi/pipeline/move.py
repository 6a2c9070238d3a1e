"""Move: a job to another place, and the timelines that it has written, so that everything still links."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from otio_cometapi import settings as settings_module
from otio_cometapi.editorial.hosts import Delivery
from otio_cometapi.errors import CometError, JobError
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs.folder import folder_at
from otio_cometapi.jobs.moving import finish_move, former_places, move_job
from otio_cometapi.jobs.written import WrittenTimeline, written_timelines
from otio_cometapi.pipeline import relink as relinking
from otio_cometapi.pipeline.elsewhere import Elsewhere
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import DEFAULT_JOB
from otio_cometapi.pipeline.written import digest_of, remember_written
from otio_cometapi.settings import Settings

SUFFIX = Path(DEFAULT_JOB).suffix


@dataclass(frozen=True, slots=True)
class Stale:
    """A timeline that the job wrote and that points to where its media was."""

    path: Path
    """Where it stands."""
    why: str
    """Why it is not simply written again, a clause; empty where it can be."""
    command: str
    """What writes it again."""


def move(
    job: Path, place: Path, *, by_copy: bool = False, settings: Settings | None = None, listener: Listener = ignore
) -> Path:
    """
    Bring a job to another place, on this or another file system; return where it is now.

    Killed at any moment, the job is whole in one place, and the same call goes on.

    Args:
        job: The job's folder.
        place: The new folder, or an existing one to put it into under its name.
        by_copy: Copy and verify, also where one rename would do.
        settings: Where the registers of paid takes are; default: `otio_cometapi.settings.load()`.
        listener: Told when a register does not hear of the new place.

    Raises:
        JobError: It cannot be moved; it stays where it was.
    """
    known = settings or settings_module.load()
    old = Path(os.path.abspath(job))  # noqa: PTH100 - keeps symbolic links in the user's words
    if old.is_symlink():
        raise JobError(f"{old} is a link to {os.path.realpath(old)}.", next_step="Move that, and make the link anew.")
    arrived = finish_move(old)
    if arrived is not None:
        _told_where(arrived, old, known, listener)
        return arrived
    target = Path(os.path.abspath(place))  # noqa: PTH100 - as above
    if target.is_dir():
        target = target / old.name
    elif target.suffix.lower() != SUFFIX:
        target = target.with_name(target.name + SUFFIX)  # OTIO knows a job by its ending
    with Job(old, settings=known) as opened:
        move_job(opened.ledger, target, by_copy=by_copy)
    _told_where(target, old, known, listener)
    return target


def _told_where(place: Path, old: Path, settings: Settings, listener: Listener) -> None:
    """Let other jobs know where this one lies now, since what it paid for is not bought again."""
    try:
        Elsewhere(settings, folder=folder_at(place), listener=listener).moved_from(old)
    except JobError as exc:
        said = f"other jobs do not find what was paid here until something is run in {place}: {exc}"
        listener(Event(Stage.JOB, said, problem=True))


def stale_timelines(job: Job) -> tuple[Stale, ...]:
    """Return the timelines that the job wrote and that still stand, with what keeps each from being written again."""
    return tuple(
        Stale(path, _why_not(path, each), f"otiocomet relink {job.path} -o {path} --timeline {each.timeline_id}")
        for path, each in _standing(job)
    )


def _standing(job: Job) -> Iterator[tuple[Path, WrittenTimeline]]:
    for each in written_timelines(job.ledger):
        path = Path(each.path)
        for place in former_places(job.folder):
            if path.is_relative_to(place):
                path = job.path / path.relative_to(place)  # it lay in the job, and has moved with it
        if path.exists():
            yield path, each


def _why_not(path: Path, known: WrittenTimeline) -> str:
    return "" if digest_of(path) == known.sha256 else "somebody has changed it since the job wrote it"


def write_again(job: Job, *, listener: Listener = ignore) -> tuple[tuple[Path, ...], tuple[Stale, ...]]:
    """
    Write the timelines that nobody has changed since the job wrote them, with the media's new addresses.

    Returns:
        Those that were written, and those that were not, each with the reason.
    """
    stale = {each.path: each for each in stale_timelines(job)}
    done: list[Path] = []
    left: list[Stale] = []
    for path, known in list(_standing(job)):
        if stale[path].why:
            left.append(stale[path])
            continue
        try:
            _write(job, path, known, listener)
            done.append(path)
        except CometError as exc:
            left.append(Stale(path, f"it cannot be written: {exc.message}", stale[path].command))
    return tuple(done), tuple(left)


def _write(job: Job, path: Path, known: WrittenTimeline, listener: Listener) -> None:
    which = job.timeline(str(known.timeline_id))
    delivery = Delivery(**known.wish.get("delivery", {}))
    wanted = tuple(str(each) for each in known.wish.get("takes", ()))
    shown = relinking.relink(
        job,
        timeline=which,
        conform_missing=False,
        delivery=delivery,
        output=path,
        wanted_takes=wanted,
        listener=listener,
    )
    relinking.write(shown, path, listener=listener)
    remember_written(job, path, which, delivery=delivery, wanted_takes=wanted)
