"""Conform: make the outputs that are home fit the clips that show them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from otio_cometapi.editorial.hosts import HostPreset, resolved
from otio_cometapi.editorial.relink import reel_of
from otio_cometapi.errors import ConformRefusedError, FarmError, MediaError, SettingsError
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs import choices
from otio_cometapi.jobs.states import TakeState
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.pipeline import extensions
from otio_cometapi.pipeline.cutting import sources_of
from otio_cometapi.pipeline.deliver import remembered_delivery
from otio_cometapi.pipeline.executor import Executor, Works, at_hand, see_file, see_folder
from otio_cometapi.pipeline.job import Job, clips_of
from otio_cometapi.pipeline.options import FinishWish, Trouble
from otio_cometapi.pipeline.parts import piece_of
from otio_cometapi.pipeline.work import fit, ruled, unruled
from otio_cometapi.records import (
    CONFORM_POLICIES,
    MEDIA_CODECS,
    MEDIA_SOUNDS,
    Conformed,
    Finish,
    ShotUse,
    TakeRecord,
    TimelineRecord,
)
from otio_cometapi.records.orders import FitOrder

_AS_BEFORE = FinishWish()
_CHOICE = "media"
_CHOICES = {"policy": CONFORM_POLICIES, "codec": MEDIA_CODECS, "sound": MEDIA_SOUNDS, "align": ("no", "yes")}


@dataclass(frozen=True, slots=True)
class Medium:
    """One medium that is to be made of a take."""

    take: TakeRecord
    """The take."""
    clip: str
    """The clips that show it, for people."""
    noted: bool
    """Whether something was told of the take before, which is over when the medium is there."""


def conform(
    job: Job,
    *,
    timeline: TimelineRecord | None = None,
    take_ids: tuple[str, ...] | None = None,
    wish: FinishWish = _AS_BEFORE,
    executor: Executor | None = None,
    listener: Listener = ignore,
) -> tuple[Trouble, ...]:
    """
    Make media of every output that is home, for every place in clip space where a clip shows it.

    Args:
        job: The job.
        timeline: Only for clips of this timeline; None: of all.
        take_ids: Of these takes only; None: of all.
        wish: How the media is made.
        executor: Makes it; None: threads of this machine.
        listener: Told of every medium.

    Returns:
        What does not fit; the other takes went on.

    Raises:
        SettingsError: There is no such policy, codec or sound.
    """
    finish = finish_for(job, wish)
    problems: list[Trouble] = []
    with at_hand(executor) as maker:
        orders = orders_to_fit(job, timeline, take_ids, finish, problems, listener)
        for about, future in Works(maker, fit, orders):
            try:
                made = future.result()
                see_file(Path(made.path), clock=job.clock)
            except (MediaError, FarmError) as exc:
                problems.append(_unfit(job, about, exc, listener))
                continue
            _entered(job, about, made, listener)
    return tuple(problems)


def finish_for(job: Job, wish: FinishWish = _AS_BEFORE) -> Finish:
    """
    Return how a job's media is made: what is wished for now, else what was wished for last, else the usual.

    What is wished for now is remembered, so that `resume` goes on as `run` began.

    Raises:
        SettingsError: There is no such policy, codec or sound.
    """
    known = {name: value for name, value in choices.remembered(job.ledger, _CHOICE).items() if name in _CHOICES}
    wished = {name: str(value) for name in _CHOICES if (value := getattr(wish, name)) is not None}
    if wish.align is not None:
        wished["align"] = "yes" if wish.align else "no"
    _check_choices(wished)
    asked = {**known, **wished}
    if asked != known:
        choices.remember(job.ledger, _CHOICE, asked)
    usual, wish = Finish(), for_host(wish, resolved(remembered_delivery(job), suffix=""))
    made = Finish(
        policy=asked.get("policy", usual.policy),
        codec=asked.get("codec", usual.codec),
        sound=asked.get("sound", usual.sound),
        sound_beside_timecode=wish.sound_beside_timecode is not False,
        dnxhr_in=wish.dnxhr_in or usual.dnxhr_in,
        align=asked.get("align") == "yes",
    )
    return ruled(made)


def _check_choices(wished: Mapping[str, str]) -> None:
    for name, value in wished.items():
        added = extensions.CONFORM_POLICIES.names() if name == "policy" and value not in CONFORM_POLICIES else ()
        if value not in (*_CHOICES[name], *added):
            noun = "conform policy" if name == "policy" else name
            choose = ", ".join([*_CHOICES[name], *added])
            raise SettingsError(f"there is no {noun} '{value}' for media.", next_step=f"Choose one of {choose}.")


def for_host(wish: FinishWish, preset: HostPreset) -> FinishWish:
    """Return a wish with what it leaves open as a host takes it."""
    beside = preset.sound_beside_timecode if wish.sound_beside_timecode is None else wish.sound_beside_timecode
    return replace(wish, sound_beside_timecode=beside, dnxhr_in=wish.dnxhr_in or preset.dnxhr_in)


def serves(media: Conformed, finish: Finish) -> bool:
    """Tell whether media is there, and made as it is wanted now."""
    return finish.served_by(media) and Path(media.path).is_file()


def orders_to_fit(
    job: Job,
    timeline: TimelineRecord | None,
    take_ids: tuple[str, ...] | None,
    finish: Finish,
    problems: list[Trouble],
    listener: Listener,
) -> Iterator[tuple[Medium, FitOrder]]:
    """Yield an order for every medium that is missing; what cannot even be ordered is told among *problems*."""
    which = timeline.timeline_id if timeline else None
    names = job.ledger.uses_by_take(timeline_id=which, take_ids=take_ids)
    for take in job.takes(timeline=timeline, take_ids=take_ids):
        if state_of(take) not in (TakeState.HOME, TakeState.READY):
            continue
        origins = {each.origin for each in take.media}
        for start, uses in _by_start(take, names.get(take.take_id, ())).items():
            if any(each.origin == uses[0].origin and serves(each, finish) for each in take.media):
                continue
            about = Medium(take, clips_of(take), noted=any(part.message for part in take.parts))
            listener(Event(Stage.CONFORM, "conforming", take_id=take.take_id, clip=about.clip))
            first = origins <= {uses[0].origin}
            origins.add(uses[0].origin)
            try:
                yield about, _order(job, take, uses, start, finish, first=first)
            except MediaError as exc:
                problems.append(_unfit(job, about, exc, listener))


def _by_start(take: TakeRecord, uses: tuple[ShotUse, ...]) -> dict[int, tuple[ShotUse, ...]]:
    """Group the uses of a take by the number that its first frame has in their clip space."""
    starts: dict[int, tuple[ShotUse, ...]] = {}
    for use in uses:
        start = use.number_of(take.span.first_frame)
        starts[start] = (*starts.get(start, ()), use)
    return starts


def _order(
    job: Job, take: TakeRecord, uses: tuple[ShotUse, ...], start: int, finish: Finish, *, first: bool
) -> FitOrder:
    """
    Order one medium.

    Raises:
        MediaError: The ledger does not know what was sent, or there is no folder for media.
    """
    visible = uses[0].visible
    for use in uses[1:]:
        visible = visible.joined(use.visible)
    pieces = [piece_of(job, part) for part in take.parts]
    unmoved = replace(finish, align=False)
    place = "" if first else f"_at{start}"
    see_folder(job.folder.media)
    known = next((media.checks for media in take.media if media.checks), ())
    sent = [piece.export.path for piece in pieces if not known and Path(piece.export.path).is_file()]
    heard = sources_of(take.info) if finish.sound == "source" else ()
    return FitOrder(
        outputs=tuple(str(piece.output) for piece in pieces),
        exports=tuple(piece.export for piece in pieces),
        checks=known,
        source=take.info,
        visible=visible,
        start_frame=start,
        finish=replace(unruled(finish), reel=reel_of(take.take_id)),
        into=str(_media_path(job, take, uses[0].clip_name, place, finish)),
        into_unmoved=str(_media_path(job, take, uses[0].clip_name, place, unmoved)),
        needs=(*(str(piece.output) for piece in pieces), *sent, *heard, str(job.folder.media)),
    )


def _entered(job: Job, about: Medium, made: Conformed, listener: Listener) -> None:
    take_id = about.take.take_id
    job.ledger.media_made(take_id, made)
    if about.noted:
        job.ledger.noted(take_id, "")  # what did not fit before does now
    listener(Event(Stage.CONFORM, f"fits by {made.policy}", take_id=take_id, clip=about.clip, progress=1.0))


def _unfit(job: Job, about: Medium, error: MediaError | FarmError, listener: Listener) -> Trouble:
    error.clip = error.clip or about.clip
    if isinstance(error, ConformRefusedError):
        error.next_step = error.next_step or "The output is kept in the job."
    take_id = about.take.take_id
    job.ledger.noted(take_id, str(error))
    listener(Event(Stage.CONFORM, str(error), take_id=take_id, clip=about.clip, problem=True))
    return Trouble(str(error), take_id)


_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)$")


def safe_name(text: str, *, limit: int = 60) -> str:
    """Return *text* as part of a file name that every platform takes: letters, digits, ``-`` and ``_``."""
    flat = unicodedata.normalize("NFKC", text)
    kept = re.sub(r"[^\w-]+", "_", flat, flags=re.UNICODE).strip("_-")[:limit]
    while len(kept.encode("utf-8")) > 2 * limit:  # file names are limited in bytes, 255 on most systems
        kept = kept[:-1]
    return "clip" if not kept or _RESERVED.match(kept) else kept


def _media_path(job: Job, take: TakeRecord, clip_name: str, place: str, finish: Finish) -> Path:
    """Name media so that hosts that relink by file name tell takes, numberings and finishes apart."""
    identity = take.take_id.partition("-")[2][:8]
    kind = "" if finish.variant == Finish().variant else f"_{finish.variant.replace('+', '_')}"
    name = f"{safe_name(Path(clip_name).stem)}_t{take.number:02d}_{identity}{place}{kind}"
    return job.folder.media / f"{name}.{finish.container}"
