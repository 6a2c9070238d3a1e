"""Link: lay finished takes onto single clips, as OTIO's media linkers and hooks are called. Offline, and free."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from otio_cometapi.editorial.laid_takes import stands_among_takes
from otio_cometapi.editorial.matching import Reviews, TakeIndex, clip_matches
from otio_cometapi.editorial.originals import Home, Homes, has_original, put_back
from otio_cometapi.editorial.relink import add_link
from otio_cometapi.editorial.structure import video_clips
from otio_cometapi.jobs.states import TakeState
from otio_cometapi.jobs.takes import state_of
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
    index, homes, said = _finished_takes(job, media_root)
    if stands_among_takes(clip):
        return ""
    home = homes.of(clip)
    if isinstance(home, Home) and not has_original(clip):
        put_back(clip, home)
    link = clip_matches(clip, index, reviews=said)
    if link is None:
        return ""
    add_link(clip, replace(link, clip_name=clip.name))
    return link.take.take_id


def link_timeline(timeline: Any, job: Path, *, media_root: Path) -> int:
    """Do the same for every clip of a timeline; return how many show a take."""
    return sum(bool(link_clip(clip, job, media_root=media_root)) for clip in video_clips(timeline))


def _finished_takes(job: Path, media_root: Path) -> tuple[TakeIndex, Homes, Reviews]:
    """Return the finished takes, where their media comes from, and what was decided; read until the ledger changes."""
    path = os.path.realpath(job)
    # a shared ledger is no file here, but every new medium changes the folder of media
    places = [Path(path, "private", "ledger.sqlite"), Path(path, "media")]
    changed = max((place.stat().st_mtime_ns for place in places if place.exists()), default=0)
    with _reading:
        return _read(path, str(media_root), changed)


@lru_cache(maxsize=8)
def _read(path: str, media_root: str, _changed: int) -> tuple[TakeIndex, Homes, Reviews]:
    with Job(path) as job:
        finish = finish_for(job)
        finished = [
            replace(take, media=_present(take, finish)) for take in job.takes() if state_of(take) is TakeState.READY
        ]
        homes = homes_of(job, media_root=Path(media_root))
        said = {(use.clip_name, use.take_id): use.review for use in reviews(job)} if job.ledger.timelines() else {}
    return TakeIndex(finished, media_root=Path(media_root)), homes, said


def _present(take: TakeRecord, finish: Finish) -> tuple[Conformed, ...]:
    """Return a take's media that is there, what is made as the job was told last before the rest."""
    there = [media for media in take.media if Path(media.path).is_file()]
    return tuple(sorted(there, key=lambda media: not finish.served_by(media)))
