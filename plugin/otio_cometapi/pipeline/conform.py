"""Conform: make the outputs that are home fit the clips that show them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TypedDict, Unpack

from otio_cometapi.editorial.hosts import HostPreset, resolved
from otio_cometapi.editorial.relink import reel_of
from otio_cometapi.errors import ConformRefusedError, MediaError, SettingsError
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs import choices
from otio_cometapi.jobs.states import TakeState
from otio_cometapi.jobs.takes import state_of, takes
from otio_cometapi.media.checks import checked
from otio_cometapi.media.conform import conform as fitted
from otio_cometapi.media.joined import Piece, conform_parts
from otio_cometapi.media.memory import give_back
from otio_cometapi.media.policies import RuledFinish
from otio_cometapi.pipeline import extensions
from otio_cometapi.pipeline.deliver import remembered_delivery
from otio_cometapi.pipeline.job import Job, clips_of
from otio_cometapi.pipeline.options import FinishWish, Trouble
from otio_cometapi.pipeline.parts import piece_of
from otio_cometapi.records import (
    CONFORM_POLICIES,
    MEDIA_CODECS,
    MEDIA_SOUNDS,
    Checks,
    Conformed,
    Finish,
    MediaInfo,
    ShotUse,
    Span,
    TakeRecord,
    TimelineRecord,
)

_AS_BEFORE = FinishWish()
_CHOICE = "media"
_CHOICES = {"policy": CONFORM_POLICIES, "codec": MEDIA_CODECS, "sound": MEDIA_SOUNDS, "align": ("no", "yes")}


class _Facts(TypedDict):
    """What conforming takes, whether there is one output or several."""

    source: MediaInfo
    visible: Span
    start_frame: int
    drop_frame: bool
    into: Path
    finish: Finish


def conform(
    job: Job,
    *,
    timeline: TimelineRecord | None = None,
    take_ids: tuple[str, ...] | None = None,
    wish: FinishWish = _AS_BEFORE,
    listener: Listener = ignore,
) -> tuple[Trouble, ...]:
    """
    Make media of every output that is home, for every place in clip space where a clip shows it.

    Returns:
        What does not fit; the other takes went on.

    Raises:
        SettingsError: There is no such policy, codec or sound.
    """
    finish = finish_for(job, wish)
    problems = []
    which = timeline.timeline_id if timeline else None
    names = job.ledger.uses_by_take(timeline_id=which, take_ids=take_ids)
    for take in takes(job.ledger, take_ids=take_ids, timeline_id=which):
        if state_of(take) not in (TakeState.HOME, TakeState.READY):
            continue
        for start, uses in _by_start(take, names.get(take.take_id, ())).items():
            if any(each.origin == uses[0].origin and serves(each, finish) for each in take.media):
                continue
            problem = _conform_take(job, take, uses, start=start, finish=finish, listener=listener)
            give_back()
            problems += [problem] if problem else []
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
    if made.policy in CONFORM_POLICIES:
        return made
    values = {each.name: getattr(made, each.name) for each in fields(made)}
    return RuledFinish(**values, rule=extensions.conform_policy(made.policy))


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


def _by_start(take: TakeRecord, uses: tuple[ShotUse, ...]) -> dict[int, tuple[ShotUse, ...]]:
    """Group the uses of a take by the number that its first frame has in their clip space."""
    starts: dict[int, tuple[ShotUse, ...]] = {}
    for use in uses:
        start = use.number_of(take.span.first_frame)
        starts[start] = (*starts.get(start, ()), use)
    return starts


def _conform_take(
    job: Job, take: TakeRecord, uses: tuple[ShotUse, ...], *, start: int, finish: Finish, listener: Listener
) -> Trouble | None:
    """Make and enter one medium; return what does not fit, or nothing."""
    clip = clips_of(take)
    listener(Event(Stage.CONFORM, "conforming", take_id=take.take_id, clip=clip))
    visible = uses[0].visible
    for use in uses[1:]:
        visible = visible.joined(use.visible)
    try:
        pieces = [piece_of(job, part) for part in take.parts]
        checks = _checks_of(take, pieces)
        if not any(each.alignment.is_shifted for each in checks):
            finish = replace(finish, align=False)  # there is nothing to move, so it is the same media
        facts = _Facts(
            source=take.info,
            visible=visible,
            start_frame=start,
            drop_frame=take.info.drop_frame,
            into=_media_path(job, take, uses[0].clip_name, start, finish),
            finish=replace(finish, reel=reel_of(take.take_id)),
        )
        aligned = [replace(piece, alignment=each.alignment) for piece, each in zip(pieces, checks, strict=True)]
        made = conform_parts(aligned, **facts) if len(aligned) > 1 else _fitted(aligned[0], **facts)
    except MediaError as exc:
        exc.clip = exc.clip or clip
        if isinstance(exc, ConformRefusedError):
            exc.next_step = exc.next_step or "The output is kept in the job."
        job.ledger.noted(take.take_id, str(exc))
        listener(Event(Stage.CONFORM, str(exc), take_id=take.take_id, clip=clip, problem=True))
        return Trouble(str(exc), take.take_id)
    job.ledger.media_made(take.take_id, replace(made, checks=checks))
    if any(part.message for part in take.parts):
        job.ledger.noted(take.take_id, "")  # what did not fit before does now
    listener(Event(Stage.CONFORM, f"fits by {made.policy}", take_id=take.take_id, clip=clip, progress=1.0))
    return None


def _fitted(piece: Piece, **facts: Unpack[_Facts]) -> Conformed:
    return fitted(piece.output, export=piece.export, alignment=piece.alignment, **facts)


def _checks_of(take: TakeRecord, pieces: list[Piece]) -> tuple[Checks, ...]:
    """Return what was found of a take's outputs before, or look now."""
    known = next((media.checks for media in take.media if media.checks), None)
    return known or tuple(checked(piece.output, export=piece.export) for piece in pieces)


_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)$")


def safe_name(text: str, *, limit: int = 60) -> str:
    """Return *text* as part of a file name that every platform takes: letters, digits, ``-`` and ``_``."""
    flat = unicodedata.normalize("NFKC", text)
    kept = re.sub(r"[^\w-]+", "_", flat, flags=re.UNICODE).strip("_-")[:limit]
    while len(kept.encode("utf-8")) > 2 * limit:  # file names are limited in bytes, 255 on most systems
        kept = kept[:-1]
    return "clip" if not kept or _RESERVED.match(kept) else kept


def _media_path(job: Job, take: TakeRecord, clip_name: str, start: int, finish: Finish) -> Path:
    """Name media so that hosts that relink by file name tell takes, numberings and finishes apart."""
    origin = start - take.span.first_frame
    first = all(each.origin == origin for each in take.media)
    identity = take.take_id.partition("-")[2][:8]
    place = "" if first else f"_at{start}"
    kind = "" if finish.variant == Finish().variant else f"_{finish.variant.replace('+', '_')}"
    name = f"{safe_name(Path(clip_name).stem)}_t{take.number:02d}_{identity}{place}{kind}"
    return job.folder.media / f"{name}.{finish.container}"
