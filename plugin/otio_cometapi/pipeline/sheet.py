"""Sheet: what the review page shows of one timeline of a job."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from otio_cometapi.clock import utc_text
from otio_cometapi.editorial.listing import ListedClip, listed_clips
from otio_cometapi.errors import JobError
from otio_cometapi.jobs.costs import Cost, costs
from otio_cometapi.jobs.states import MEANING
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.pipeline.chosen import chosen_last
from otio_cometapi.pipeline.conform import finish_for
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.judge import reviews
from otio_cometapi.pipeline.relink import links_of
from otio_cometapi.pipeline.sheet_files import Pair
from otio_cometapi.pipeline.strip import strip_of, strip_svg
from otio_cometapi.records import (
    UNSEEN,
    Conformed,
    Look,
    ReviewedUse,
    Sheet,
    SheetClip,
    SheetTake,
    SheetTimeline,
    ShotUse,
    TakeRecord,
    TimelineRecord,
)
from otio_cometapi.records.plain import plain

_KEYS = 1
"""Part of every file's name: what is made of a take may look otherwise in a later version."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of a timeline's takes."""

    takes: dict[str, TakeRecord]
    media: dict[tuple[int, str], Conformed]
    shown: dict[int, str]
    reviews: dict[tuple[int, str], ReviewedUse]
    costs: dict[str, Cost]

    def judged(self, use: ShotUse, take: TakeRecord) -> ReviewedUse:
        """Return what people said of a take on a clip."""
        unseen = ReviewedUse(use.clip_index, use.clip_name, take.take_id, UNSEEN)
        return self.reviews.get((use.clip_index, take.take_id), unseen)


def sheet(
    job: Job, *, timeline: TimelineRecord | None = None, told: bool = True, strip: bool = True
) -> tuple[Sheet, dict[str, Pair]]:
    """
    Return every clip of a timeline that has takes, with those; and by its key what there is to look at.

    Nothing is made, and nothing is asked of the service.

    Args:
        job: The job.
        timeline: One of the job's timelines; None: its latest.
        told: Whether the strip shows messages, which may name files of this machine.
        strip: Whether the strip is drawn.

    Raises:
        JobError: The job has no timeline, or its ledger is damaged.
    """
    which = timeline or job.timeline()
    facts = _facts(job, which)
    uses: dict[int, list[tuple[TakeRecord, ShotUse]]] = {}
    for take_id, shown in job.ledger.uses_by_take(timeline_id=which.timeline_id).items():
        for use in shown:
            if take_id in facts.takes:
                uses.setdefault(use.clip_index, []).append((facts.takes[take_id], use))
    places = _places(job, which)
    pairs: dict[str, Pair] = {}
    clips = []
    for index in sorted(uses):
        use = uses[index][0][1]
        place = places[index] if index < len(places) else ListedClip(use.clip_name, "", "", "", "")
        clips.append(_clip(place, sorted(uses[index], key=lambda each: each[0].number), facts, pairs))
    drawn = strip_svg(strip_of(job, timeline=which, linked=True, told=told)) if places and strip else ""
    found = Sheet(
        job=job.path.name,
        timeline=which.name,
        clips=tuple(clips),
        strip=drawn,
        timeline_id=which.timeline_id,
        timelines=tuple(
            SheetTimeline(each.timeline_id, each.name, _timeline_facts(each)) for each in shown_timelines(job, which)
        ),
    )
    return found, pairs


def shown_timelines(job: Job, which: TimelineRecord) -> tuple[TimelineRecord, ...]:
    """Return the timelines that a page can show, newest first: of each name and file the latest, or *which* itself."""
    latest = {(each.name, each.source_path): each for each in job.ledger.timelines()}
    latest[which.name, which.source_path] = which
    return tuple(sorted(latest.values(), key=lambda each: each.timeline_id, reverse=True))


def _timeline_facts(timeline: TimelineRecord) -> str:
    added = utc_text(timeline.added_at)
    return f"{_name(timeline.source_path)}, {added}" if timeline.source_path else added


def _facts(job: Job, which: TimelineRecord) -> _Facts:
    takes = {take.take_id: take for take in job.takes(timeline=which)}
    links, _ = links_of(job, which, finish_for(job), takes=takes.values())
    ordered, _ = chosen_last(links, (), takes.values())
    return _Facts(
        takes=takes,
        media={(link.clip_index, link.take.take_id): link.media for link in links},
        shown={link.clip_index: link.take.take_id for link in ordered},
        reviews={(each.clip_index, each.take_id): each for each in reviews(job, timeline=which)},
        costs=costs(job.ledger),
    )


def _places(job: Job, which: TimelineRecord) -> tuple[ListedClip, ...]:
    try:
        return listed_clips(job.original(which))
    except JobError:  # the job's copy of the timeline is gone; the ledger alone knows the clips' names
        return ()


def _clip(
    place: ListedClip, takes: list[tuple[TakeRecord, ShotUse]], facts: _Facts, pairs: dict[str, Pair]
) -> SheetClip:
    first, use = takes[0]
    return SheetClip(
        index=use.clip_index,
        name=use.clip_name,
        track=place.track,
        record_in=place.record_in,
        record_out=place.record_out,
        source=_name(first.info.path),
        rate=first.info.rate,
        drop_frame=first.info.drop_frame,
        first_number=use.number_of(use.visible.first_frame),
        frame_count=use.visible.frame_count,
        shown=facts.shown.get(use.clip_index, ""),
        takes=tuple(_take(take, each, facts, pairs) for take, each in takes),
    )


def _take(take: TakeRecord, use: ShotUse, facts: _Facts, pairs: dict[str, Pair]) -> SheetTake:
    media = facts.media.get((use.clip_index, take.take_id))
    span = media.span if media else take.span
    original_key = _key(take.fingerprint, plain(take.info.treatment), plain(span))
    pair = Pair(
        info=take.info,
        span=span,
        media=media.path if media else "",
        head=use.visible.first_frame - span.first_frame,
        frame_count=use.visible.frame_count,
        original_key=original_key,
    )
    media_key = _key(take.take_id, _stamp(media.path)) if media else ""
    thumbnail_key = _key(media_key or original_key, pair.head, use.visible.frame_count)
    pairs.update(dict.fromkeys(filter(None, (original_key, thumbnail_key, media_key)), pair))
    state = state_of(take)
    judged = facts.judged(use, take)
    return SheetTake(
        take_id=take.take_id,
        number=take.number,
        state=state.value,
        meaning=MEANING[state],
        prompt=take.look.prompt,
        model=take.look.model,
        seed=take.look.seed,
        cost=_cost_words(facts.costs.get(take.take_id)),
        message=next((part.message for part in take.parts if part.message), ""),
        progress=next((part.progress for part in take.parts if part.progress is not None), None),
        images=tuple(_images(take.look)),
        flags=(*media.notes, *media.findings) if media else (),
        policy=media.policy if media else "",
        first_number=use.number_of(span.first_frame),
        media_frames=span.frame_count,
        head=pair.head,
        original_key=original_key,
        media_key=media_key,
        thumbnail_key=thumbnail_key,
        review=judged.review,
        said=judged.said,
    )


def _images(look: Look) -> Iterable[str]:
    """Yield the names of the images that guide a look, without the way to them."""
    for place in (*look.references, *(each.image for each in look.keyframes)):
        yield _name(urlsplit(place).path if "://" in place else place)


def _name(path: str) -> str:
    return PurePosixPath(path.replace("\\", "/")).name


def _stamp(path: str) -> tuple[int, int]:
    """Return what tells a file from one made again under its name."""
    found = Path(path).stat() if Path(path).is_file() else None
    return (found.st_mtime_ns, found.st_size) if found else (0, 0)


def _key(*facts: object) -> str:
    return hashlib.sha256(json.dumps([_KEYS, *facts]).encode()).hexdigest()[:20]


def _cost_words(cost: Cost | None) -> str:
    """Say what a take cost, as it was assumed and as the service told."""
    if cost is None or not cost.sent:
        return "nothing was sent"
    words = ["price unknown" if cost.assumed_usd is None else f"{_dollars(cost.assumed_usd)} assumed"]
    if cost.told:
        words.append(f"{float(cost.credits):g} credits told ({_dollars(cost.real_usd)})")
    if cost.unknown:
        words.append("a create without a clear answer may be charged")
    if cost.refunded:
        words.append("a task without an output cost nothing")
    return ", ".join(words)


def _dollars(amount: Fraction) -> str:
    return f"{float(amount):.2f} USD"
