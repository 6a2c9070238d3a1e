"""A job that is killed on purpose: an edit, a simulator that keeps its state, what must hold after every accident."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import opentimelineio as otio

from support import crash_points, road
from support.host_process import script
from support.numbered import write_numbered

TESTS = Path(__file__).parents[1]
KEY = "sk-never-in-the-folder-0123456789"
RATE = Fraction(24)
TAKES = 3
TASKS = 4
"""Two short clips, and one that is sent in two parts, the second of them guided by the first."""

_SCENARIOS = """
[brief]
stages = [{status = "RUNNING", seconds = 8}, {status = "SUCCEEDED"}]
[asked_to_wait]
faults = [{on = "create", answer = "rate_limited_retry_after"}]
"""
_MODELS = "[gen4_aleph]\nmax_seconds = 1\n"
_RUN = ("--select", "all", "--prompt", "make it snow", "--parts", "--handles", "0")
_FAST = ("--yes", "--poll-interval", "0.05", "--json")
OUTPUT = "out.otio"
"""The relinked timeline, which shows as many takes as are finished."""
_LIMIT_S = 90.0


def cut(folder: Path) -> otio.schema.Timeline:
    """Write a medium and return an edit of three clips of it: 12 frames, 30 frames (two parts), 10 frames."""
    medium = write_numbered(folder / "plate.mp4", frame_count=60, rate=RATE, row=1, width=160, height=96)
    track = otio.schema.Track(name="V1", kind=otio.schema.TrackKind.Video)

    def frames(first: int, count: int) -> otio.opentime.TimeRange:
        time_of = otio.opentime.RationalTime
        return otio.opentime.TimeRange(time_of(first, float(RATE)), time_of(count, float(RATE)))

    for name, first, count in (("sh010", 0, 12), ("sh020", 14, 30), ("sh030", 48, 10)):
        reference = otio.schema.ExternalReference(str(medium), frames(0, 60))
        track.append(otio.schema.Clip(name, reference, frames(first, count)))
    timeline = otio.schema.Timeline("crash")
    timeline.tracks.append(track)
    return timeline


@dataclass(frozen=True)
class Strike:
    """One accident: what happens, and where."""

    mode: str = crash_points.COUNT
    """`KILL`, `FULL`, `BROKEN`, or `COUNT` for none."""
    at: int = 0
    """The point, counted from 1."""
    only: str = ""
    """The one kind of point that is counted; empty: all."""


NONE = Strike()


@dataclass
class Ended:
    """How a command ended."""

    code: int
    """Its exit code, or the signal below zero."""
    labels: list[str]
    """The points that it passed."""
    sent: int
    """The creates that left it whole."""
    stdout: str
    stderr: str

    def where(self, strike: Strike) -> str:
        """Name the point at which an accident happened."""
        at = len(self.labels) if strike.only else strike.at
        return self.labels[at - 1] if 0 < at <= len(self.labels) else "its end"

    @property
    def said(self) -> dict[str, Any]:
        """What it printed as JSON."""
        found: dict[str, Any] = json.loads(self.stdout)
        return found

    def __str__(self) -> str:
        return f"exit {self.code} at {self.labels[-1:]}: {self.stdout[-600:]} {self.stderr[-600:]}"


@dataclass
class CrashDesk:
    """One edit, one simulator, one process that forks the commands."""

    folder: Path
    reference: dict[str, str] = field(default_factory=dict)
    """What every file of the finished job is like, by its path in the folder."""
    points: list[str] = field(default_factory=list)
    """The points of an uninterrupted run, in order."""
    struck: int = 0
    """Accidents so far."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "scenarios.toml").write_text(_SCENARIOS)
        otio.adapters.write_to_file(cut(self.folder), str(self.folder / "edit.otio"))
        self.desk, self.home = self.folder / "desk", self.folder / "home"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start_simulator()
        self.zygote = subprocess.Popen(
            [sys.executable, "-m", "support.crash_points"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=TESTS,
            env={**self.environment, "PYTHONPATH": str(TESTS), "OPENBLAS_NUM_THREADS": "1"},
        )
        assert self._heard() == "ready"

    @property
    def environment(self) -> dict[str, str]:
        """What a command finds in its environment."""
        found = road.environment(base_url=self.url, home=self.home)
        return {**found, "COMETAPI_KEY": KEY}

    def close(self) -> None:
        """End what was started."""
        assert self.zygote.stdin is not None
        self.zygote.stdin.close()
        self.zygote.wait(30)
        if self.zygote.stdout is not None:
            self.zygote.stdout.close()
        self.kill_simulator()

    # -- the simulator

    def start_simulator(self) -> None:
        """Start the simulator on its port, from the state that it kept."""
        self.simulator = subprocess.Popen(
            [
                *(script("cometapi-mock"), "--port", str(self.port), "--scenario", "brief"),
                *("--state", str(self.folder / "state"), "--scenarios", str(self.folder / "scenarios.toml")),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.simulator.stdout is not None
        assert self.simulator.stdout.readline().startswith("http://127.0.0.1:")

    def kill_simulator(self) -> None:
        """Kill the simulator, as a loss of power would."""
        self.simulator.send_signal(signal.SIGKILL)
        self.simulator.communicate(timeout=30)

    def control(self, path: str, **body: object) -> None:
        """Make a control call."""
        request = Request(  # noqa: S310 - a loopback URL
            f"{self.url}/_mock/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method="POST",
        )
        with urlopen(request, timeout=30) as answer:  # noqa: S310
            answer.read()

    def creates(self, *, at_least: int = 0) -> list[dict[str, Any]]:
        """Return the creates that made a task, once every one that left is answered."""
        late = time.monotonic() + 5
        while True:
            rows = [row for row in road.answer(f"{self.url}/_mock/journal") if row["method"] == "POST"]
            if len(rows) >= at_least and all(row["status"] is not None for row in rows):
                return [row for row in rows if row.get("task_id")]
            assert time.monotonic() < late, f"{at_least} creates left the client, the simulator knows {rows}"
            time.sleep(0.005)

    # -- accidents

    def survives(self, *strikes: Strike) -> list[str]:
        """Let accidents happen one after another, go on to the end, and return all that was wrong."""
        self.fresh()
        return self.goes_on(*strikes)

    def goes_on(self, *strikes: Strike) -> list[str]:
        """Let accidents happen to the job as it stands, go on to the end, and return all that was wrong."""
        wrong: list[str] = []
        passed = []
        for strike in strikes:
            ended = self.resume(strike)
            passed.append(f"{strike.mode} at {strike.at} ({ended.where(strike)})")
            self.struck += ended.code == -signal.SIGKILL or strike.mode != crash_points.KILL
            wrong += self.standing()
            wrong += self.ended_well(ended, strike)
        wrong += self.settle()
        return [f"{', then '.join(passed)}: {each}" for each in dict.fromkeys(wrong)]

    def ended_well(self, ended: Ended, strike: Strike) -> list[str]:
        """Tell what is wrong with how a command ended: by the kill, or with a sentence that names what is paid."""
        if strike.mode == crash_points.KILL:
            missed = ended.code in (0, 3) and len(ended.labels) < strike.at  # it had less to do than there are points
            return [] if missed or ended.code == -signal.SIGKILL else [f"it was not killed: {ended}"]
        said = ended.stdout + ended.stderr
        wrong = [] if ended.code in (0, 1, 3) else [f"a strange end: {ended}"]
        wrong += [f"a traceback: {ended.stderr[-1500:]}"] if "Traceback" in said or not said.strip() else []
        wrong += ["nothing is said"] if ended.code and not ended.stderr.strip() else []
        if ended.code == 1 and (self.job / "job.json").exists():
            known = self.comet("status", "comet.cometjob", "--json").stdout + said
            lost = [row["task_id"] for row in self.creates(at_least=self.left) if row["task_id"] not in known]
            wrong += [f"the paid task {task} is named nowhere: {ended}" for task in lost]
        return wrong

    # -- commands

    def fresh(self) -> None:
        """Begin anew: an empty folder, a user who never ran anything, a simulator that knows nothing."""
        for place in (self.desk, self.home):
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
        config = self.home / ".config" / "otio-cometapi"
        config.mkdir(parents=True)
        (config / "models.toml").write_text(_MODELS)
        self.control("reset")
        self.left = 0

    def run(self, strike: Strike = NONE) -> Ended:
        """Run `otiocomet run` with every clip."""
        return self.comet("run", "../edit.otio", "-o", OUTPUT, *_RUN, *_FAST, strike=strike)

    def resume(self, strike: Strike = NONE) -> Ended:
        """Go on; where no job appeared yet, run again, as the message says."""
        if not (self.job / "job.json").exists():
            return self.run(strike)
        return self.comet("resume", "comet.cometjob", "-o", OUTPUT, *_FAST, strike=strike)

    def comet(self, *arguments: str, strike: Strike = NONE) -> Ended:
        """Run one command to its end, or to the point where it dies."""
        places = {name: str(self.folder / name) for name in ("stdout", "stderr", "told")}
        for place in places.values():
            Path(place).unlink(missing_ok=True)
        order = {
            **places,
            "arguments": arguments,
            "cwd": str(self.desk),
            "environment": self.environment,
            "watched": str(self.desk),
            "mode": strike.mode,
            "at": strike.at,
            "only": strike.only,
            "limit_s": _LIMIT_S,
        }
        assert self.zygote.stdin is not None
        self.zygote.stdin.write(json.dumps(order) + "\n")
        self.zygote.stdin.flush()
        code = self._heard()
        told = json.loads(Path(places["told"]).read_text())
        self.left += told["sent"]
        said = [Path(places[name]).read_text() for name in ("stdout", "stderr")]
        return Ended(code, told["labels"], told["sent"], *said)

    def _heard(self) -> Any:
        assert self.zygote.stdout is not None
        return json.loads(self.zygote.stdout.readline())

    @property
    def job(self) -> Path:
        """The job folder."""
        return self.desk / "comet.cometjob"

    # -- what must hold

    def remember(self) -> None:
        """Keep what the finished job is like: everything after an accident must become the same, byte for byte."""
        self.reference = {name: _sha256(path) for name, path in self._finals()}
        assert len([name for name in self.reference if name.startswith("comet.cometjob/media/")]) == TAKES

    def _finals(self) -> list[tuple[str, Path]]:
        found = []
        for path in sorted(self.desk.rglob("*")):
            name = path.relative_to(self.desk)
            hidden = any(part.startswith(".") for part in name.parts)
            if path.is_file() and not hidden and name.suffix in (".mp4", ".png", ".otio", ".json"):
                found.append((name.as_posix(), path))
        return found

    def standing(self) -> list[str]:
        """Return what is wrong with the folder, the books and the journal as they lie there now."""
        finals = [(name, path) for name, path in self._finals() if name != OUTPUT]
        wrong = [f"{name} is not whole" for name, path in finals if not self._is_whole(name, path)]
        wrong += self._shown()
        created = Counter(_sent_video(row) for row in self.creates(at_least=self.left))
        wrong += [f"{count} creates of one part" for count in created.values() if count > 1]
        if self.job.exists():
            wrong += self._books(created)
        with suppress(FileNotFoundError):
            wrong += [f"the key stands in {path}" for path in self.desk.rglob("*") if _holds(path, KEY)]
        return wrong

    def _is_whole(self, name: str, path: Path) -> bool:
        """Tell whether a file is that of the uninterrupted run, byte for byte."""
        if self.reference.get(name) == _sha256(path):
            return True
        # A run that had to begin anew in its job enters the same timeline once more.
        return "/timelines/" in name and _sha256(path) in self.reference.values()

    def _shown(self) -> list[str]:
        """Open the relinked timeline, where there is one: it may lack takes, but shows no file that is not there."""
        if not (self.desk / OUTPUT).exists():
            return []
        clips = list(otio.adapters.read_from_file(str(self.desk / OUTPUT)).find_clips())
        gone = [clip.name for clip in clips if not Path(clip.media_reference.target_url).is_file()]
        return [f"clip {name} of {OUTPUT} shows a file that is not there" for name in gone] + (
            [] if len(clips) == TAKES else [f"{OUTPUT} has {len(clips)} clips"]
        )

    def _books(self, created: Counter[str]) -> list[str]:
        """Look at a copy of the ledger, so that the product finds what the accident left."""
        copy = self.folder / "books"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for path in (self.job / "private").glob("ledger.sqlite*"):
            shutil.copy(path, copy)
        connection = sqlite3.connect(copy / "ledger.sqlite")
        try:
            (word,) = connection.execute("PRAGMA integrity_check").fetchone()
            loose = connection.execute("PRAGMA foreign_key_check").fetchall()
            intended = connection.execute("SELECT count(*) FROM attempts").fetchone()[0]
            doubled = connection.execute(
                "SELECT take_id FROM attempts WHERE outcome IN ('open', 'accepted') "
                "GROUP BY take_id, part HAVING count(*) > 1"
            ).fetchall()
        finally:
            connection.close()
        wrong = [] if word == "ok" else [f"the ledger: {word}"]
        wrong += [f"a row that points to nothing: {row}" for row in loose]
        wrong += [f"two creates on the books: {row}" for row in doubled]
        if sum(created.values()) > intended:
            wrong.append(f"{sum(created.values())} creates, {intended} intentions")
        return wrong

    def unknown(self) -> list[dict[str, Any]]:
        """Return the takes that `status --json` lists as unknown."""
        ended = self.comet("status", "comet.cometjob", "--json")
        assert ended.code == 0, ended
        return [take for take in ended.said["takes"] if take["state"] == "SUBMIT_UNKNOWN"]

    def settle(self) -> list[str]:
        """Go on as a person would, to the end; return what was wrong on the way."""
        wrong: list[str] = []
        for _ in range(TASKS + 1):
            ended = self.resume()
            wrong += self.standing()
            wrong += ["a traceback"] if "Traceback" in ended.stderr else []
            if ended.code == 0:
                break
            waiting = self.unknown()
            if ended.code != 3 or not waiting:
                return [*wrong, f"resume did not go on: {ended}"]
            wrong += self._not_home_but_for(waiting, ended)
            for take in waiting:
                wrong += self._resolved(take)
        else:
            return [*wrong, f"it never ended: {ended}"]
        return wrong + self.finished()

    def _not_home_but_for(self, waiting: list[dict[str, Any]], ended: Ended) -> list[str]:
        names = {take["id"] for take in waiting}
        others = [take for take in ended.said["takes"] if take["id"] not in names and take["state"] != "READY"]
        return [f"{take['id'][:11]} is {take['state']}, though nothing is unknown of it" for take in others]

    def _resolved(self, take: dict[str, Any]) -> list[str]:
        """Decide on every unknown part of a take by the simulator's journal."""
        tasks = {_sent_video(row): row["task_id"] for row in self.creates(at_least=self.left)}
        wrong = []
        for number, export in self._unknown_parts(take["id"]):
            task = tasks.get(_as_sent(self.job / export))
            words = ("--task-id", task) if task else ("--resubmit",)
            ended = self.comet("resolve", "comet.cometjob", take["id"], "--part", str(number), *words)
            wrong += [] if ended.code == 0 else [f"resolve {words}: {ended}"]
        return wrong

    def _unknown_parts(self, take_id: str) -> list[tuple[int, str]]:
        connection = sqlite3.connect(f"file:{self.job / 'private' / 'ledger.sqlite'}?mode=ro", uri=True)
        try:
            rows = connection.execute(
                "SELECT number, export FROM parts WHERE take_id = ? AND state = 'SUBMIT_UNKNOWN'", (take_id,)
            ).fetchall()
        finally:
            connection.close()
        return [(number, json.loads(export)["path"]) for number, export in rows]

    def finished(self) -> list[str]:
        """Return what a finished job lacks: one create a part, every output home, the timeline as it must be."""
        wrong = self.standing()
        creates = self.creates(at_least=self.left)
        if len(creates) != TASKS:
            wrong.append(f"{len(creates)} creates for {TASKS} parts")
        there = {name for name, _ in self._finals()}
        wrong += [f"{name} is missing" for name in self.reference if name not in there]
        same = (self.desk / OUTPUT).exists() and _sha256(self.desk / OUTPUT) == self.reference[OUTPUT]
        if not same:
            wrong.append(f"{OUTPUT} is another one")
        takes = self.comet("status", "comet.cometjob", "--json").said["takes"]
        wrong += [f"{take['id'][:11]} is {take['state']}" for take in takes if take["state"] != "READY"]
        known = sorted(task for take in takes for task in take["task_ids"])
        wrong += [] if known == sorted(row["task_id"] for row in creates) else ["a task that was paid is not followed"]
        return wrong

    def litter(self) -> list[str]:
        """Return what no command will ever use again."""
        return [path.relative_to(self.desk).as_posix() for path in self.desk.rglob("*") if ".part" in path.name]


def told(wrong: list[str]) -> str:
    """Return all that was wrong, a line each, as a failing test shall show it."""
    return "\n".join(dict.fromkeys(wrong))


def can_fail(points: list[str]) -> int:
    """Return at how many of the points a disk can fail: those before something is written."""
    return sum(each.startswith("before") and not each.endswith(("begin", "POST", "GET")) for each in points)


def _sent_video(row: dict[str, Any]) -> str:
    """Return the hash by which the journal abbreviates the video that was sent."""
    return str(row["body"]["videoUri"]).rpartition("sha256 ")[2].rstrip(")")


def _as_sent(export: Path) -> str:
    return hashlib.sha256(b"data:video/mp4;base64," + base64.b64encode(export.read_bytes())).hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and text.encode() in path.read_bytes()
