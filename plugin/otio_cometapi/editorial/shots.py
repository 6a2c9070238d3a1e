"""Shots: the spans that are sent, each once, for all clips that show it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from otio_cometapi.editorial.parts import count_of_parts, divided
from otio_cometapi.editorial.rates import rate_label
from otio_cometapi.records import Look, Model, PlacedClip, Shot, ShotUse, Span


@dataclass(frozen=True, slots=True)
class _Room:
    """What a model takes of a source, in the source's frames."""

    most: int
    """Longest span."""
    least: int
    """Shortest span."""
    slowdown: int
    """The source's rate is divided by this."""
    overlap: int
    """Frames that neighbouring parts share; 0: a shot is one part."""

    def parts(self, frame_count: int) -> int | None:
        """Return how many parts so many frames take; None where they cannot be sent."""
        if frame_count <= self.most:
            return 1
        if not self.overlap:
            return None
        return count_of_parts(frame_count, most=self.most, least=self.least, overlap=self.overlap)

    def longest(self, frame_count: int) -> int:
        """Return how many frames can be sent with no more parts than so many take."""
        if frame_count <= self.most:
            return self.most
        found = divided(Span(0, frame_count, Fraction(1)), most=self.most, least=self.least, overlap=self.overlap)
        if found is None:
            return frame_count
        number, shared = len(found), found[0].shared(found[1]).frame_count
        longest = number * self.most - (number - 1) * shared  # with more frames the overlap may be another one
        while longest > frame_count and self.parts(longest) != number:
            longest -= 1
        return longest


def shots_for(
    placed: Sequence[PlacedClip],
    *,
    models: Mapping[str, Model],
    model_for: Callable[[str], Model],
    handles: int,
    explicit_handles: bool = False,
    overlap: int = 0,
) -> tuple[tuple[Shot, ...], dict[int, str]]:
    """
    Join placed clips into shots and give them handles.

    Clips of one file and one look whose spans (handles included) overlap share a shot, if that takes no part more than
    the longest of them alone. Handles shrink before a shot would pass the model's longest input, or take a part more;
    a shot under its shortest is widened into the media, and held frames are added where there is none.

    Args:
        placed: Selected clips laid onto their files.
        models: The model table, to name models that would fit.
        model_for: The model of an id, known or not.
        handles: Extra frames wanted before and after, in source frames.
        explicit_handles: Whether the user asked for that number; then less is told.
        overlap: Frames that the parts of a shot share where it is longer than the model takes; 0: such a shot is left
            out.

    Returns:
        The shots, by their first clip, and for every clip left out (by its index) the reason.
    """
    groups, left_out = _by_look(placed, models, model_for, overlap)
    shots: list[Shot] = []
    for clips in groups:
        room = _room(model_for(_look_of(clips[0]).model), clips[0].info.rate, overlap)
        shots.extend(
            _shot(run, room, handles=handles, explicit=explicit_handles) for run in _runs(clips, room, handles)
        )
    shots.sort(key=lambda shot: shot.uses[0].clip_index)
    return tuple(shots), left_out


def _by_look(
    placed: Sequence[PlacedClip], models: Mapping[str, Model], model_for: Callable[[str], Model], overlap: int
) -> tuple[list[list[PlacedClip]], dict[int, str]]:
    """Return the clips that may share shots together, and the reason for each that its model does not take."""
    groups: dict[tuple[str, Fraction, Look, int], list[PlacedClip]] = {}
    left_out: dict[int, str] = {}
    for clip in placed:
        look = _look_of(clip)
        model = model_for(look.model)
        room = _room(model, clip.info.rate, overlap)
        if room.parts(clip.visible.frame_count) is None:
            left_out[clip.clip.index] = _too_long(clip, model, room, models.values())
        else:
            groups.setdefault((clip.info.path, clip.info.rate, look, clip.clip.takes), []).append(clip)
    return list(groups.values()), left_out


def _look_of(clip: PlacedClip) -> Look:
    if clip.clip.look is None:
        raise ValueError(f"clip '{clip.clip.name}' was placed without a look, so it was never selected")
    return clip.clip.look


def _room(model: Model, rate: Fraction, overlap: int = 0) -> _Room:
    """Return what *model* takes of a source of *rate*: every frame is sent, slower where the rate is too high."""
    slowdown = 1 if model.max_fps is None else max(1, math.ceil(rate / model.max_fps))
    wire_rate = rate / slowdown
    return _Room(
        most=math.floor(model.max_seconds * wire_rate),
        least=math.ceil(model.min_seconds * wire_rate),
        slowdown=slowdown,
        overlap=overlap,
    )


def _too_long(clip: PlacedClip, model: Model, room: _Room, models: Iterable[Model]) -> str:
    seconds = clip.visible.frame_count / (clip.info.rate / room.slowdown)
    fitting = sorted(other.id for other in models if _room(other, clip.info.rate).most >= clip.visible.frame_count)
    advice = (
        f"these would take it: {', '.join(fitting)}" if fitting else "no model of the table takes it; cut it shorter"
    )
    if room.overlap:
        advice = f"it cannot be divided into parts of at least {room.least} frames each; {advice}"
    else:
        advice += "; --parts sends it in parts"
    slower = f", sent at {rate_label(clip.info.rate / room.slowdown)} frames per second" if room.slowdown > 1 else ""
    return (
        f"it shows {clip.visible.frame_count} frames ({float(seconds):.2f} s{slower}) and {model.id} takes at most "
        f"{room.most} frames ({float(model.max_seconds):g} s); {advice}"
    )


def _runs(clips: list[PlacedClip], room: _Room, handles: int) -> list[list[PlacedClip]]:
    """Return the clips of one file and look in runs that are sent together."""
    runs: list[list[PlacedClip]] = []
    joined: Span | None = None
    for clip in sorted(clips, key=lambda clip: (clip.visible.first_frame, clip.visible.end_frame)):
        length = clip.info.frame_count
        if joined is not None:
            both = joined.joined(clip.visible)
            near = joined.widened(handles, handles, length=length).overlaps(
                clip.visible.widened(handles, handles, length=length)
            )
            alone = max(room.parts(joined.frame_count) or 1, room.parts(clip.visible.frame_count) or 1)
            if near and (room.parts(both.frame_count) or alone + 1) <= alone:
                runs[-1].append(clip)
                joined = both
                continue
        runs.append([clip])
        joined = clip.visible
    return runs


def _shot(run: list[PlacedClip], room: _Room, *, handles: int, explicit: bool) -> Shot:
    first = min(run, key=lambda clip: clip.clip.index)
    look = _look_of(first)
    length = first.info.frame_count
    seen = first.visible
    for clip in run:
        seen = seen.joined(clip.visible)
    span = _with_handles(seen, length, handles, room.longest(seen.frame_count))
    notes = _handle_notes(seen, span, length, handles, explicit=explicit, most=room.most)
    short = room.least - span.frame_count
    if short > 0:
        span = _with_handles(span, length, short, room.least)
        notes.append(f"Widened to {span.frame_count} frames, since {look.model} takes no fewer than {room.least}.")
    parts = _divided(span, room)
    if parts:
        notes.append(_part_note(parts))
    pad = max(0, room.least - span.frame_count)
    if pad:
        notes.append(f"The media ends there: {pad} held frames are added for the model and taken off again.")
    if room.slowdown > 1:
        notes.append(
            f"Sent with every frame at {rate_label(span.rate / room.slowdown)} instead of {rate_label(span.rate)} "
            f"frames per second, which costs {room.slowdown} times the seconds."
        )
    uses = sorted(run, key=lambda clip: clip.clip.index)
    return Shot(
        info=first.info,
        span=span,
        look=look,
        uses=tuple(ShotUse.of(clip) for clip in uses),
        pad_frames=pad,
        slowdown=room.slowdown,
        notes=tuple(notes),
        takes=first.clip.takes,
        parts=parts,
    )


def _divided(span: Span, room: _Room) -> tuple[Span, ...]:
    """Return the parts of a span that is too long for one."""
    if span.frame_count <= room.most:
        return ()
    return divided(span, most=room.most, least=room.least, overlap=room.overlap) or ()


def _part_note(parts: tuple[Span, ...]) -> str:
    """Say into how many tasks a shot is divided, and that its seams want to be looked at."""
    counts = sorted({part.frame_count for part in parts})
    frames = " or ".join(str(count) for count in counts)
    shared = parts[0].shared(parts[1]).frame_count
    return (
        f"Sent in {len(parts)} parts of {frames} frames, {shared} of them shared with the next and cross-faded. "
        "Each part is a generation of its own: look at the seams."
    )


def _with_handles(seen: Span, length: int, handles: int, most: int) -> Span:
    """Return *seen* with up to *handles* frames on both sides, no longer than *most*; one side may take the other's."""
    room = max(0, most - seen.frame_count)
    before = min(handles, seen.first_frame)
    after = min(handles, length - seen.end_frame)
    kept_after = min(after, room - min(before, room // 2))
    kept_before = min(before, room - kept_after)
    return seen.widened(kept_before, kept_after, length=length)


def _handle_notes(seen: Span, span: Span, length: int, handles: int, *, explicit: bool, most: int) -> list[str]:
    before, after = seen.first_frame - span.first_frame, span.end_frame - seen.end_frame
    possible = seen.widened(handles, handles, length=length)
    shrunk = possible != span
    clamped = explicit and (before < handles or after < handles)
    if not shrunk and not clamped:
        return []
    why = "since the media has no more"
    if shrunk:
        why = "so that it takes no part more" if span.frame_count > most else "so that the shot fits the model"
    return [f"Handles of {before} and {after} frames instead of {handles}, {why}."]
