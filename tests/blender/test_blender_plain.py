"""What of Blender's panel needs no Blender: how it counts, what it writes and reads, how it starts the program."""

from __future__ import annotations

import ast
import json
import os
import re
import sys
import time
import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

import otio_cometapi
from support.panel_modules import PANEL, panel_module

frames = panel_module("frames")
edit = panel_module("edit")
program = panel_module("program")
sendings = panel_module("sendings")

RENDERED: dict[str, tuple[Any, int, list[int]]] = {
    "held before, 30 in 24": (
        frames.Clock(10, 200, 1.25),
        5,
        [0, 0, 0, 0, 0, 0, 1, 3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15, 16, 18, 19, 20, 21, 23, 24, 25, 26, 28],
    ),
    "held after, 30 in 24": (frames.Clock(10, 200, 1.25), 168, [198, 199, 199, 199, 199, 199, 199, 199]),
    "backwards, 30 in 24": (
        frames.Clock(10, 200, 1.25, reverse=True),
        8,
        [199, 199, 199, 198, 196, 195, 194, 193, 191, 190, 189, 188, 186, 185, 184, 183, 181, 180, 179, 178, 176],
    ),
    "backwards at its end": (frames.Clock(10, 200, 1.25, reverse=True), 165, [5, 4, 3, 1, 0, 0, 0, 0]),
    "strobe 3.5": (
        frames.Clock(10, 200, strobe=3.5),
        10,
        [0, 0, 0, 0, 4, 4, 4, 7, 7, 7, 7, 11, 11, 11, 14, 14, 14, 14, 18, 18, 18, 21, 21, 21, 21, 25, 25, 25],
    ),
    "cut off for good, 30 in 24": (
        frames.Clock(10, 193, 1.25, first=7),
        13,
        [
            11,
            12,
            13,
            15,
            16,
            17,
            18,
            20,
            21,
            22,
            23,
            25,
            26,
            27,
            28,
            30,
            31,
            32,
            33,
            35,
            36,
            37,
            38,
            40,
            41,
            42,
            43,
            45,
        ],
    ),
    "30000/1001 in 25": (
        frames.Clock(10, 200, 30000 / 1001 / 25),
        10,
        [0, 1, 2, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 22, 23, 24, 25, 26, 28, 29, 30, 31, 32],
    ),
    "24000/1001 in 25": (
        frames.Clock(10, 200, 24000 / 1001 / 25),
        10,
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26],
    ),
    "25 in 30000/1001": (
        frames.Clock(10, 200, 25 / (30 / 1.001)),
        10,
        [0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 8, 9, 10, 11, 12, 13, 13, 14, 15, 16, 17, 18, 18, 19, 20, 21, 22, 23],
    ),
}
"""What Blender 4.5.15 rendered of numbered media: the clock, the first frame of the scene, the numbers."""


@pytest.mark.parametrize("name", RENDERED)
def test_frames_are_counted_as_blender_rendered_them(name: str) -> None:
    """At every frame of the scene the clock names the media's frame that Blender showed there."""
    clock, begin, numbers = RENDERED[name]
    assert [clock.media_frame(begin + each) for each in range(len(numbers))] == numbers


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("scene", ["24", "25", "24000/1001", "30000/1001"])
@pytest.mark.parametrize("media", ["24", "25", "24000/1001", "30000/1001"])
def test_a_take_fits_at_every_rate(media: str, scene: str, reverse: bool) -> None:
    """For every mix of rates a take can be laid so that each frame of the scene shows what it showed."""
    clock = frames.Clock(-3, 150, float(Fraction(media) / Fraction(scene)), first=4, reverse=reverse)
    moments = [float(frame) for frame in range(41, 83)]
    first, last = frames.used_frames(clock, moments)
    found = frames.fit(clock, moments, take_first=first - 8, take_count=last - first + 17)
    wanted = [clock.media_frame(moment) - (first - 8) for moment in moments]
    if found.table:
        speed = found.clock
        assert list(found.table) == wanted
        assert [speed.media_frame(speed.start + frames.single(each / speed.factor)) for each in wanted] == wanted
    else:
        assert [found.clock.media_frame(moment) for moment in moments] == wanted
    assert bool(found.table) <= (media != scene)


def test_a_take_that_lacks_a_frame_does_not_fit() -> None:
    """Neither in front nor behind may a frame be missing: None tells so."""
    clock, moments = frames.Clock(0, 100), [float(frame) for frame in range(20, 30)]
    assert frames.fit(clock, moments, take_first=20, take_count=10).clock.start == 20
    assert frames.fit(clock, moments, take_first=21, take_count=10) is None
    assert frames.fit(clock, moments, take_first=20, take_count=9) is None


def test_a_strip_that_is_held_in_front_stays_a_strip() -> None:
    """It begins before its media does: so does the strip over its take."""
    clock, moments = frames.Clock(30, 100), [float(frame) for frame in range(20, 50)]
    found = frames.fit(clock, moments, take_first=0, take_count=28)
    assert (found.clock.start, found.table) == (30, ())


def test_a_speed_control_asks_for_moments() -> None:
    """It multiplies, stays within its input, and names both neighbours where it blends them."""
    assert frames.Speed(30, 1.5, 100).moments(range(30, 34)) == [30.0, 31.5, 33.0, 34.5]
    assert frames.Speed(30, 50.0, 100).moments(range(30, 34)) == [30.0, 80.0, 130.0, 130.0]
    assert frames.Speed(30, 0.5, 100, blends=True).moments(range(30, 32)) == [30.0, 30, 30.5, 31]


def wanted(name: str, record: int, *, rate: float = 25.0) -> Any:
    """Return a strip that is to be sent."""
    return edit.Wanted(f"id-{name}", name, f"/media/{name}.mp4", rate, 17, 30, record)


def test_the_edit_is_a_timeline_of_opentimelineio() -> None:
    """Each strip is a clip on its own track, at its frame of the scene, with its frames counted at its media's rate."""
    text = edit.edit_text([wanted("a", 48), wanted("b", 24, rate=23.976024627685547)], name="cut 001", rate=24.0)
    timeline = otio.adapters.read_from_string(text, "otio_json")
    assert timeline.name == "cut 001"
    assert [clip.name for clip in timeline.find_clips()] == ["a", "b"]
    for track, begin in zip(timeline.video_tracks(), (48, 24), strict=True):
        (clip,) = track.find_clips()
        assert clip.range_in_parent().start_time == otio.opentime.RationalTime(begin, 24)
        assert (clip.source_range.start_time.value, clip.source_range.duration.value) == (17, 30)
        assert clip.media_reference.target_url == f"/media/{clip.name}.mp4"


def test_a_strip_may_begin_before_frame_0() -> None:
    """The timeline then begins earlier; every strip keeps its distance."""
    text = edit.edit_text([wanted("a", -12), wanted("b", 12)], name="cut", rate=24.0)
    timeline = otio.adapters.read_from_string(text, "otio_json")
    assert timeline.global_start_time.value == -12
    begins = [clip.range_in_parent().start_time for clip in timeline.find_clips()]
    assert begins == [otio.opentime.RationalTime(frame, 24) for frame in (0, 24)]


def relinked(strip_id: str, *takes: str) -> str:
    """Return a timeline with one clip that has these takes; the last is shown."""
    timeline = json.loads(
        edit.edit_text([edit.Wanted(strip_id, "a", "/a.mp4", 25.0, 20, 10, 0)], name="cut", rate=25.0)
    )
    (clip,) = timeline["tracks"]["children"][0]["children"]
    for number, take in enumerate(takes, start=1):
        clip["media_references"][f"cometapi:{take}"] = {
            "target_url": f"/job/{take}.mp4",
            "available_range": {"start_time": {"value": 12.0, "rate": 25.0}, "duration": {"value": 26.0, "rate": 25.0}},
            "metadata": {"cometapi": {"take_id": take, "take": number}},
        }
        clip["active_media_reference_key"] = f"cometapi:{take}"
    return json.dumps(timeline)


def test_takes_are_read_from_a_relinked_timeline() -> None:
    """File, first frame, count and number of each take, and which one the job shows; the original is none."""
    found = edit.takes_of(relinked("one", "t1-x", "t1-y"))
    assert found == {
        "one": [
            edit.Take("t1-x", 1, "/job/t1-x.mp4", 12, 26, shown=False),
            edit.Take("t1-y", 2, "/job/t1-y.mp4", 12, 26, shown=True),
        ]
    }
    with pytest.raises(ValueError, match="no timeline of ours"):
        edit.takes_of("[]")


def runnable(path: Path, text: str = "#!/bin/sh\n") -> Path:
    """Write a script that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(0o755)
    return path


def test_the_program_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As preferred, else as the installer noted it, else on PATH, else in a usual place; else a sentence says so."""
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(program, "__file__", str(tmp_path / "panel" / "program.py"))
    monkeypatch.setattr(program, "_usual_places", lambda: [tmp_path / "usual"])
    with pytest.raises(program.ProgramMissingError, match="pipx install"):
        program.find()
    places = [runnable(tmp_path / place / "otiocomet") for place in ("usual", "path", "noted", "preferred")]
    assert program.find() == str(places[1])
    places[1].unlink()
    assert program.find() == str(places[0])
    runnable(tmp_path / "panel" / "otiocomet_path.txt", f"{places[2]}\n")
    assert program.find() == str(places[2])
    assert program.find(str(places[3])) == str(places[3])
    with pytest.raises(program.ProgramMissingError, match="preferences"):
        program.find(str(tmp_path / "nowhere"))


def test_a_command_is_started_and_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It starts in a session of its own, without Blender's Python settings; its object and last sentence are read."""
    monkeypatch.setenv("PYTHONHOME", "/blender/python")
    code = f"""#!{sys.executable} -I
import json, os, sys
input_ = sys.stdin.read()
print(json.dumps({{"home": os.environ.get("PYTHONHOME"), "leader": os.getsid(0) == os.getpid(), "in": input_}}))
print("otiocomet: the first", file=sys.stderr)
print("otiocomet: no key was found.", file=sys.stderr)
sys.exit(1)
"""
    running = program.start(str(runnable(tmp_path / "p", code)), [], told=tmp_path / "new" / "run.json")
    for _ in range(200):
        if running.ended:
            break
        time.sleep(0.05)
    assert running.object() == {"home": None, "leader": True, "in": ""}
    assert running.problem() == "no key was found."
    assert program.read_object(tmp_path / "none.json") == {}
    assert not program.alive(tmp_path / "none.json")
    with pytest.raises(program.ProgramMissingError, match="cannot be started"):
        program.start(str(tmp_path / "new"), [], told=tmp_path / "x.json")


def test_a_command_of_an_earlier_session_is_known(tmp_path: Path) -> None:
    """As long as it runs its file is locked: another session sees it end, and reads its exit code and its sentence."""
    code = f"""#!{sys.executable} -I
import os, sys
sys.stdin = open(0)
while not os.path.exists({str(tmp_path / "stop")!r}):
    pass
print('{{"exit": 4, "problems": ["too dear."]}}')
sys.exit(4)
"""
    told = tmp_path / "run.json"
    running = program.start(str(runnable(tmp_path / "p", code)), [], told=told)
    earlier = program.Running(told)
    assert program.alive(told)
    assert not earlier.ended
    (tmp_path / "stop").touch()
    running.process.wait(20)
    assert earlier.ended
    assert (earlier.code, earlier.problem()) == (4, "too dear.")


def sent(folder: Path, states: dict[str, str]) -> Any:
    """Return a sending of one strip with these takes, whose states the program has told."""
    folder.mkdir(exist_ok=True)
    told = {"takes": [{"id": take, "state": state} for take, state in states.items()]}
    (folder / "status.json").write_text(json.dumps(told), "utf-8")
    strip = sendings.SentStrip("one", "A", takes=list(states))
    prices = {take: [2.0, 0.3] for take in states}
    return sendings.Sending(1, "Scene", str(folder), [strip], sent=True, prices=prices)


def test_what_was_sent_is_found_again(tmp_path: Path) -> None:
    """It is written whole, read back equal, and only one that was sent keeps its number."""
    folder = sendings.folder_of(str(tmp_path / "edit.blend"))
    assert folder == tmp_path / "edit.comet"
    first = sent(folder, {"t1-x": "SUBMITTED"})
    first.save()
    assert sendings.next_number(folder) == 2
    draft = sendings.Sending(2, "Scene", str(folder), [])
    draft.save()
    (folder / "sending_003.json").write_text('{"number": 3, "sc', "utf-8")
    assert sendings.load_all(folder) == [first, draft]
    assert sendings.next_number(folder) == 2
    moved = tmp_path / "other.comet"
    os.rename(folder, moved)  # noqa: PTH104 - as a person does
    assert sendings.load_all(moved)[0].job == moved / "takes.cometjob"


def test_the_job_is_found_under_another_name(tmp_path: Path) -> None:
    """A file saved as a new version, or moved with its job, finds the job; without one, its own place is named."""
    versions, moved = tmp_path / "versions", tmp_path / "moved"
    (versions / "edit.comet").mkdir(parents=True)
    noted = [str(versions / "edit.comet")]
    assert sendings.folder_of(str(versions / "edit_v2.blend"), noted) == versions / "edit.comet"
    (versions).rename(moved)
    assert sendings.folder_of(str(moved / "edit_v2.blend"), noted) == moved / "edit.comet"
    assert sendings.folder_of(str(moved / "new.blend"), [str(tmp_path / "gone.comet")]) == moved / "new.comet"


def test_a_sending_rests_when_all_its_takes_are_home(tmp_path: Path) -> None:
    """It rests neither while a task runs, nor while a ready take is missing from the relinked timeline."""
    assert not sent(tmp_path, {"t1-x": "SUBMITTED"}).rests()
    ready = sent(tmp_path, {"t1-x": "READY", "t1-y": "FAILED"})
    assert ready.missing() == {"t1-x"}
    assert not ready.rests()
    ready.output.write_text(relinked("one", "t1-x"), "utf-8")
    home = sent(tmp_path, {"t1-x": "READY", "t1-y": "FAILED"})
    assert home.rests()
    assert [take.take_id for take in home.takes["one"]] == ["t1-x"]


def test_a_rejected_take_is_not_missed(tmp_path: Path) -> None:
    """The program leaves rejected takes out of timelines: that is no reason to ask again and again."""
    found = sent(tmp_path, {"t1-x": "READY"})
    told = json.loads((tmp_path / "status.json").read_text("utf-8"))
    told["reviews"] = [{"take": "t1-x", "clip_index": 0, "verdict": "rejected"}]
    (tmp_path / "status.json").write_text(json.dumps(told), "utf-8")
    assert found.missing() == set()


def test_what_is_not_sent_yet_has_a_price(tmp_path: Path) -> None:
    """Only takes on which nothing was spent count; an unknown price makes the sum unknown."""
    found = sent(tmp_path, {"t1-x": "EXPORTED", "t1-y": "SUBMIT_UNKNOWN", "t1-z": "PLANNED"})
    assert found.unsent() == (4.0, pytest.approx(0.6))
    found.prices["t1-z"] = [2.0, None]
    assert found.unsent() == (4.0, None)


def imports_of(path: Path) -> set[str]:
    """Return the packages that a module imports; those beside it as a dot."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name.split(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." if node.level else (node.module or "").split(".")[0])
    return found


def test_blenders_python_needs_nothing_installed() -> None:
    """The panel imports Python's own library, `bpy` and itself; the package imports nothing of the panel."""
    allowed = {".", "bpy", *sys.stdlib_module_names}
    assert {path.name: imports_of(path) - allowed for path in PANEL.glob("*.py") if imports_of(path) - allowed} == {}
    package = Path(otio_cometapi.__file__).parent
    others = [path for path in package.rglob("*.py") if PANEL not in path.parents]
    wanted_by = re.compile(r"^\s*(from|import) (otio_cometapi)?\.?panels", re.MULTILINE)
    assert [path for path in others if wanted_by.search(path.read_text("utf-8"))] == []


def test_the_manifest_says_what_blender_asks_for() -> None:
    """Schema, id, version, licence, versions of Blender, and for every permission a reason that fits."""
    manifest = tomllib.loads((PANEL / "blender_manifest.toml").read_text("utf-8"))
    assert manifest["schema_version"] == "1.0.0"
    assert (manifest["id"], manifest["type"]) == ("otio_cometapi", "add-on")
    assert manifest["version"] == otio_cometapi.__version__
    assert manifest["license"] == ["SPDX:GPL-3.0-or-later"]
    assert manifest["blender_version_min"] == "4.5.0"
    assert len(manifest["tagline"]) <= 64
    assert all(0 < len(reason) <= 64 and not reason.endswith(".") for reason in manifest["permissions"].values())
    assert set(manifest["permissions"]) == {"files", "network"}
