"""Strip: how every clip of a job's timeline stands, ready to be drawn."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from otio_cometapi.editorial.listing import listed_clips
from otio_cometapi.jobs.states import FOR_A_PERSON, MEANING, TakeState
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.jobs.uses import uses_with_timelines
from otio_cometapi.pipeline.job import Job
from otio_cometapi.records import Strip, StripSegment, StripState, TakeRecord, TimelineRecord
from otio_cometapi.review.strip import strip_svg

__all__ = ["strip_of", "strip_svg"]


def strip_of(job: Job, *, timeline: TimelineRecord | None = None) -> Strip:
    """
    Tell of every clip of a timeline whether it is replaced, pending, failed or left out. Offline; nothing changes.

    A clip with several takes stands as its best one. Clips that are nowhere seen in the timeline are not drawn.

    Args:
        job: The job.
        timeline: One of its timelines; None: the latest.

    Raises:
        JobError: The job has no timeline, or its copy or ledger cannot be read.
    """
    which = timeline or job.timeline()
    takes = {take.take_id: take for take in job.takes(timeline=which)}
    of_clip: dict[int, list[TakeRecord]] = {}
    for take_id, number, use in uses_with_timelines(job.ledger):
        if number == which.timeline_id and take_id in takes:
            of_clip.setdefault(use.clip_index, []).append(takes[take_id])
    listed = listed_clips(job.original(which))
    segments = []
    for index, clip in enumerate(listed):
        if clip.record is not None:
            state, note = _standing(of_clip.get(index, ()))
            segments.append(StripSegment(*clip.record, state=state, clip=clip.name, track=clip.track, note=note))
    return Strip(
        title=which.name,
        rate=listed[0].rate if listed else Fraction(24),
        tracks=tuple(dict.fromkeys(clip.track for clip in listed)),
        segments=tuple(segments),
        drop_frame=any(clip.drop_frame for clip in listed),
    )


_ORDER = (StripState.REPLACED, StripState.PENDING, StripState.FAILED)


def _standing(takes: Iterable[TakeRecord]) -> tuple[StripState, str]:
    """Return how a clip with these takes stands, and what is to be known of it."""
    ranked = sorted(takes, key=lambda take: _ORDER.index(_state(take)))
    if not ranked:
        return StripState.LEFT_OUT, ""
    best = ranked[0]
    state = _state(best)
    if state is StripState.REPLACED:
        return state, best.look.prompt
    said = next((part.message for part in best.parts if part.message), "") or MEANING[state_of(best)]
    return state, f"{best.look.prompt}: {said}"


def _state(take: TakeRecord) -> StripState:
    state = state_of(take)
    if state is TakeState.READY:
        return StripState.REPLACED
    return StripState.FAILED if state in FOR_A_PERSON else StripState.PENDING
