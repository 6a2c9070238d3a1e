"""
Runs inside Blender's own Python, which has none of our packages: a stage on which the panel is played as a user does.

Started as ``python blender_stage.py SCRIPT``; the script is executed with the names of this module, and what it tells
is printed as one JSON object. Blender itself comes from the module `bpy`.
"""

import json
import sys
from pathlib import Path

import bpy

ADDON = "bl_ext.user_default.otio_cometapi"
told = {}


def enable():
    """Enable the extension as the preferences do."""
    import addon_utils

    assert addon_utils.enable(ADDON, default_set=True) is not None, "Blender refused the extension"
    bpy.context.preferences.system.use_online_access = True
    bpy.context.preferences.addons[ADDON].preferences.poll_s = 0.05


def panel():
    """Return the panel's package."""
    return sys.modules[ADDON]


def part(name):
    """Return one of the panel's modules."""
    return sys.modules[f"{ADDON}.{name}"]


def stage(scene, *, fps, base=1.0, width=320, height=180):
    """Set a scene up for numbered pictures; return its editor."""
    render = scene.render
    render.fps, render.fps_base = fps, base
    render.resolution_x, render.resolution_y, render.resolution_percentage = width, height, 100
    render.image_settings.file_format, render.image_settings.color_mode = "PNG", "RGB"
    for name in [each for each in dir(render) if each.startswith("use_stamp_")]:
        setattr(render, name, False)  # equal pictures are to be equal files
    scene.display_settings.display_device = "sRGB"
    scene.view_settings.view_transform = "Standard"
    scene.sequencer_colorspace_settings.name = "sRGB"
    return scene.sequence_editor or scene.sequence_editor_create()


def in_sequencer(scene=None):
    """Return a context in which the sequencer is on show, as the panel has it."""
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.type = "SEQUENCE_EDITOR"
    region = next(each for each in area.regions if each.type == "WINDOW")
    if scene is not None:
        window.scene = scene
    return bpy.context.temp_override(window=window, area=area, region=region)


def movie(scene, path, *, at, channel, name, own_rate=False):
    """Add a movie strip as the menu does; with *own_rate* it plays at its media's rate, whatever the scene's."""
    editor = scene.sequence_editor
    before = {each.name for each in editor.strips}
    with in_sequencer(scene):
        bpy.ops.sequencer.movie_strip_add(
            filepath=str(path),
            frame_start=at,
            channel=channel,
            adjust_playback_rate=own_rate,
            use_framerate=False,
            sound=False,
        )
    strip = next(each for each in editor.strips if each.name not in before)
    strip.name = name
    return strip


def effect(editor, kind, channel, begin, end, *inputs, name=""):
    """Add an effect strip; the words for its length and inputs are those of this Blender."""
    known = bpy.types.StripsTopLevel.bl_rna.functions["new_effect"].parameters.keys()
    words = ("input1", "input2") if "input1" in known else ("seq1", "seq2")
    more = dict(zip(words, inputs, strict=False))
    if "frame_end" in known:
        more["frame_end"] = end
    return editor.strips.new_effect(name or kind, kind, channel, begin, **more)


def select(scene, *names):
    """Select these strips, and no others."""
    for each in scene.sequence_editor.strips_all:
        each.select = each.name in names


def operate(name, scene=None, **more):
    """Call one of the panel's operators as its button does, with a step of undo; return how it ended."""
    with in_sequencer(scene):
        found = getattr(bpy.ops.comet, name)
        try:
            return sorted(found("EXEC_DEFAULT", True, **more))
        except RuntimeError as exc:  # an error that was reported
            return str(exc)


def turn(until, limit=160):
    """Let the timer look until something holds: in a window Blender calls it, here we do."""
    import time

    watching = part("watching")
    for _ in range(limit):
        watching.tick()
        if until():
            return True
        time.sleep(0.5)  # every fourth look asks the ledger
    return False


def idle():
    """Whether nothing is under way."""
    at = part("watching").desk()
    return not (at.work or at.look or at.due)


def whole_road(scene, *names, prompt="make it snow", takes=1):
    """Estimate, send, wait and bring in."""
    select(scene, *names)
    scene.otio_cometapi.prompt, scene.otio_cometapi.takes = prompt, takes
    ends = [operate("estimate", scene)]
    turn(idle)
    ends.append(operate("send", scene))
    turn(idle)
    ends.append(operate("bring_in", scene))
    return ends


def render(scene, folder, begin, end):
    """Render frames of a scene's sequencer as PNG files named by their numbers."""
    import os

    scene.frame_start, scene.frame_end = begin, end - 1
    scene.render.filepath = f"{folder}/"
    sys.stdout.flush()
    quiet, out = os.open(os.devnull, os.O_WRONLY), os.dup(1)
    os.dup2(quiet, 1)
    try:
        bpy.ops.render.render(animation=True, scene=scene.name)
    finally:
        sys.stdout.flush()
        os.dup2(out, 1)
        os.close(quiet)


def layout(scene):
    """Return where every strip stands."""
    return {
        each.name: [each.type, each.channel, each.frame_final_start, each.frame_final_end, each.mute]
        for each in scene.sequence_editor.strips_all
    }


def main():
    """Play a script, and print what it tells."""
    enable()
    script = Path(sys.argv[1])
    names = globals()
    exec(compile(script.read_text("utf-8"), str(script), "exec"), names)  # noqa: S102 - a test's own
    print("\n" + json.dumps(told))


if __name__ == "__main__":
    main()
