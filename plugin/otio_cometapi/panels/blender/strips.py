"""Strips of Blender's Video Sequencer: which there are, what each shows, and why some cannot be sent."""

import math
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from .edit import Wanted
from .frames import MOST_MOMENTS, Clock, Speed, single, used_frames

ID = "otio_cometapi_id"
"""Of an original: its own, unlike any other strip's of the scene."""
SENT = "otio_cometapi_sent"
"""Of an original: the id under which it was sent; two halves of a strip that was cut share it."""
KEPT = "otio_cometapi_kept"
"""Of an original that is covered: channel and mute as they were."""
OF = "otio_cometapi_of"
"""Of a strip that shows a take: the original's `ID`."""
TAKE = "otio_cometapi_take"
"""Of a strip that shows a take: the take's id."""

_FINER = 64
"""Times the scene's rate, at which a strip's length tells how many frames its media has."""


class NotSendableError(Exception):
    """A strip cannot be sent; the text says why."""


@dataclass(frozen=True)
class Place:
    """A strip and the meta strips that it lies in, the outermost first."""

    strip: Any
    metas: tuple[Any, ...] = ()

    def siblings(self, scene: Any) -> Any:
        """Return the list that it stands in."""
        return self.metas[-1].strips if self.metas else scene.sequence_editor.strips

    def channels(self, scene: Any) -> Any:
        """Return the channels of that list."""
        return self.metas[-1].channels if self.metas else scene.sequence_editor.channels


def scene_of(context: Any) -> Any:
    """Return the scene that the sequencer shows."""
    return getattr(context, "sequencer_scene", None) or context.scene


def rate_of(scene: Any) -> float:
    """Return the scene's frames per second."""
    return float(scene.render.fps / scene.render.fps_base)


def walk(scene: Any) -> Iterator[Place]:
    """Yield every strip of a scene, those in meta strips too."""
    if scene.sequence_editor:
        yield from _walk(scene.sequence_editor.strips, ())


def _walk(strips: Any, metas: tuple[Any, ...]) -> Iterator[Place]:
    for strip in strips:
        yield Place(strip, metas)
        if strip.type == "META":
            yield from _walk(strip.strips, (*metas, strip))


def chosen(scene: Any) -> list[Place]:
    """Return the selected strips of the list on show, with all that selected meta strips hold; originals for takes."""
    editor = scene.sequence_editor
    if not editor:
        return []
    shown = editor.meta_stack[-1] if len(editor.meta_stack) else None
    found: list[Place] = []
    for place in walk(scene):
        top = [*place.metas, place.strip]
        above = next((number for number, each in enumerate(top) if shown is not None and each == shown), -1)
        if shown is not None and above < 0:
            continue
        picked = any(each.select for each in top[above + 1 : above + 2])
        if picked and place.strip.type not in ("META", "SOUND") and not getattr(place.strip, "input_count", 0):
            found.append(_original_of(scene, place))
    return [place for number, place in enumerate(found) if place not in found[:number]]


def _original_of(scene: Any, place: Place) -> Place:
    take = next((each for each in (place.strip, *place.metas) if each.get(OF)), None)
    if take is None:
        return place
    return next((each for each in walk(scene) if each.strip.get(ID) == take[OF]), place)


def coverings(scene: Any, original: Any) -> list[Place]:
    """Return the strips that show a take of an original: one, or the pieces that it was cut into."""
    own = original.get(ID)
    return [place for place in walk(scene) if own and place.strip.get(OF) == own]


def covering(scene: Any, original: Any) -> Place | None:
    """Return the strip that shows a take of an original, the first of several."""
    return next(iter(coverings(scene, original)), None)


def give_ids(scene: Any) -> None:
    """See that no two strips of a scene have one id: a copy has its original's until now."""
    known: set[str] = set()
    for place in walk(scene):
        own = place.strip.get(ID)
        if own in known:
            place.strip[ID] = uuid.uuid4().hex
        elif own:
            known.add(own)


def clock_of(scene: Any, strip: Any) -> Clock:
    """
    Return how a movie strip counts.

    Blender does not tell Python whether a strip plays at its media's rate. It shows in the strip's length when the
    scene's rate changes, so this changes it for a moment; call it from an operator only.
    """
    length, base = strip.frame_duration, scene.render.fps_base
    scene.render.fps_base = base / _FINER
    fine = strip.frame_duration
    scene.render.fps_base = base
    factor, count = 1.0, length
    if fine > 2 * length:
        factor = single(single(strip.fps) / single(rate_of(scene)))
        count = round(fine * strip.fps / (rate_of(scene) * _FINER))
    return Clock(
        start=round(strip.frame_start),
        count=count,
        factor=factor,
        first=strip.animation_offset_start,
        reverse=strip.use_reverse_frames,
        strobe=strip.strobe,
    )


def moments_of(scene: Any, place: Place, clock: Clock) -> list[float]:
    """
    Return the moments of the scene at which a strip is looked at.

    They are the frames that it and its meta strips span, or what a Speed Control strip makes of these.

    Raises:
        NotSendableError: They cannot be told.
    """
    spans = [(each.frame_final_start, each.frame_final_end) for each in (*place.metas, place.strip)]
    begin, end = max(span[0] for span in spans), min(span[1] for span in spans)
    if end <= begin:
        raise NotSendableError("its meta strip shows nothing of it")
    if end - begin > MOST_MOMENTS:
        raise NotSendableError(f"it is longer than {MOST_MOMENTS} frames")
    frames = range(begin, end)
    speeds = effects_on(place.siblings(scene), place.strip, "SPEED")
    if not speeds:
        return [float(frame) for frame in frames]
    if clock.factor != 1.0 or clock.reverse or clock.strobe > 1.0:  # said before it is paid, not after
        raise NotSendableError(
            "it is under Speed Control, and another rate than the scene's, backwards or strobe comes on top"
        )
    return sorted({moment for effect in speeds for moment in _speed(scene, effect, clock).moments(frames)})


def effects_on(siblings: Any, strip: Any, kind: str = "") -> list[Any]:
    """Return the effects that a strip is an input of."""
    return [
        each
        for each in siblings
        if (not kind or each.type == kind)
        and any(getattr(each, name, None) == strip for name in ("input_1", "input_2"))
    ]


def _speed(scene: Any, effect: Any, clock: Clock) -> Speed:
    if is_animated(scene, effect):
        raise NotSendableError("its Speed Control is animated; a steady one can be sent")
    if effect.speed_control == "MULTIPLY":
        factor = effect.speed_factor
    elif effect.speed_control == "STRETCH":
        shown = clock.start + clock.length - effect.frame_final_start
        factor = shown / (effect.frame_final_end - effect.frame_final_start)
    else:
        raise NotSendableError(f"its Speed Control is set to {effect.speed_control.title()}; Multiply can be sent")
    return Speed(effect.frame_final_start, factor, clock.length, blends=effect.use_frame_interpolate)


def is_animated(scene: Any, strip: Any) -> bool:
    """Whether anything of a strip has an animation curve."""
    action = scene.animation_data.action if scene.animation_data else None
    prefix = f'sequence_editor.strips_all["{bpy.utils.escape_identifier(strip.name)}"].'
    return action is not None and any(curve.data_path.startswith(prefix) for curve in action.fcurves)


def check(scene: Any, place: Place) -> None:
    """
    See that a strip is one that can be sent.

    Raises:
        NotSendableError: It is not.
    """
    strip = place.strip
    if strip.type != "MOVIE":
        kind = strip.type.replace("_", " ").lower()
        raise NotSendableError(f"it is a {kind} strip; only movie strips are sent")
    if len(strip.retiming_keys):
        raise NotSendableError("it has retiming keys; clear them, or use a Speed Control strip")
    if strip.frame_start != round(strip.frame_start):
        raise NotSendableError("it begins between two frames; move it to a whole one")
    if strip.stream_index:
        raise NotSendableError("it shows another than the first stream of its file")
    if not media_path(strip).is_file():
        raise NotSendableError(f"its file is not there: {media_path(strip)}")
    outer = [scene.sequence_editor.strips, *(meta.strips for meta in place.metas)]
    for siblings, meta in zip(outer, place.metas, strict=False):
        if effects_on(siblings, meta, "SPEED") or meta.use_reverse_frames or meta.strobe > 1:
            raise NotSendableError(f"the meta strip '{meta.name}' plays it at another speed")


def media_path(strip: Any) -> Path:
    """Return the absolute path of a movie strip's file."""
    return Path(bpy.path.abspath(strip.filepath)).resolve()


def wanted_of(scene: Any, place: Place) -> Wanted:
    """
    Return what of a strip is to be sent; gives it an id.

    Raises:
        NotSendableError: Nothing can be; the text says why.
    """
    check(scene, place)
    strip = place.strip
    clock = clock_of(scene, strip)
    moments = moments_of(scene, place, clock)
    first, last = used_frames(clock, moments)
    own = strip.get(ID) or uuid.uuid4().hex
    strip[ID] = strip[SENT] = own
    return Wanted(
        strip_id=own,
        name=strip.name,
        path=str(media_path(strip)),
        rate=strip.fps,
        first_frame=first,
        frame_count=last - first + 1,
        record_frame=math.floor(max(each.frame_final_start for each in (*place.metas, strip))),
    )
