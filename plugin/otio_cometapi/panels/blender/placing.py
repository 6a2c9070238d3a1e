"""Takes into the sequencer and out again: the original is kept, muted, with everything that hangs on it."""

from typing import Any

import bpy

from .edit import Take
from .frames import Fit, fit
from .strips import (
    ID,
    KEPT,
    OF,
    SENT,
    TAKE,
    NotSendableError,
    Place,
    check,
    clock_of,
    coverings,
    effects_on,
    moments_of,
    walk,
)

_CHANNELS = 128
"""As many as Blender has."""
SPAN = "otio_cometapi_span"
"""Of a take's strip: which frames its file stands for; takes of one span can be exchanged in it."""
_OWN = (ID, SENT, KEPT, "otio_cometapi_brought", "otio_cometapi_rejected")
"""Properties of an original that are none of its copy's."""


class NotPlaceableError(Exception):
    """A take cannot stand in for a strip; the text says why."""


def place(scene: Any, original: Place, take: Take) -> Any:
    """
    Let a take show in place of an original, and return its strip.

    The new strip is a copy of the original with everything that was set on it, over the take's media, directly above
    the original; where that channel is taken, or would change what lies over what, it has the original's channel and
    the original makes room. Effects take the new strip for input.

    Raises:
        NotPlaceableError: The take does not hold what the strip shows now, or there is no room.
    """
    found = _fit(scene, original, take)
    strip = original.strip
    channel = _channel_above(scene, original)
    strip[KEPT] = {"channel": strip.channel, "mute": int(strip.mute)}
    if channel is None:
        channel = strip.channel
        strip.channel = _free_channel(original.siblings(scene), strip)
    new = _copy(scene, original)
    new.channel = _free_channel(original.siblings(scene), strip)
    _fill(new, take, found, strip)
    _same_curves(scene, strip, new)
    if found.table:
        new = _timed(scene, original, new, found)
    new.name = f"{strip.name} take {take.number}"
    new[OF], new[TAKE], new.mute = strip[ID], take.take_id, strip.mute
    new.channel = channel
    _redirect(original.siblings(scene), strip, new)
    strip.mute = True
    span = (strip.frame_final_start, strip.frame_final_end, channel)
    if (new.frame_final_start, new.frame_final_end, new.channel) != span:
        put_back(scene, original)
        raise NotPlaceableError("Blender had no room for it")
    return new


def put_back(scene: Any, original: Place) -> None:
    """Take a take's strip away, and let the original be as it was."""
    strip = original.strip
    for cover in coverings(scene, strip):
        siblings = cover.siblings(scene)
        _redirect(siblings, cover.strip, strip)
        remove(siblings, cover.strip)
    kept = strip.get(KEPT)
    if kept is None:
        return
    strip.mute = bool(kept["mute"])
    if strip.channel != kept["channel"] and _is_free(original.siblings(scene), strip, kept["channel"]):
        strip.channel = kept["channel"]
    del strip[KEPT]


def remove(siblings: Any, strip: Any) -> None:
    """Remove a strip, and what is in it."""
    if strip.type == "META":
        for inner in sorted(strip.strips, key=lambda each: -each.channel):  # an effect goes before its input
            strip.strips.remove(inner)
    siblings.remove(strip)


def exchange(scene: Any, original: Place, take: Take) -> Any:
    """
    Show another take in the strip that is there already, so that what was set on it stays; else place it anew.

    Raises:
        NotPlaceableError: As `place` does.
    """
    shown = [cover.strip for cover in coverings(scene, original.strip)]
    if not shown or any(strip.type != "MOVIE" or strip.get(SPAN) != _span(take) for strip in shown):
        _fit(scene, original, take)  # before anything is taken away
        put_back(scene, original)
        return place(scene, original, take)
    for strip in shown:
        _load(strip, take)
        strip[TAKE] = take.take_id
    return shown[0]


def _span(take: Take) -> str:
    return f"{take.first_frame}+{take.frame_count}"


def _fit(scene: Any, original: Place, take: Take) -> Fit:
    try:
        check(scene, original)
        clock = clock_of(scene, original.strip)
        moments = moments_of(scene, original, clock)
    except NotSendableError as exc:
        raise NotPlaceableError(str(exc)) from exc
    found = fit(clock, moments, take_first=take.first_frame, take_count=take.frame_count)
    if found is None:
        raise NotPlaceableError("it shows frames now that were not sent; estimate and send it again")
    if found.table and effects_on(original.siblings(scene), original.strip, "SPEED"):
        raise NotPlaceableError("a Speed Control was laid over it since it was sent, and the two do not go together")
    return found


def _copy(scene: Any, original: Place) -> Any:
    """Return a copy of a strip as Blender makes it, with its settings, modifiers and animation."""
    editor, strip = scene.sequence_editor, original.strip
    shown = editor.meta_stack[-1] if len(editor.meta_stack) else None
    selected = [each.strip for each in walk(scene) if each.strip.select]
    active = editor.active_strip
    inner = original.metas[-1] if original.metas else None
    editor.display_stack(inner)
    siblings = original.siblings(scene)
    for each in siblings:
        each.select = False
    strip.select = True
    before = {each.name for each in siblings}
    bpy.ops.sequencer.duplicate()
    new = next(each for each in siblings if each.name not in before)
    editor.display_stack(shown)
    for place_ in walk(scene):
        place_.strip.select = place_.strip in selected
    editor.active_strip = active
    for key in _OWN:
        if key in new:
            del new[key]
    return new


def _load(strip: Any, take: Take) -> None:
    """Set a strip's file, and what Blender guesses from a file as it was."""
    space, alpha = strip.colorspace_settings.name, strip.alpha_mode
    times = (strip.frame_start, strip.frame_final_start, strip.frame_final_end, strip.channel)
    strip.filepath = take.path
    strip.colorspace_settings.name, strip.alpha_mode = space, alpha
    strip.frame_start, strip.frame_final_start, strip.frame_final_end = times[:3]
    strip.channel = times[3]


def _fill(new: Any, take: Take, found: Fit, original: Any) -> None:
    """Set media and time of a copy."""
    new.use_proxy = False
    new.animation_offset_start = new.animation_offset_end = 0
    _load(new, take)
    new[SPAN] = _span(take)
    new.use_reverse_frames, new.strobe = found.clock.reverse, found.clock.strobe
    new.animation_offset_start = found.clock.first
    new.frame_start = found.clock.start
    new.frame_final_start, new.frame_final_end = original.frame_final_start, original.frame_final_end


def _timed(scene: Any, original: Place, new: Any, found: Fit) -> Any:
    """Put a copy into a meta strip, with a Speed Control that names the frame for every frame of the scene."""
    siblings, channel, table = original.siblings(scene), new.channel, found.table
    strip, factor = original.strip, found.clock.factor
    begin, name = strip.frame_final_start, new.name
    new.frame_start = begin  # Speed Control counts from where its input begins to show
    new.frame_final_start, new.frame_final_end = begin, strip.frame_final_end
    _same_curves(scene, strip, new)
    meta = siblings.new_meta(f"{name} timed", _free_channel(siblings, new), begin)
    new.move_to_meta(meta)
    new.channel = 1
    speed = meta.strips.new_effect(f"{name} frames", "SPEED", 2, begin, **_inputs(new, strip.frame_final_end))
    speed.speed_control, speed.use_frame_interpolate = "FRAME_NUMBER", False
    speed.blend_type, speed.blend_alpha = "ALPHA_OVER", 1.0  # it takes them over from its input
    path = f'sequence_editor.strips_all["{bpy.utils.escape_identifier(speed.name)}"].speed_frame_number'
    speed.speed_frame_number = 0.0
    speed.keyframe_insert("speed_frame_number", frame=found.clock.start)
    curve = scene.animation_data.action.fcurves.find(path)
    curve.keyframe_points.add(len(table) - 1)
    for number, (point, frame) in enumerate(zip(curve.keyframe_points, table, strict=True)):
        point.co = (found.clock.start + number, frame / factor)
        point.interpolation = "CONSTANT"
    curve.update()
    _hand_over(scene, new, meta)
    meta.channel = channel
    meta.frame_final_start, meta.frame_final_end = begin, strip.frame_final_end
    return meta


def _inputs(new: Any, end: int) -> dict[str, Any]:
    """Return how an effect's length and input are named: by one word since 4.4's renaming, by another later."""
    known = bpy.types.StripsMeta.bl_rna.functions["new_effect"].parameters.keys()
    found: dict[str, Any] = {("input1" if "input1" in known else "seq1"): new}
    if "frame_end" in known:
        found["frame_end"] = end
    return found


def _same_curves(scene: Any, strip: Any, new: Any) -> None:
    """Let a copy's animation happen when the original's does: Blender moves it along with a strip's beginning."""
    if not (scene.animation_data and scene.animation_data.action):
        return
    curves = scene.animation_data.action.fcurves
    old, own = (f'sequence_editor.strips_all["{bpy.utils.escape_identifier(each.name)}"].' for each in (strip, new))
    for curve in curves:
        if curve.data_path.startswith(own):
            model = curves.find(old + curve.data_path.removeprefix(own), index=curve.array_index)
            for point, right in zip(curve.keyframe_points, model.keyframe_points, strict=True):
                point.co, point.handle_left, point.handle_right = right.co, right.handle_left, right.handle_right
            curve.update()


def _hand_over(scene: Any, inner: Any, meta: Any) -> None:
    """Let a meta strip lie over what is below as its inner strip did."""
    meta.blend_type, meta.blend_alpha = inner.blend_type, inner.blend_alpha
    inner.blend_alpha, inner.mute = 1.0, False
    begin = 'sequence_editor.strips_all["{}"].blend_alpha'
    old, new = (begin.format(bpy.utils.escape_identifier(each.name)) for each in (inner, meta))
    for curve in scene.animation_data.action.fcurves:
        if curve.data_path == old:
            curve.data_path = new


def _redirect(siblings: Any, old: Any, new: Any) -> None:
    """Let effects take another strip for input."""
    for effect in effects_on(siblings, old):
        if effect == new:
            continue
        for name in ("input_1", "input_2"):
            if getattr(effect, name, None) == old:
                setattr(effect, name, new)


def _channel_above(scene: Any, original: Place) -> int | None:
    """Return the channel directly above; None where a strip there would change the picture."""
    strip, siblings = original.strip, original.siblings(scene)
    above = strip.channel + 1
    channels = original.channels(scene)
    same = above < _CHANNELS and channels[above].mute == channels[strip.channel].mute and not channels[above].lock
    by_channel = any(each.type == "MULTICAM" for each in siblings)
    return above if same and not by_channel and _is_free(siblings, strip, above) else None


def _is_free(siblings: Any, strip: Any, channel: int) -> bool:
    """Whether nothing else lies on a channel while a strip lasts."""
    return not any(
        each.channel == channel
        and each != strip
        and each.frame_final_start < strip.frame_final_end
        and strip.frame_final_start < each.frame_final_end
        for each in siblings
    )


def _free_channel(siblings: Any, strip: Any) -> int:
    """Return a channel on which nothing lies at all, the nearest to a strip; one below it rather than one above."""
    taken = {each.channel for each in siblings}
    free = [channel for channel in range(1, _CHANNELS + 1) if channel not in taken]
    if not free:
        raise NotPlaceableError("all 128 channels are taken")
    return min(free, key=lambda channel: (abs(channel - strip.channel), channel))
