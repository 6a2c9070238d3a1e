"""The whole road from real Blender and back: after it, every frame of every scene shows the number that it showed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest

from support.blender import Rendered, install, play, rendered_in
from support.numbered import write_numbered
from support.road import answer, simulator

pytestmark = [pytest.mark.proof, pytest.mark.timeout(400)]

RATES = {"24": Fraction(24), "25": Fraction(25), "23.976": Fraction(24000, 1001), "29.97": Fraction(30000, 1001)}
MEDIA_FRAMES = 160

SCRIPT = """
media = given["media"]
rates = {"24": (24, 1.0), "25": (25, 1.0), "23.976": (24, 1.001), "29.97": (30, 1.001)}
first = bpy.context.scene
scenes = {rate: first if rate == "24" else bpy.data.scenes.new(rate) for rate in rates}
first.name = "24"
spans = {}

def build(rate, scene):
    fps, base = rates[rate]
    editor = stage(scene, fps=fps, base=base)
    at, names = 10, []
    def put(name, which, seen, *, own, begin=25, channel=1):
        nonlocal at
        strip = movie(scene, media[which], at=at - begin, channel=channel, name=name, own_rate=own)
        strip.frame_final_start, strip.frame_final_end = at, at + seen
        at += seen
        names.append(name)
        return strip
    for number, which in enumerate(media):
        put(f"{which} frame by frame", which, 16, own=False, begin=20 + 3 * fps % 7 + number)
        put(f"{which} at its own rate", which, 36, own=True, begin=23 + fps % 5 + 5 * number)
    put("held before its first frame", "25", 20, own=False, begin=-6)
    lasts = int(160 * fps / base / 29.97)
    put("held after its last frame", "29.97", 20, own=True, begin=lasts - 8)
    backwards = put("backwards", "24", 24, own=False, begin=40)
    backwards.use_reverse_frames = True
    cut = put("cut off for good", "25", 24, own=False, begin=3)
    cut.animation_offset_start = 12
    cut.frame_final_start, cut.frame_final_end = at - 24, at
    slow = put("slow", "23.976", 24, own=False)
    speed = effect(editor, "SPEED", 2, slow.frame_final_start, slow.frame_final_end, slow)
    speed.speed_control, speed.speed_factor, speed.use_frame_interpolate = "MULTIPLY", 1.7, False
    inner = put("in a meta strip", "25", 30, own=False)
    select(scene, inner.name)
    with in_sequencer(scene):
        bpy.ops.sequencer.meta_make()
    meta = editor.strips["MetaStrip"]
    meta.name = "meta"
    meta.frame_final_start, meta.frame_final_end = inner.frame_final_start + 4, inner.frame_final_end - 5
    names[-1] = "meta"
    spans[rate] = [10, at]
    return names

for rate, scene in scenes.items():
    names = build(rate, scene)
    select(scene, *names)
bpy.ops.wm.save_as_mainfile(filepath=given["blend"])
for rate, scene in scenes.items():
    render(scene, given["home"] + "/before " + rate, *spans[rate])
    scene.otio_cometapi.prompt, scene.otio_cometapi.budget = "make it snow", "900s"
    told[rate] = [operate("estimate", scene)]
    turn(lambda: not part("watching").desk().busy("plan"))
    told[rate].append(operate("send", scene))  # the scenes before it are still on their way
told["idle"] = turn(idle, 900)
for rate, scene in scenes.items():
    told[rate].append(operate("bring_in", scene))
    render(scene, given["home"] + "/after " + rate, *spans[rate])
    told["layout " + rate] = layout(scene)
told["problem"] = part("watching").desk().problem
sent = part("watching").desk().sendings()
told["takes"] = len({take for sending in sent for each in sending.strips for take in each.takes})
told["left out"] = [each.reason for sending in sent for each in sending.strips if each.reason]
bpy.ops.wm.save_mainfile()
"""


@dataclass
class Played:
    """What came of the whole road."""

    told: dict[str, Any]
    verified: dict[str, Any]
    frames: dict[str, dict[int, Rendered]]
    """By folder and frame of the scene."""

    def numbers(self, folder: str) -> dict[int, int | None]:
        """Return the number that each frame shows."""
        return {frame: each.numbers.get(1) for frame, each in self.frames[folder].items()}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Play the whole road in four scenes."""
    home = tmp_path_factory.mktemp("frames")
    install(home)
    media = {
        name: str(
            write_numbered(
                home / f"m{name}.mp4", frame_count=MEDIA_FRAMES, rate=rate, row=1, first_number=1000 * number
            )
        )
        for number, (name, rate) in enumerate(RATES.items(), start=1)
    }
    with simulator() as url:
        told = play(
            SCRIPT, home=home, base_url=url, more={"home": str(home), "media": media, "blend": str(home / "edit.blend")}
        )
        verified = answer(f"{url}/_mock/verify")
    folders = [*home.glob("before *"), *home.glob("after *")]
    return Played(told, verified, {folder.name: rendered_in(folder, rows=(1,)) for folder in folders})


def test_the_operators_went_their_way(played: Played) -> None:
    """Estimate, send and bring in finish in every scene, nothing is left out, and no problem stands in the panel."""
    assert {rate: played.told[rate] for rate in RATES} == {rate: [["FINISHED"]] * 3 for rate in RATES}
    assert (played.told["idle"], played.told["problem"], played.told["left out"]) == (True, "", [])


@pytest.mark.parametrize("rate", RATES)
def test_every_frame_shows_its_number(played: Played, rate: str) -> None:
    """Every rendered frame shows after the road the source frame that it showed before."""
    before, after = played.numbers(f"before {rate}"), played.numbers(f"after {rate}")
    wrong = {frame: (number, after.get(frame)) for frame, number in before.items() if after.get(frame) != number}
    readable = [number for number in before.values() if number is not None]
    print(f"scene at {rate}: {len(before) - len(wrong)} of {len(before)} frames right")
    assert wrong == {}
    assert len(before) == 350
    assert len(readable) == len(before) - 9  # the meta strip shows nothing of its inner strip's ends
    assert len(set(readable)) > 170


@pytest.mark.parametrize("rate", RATES)
def test_it_is_the_takes_that_show(played: Played, rate: str) -> None:
    """Every frame that showed a strip looks as the simulator makes it look, and every original is muted."""
    before, after = played.frames[f"before {rate}"], played.frames[f"after {rate}"]
    alike = [frame for frame, each in before.items() if each.numbers and each.colour == after[frame].colour]
    assert alike == []
    found = played.told[f"layout {rate}"]
    takes = {name.removesuffix(" take 1"): each[0] for name, each in found.items() if name.endswith(" take 1")}
    assert len(takes) == 14
    print(f"scene at {rate}: timed in a meta strip: {[name for name, kind in takes.items() if kind == 'META']}")
    assert [name for name in takes if not found[name][4]] == []


def test_nothing_is_paid_twice(played: Played) -> None:
    """Four scenes were sent into one job at the same time; the service saw one create for every take."""
    assert played.verified["creates"] == played.told["takes"]
    assert played.verified["ok"]
