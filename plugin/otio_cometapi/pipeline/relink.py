"""Relink: show finished takes in a timeline, beside the originals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from otio_cometapi.editorial import timeline_io
from otio_cometapi.editorial.hosts import Delivery, resolved
from otio_cometapi.editorial.outputs import check_writable
from otio_cometapi.editorial.spans import source_timecode
from otio_cometapi.errors import WrongUsageError, sentence
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs.states import MEANING, TakeState
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.pipeline.chosen import chosen_last
from otio_cometapi.pipeline.collecting import uncollected
from otio_cometapi.pipeline.conform import conform, finish_for, for_host, serves
from otio_cometapi.pipeline.deliver import Shown, check_delivery, delivered, sidecar_of
from otio_cometapi.pipeline.executor import Executor
from otio_cometapi.pipeline.job import Job, clips_of, same_file
from otio_cometapi.pipeline.judge import reviews_by_use
from otio_cometapi.pipeline.options import FinishWish, Trouble
from otio_cometapi.records import UNSEEN, Conformed, Finish, Link, Review, ShotUse, TakeRecord, TimelineRecord

_AS_BEFORE = FinishWish()
_GENERIC = Delivery()


@dataclass(frozen=True, slots=True)
class Relinked:
    """A timeline that shows its takes."""

    timeline: Any
    """A copy of the job's timeline, as an OTIO object."""
    clips: tuple[str, ...]
    """Names of the clips that show a take now."""
    missing: tuple[Trouble, ...]
    """What is not shown, and why."""
    shown: Shown
    """The same, with what its host and format cannot hold."""
    notes: tuple[str, ...] = ()
    """What a person should know of how the media fits, each a sentence."""


def relink(  # noqa: PLR0913 - keyword-only, and each is a flag of the command line
    job: Job,
    *,
    timeline: TimelineRecord | None = None,
    conform_missing: bool = True,
    wish: FinishWish = _AS_BEFORE,
    delivery: Delivery = _GENERIC,
    output: Path | None = None,
    wanted_takes: Sequence[str] = (),
    executor: Executor | None = None,
    original: Any = None,
    listener: Listener = ignore,
) -> Relinked:
    """
    Lay the finished takes of a timeline onto a copy of it. Offline: neither network nor money is touched.

    Args:
        job: The job.
        timeline: One of the job's timelines; None: its latest.
        conform_missing: Make media of outputs that are home and were not made to fit yet.
        wish: How media is made.
        delivery: The host that it is for, and how takes are laid.
        output: Where it will be written: formats differ in what they hold, and relative addresses begin there.
        wanted_takes: Which takes are shown, by number or id; without it those that people chose
            or approved, else the first of every clip. All but rejected ones are references.
        executor: Makes media; None: threads of this machine.
        original: That timeline as the job was given it, to be changed in place; None: the job's copy is read.
        listener: Told of media that are made.

    Raises:
        JobError: The job has no timeline, or its copy is gone; or no such take.
        SettingsError: There is no such policy, codec or sound.
        WrongUsageError: There is no such host, or the format cannot hold what is asked for.
    """
    which = timeline or job.timeline()
    preset = resolved(delivery, suffix=output.suffix if output else "")
    wish = for_host(wish, preset)
    if conform_missing:
        conform(job, timeline=which, wish=wish, executor=executor, listener=listener)
    finish = finish_for(job, wish)
    with uncollected():
        takes = job.takes(timeline=which)
        links, missing = links_of(job, which, finish, takes=takes)
        ordered, notes = chosen_last(links, wanted_takes, takes)
        shown = delivered(job, which, ordered, delivery, output, original)
    shown = replace(shown, notes=(*notes, *shown.notes))
    names = {link.clip_index: link.clip_name for link in ordered}
    listener(Event(Stage.RELINK, f"{len(names)} clip{' shows' if len(names) == 1 else 's show'} a take"))
    fits = [f"clip '{link.clip_name}': {note}" for link in links for note in _notes_of(link.media)]
    return Relinked(
        shown.timeline, tuple(names.values()), tuple(missing.values()), shown, notes=tuple(dict.fromkeys(fits))
    )


def write(
    result: Relinked, output: Path, *, arguments: Mapping[str, object] | None = None, listener: Listener = ignore
) -> tuple[str, ...]:
    """
    Write a relinked timeline, in any format that OTIO can write; beside it, what that cannot hold.

    Returns:
        What host and format cannot keep, each a sentence.

    Raises:
        EditorialError: It cannot be written there.
    """
    shown = result.shown
    lost = timeline_io.write_timeline(result.timeline, output, arguments=arguments, media_root=shown.media_root)
    beside: tuple[str, ...] = ()
    if shown.needs_sidecar(output):
        timeline_io.write_timeline(shown.everything, sidecar_of(output))
        beside = (f"Everything that {output.name} cannot hold stands in {sidecar_of(output)}.",)
    warnings = (*shown.notes, *lost, *shown.preset.loses, *beside)
    for warning in warnings:
        listener(Event(Stage.RELINK, warning, problem=True))
    return warnings


def check_output(output: Path, *, timeline: Path | None, delivery: Delivery = _GENERIC) -> None:
    """
    See, before anything is spent, that the relinked timeline can be written.

    Raises:
        CometError: It would overwrite the input, or its folder or format cannot be written, or not for that host.
    """
    check_delivery(delivery, output, timeline=timeline)
    if timeline is not None and same_file(output, timeline):
        raise WrongUsageError(
            f"the output {output} is the input timeline, which is never changed.", next_step="Name another output."
        )
    check_writable(output)


def links_of(
    job: Job, which: TimelineRecord, finish: Finish, *, takes: Iterable[TakeRecord]
) -> tuple[list[Link], dict[str, Trouble]]:
    """
    Return which clips of a timeline can show which takes, rejected ones too; and by take what cannot be shown.

    *takes* are those of the timeline, as they stand now.
    """
    judged = reviews_by_use(job, which)
    known = {take.take_id: take for take in takes}
    links: list[Link] = []
    missing: dict[str, Trouble] = {}
    for take_id, uses in job.ledger.uses_by_take(timeline_id=which.timeline_id).items():
        if take_id not in known:  # ordered this moment
            continue
        for use in uses:
            review = judged.get((use.clip_index, take_id), UNSEEN)
            media = media_for(known[take_id], use, finish)
            if media is not None:
                links.append(_link(known[take_id], use, media, review))
            elif not review.rejected:
                missing[take_id] = _why_not(known[take_id])
    return links, missing


def media_for(take: TakeRecord, use: ShotUse, finish: Finish) -> Conformed | None:
    """Return a take's media that shows all of a clip, made as it is wanted now; None where there is none."""
    for media in take.media:
        if media.origin == use.origin and media.span.contains(use.visible) and serves(media, finish):
            return media
    return None


def _link(take: TakeRecord, use: ShotUse, media: Conformed, review: Review) -> Link:
    return Link(
        clip_index=use.clip_index,
        clip_name=use.clip_name,
        media=media,
        reference_rate=use.reference_rate,
        source_key=use.source_key,
        take=take,
        source_timecode=source_timecode(take.info, frame=media.span.first_frame, number=media.start_frame),
        review=review,
    )


def _notes_of(media: Conformed) -> tuple[str, ...]:
    """Say how media fits, and what was found of its output."""
    return (*media.notes, *media.findings)


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
