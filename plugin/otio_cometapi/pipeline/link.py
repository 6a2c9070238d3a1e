"""Link: lay finished takes onto single clips, as OTIO's media linkers and hooks are called. Offline, and free."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from otio_cometapi.editorial.laid_takes import stands_among_takes
from otio_cometapi.editorial.matching import Reviews, TakeIndex, clip_matches
from otio_cometapi.editorial.originals import Home, Homes, has_original, put_back
from otio_cometapi.editorial.otio_errors import AdapterBorder
from otio_cometapi.editorial.plain_clips import PlainClips
from otio_cometapi.editorial.relink import add_link
from otio_cometapi.editorial.structure import video_clips
from otio_cometapi.jobs.states import TakeState
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.pipeline.collecting import uncollected
from otio_cometapi.pipeline.conform import finish_for
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.judge import reviews
from otio_cometapi.pipeline.trace import homes_of
from otio_cometapi.records import Conformed, Finish, TakeRecord

_reading = threading.Lock()


def link_clip(clip: Any, job: Path, *, media_root: Path) -> str:
    """
    Lay a finished take of a job onto a clip, in place, beside its own references.

    Returns:
        The take's id, or nothing where the job has no take for the clip.

    Raises:
        JobError: There is no such job.
        EditorialError: Takes of two looks would fit, so that a person must choose.
    """
    finished = _finished_takes(job, media_root)
    with AdapterBorder("find takes for a clip"):
        if finished.plain.has(clip) or stands_among_takes(clip):
            return ""
    home = finished.homes.of(clip)
    if isinstance(home, Home) and not has_original(clip):
        put_back(clip, home)
    link = clip_matches(clip, finished.index, reviews=finished.reviews)
    if link is None:
        return ""
    add_link(clip, link)
    return link.take.take_id


def link_timeline(timeline: Any, job: Path, *, media_root: Path) -> int:
    """Do the same for every clip of a timeline; return how many show a take."""
    return sum(bool(link_clip(clip, job, media_root=media_root)) for clip in video_clips(timeline))


@dataclass(frozen=True, slots=True)
class _Finished:
    """What a ledger tells of finished takes, made ready for many clips."""

    index: TakeIndex
    homes: Homes
    """Where their media comes from."""
    plain: PlainClips
    """Tells the clips that have none."""
    reviews: Reviews
    """What was decided."""


_Key = tuple[str, str, tuple[int, int], tuple[int, int]]
_latest: list[tuple[_Key, _Finished]] = []
"""What was asked for last, nearly always what is asked for next."""


def _finished_takes(job: Path, media_root: Path) -> _Finished:
    """Return the finished takes; read until the ledger changes."""
    path, ledger, media = _places(os.fspath(job), Path.cwd().as_posix() if not job.is_absolute() else "")
    # a shared ledger is no file here, but every new medium changes the folder of media
    key = (path, str(media_root), _state_of(ledger), _state_of(media))
    for known, finished in _latest:
        if known == key:
            return finished
    with _reading:
        finished = _read(*key)
        _latest[:] = [(key, finished)]
        return finished


@lru_cache(maxsize=64)
def _places(job: str, _folder: str) -> tuple[str, str, str]:
    """Return a job's path, and those of what changes with it; *_folder* is where a relative one begins."""
    path = os.path.abspath(job)  # noqa: PTH100 - as it was named, links unread
    return path, f"{path}/private/ledger.sqlite", f"{path}/media"


def _state_of(path: str) -> tuple[int, int]:
    """Return what changes when a file does, or when another one comes to stand under its name."""
    try:
        found = os.stat(path)  # noqa: PTH116 - this is done for every clip
    except OSError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns


@lru_cache(maxsize=8)
def _read(path: str, media_root: str, _ledger: tuple[int, int], _media: tuple[int, int]) -> _Finished:
    with Job(os.path.realpath(path)) as job, uncollected():
        finish, every = finish_for(job), job.takes()
        finished = [replace(take, media=_present(take, finish)) for take in every if state_of(take) is TakeState.READY]
        homes = homes_of(job, media_root=Path(media_root), known=every)
        said = {(use.clip_name, use.take_id): use.review for use in reviews(job)} if job.ledger.timelines() else {}
    index = TakeIndex(finished, media_root=Path(media_root))
    return _Finished(index, homes, PlainClips(index, homes), said)


def _present(take: TakeRecord, finish: Finish) -> tuple[Conformed, ...]:
    """Return a take's media that is there, what is made as the job was told last before the rest."""
    there = [media for media in take.media if Path(media.path).is_file()]
    return tuple(sorted(there, key=lambda media: not finish.served_by(media)))
