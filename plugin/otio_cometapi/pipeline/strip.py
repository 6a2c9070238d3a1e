"""Strip: how every clip of a job's timeline stands, ready to be drawn."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from otio_cometapi.editorial.listing import listed_clips
from otio_cometapi.jobs.states import FOR_A_PERSON, MEANING, TakeState
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.jobs.uses import uses_with_timelines
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.judge import reviews_by_use
from otio_cometapi.records import UNSEEN, Strip, StripSegment, StripState, TakeRecord, TimelineRecord
from otio_cometapi.review.strip import strip_svg

__all__ = ["strip_of", "strip_svg"]


def strip_of(job: Job, *, timeline: TimelineRecord | None = None, linked: bool = False, told: bool = True) -> Strip:
    """
    Tell of every clip of a timeline whether it is replaced, pending, failed or left out. Offline; nothing changes.

    A clip with several takes stands as its best one; rejected takes count for nothing. Clips that are nowhere seen in
    the timeline are not drawn.

    Args:
        job: The job.
        timeline: One of its timelines; None: the latest.
        linked: Whether clips that have takes lead to their places on the review page.
        told: Whether messages are shown, which may name files of this machine.

    Raises:
        JobError: The job has no timeline, or its copy or ledger cannot be read.
    """
    which = timeline or job.timeline()
    takes = {take.take_id: take for take in job.takes(timeline=which)}
    judged = reviews_by_use(job, which)
    of_clip: dict[int, list[TakeRecord]] = {}
    for take_id, number, use in uses_with_timelines(job.ledger):
        if number == which.timeline_id and take_id in takes:
            standing = of_clip.setdefault(use.clip_index, [])
            if not judged.get((use.clip_index, take_id), UNSEEN).rejected:
                standing.append(takes[take_id])
    listed = listed_clips(job.original(which))
    segments = []
    for index, clip in enumerate(listed):
        if clip.record is not None:
            state, note = _standing(of_clip.get(index), told=told)
            href = f"#clip-{index}" if linked and index in of_clip else ""
            segments.append(StripSegment(*clip.record, state, clip.name, clip.track, note=note, href=href))
    return Strip(
        title=which.name,
        rate=listed[0].rate if listed else Fraction(24),
        tracks=tuple(dict.fromkeys(clip.track for clip in listed)),
        segments=tuple(segments),
        drop_frame=any(clip.drop_frame for clip in listed),
    )


_ORDER = (StripState.REPLACED, StripState.PENDING, StripState.FAILED)


def _standing(takes: Iterable[TakeRecord] | None, *, told: bool) -> tuple[StripState, str]:
    """Return how a clip with these takes stands, and what is to be known of it; None: none was asked for."""
    if takes is None:
        return StripState.LEFT_OUT, ""
    ranked = sorted(takes, key=lambda take: _ORDER.index(_state(take)))
    if not ranked:
        return StripState.LEFT_OUT, "Its takes are rejected."
    best = ranked[0]
    state = _state(best)
    if state is StripState.REPLACED:
        return state, best.look.prompt
    said = next((part.message for part in best.parts if part.message and told), "") or MEANING[state_of(best)]
    return state, f"{best.look.prompt}: {said}"


def _state(take: TakeRecord) -> StripState:
    state = state_of(take)
    if state is TakeState.READY:
        return StripState.REPLACED
    return StripState.FAILED if state in FOR_A_PERSON else StripState.PENDING
