"""Trace: timelines that came out of a host with our media in them, back to the originals that the host forgot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from otio_cometapi.editorial.active import Active, active_of
from otio_cometapi.editorial.laid_takes import laid_takes
from otio_cometapi.editorial.originals import Home, Homes, claim, has_original, put_back
from otio_cometapi.editorial.otio_errors import AdapterBorder
from otio_cometapi.editorial.relink import original_reference
from otio_cometapi.editorial.sources import OWN_KEY
from otio_cometapi.editorial.structure import cuts_of, video_clips
from otio_cometapi.errors import JobError
from otio_cometapi.jobs.takes import takes
from otio_cometapi.jobs.uses import uses_with_timelines
from otio_cometapi.records import ShotUse, TakeRecord

if TYPE_CHECKING:
    from otio_cometapi.pipeline.job import Job


def traced(timeline: Any, job: Job, *, media_root: Path) -> Any:
    """
    Return *timeline* with the original beside every medium of the job that stands alone on its clip.

    What the job knows of a take stands in for what the host forgot: a clip is known by its media's path, else by file
    name, timecode and range. A timeline in which nothing is to be done is returned as it is; else it is a copy.

    Args:
        timeline: An OTIO timeline.
        job: The job whose media may stand in it.
        media_root: Where relative addresses begin.

    Raises:
        JobError: The job cannot be read.
    """
    return traced_by(homes_of(job, media_root=media_root), timeline)[0]


def traced_by(homes: Homes, timeline: Any) -> tuple[Any, list[Active | None] | None]:
    """Return the same, and the active references of its clips where they have been read and still hold."""
    with AdapterBorder("trace the timeline's clips to their originals"):
        if not homes:
            return timeline, None
        every = video_clips(timeline)
        actives = [active_of(clip) for clip in every]
        if not any(_forgot(clip, homes, active) for clip, active in zip(every, actives, strict=True)):
            return timeline, actives
        found = list(_forgotten(timeline, homes))
        if not found:
            return timeline, actives
        result = timeline.clone()
        clips = video_clips(result)
        for index, home, is_laid in found:
            if is_laid or put_back(clips[index], home):
                claim(clips[index], home)  # laid above its original, or not to be traced: never a source
    return result, None


def _forgot(clip: Any, homes: Homes, active: Active | None) -> bool:
    """Tell whether a clip shows media of ours without its original."""
    return active is not None and isinstance(homes.of(clip, active), Home) and not has_original(clip)


def _forgotten(timeline: Any, homes: Homes) -> Iterator[tuple[int, Home, bool]]:
    """Yield the clips that show media of ours without their original; the flag: a take that lies above its original."""
    for cut in cuts_of(timeline):
        laid = laid_takes(cut, homes.shows_take)
        for place in cut.clips:
            home = homes.of(place.clip)
            if not isinstance(home, Home) or has_original(place.clip):
                continue
            is_laid = place.index in laid
            if not (is_laid and place.clip.active_media_reference_key.startswith(OWN_KEY)):
                yield place.index, home, is_laid
        cut.let_go()


def homes_of(job: Job, *, media_root: Path, known: Iterable[TakeRecord] | None = None) -> Homes:
    """
    Return every medium of a job with the original that it stands for; *known* are its takes, if they were just read.

    Raises:
        JobError: The job cannot be read.
    """
    return Homes(_homes(job, takes(job.ledger) if known is None else known), media_root=media_root)


def _homes(job: Job, every: Iterable[TakeRecord]) -> Iterator[Home]:
    known = {take.take_id: take for take in every if take.media}
    if not known:
        return
    used = tuple(uses_with_timelines(job.ledger))
    records = {each.timeline_id: each for each in job.ledger.timelines()}
    originals: dict[int, list[Any]] = {}

    def reference_of(take: TakeRecord, number: int, use: ShotUse) -> Any:
        """Return an original; the job's copy of its timeline is read when the first one is asked for."""
        if number not in originals:
            try:
                originals[number] = video_clips(job.original(records[number]))
            except JobError:  # a copy of a timeline is gone; the ledger alone says where the original lies
                originals[number] = []
        clips = originals[number]
        return original_reference(take, use, clips[use.clip_index] if use.clip_index < len(clips) else None)

    for take_id, number, use in used:
        take = known.get(take_id)
        if take is None:  # it has no media, or another process has entered it just now
            continue
        for media in take.media:
            if media.origin == use.origin:
                yield Home(take, media, use.source_key, partial(reference_of, take, number, use), use.reference_rate)
