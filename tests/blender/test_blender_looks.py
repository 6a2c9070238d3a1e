"""A take is laid over a strip in real Blender: everything that was set on the strip still holds, to the pixel."""

from __future__ import annotations

import subprocess
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from support.blender import PANEL, blender_python, install, play
from support.numbered import write_numbered

pytestmark = pytest.mark.proof

SCRIPT = """
import hashlib
from pathlib import Path

scene = bpy.context.scene
editor = stage(scene, fps=25)
bpy.ops.wm.save_as_mainfile(filepath=given["blend"])
placing, strips, Take = part("placing"), part("strips"), part("edit").Take
frames = part("frames")
true_fit = placing.fit

def table_fit(clock, moments, **take):  # as where the rates of media and scene do not go together
    found = true_fit(clock, moments, **take)
    wanted = tuple(clock.media_frame(moment) - take["take_first"] for moment in moments)
    return frames.Fit(frames.Clock(int(min(moments)), take["take_count"], clock.factor), wanted)

def clear():
    for each in list(editor.strips):
        if each.name in editor.strips:
            placing.remove(editor.strips, each)
    scene.animation_data_clear()

def pictures(tag):
    folder = Path(given["home"], tag)
    render(scene, folder, 20, 32)
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.png"))]

def base():
    below = movie(scene, given["other"], at=1, channel=1, name="below")
    strip = movie(scene, given["media"], at=5, channel=2, name="S")
    strip.frame_final_start, strip.frame_final_end = 20, 32
    return strip

def nothing(s): pass
def transform(s):
    s.transform.offset_x, s.transform.scale_x, s.transform.rotation = 40, 0.5, 0.3
    for frame, offset in ((20, 0), (30, 30)):
        s.transform.offset_y = offset; s.transform.keyframe_insert("offset_y", frame=frame)
def crop(s): s.crop.min_x, s.crop.max_y = 50, 30
def opacity(s):
    s.blend_type = "ALPHA_OVER"
    for frame, value in ((20, 0.1), (31, 0.9)):
        s.blend_alpha = value; s.keyframe_insert("blend_alpha", frame=frame)
def blend(s): s.blend_type, s.blend_alpha = "MULTIPLY", 0.7
def colour(s): s.color_saturation, s.color_multiply, s.use_flip_x = 0.3, 1.4, True
def modifiers(s):
    m = s.modifiers.new("b", "BRIGHT_CONTRAST"); m.bright = 20
    c = s.modifiers.new("c", "CURVES"); c.curve_mapping.curves[3].points.new(0.3, 0.6); c.curve_mapping.update()
def space(s): s.colorspace_settings.name = "Linear Rec.709"
def turned(s): add_effect("TRANSFORM", 3, s).rotation_start = 20
def cross(s):
    t = movie(scene, given["other"], at=5, channel=3, name="T"); t.frame_final_start, t.frame_final_end = 24, 32
    s.frame_final_end = 30
    add_effect("GAMMA_CROSS", 4, s, t)
def packed(s):
    t = movie(scene, given["other"], at=5, channel=3, name="T"); t.frame_final_end = 40
    t.blend_type, t.blend_alpha = "ALPHA_OVER", 0.5
def muted_above(s): editor.channels[3].mute = True
def multicam(s):
    add_effect("MULTICAM", 9).multicam_source = 2
def speed(s):
    e = add_effect("SPEED", 3, s); e.speed_control, e.speed_factor, e.use_frame_interpolate = "MULTIPLY", 0.4, False
def stretch(s): add_effect("SPEED", 3, s).speed_control = "STRETCH"
def backwards(s): s.use_reverse_frames, s.strobe = True, 2.5

def add_effect(kind, channel, *inputs): return effect(editor, kind, channel, 20, 32, *inputs)

ways = [nothing, transform, crop, opacity, blend, colour, modifiers, space, turned, cross,
     packed, muted_above, multicam, speed, stretch, backwards]
whole = Take("t1", 1, given["media"], 0, 60, True)
later = Take("t1", 1, given["later"], 7, 50, True)  # the same pictures from the seventh on, without loss
kinds = [("", False, whole), (" later", False, later), (" timed", True, later)]
for make, kind, timed, take in [(way, *kind) for way in ways for kind in kinds]:
    if timed and make in (speed, stretch): continue
    if make is stretch and take is later: take = Take("t1", 1, given["end"], 7, 53, True)
    tag = make.__name__ + kind
    clear()
    editor.channels[3].mute = False
    strip = base()
    make(strip)
    strip["otio_cometapi_id"] = "id"
    before, stood = pictures(tag + "0"), layout(scene)
    placing.fit = table_fit if timed else true_fit
    with in_sequencer(scene):
        place = next(each for each in strips.walk(scene) if each.strip.name == "S")
        new = placing.place(scene, place, take)
        covered, kind = pictures(tag + "1"), new.type
        held = layout(scene)
        placing.put_back(scene, place)
    told[tag] = {
        "kind": kind, "same": covered == before, "many": len(set(before)), "back": pictures(tag + "2") == before,
        "stands": layout(scene) == stood, "S": held["S"], "take": held["S take 1"],
    }
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what Blender told of every way to set a strip up."""
    home = tmp_path_factory.mktemp("looks")
    install(home)
    media, later, end = (
        write_numbered(home / f"{name}.mp4", frame_count=count, rate=Fraction(25), row=1, first_number=first, crf=0)
        for name, first, count in (("media", 0, 60), ("later", 7, 50), ("end", 7, 53))
    )
    other = write_numbered(home / "other.mp4", frame_count=60, rate=Fraction(25), row=3)
    given = {
        "home": str(home),
        "media": str(media),
        "later": str(later),
        "end": str(end),
        "other": str(other),
        "blend": str(home / "edit.blend"),
    }
    return play(SCRIPT, home=home, more=given)


def test_a_take_over_the_same_media_changes_no_pixel(told: dict[str, Any]) -> None:
    """Transform, crop, blend, opacity, colour, modifiers, effects, speed: rendered files are equal, byte for byte."""
    assert {tag: found for tag, found in told.items() if not found["same"]} == {}
    assert min(found["many"] for found in told.values()) > 3  # the pictures do move


def test_the_original_comes_back_as_it_was(told: dict[str, Any]) -> None:
    """After the take is taken away, every strip stands where it stood, and every picture is what it was."""
    assert {tag: found for tag, found in told.items() if not (found["back"] and found["stands"])} == {}


def test_the_original_is_kept_underneath(told: dict[str, Any]) -> None:
    """It stays where it is, muted, with the take directly above; where that is no place, the take has its channel."""
    elsewhere = {tag.split()[0] for tag, found in told.items() if found["take"][1] != found["S"][1] + 1}
    assert elsewhere == {
        "turned",
        "cross",
        "packed",
        "muted_above",
        "multicam",
        "speed",
        "stretch",
    }
    assert {found["S"][4] for found in told.values()} == {True}
    assert {tag: found["take"] for tag, found in told.items() if found["take"][2:4] != found["S"][2:4]} == {}


def test_a_timed_take_is_one_meta_strip(told: dict[str, Any]) -> None:
    """Where rates do not go together, the take stands in a meta strip with a Speed Control of its own."""
    assert {found["kind"] for tag, found in told.items() if tag.endswith("timed")} == {"META"}
    others = {tag for tag, found in told.items() if found["kind"] == "META" and not tag.endswith("timed")}
    assert others == {"backwards later"}  # backwards in steps of two and a half frames


def test_blenders_own_tool_accepts_the_extension(tmp_path: Path) -> None:
    """The program that Blender packs extensions with finds no fault, and packs every file of the folder."""
    libraries = Path(blender_python()).parents[1]
    (tool,) = libraries.rglob("bl_pkg/cli/blender_ext.py")
    for order in (["validate", str(PANEL)], ["build", "--source-dir", str(PANEL), "--output-dir", str(tmp_path)]):
        done = subprocess.run([blender_python(), str(tool), *order], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    (packed,) = tmp_path.glob("otio_cometapi-*.zip")
    assert {name for name in zipfile.ZipFile(packed).namelist() if not name.endswith("/")} == {
        path.name for path in PANEL.iterdir() if path.is_file()
    }
