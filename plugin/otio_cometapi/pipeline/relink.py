"""Relink: show finished takes in a timeline, beside the originals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otio_cometapi.editorial import timeline_io
from otio_cometapi.editorial.outputs import check_writable
from otio_cometapi.editorial.relink import timeline_relinked
from otio_cometapi.editorial.spans import source_timecode
from otio_cometapi.errors import WrongUsageError, sentence
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs.states import MEANING, TakeState
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.pipeline.conform import conform
from otio_cometapi.pipeline.job import Job, clips_of, same_file
from otio_cometapi.pipeline.options import Trouble
from otio_cometapi.records import Conformed, Link, ShotUse, TakeRecord, TimelineRecord


@dataclass(frozen=True, slots=True)
class Relinked:
    """A timeline that shows its takes."""

    timeline: Any
    """A copy of the job's timeline, as an OTIO object."""
    clips: tuple[str, ...]
    """Names of the clips that show a take now."""
    missing: tuple[Trouble, ...]
    """What is not shown, and why."""
    notes: tuple[str, ...] = ()
    """What a person should know of how the media fits, each a sentence."""


def relink(
    job: Job,
    *,
    timeline: TimelineRecord | None = None,
    conform_missing: bool = True,
    listener: Listener = ignore,
) -> Relinked:
    """
    Lay the finished takes of a timeline onto a copy of it. Offline: neither network nor money is touched.

    Args:
        job: The job.
        timeline: One of the job's timelines; None: its latest.
        conform_missing: Make media of outputs that are home and were not made to fit yet.
        listener: Told of media that are made.

    Raises:
        JobError: The job has no timeline, or its copy is gone.
    """
    which = timeline or job.timeline()
    if conform_missing:
        conform(job, timeline=which, listener=listener)
    takes = {take.take_id: take for take in job.takes(timeline=which)}
    links: list[Link] = []
    missing: dict[str, Trouble] = {}
    for take_id, uses in job.ledger.uses_by_take(timeline_id=which.timeline_id).items():
        take = takes[take_id]
        for use in uses:
            media = _media_for(take, use)
            if media is None:
                missing[take_id] = _why_not(take)
            else:
                links.append(_link(take, use, media))
    links.sort(key=lambda link: (link.clip_index, -link.take.number))  # the last link of a clip is the active one
    shown = timeline_relinked(job.original(which), links, in_place=True)
    names = {link.clip_index: link.clip_name for link in links}
    listener(Event(Stage.RELINK, f"{len(names)} clips show a take"))
    notes = [f"clip '{link.clip_name}': {note}" for link in links for note in link.media.notes]
    return Relinked(shown, tuple(names.values()), tuple(missing.values()), tuple(dict.fromkeys(notes)))


def write(
    result: Relinked, output: Path, *, arguments: Mapping[str, object] | None = None, listener: Listener = ignore
) -> tuple[str, ...]:
    """
    Write a relinked timeline, in any format that OTIO can write.

    Returns:
        What that format cannot keep, each a sentence.

    Raises:
        EditorialError: It cannot be written there.
    """
    warnings = timeline_io.write_timeline(result.timeline, output, arguments=arguments)
    for warning in warnings:
        listener(Event(Stage.RELINK, warning, problem=True))
    return warnings


def check_output(output: Path, *, timeline: Path | None) -> None:
    """
    See, before anything is spent, that the relinked timeline can be written.

    Raises:
        CometError: It would overwrite the input, or its folder or format cannot be written.
    """
    if timeline is not None and same_file(output, timeline):
        raise WrongUsageError(
            f"the output {output} is the input timeline, which is never changed.", next_step="Name another output."
        )
    check_writable(output)


def _media_for(take: TakeRecord, use: ShotUse) -> Conformed | None:
    for media in take.media:
        if media.origin == use.origin and media.span.contains(use.visible) and Path(media.path).is_file():
            return media
    return None


def _link(take: TakeRecord, use: ShotUse, media: Conformed) -> Link:
    return Link(
        clip_index=use.clip_index,
        clip_name=use.clip_name,
        media=media,
        reference_rate=use.reference_rate,
        source_key=use.source_key,
        take=take,
        source_timecode=source_timecode(take.info, frame=media.span.first_frame, number=media.start_frame),
    )


def _why_not(take: TakeRecord) -> Trouble:
    state = state_of(take)
    gone = "Its media does not cover the clip, or is gone from the disk."
    said = next((part.message for part in take.parts if part.message), "")
    sentences = [f"clip '{clips_of(take)}' shows its original; its take {take.take_id[:11]} is {state}."]
    if said and state is not TakeState.ABANDONED:
        sentences.append(sentence(said))
    if not said or state in (TakeState.SUBMIT_UNKNOWN, TakeState.ABANDONED):
        sentences.append(gone if state is TakeState.READY else MEANING[state])
    return Trouble(" ".join(sentences), take.take_id)
