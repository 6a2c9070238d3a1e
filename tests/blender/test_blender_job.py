"""The panel in real Blender: money, closing in the middle, several scenes, undo, other takes, and what is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from support.blender import install, numbers_in, play
from support.numbered import write_numbered
from support.road import answer, simulator

pytestmark = [pytest.mark.proof, pytest.mark.timeout(400)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a user's folder with the panel installed and one numbered medium in it."""
    install(tmp_path)
    write_numbered(tmp_path / "media.mp4", frame_count=90, rate=Fraction(25), row=1)
    return tmp_path


@pytest.fixture
def service() -> Iterator[str]:
    """Yield a simulator."""
    with simulator() as url:
        yield url


def names(home: Path) -> dict[str, str]:
    """Return what the scripts are given."""
    return {"home": str(home), "media": str(home / "media.mp4"), "blend": str(home / "edit.blend")}


BUILD = """
def build(scene, *spans):
    stage(scene, fps=25)
    for number, (begin, end) in enumerate(spans):
        strip = movie(scene, given["media"], at=5, channel=1 + number, name="ABC"[number])
        strip.frame_final_start, strip.frame_final_end = begin, end
    bpy.ops.wm.save_as_mainfile(filepath=given["blend"])
"""

UNDO = (
    BUILD
    + """
scene = bpy.context.scene
build(scene, (20, 44))
stood = layout(scene)
bpy.ops.ed.undo_push(message="what the user did last")  # so that the undo takes the strip's new id away as well
told["ends"] = whole_road(scene, "A", takes=2)
told["brought"] = layout(scene)
def showing():
    return [each for each in bpy.context.scene.sequence_editor.strips if "otio_cometapi_take" in each]
def shown():
    return next((each["otio_cometapi_take"] for each in showing()), None)
def file_shown():
    return next((each.filepath for each in showing()), None)
with in_sequencer():
    told["undo"] = sorted(bpy.ops.ed.undo())
scene = bpy.context.scene
told["after undo"] = layout(scene) == stood
told["again"] = operate("bring_in", scene)
select(bpy.context.scene, "A")
takes, files = [shown()], [file_shown()]
for _ in range(2):
    told["switch"] = operate("switch_take", bpy.context.scene)
    takes.append(shown()); files.append(file_shown())
told["takes"], told["files"] = takes, files
turn(idle)
render(bpy.context.scene, given["home"] + "/second", 20, 44)
told["reject"] = operate("reject", bpy.context.scene)
turn(idle)
told["after reject"] = layout(bpy.context.scene) == stood
told["not again"] = operate("bring_in", bpy.context.scene)
select(bpy.context.scene, "A")
told["other"] = operate("switch_take", bpy.context.scene)
told["other take"] = shown()
turn(idle)
told["problem"] = part("watching").desk().problem
told["reviews"] = json.loads(Path(part("watching").desk().folder, "status.json").read_text())["reviews"]
program, sent = part("program"), part("watching").desk().sendings()[0]
elsewhere = ["judge", str(sent.job), told["other take"], "--reject", "--by", "Ada", "--json"]
program.start(program.find(), elsewhere, told=Path(given["home"], "judged.json")).process.wait()
told["refresh"] = operate("follow", bpy.context.scene)
turn(idle)
told["left"] = len(part("take_operators").takes_for(bpy.context.scene, bpy.context.scene.sequence_editor.strips["A"]))
"""
)


def test_undo_other_takes_and_rejection(home: Path, service: str) -> None:
    """One undo takes a take away; the next take shows in the same strip; a rejected one is gone and comes no more."""
    told = play(UNDO, home=home, base_url=service, more=names(home))
    assert told["ends"] == [["FINISHED"]] * 3
    assert told["brought"]["A take 1"][1:] == [2, 20, 44, False]
    assert (told["undo"], told["after undo"], told["again"]) == (["FINISHED"], True, ["FINISHED"])
    first, second, third = told["takes"]
    assert first == third != second
    assert len(set(told["files"])) == 2
    assert list(numbers_in(home / "second", 1).values()) == list(range(15, 39))
    assert (told["reject"], told["after reject"]) == (["FINISHED"], True)
    assert "No take is ready" in told["not again"]
    assert (told["other"], told["other take"]) == (["FINISHED"], second)
    assert told["problem"] == ""
    verdicts = {each["take"]: (each["verdict"], each["chosen"]) for each in told["reviews"]}
    assert verdicts[first][0] == "rejected"
    assert verdicts[second][1]
    assert (told["refresh"], told["left"]) == (["FINISHED"], 0)  # somebody else rejected the second one


SEND_AND_GO = (
    BUILD
    + """
import os
scene = bpy.context.scene
build(scene, (20, 44))
render(scene, given["home"] + "/before", 20, 44)
select(scene, "A")
scene.otio_cometapi.prompt = "make it snow"
told["ends"] = [operate("estimate", scene)]
turn(lambda: not part("watching").desk().busy("plan"))
told["ends"].append(operate("send", scene))
work = part("watching").desk().work[0]
job = Path(work.sending.job)
if given["kill"]:  # the machine goes down with its task on the way
    import signal, time
    from urllib.request import urlopen
    for _ in range(400):  # until it has looked at the task: its id is on the books
        if any("/tasks/" in each["path"] for each in json.load(urlopen(given["url"] + "/_mock/journal"))):
            break
        time.sleep(0.05)
    os.killpg(work.running.process.pid, signal.SIGKILL)
    work.running.process.wait()
bpy.ops.wm.save_mainfile()
sys.stdout.write("\\n" + json.dumps(told) + "\\n")
sys.stdout.flush()
os._exit(0)  # Blender is closed; what it started goes on
"""
)

COME_BACK = """
from urllib.request import Request, urlopen
told["taken up"] = [each.kind for each in part("watching").desk().work]
scene = bpy.context.scene
def submitted():
    sent = part("watching").desk().sendings()[0]
    return "SUBMITTED" in map(sent.state, sent.strips[0].takes)
turn(submitted)
sent = part("watching").desk().sendings()[0]
told["line"] = part("panel").line_of(sent, sent.strips[0], shown=False)
body = json.dumps({"seconds": 600}).encode()  # the task has waited for this
urlopen(Request(given["url"] + "/_mock/advance", data=body, headers={"Content-Type": "application/json"}))
told["idle"] = turn(idle)
told["problem"] = part("watching").desk().problem
told["brought"] = operate("bring_in", scene)
render(scene, given["home"] + "/after", 20, 44)
told["layout"] = layout(scene)
bpy.ops.wm.save_mainfile()
"""


@pytest.mark.parametrize("kill", [False, True], ids=["closed", "killed"])
def test_a_job_is_found_again(home: Path, kill: bool) -> None:
    """Blender is closed in the middle of a job, or all that it started is killed: the next session finishes it."""
    with simulator("--clock", "virtual") as url:
        gone = play(SEND_AND_GO, home=home, base_url=url, more={**names(home), "kill": kill, "url": url})
        assert gone["ends"] == [["FINISHED"]] * 2
        told = play(COME_BACK, home=home, base_url=url, blend=home / "edit.blend", more={**names(home), "url": url})
        verified = answer(f"{url}/_mock/verify")
    assert told["taken up"] == ["collect" if kill else "run"]
    assert told["line"].startswith("A: submitted")
    assert (told["idle"], told["problem"], told["brought"]) == (True, "", ["FINISHED"])
    assert numbers_in(home / "after", 1) == numbers_in(home / "before", 1)
    assert told["layout"]["A take 1"][1:] == [2, 20, 44, False]
    assert (verified["creates"], verified["duplicates"]) == (1, [])


RULES = (
    BUILD
    + """
scene = bpy.context.scene
stage(scene, fps=25)
told["unsaved"] = operate("estimate", scene)
build(scene, (20, 44), (20, 50), (30, 60))
editor = scene.sequence_editor
def plan():
    end = operate("estimate", scene)
    turn(idle)
    return end
select(scene, "A")
told["no prompt"] = plan()
scene.otio_cometapi.prompt = "make it snow"
select(scene)
told["nothing"] = plan()
effect(editor, "COLOR", 7, 20, 60, name="colour")
select(scene, "colour")
told["colour"] = plan()
told["send without"] = operate("send", scene)
with in_sequencer(scene):
    select(scene, "B")
    editor.active_strip = editor.strips["B"]
    bpy.ops.sequencer.retiming_segment_speed_set(speed=150)
fast = movie(scene, given["media"], at=5, channel=9, name="D", own_rate=True)
fast.frame_final_start, fast.frame_final_end, fast.use_reverse_frames = 20, 40, True
effect(editor, "SPEED", 10, 20, 40, fast).speed_control = "MULTIPLY"
turned = movie(scene, given["media"], at=5, channel=12, name="E")
turned.frame_final_start, turned.frame_final_end = 20, 40
effect(editor, "SPEED", 13, 20, 40, turned).speed_control = "LENGTH"
select(scene, "A", "B", "C", "D", "E")
told["plan"] = plan()
draft = part("sending_operators").draft_of(scene)
told["estimate"] = [draft.seconds, draft.usd]
told["reasons"] = {each.name: each.reason for each in draft.strips if each.reason}
editor.strips["A"].frame_final_end = 40
told["changed"] = operate("send", scene)
editor.strips["A"].frame_final_end = 44
scene.otio_cometapi.prompt = "make it rain"
told["other look"] = operate("send", scene)
scene.otio_cometapi.prompt = "make it snow"
scene.otio_cometapi.budget = "1s"
told["dear"] = operate("send", scene)
turn(idle)
told["problem"] = part("watching").desk().problem

class Layout:  # stands in for what only a window draws
    def __init__(self, said): self.said = said
    def box(self): return self
    def row(self, **_): return self
    def label(self, text="", icon=""): self.said.append(text)
    def prop(self, owner, name): self.said.append(name); getattr(owner, name)
    def operator(self, name, text=""):
        self.said.append(f"[{text or name}]")
        return type("Set", (), {})()

class Panel: layout = Layout([])
told["draft again"] = part("sending_operators").draft_of(scene) is not None
scene.otio_cometapi.budget = "60s"
draft = part("sending_operators").draft_of(scene)  # sent, and the power fails before the first create
program = part("program")
cut = program.start(program.find(), ["export", str(draft.edit), "--job", str(draft.job), *scene.otio_cometapi.flags(),
                                     "--json"], told=Path(given["home"], "cut.json"))
cut.process.wait()
draft.sent = True
draft.save()
told["creates"] = json.load(__import__("urllib.request").request.urlopen(given["url"] + "/_mock/verify"))["creates"]
operate("follow", scene)
told["followed"] = turn(idle)
Panel.layout = Layout([])
part("panel").COMET_PT_takes.draw(Panel, bpy.context)
told["panel"] = Panel.layout.said
told["unsent"] = part("watching").desk().sendings()[0].unsent()
told["rest"] = operate("send_rest", scene, number=1)
told["done"] = turn(idle)
told["brought"] = operate("bring_in", scene)
Panel.layout = Layout([])
part("panel").COMET_PT_takes.draw(Panel, bpy.context)
told["panel after"] = Panel.layout.said
editor.strips["A"].frame_final_end = 90
select(scene, "A")
operate("reject", scene)
editor.strips["C"].frame_final_end = 88
select(scene, "C")
operate("reject", scene)
told["trimmed"] = operate("switch_take", scene)
"""
)


def test_money_and_reasons(home: Path, service: str) -> None:
    """Nothing is sent unestimated, changed since, or beyond the budget; what is left out has its reason."""
    told = play(RULES, home=home, base_url=service, more={**names(home), "url": service})
    assert "Save the .blend" in told["unsaved"]
    assert "prompt" in told["no prompt"]
    assert "Select movie strips" in told["nothing"]
    assert "only movie strips are sent" in told["colour"]
    assert "Estimate first" in told["send without"]
    assert told["plan"] == ["FINISHED"]
    assert told["estimate"][0] > 1
    assert "retiming" in told["reasons"].pop("B")
    assert "backwards" in told["reasons"].pop("D")
    assert "Multiply can be sent" in told["reasons"].pop("E")
    assert told["reasons"] == {}
    assert "estimate again" in told["changed"]
    assert "estimate again" in told["other look"]
    assert told["dear"] == ["FINISHED"]
    assert "budget" in told["problem"].lower()
    assert told["draft again"]
    assert (told["creates"], told["followed"]) == (0, True)
    assert "A: exported" in told["panel"]
    assert told["unsent"] == told["estimate"]
    assert "[comet.send_rest]" in told["panel"]
    assert (told["rest"], told["done"], told["brought"]) == (["FINISHED"], True, ["FINISHED"])
    assert any(line.startswith("A: take shows") for line in told["panel after"])
    assert answer(f"{service}/_mock/verify")["creates"] == len(
        json.loads((home / "edit.comet" / "status.json").read_text("utf-8"))["takes"]
    )
    assert told["trimmed"]


MEANWHILE = (
    BUILD
    + """
scene = bpy.context.scene
build(scene, (20, 50))
editor = scene.sequence_editor
select(scene, "A")
scene.otio_cometapi.prompt = "make it snow"
operate("estimate", scene)
turn(idle)
told["sent"] = operate("send", scene)
with in_sequencer(scene):
    select(scene, "A")
    bpy.ops.sequencer.split(frame=34, side="RIGHT")
other = next(each.name for each in editor.strips if each.name != "A")
editor.strips[other].frame_start += 30
editor.strips["A"].frame_final_start = 23
turn(idle)
render(scene, given["home"] + "/before", 23, 80)
told["brought"] = operate("bring_in", scene)
render(scene, given["home"] + "/after", 23, 80)
told["takes"] = sorted(each.name for each in editor.strips if "otio_cometapi_take" in each)
bpy.ops.wm.save_as_mainfile(filepath=given["home"] + "/edit_v2.blend")
told["folder"] = part("watching").desk().folder.name
editor.strips.remove(editor.strips["A take 1"])
select(scene, "A")
told["by hand"] = operate("switch_take", scene)
told["shows again"] = layout(scene)["A take 1"]
editor.strips.remove(editor.strips["A take 1"])
told["put back"] = [operate("reject", scene), layout(scene)["A"]]
editor.strips["A"].frame_final_start = 7
told["too long"] = operate("switch_take", scene)
told["stays"] = layout(scene)["A"]
"""
)


def test_an_edit_that_went_on_meanwhile(home: Path, service: str) -> None:
    """A strip that was cut in two, moved and trimmed after sending gets its take in both pieces; a longer one none."""
    told = play(MEANWHILE, home=home, base_url=service, more=names(home))
    assert (told["sent"], told["brought"]) == (["FINISHED"], ["FINISHED"])
    assert numbers_in(home / "after", 1) == numbers_in(home / "before", 1)
    assert len([number for number in numbers_in(home / "after", 1).values() if number is not None]) == 27
    assert len(told["takes"]) == 2
    assert told["folder"] == "edit.comet"
    assert (told["by hand"], told["shows again"][1:]) == (["FINISHED"], [2, 23, 34, False])
    assert told["put back"] == [["FINISHED"], ["MOVIE", 1, 23, 34, False]]
    assert "no other take" in told["too long"]
    assert told["stays"] == ["MOVIE", 1, 7, 34, False]


OFFLINE = (
    BUILD
    + """
scene = bpy.context.scene
build(scene, (20, 44))
told["ends"] = whole_road(scene, "A")
told["problem"] = part("watching").desk().problem
bpy.context.preferences.system.use_online_access = False
operate("estimate", scene)
turn(idle)
told["offline"] = operate("send", scene)
told["kept"] = part("sending_operators").draft_of(scene) is not None
"""
)


def test_what_stops_a_sending_is_one_sentence(home: Path) -> None:
    """Without a key the panel says so and nothing is sent; where Blender may not go online, nothing is started."""
    told: dict[str, Any] = play(OFFLINE, home=home, more=names(home), key=False)
    assert told["ends"][:2] == [["FINISHED"]] * 2
    assert "key" in told["problem"]
    assert "\n" not in told["problem"]
    assert "online access" in told["offline"]
    assert told["kept"]
