"""Report: the list a production asks for, a line for every clip and take, with costs that add up to the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from otio_cometapi.editorial.listing import ListedClip, listed_clips
from otio_cometapi.errors import JobError
from otio_cometapi.jobs.costs import Cost, costs, total
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.jobs.uses import uses_with_timelines
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.judge import reviews_by_use
from otio_cometapi.records import UNSEEN, Review, ShotUse, TakeRecord, TimelineRecord, Verdict
from otio_cometapi.timecode import timecode_text


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One clip of one timeline, and one take that was made for it."""

    timeline: TimelineRecord
    """The timeline."""
    clip: ListedClip
    """The clip, where it stands in the timeline."""
    source_in: str
    """Timecode of the first source frame that the cut shows, in clip space."""
    source_out: str
    """Timecode of the source frame after the last."""
    frame_count: int
    """Source frames shown."""
    reel: str
    """The timeline's reel, else the source file's name without its ending."""
    take: TakeRecord
    """The take."""
    state: str
    """Where it stands."""
    sent_at: str
    """When its latest task was made, in UTC (ISO 8601); empty before."""
    cost: Cost | None
    """What the take cost; None on a line of a take whose cost stands on an earlier line."""
    approved_by: str = ""
    """Who approved it; empty until somebody has."""


@dataclass(frozen=True, slots=True)
class Report:
    """Every line, and the sum."""

    job: Path
    """The job folder."""
    timeline: TimelineRecord
    """The timeline that comes first."""
    lines: tuple[ReportLine, ...]
    """Its clips in their order; then, where no timeline was asked for, takes that only earlier timelines show."""
    total: Cost
    """The sum over the lines."""
    others: Cost
    """What takes cost that have no line here; nothing where no timeline was asked for."""


def report(job: Job, *, timeline: TimelineRecord | None = None) -> Report:
    """
    List clips and takes with what they cost. Nothing is asked of the service, and nothing changes.

    A take's cost stands on its first line, however many clips show it, so that a column's sum is what was spent.

    Args:
        job: The job.
        timeline: Only this timeline of the job; None: the latest, then takes that only earlier ones show.

    Raises:
        JobError: The job has no timeline, or its ledger is damaged.
    """
    first = timeline or job.timeline()
    spent = costs(job.ledger)
    lines = tuple(_lines(job, first, spent, only=timeline is not None))
    listed = {line.take.take_id for line in lines}
    return Report(
        job=job.path,
        timeline=first,
        lines=lines,
        total=total(line.cost for line in lines if line.cost),
        others=total(cost for take_id, cost in spent.items() if take_id not in listed),
    )


def _lines(job: Job, first: TimelineRecord, spent: dict[str, Cost], *, only: bool) -> Iterator[ReportLine]:
    takes = {take.take_id: take for take in job.takes()}
    records = {each.timeline_id: each for each in job.ledger.timelines()}
    uses = [(records[number], take_id, use) for take_id, number, use in uses_with_timelines(job.ledger)]
    uses.sort(key=lambda each: each[0].timeline_id != first.timeline_id)  # its own first, then the latest
    shown_in: dict[str, int] = {}
    clips: dict[int, tuple[ListedClip, ...]] = {}
    judged: dict[int, Mapping[tuple[int, str], Review]] = {}
    for record, take_id, use in uses:
        number = record.timeline_id
        if only and number != first.timeline_id:
            return
        cost = None if take_id in shown_in else spent.get(take_id, Cost())
        if shown_in.setdefault(take_id, number) != number:
            continue
        if number not in clips:
            clips[number] = _clips_of(job, record)
        places = clips[number]
        clip = places[use.clip_index] if use.clip_index < len(places) else ListedClip(use.clip_name, "", "", "", "")
        if number not in judged:
            judged[number] = reviews_by_use(job, record)
        review = judged[number].get((use.clip_index, take_id), UNSEEN)
        yield replace(_line(record, clip, use, takes[take_id], cost), approved_by=_approved_by(review))


def _approved_by(review: Review) -> str:
    return review.by if review.verdict is Verdict.APPROVED else ""


def _clips_of(job: Job, record: TimelineRecord) -> tuple[ListedClip, ...]:
    try:
        return listed_clips(job.original(record))
    except JobError:  # the job's copy of the timeline is gone; the ledger alone knows the clips' names
        return ()


def _line(record: TimelineRecord, clip: ListedClip, use: ShotUse, take: TakeRecord, cost: Cost | None) -> ReportLine:
    first = use.number_of(use.visible.first_frame)
    sent = max(part.submitted_at for part in take.parts)
    return ReportLine(
        timeline=record,
        clip=clip,
        source_in=_timecode(first, take),
        source_out=_timecode(first + use.visible.frame_count, take),
        frame_count=use.visible.frame_count,
        reel=clip.reel or Path(take.info.path).stem,
        take=take,
        state=state_of(take).value,
        sent_at=datetime.fromtimestamp(sent, UTC).isoformat(timespec="seconds") if sent else "",
        cost=cost,
    )


def _timecode(frame: int, take: TakeRecord) -> str:
    return timecode_text(frame, take.info.rate, drop_frame=take.info.drop_frame) or f"frame {frame}"
