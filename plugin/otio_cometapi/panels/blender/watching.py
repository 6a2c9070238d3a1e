"""Commands in the background: a timer looks at them, nothing waits, and nothing but the timer touches Blender."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from . import program
from .program import Running
from .properties import patience, preferred_program
from .sendings import NOT_SENT, Sending, folder_of, load_all

SECONDS = 1.0
"""Between two looks of the timer."""
FOLDER = "otio_cometapi_folder"
"""Of a scene: where the job of its .blend file lies."""
_ONLINE = ("run", "resume", "collect")
"""Commands that speak with the service."""
_MONEY = 4
"""The program's exit code where it stopped for money."""
_LOOKS_A_STATUS = 10
"""How many looks there are to one at the ledger, which is a process that starts; tasks take minutes."""


@dataclass
class Work:
    """A command that is under way for a sending."""

    kind: str
    sending: Sending
    running: Running


@dataclass
class Desk:
    """What goes on for one .blend file."""

    folder: Path
    work: list[Work] = field(default_factory=list)
    look: Running | None = None
    looks: int = 0
    due: bool = False
    """Whether the ledger has news that were not looked at."""
    problem: str = ""
    """The last thing that went wrong, in one sentence."""
    tried: set[str] = field(default_factory=set)
    """Takes that were ready and that a relinked timeline was asked for: once, whatever comes of it."""
    kept: list[Sending] | None = None

    def sendings(self) -> list[Sending]:
        """Return what was planned and sent, oldest first; read when something has changed."""
        if self.kept is None:
            self.kept = load_all(self.folder)
        return self.kept

    def busy(self, kind: str = "") -> bool:
        """Whether a command is under way."""
        return any(not kind or each.kind == kind for each in self.work)


_desks: dict[str, Desk] = {}


def desk() -> Desk | None:
    """Return the desk of the .blend file that is open; None while it was never saved."""
    blend = bpy.data.filepath
    if not blend:
        return None
    noted = {scene.get(FOLDER) for scene in bpy.data.scenes} - {None}
    folder = folder_of(blend, sorted(noted))
    return _desks.setdefault(str(folder), Desk(folder))


def note_folder(at: Desk) -> None:
    """Let the .blend file know its folder, so that it finds it under another name too."""
    for scene in bpy.data.scenes:
        scene[FOLDER] = str(at.folder)


def saved_desk() -> Desk:
    """Return the same, where the caller knows that the file was saved."""
    found = desk()
    if found is None:
        raise RuntimeError("the .blend file was never saved")
    return found


def begin(at: Desk, kind: str, sending: Sending, arguments: list[str]) -> None:
    """
    Start a command for a sending.

    Raises:
        ProgramMissingError: There is no program.
        OfflineError: The command would speak with the service, and Blender is not to go online.
    """
    if kind in _ONLINE and not bpy.app.online_access:
        raise program.OfflineError("Blender is offline: allow online access in Preferences > System.")
    told = sending.file(kind)
    running = program.start(program.find(preferred_program()), arguments, told=told)
    at.work.append(Work(kind, sending, running))
    at.problem, at.kept = "", None
    wake()


def wake() -> None:
    """See that the timer looks."""
    if not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=SECONDS, persistent=True)


def tick() -> float | None:
    """Look once at everything that is under way; the timer's function."""
    at = desk()
    if at is None or not (at.work or at.look or at.due):
        return None
    for work in [each for each in at.work if each.running.ended]:
        at.work.remove(work)
        _ended(at, work)
        at.kept = None
    _look(at)
    _redraw()
    return SECONDS


def _ended(at: Desk, work: Work) -> None:
    problem = work.running.problem()
    if work.kind == "plan":
        told = work.running.object()
        _estimated(work.sending, told)
        problem = "" if "estimate" in told else problem  # what a plan finds wrong with strips stands at the strips
    else:
        at.due = True
    if work.kind == "run" and _spent_nothing(work):
        work.sending.sent = False
        work.sending.save()
    at.problem = problem or at.problem


def _spent_nothing(work: Work) -> bool:
    """Whether a run was refused before anything was entered: for its price, or before there was a job."""
    refused = work.running.code == _MONEY and not work.running.object().get("takes")
    return refused or not work.sending.job.is_dir()


def _estimated(sending: Sending, plan: dict[str, Any]) -> None:
    """Write down what a plan says."""
    for clip in plan.get("clips") or ():
        strip = sending.strips[clip["index"]]
        strip.takes = list(clip["takes"])
        strip.reason = "" if clip["selected"] else clip["reason"]
        sending.notes += [note for note in clip["warnings"] if note not in sending.notes]
    estimate = plan.get("estimate") or {"seconds": 0.0, "usd": 0.0}
    sending.seconds, sending.usd = estimate["seconds"], estimate["usd"]
    sending.prices = {
        take["id"]: [take["seconds"], take["usd"]] for take in plan.get("takes") or () if take["state"] in NOT_SENT
    }
    sending.notes += list(plan.get("problems") or ())
    sending.save()


def _look(at: Desk) -> None:
    """Ask the ledger from time to time, and have what is ready laid into the relinked timeline."""
    if at.look is not None:
        if at.look.ended:
            if at.look.object().get("timelines"):
                os.replace(at.look.told, at.folder / "status.json")  # noqa: PTH105 - over the last one
            at.look = at.kept = None
            _relink(at)
        return
    at.looks += 1
    if not (at.due or at.looks % _LOOKS_A_STATUS == 1):
        return
    at.due = False
    job = next((each.job for each in at.sendings() if each.sent and each.job.is_dir()), None)
    if job is not None:
        way = ["status", str(job), "--json"]
        at.look = _start(at, way, told=at.folder / "status_new.json")


def _start(at: Desk, way: list[str], *, told: Path) -> Running | None:
    """Start a command from the timer, where nobody is to be stopped by an error."""
    try:
        return program.start(program.find(preferred_program()), way, told=told)
    except program.ProgramMissingError as exc:
        at.problem = str(exc)
        return None


def _relink(at: Desk) -> None:
    """Lay takes that became ready into their timelines; free, and offline."""
    for sending in at.sendings():
        if sending.sent and sending.missing() - at.tried and not at.busy("relink"):
            at.tried |= sending.missing()
            way = _relinking(sending)
            running = _start(at, way, told=sending.file("relink"))
            at.work += [Work("relink", sending, running)] if running else []


def _relinking(sending: Sending) -> list[str]:
    name = ["--timeline", sending.timeline_name]
    return ["relink", str(sending.job), "-o", str(sending.output), *name, "--json"]


def take_up() -> None:
    """
    Go on with what an earlier session of Blender sent and did not see the end of.

    What it started may still run: that is watched. Else `collect` follows the tasks; it costs nothing.
    """
    at = desk()
    if at is None or at.work:
        return
    at.kept, at.tried = None, set()
    waiting = [each for each in at.sendings() if each.sent and not each.rests()]
    found = [Work(kind, each, Running(each.file(kind))) for each in waiting for kind in _ONLINE]
    at.work = [work for work in found if not work.running.ended]
    stays = [each for each in waiting if each.job.is_dir()]
    if stays and not at.work:
        try:
            begin(at, "collect", stays[-1], ["collect", str(stays[-1].job), *patience(), "--json"])
        except program.NotStartedError as exc:
            at.problem = str(exc)
    at.due = bool(waiting)
    wake()


def relink_again(at: Desk) -> None:
    """
    Write the timeline of the latest sending anew, as takes were judged meanwhile elsewhere; free, and offline.

    Raises:
        ProgramMissingError: There is no program.
    """
    latest = [each for each in at.sendings() if each.sent and each.job.is_dir()][-1:]
    for sending in latest if not at.busy() else ():
        begin(at, "relink", sending, _relinking(sending))


@bpy.app.handlers.persistent
def on_load(_file: object = None) -> None:
    """Look for unfinished work whenever a .blend file is opened."""
    take_up()


def _redraw() -> None:
    """Draw the sequencers anew."""
    for manager in bpy.data.window_managers:
        for window in manager.windows:
            for area in window.screen.areas:
                if area.type == "SEQUENCE_EDITOR":
                    area.tag_redraw()
