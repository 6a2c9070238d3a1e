"""
A soak: many takes against a simulator that mixes all its faults, until every take is settled, then the books.

Run it by hand: ``PYTHONPATH=tests python -m support.soak --takes 2000``; with ``--times 5`` that many soaks one after
the other in one process, which shows what a process keeps that never ends. The simulator is a process of its own, so
that the memory measured is the plugin's; waiting costs no real time.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from cometapi_mock.scenarios import named_scenarios
from otio_cometapi.errors import RunStoppedError
from otio_cometapi.events import Event, Stage
from otio_cometapi.jobs.creates import creates
from otio_cometapi.jobs.states import TakeState
from otio_cometapi.media.memory import give_back
from otio_cometapi.pipeline.collect import collect
from otio_cometapi.pipeline.conform import conform
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import FinishWish
from otio_cometapi.pipeline.resolve import adopt, resubmit
from otio_cometapi.pipeline.status import state_of
from otio_cometapi.pipeline.submit import submit
from otio_cometapi.records import TakeRecord
from otio_cometapi.settings import Settings
from support import road
from support.fake_clock import FakeClock
from support.tiny_road import KEY, TinyRoad

FAULTY = 0.45
"""The share of creates whose scenario is drawn from all; the others go well."""
SLOW = ("stalled", "drip", "endless", "gzip_bomb")
"""Scenarios that cost seconds of real time each are left to the table of answers."""
ROUNDS_BEFORE_HEALING = 4
"""Runs after which a task that is still open at the service is healed, as an outage ends."""
MOST_ROUNDS = 400
TAKES_OF_A_SHOT = 20
SETTLED = frozenset({"READY", "FAILED", "REFUSED", "SUBMIT_UNKNOWN"})


@dataclass
class Soaked:
    """What came of a soak."""

    takes: int
    rounds: int = 0
    stopped: int = 0
    """Runs that the service ended: key, account or address."""
    paused: int = 0
    """Runs that the circuit breaker or a limit paused."""
    states: dict[str, int] = field(default_factory=dict)
    """Takes by state before unknown creates were resolved."""
    outcomes: dict[str, int] = field(default_factory=dict)
    """Creates by outcome, from the ledger."""
    creates: int = 0
    """Tasks that the simulator made."""
    duplicates: int = 0
    """Bodies that were created twice."""
    behind_unknown: int = 0
    """Tasks found behind unknown creates, and adopted."""
    held: int = 0
    """Outputs that did not fit by themselves, and do with their last frame held."""
    tasks_in_ledger: int = 0
    """Different task ids that the ledger knows at the end."""
    end_states: dict[str, int] = field(default_factory=dict)
    """Takes by state at the end."""
    part_files: int = 0
    """Files that are not whole, left in the job."""
    requests: int = 0
    """Requests that the simulator answered."""
    seconds: float = 0.0
    fitted: int = 0
    """Media made."""
    open_files: list[int] = field(default_factory=list)
    """Files and connections that the process has open after every run."""
    rss_mb: list[float] = field(default_factory=list)
    """The process's memory, 40 times along the way: as so many more media are made."""

    def growth(self) -> float:
        """Return by how much the last quarter's memory is above the second quarter's; the first loads libraries."""
        early, late = self.early_and_late_mb()
        return late / early - 1

    def growth_mb_per_1000(self) -> float:
        """Return the same in megabytes for every 1,000 media made; half of them lie between the two quarters."""
        early, late = self.early_and_late_mb()
        return (late - early) / (self.fitted / 2) * 1000

    def early_and_late_mb(self) -> tuple[float, float]:
        """Return the mean memory in the second and in the last quarter of the way."""
        quarter = max(1, len(self.rss_mb) // 4)
        early, late = self.rss_mb[quarter : 2 * quarter], self.rss_mb[-quarter:]
        return sum(early) / len(early), sum(late) / len(late)


@dataclass(frozen=True)
class Rest:
    """What a process holds when it has nothing to do."""

    rss_mb: float
    blocks: int
    """Blocks of memory that Python's objects have."""
    open_files: int
    """Files and connections."""


def at_rest() -> Rest:
    """Let go of what nobody holds, and return what is held."""
    gc.collect()
    give_back()
    return Rest(_rss_mb(), sys.getallocatedblocks(), _open_files())


def soak(folder: Path, *, takes: int, seed: int = 5) -> Soaked:
    """Send *takes* takes through a seeded mix of faults, run after run, until every one is settled."""
    report = Soaked(takes)
    started = time.monotonic()
    clock = FakeClock()
    tiny = TinyRoad(folder, clock)
    shots = max(1, takes // TAKES_OF_A_SHOT)
    prompts = [f"make it snow, {number}" for number in range(shots)]
    rules = _faults(folder, random.Random(seed), creates_to_come=takes * 2)
    with road.simulator("--scenarios", str(rules)) as url:
        settings = Settings(base_url=url, key=KEY)
        with Job(tiny.job(prompts, takes=takes // shots), clock=clock) as job:
            _runs(job, settings, clock, url, report)
            report.states = _states(job)
            _resolve(job, url, report)
            _runs(job, settings, clock, url, report)
            _hold(job, report)
            _books(job, url, report)
    report.seconds = round(time.monotonic() - started, 1)
    return report


def _faults(folder: Path, draw: random.Random, *, creates_to_come: int) -> Path:
    """Write a file that gives every create to come its scenario."""
    names = [name for name in named_scenarios() if not any(word in name for word in SLOW)]
    rules = [
        f'[[rules]]\nscenario = "{draw.choice(names)}"\ncreate = {number}\n'
        for number in range(1, creates_to_come + 1)
        if draw.random() < FAULTY
    ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rules.toml"
    path.write_text("\n".join(rules), "utf-8")
    return path


def _runs(job: Job, settings: Settings, clock: FakeClock, url: str, report: Soaked) -> None:
    """Run as a patient person does: again after every stop, later after every pause."""
    last = MOST_ROUNDS + report.rounds
    looked_at: Counter[str] = Counter()

    def sampled(event: Event) -> None:
        if event.stage is Stage.CONFORM and event.progress == 1.0:
            report.fitted += 1
            if report.fitted % max(1, report.takes // 40) == 0:
                report.rss_mb.append(_rss_mb())

    for _ in range(report.rounds, last):
        report.rounds += 1
        try:
            troubles = submit(job, settings=settings, past_refusals=True, listener=sampled)
            report.paused += any("the run pauses" in each.message for each in troubles)
        except RunStoppedError:
            report.stopped += 1
        try:
            collect(job, settings=settings, wait_s=300.0, listener=sampled)
        except RunStoppedError as exc:  # what that task's poll told of the key or the account is put right
            report.stopped += 1
            _heal(url, [exc.task_id])
        else:
            looked_at.update(part.task_id for take in job.takes() if not _settled(take) for part in take.parts)
        report.open_files.append(_open_files())
        clock.time += 3700.0
        if all(_settled(take) for take in job.takes()):
            return
        _heal(url, [task for task, times in looked_at.items() if task and times % ROUNDS_BEFORE_HEALING == 0])
    raise AssertionError(f"not settled after {report.rounds} rounds: {_states(job)}")


def _settled(take: TakeRecord) -> bool:
    """Tell whether nothing more comes of a take by itself; an output that does not fit waits for a person's choice."""
    unfit = state_of(take) is TakeState.HOME and all("does not fit" in part.message for part in take.parts)
    return unfit or state_of(take).value in SETTLED


def _heal(url: str, tasks: list[str]) -> None:
    """Let these tasks go well from now on."""
    for task_id in tasks:
        _post(url, f"tasks/{task_id}", {"scenario": "ok"})


def _resolve(job: Job, url: str, report: Soaked) -> None:
    """Decide on every unknown create as a person would who looks into the service's books; seeds tell takes apart."""
    made = {row["seed"]: row["id"] for row in road.answer(f"{url}/_mock/tasks")}
    for take in job.takes():
        if state_of(take).value != "SUBMIT_UNKNOWN":
            continue
        if take.look.seed in made:
            adopt(job, take.take_id, task_id=made[take.look.seed])
            report.behind_unknown += 1
        else:
            resubmit(job, take.take_id)


def _hold(job: Job, report: Soaked) -> None:
    """Choose the last frame held for outputs that are too short, as a person would who has looked at them."""
    short = tuple(take.take_id for take in job.takes() if state_of(take) is TakeState.HOME)
    report.held = len(short)
    if short:
        conform(job, take_ids=short, wish=FinishWish(policy="hold"))


def _books(job: Job, url: str, report: Soaked) -> None:
    told = creates(job.ledger)
    checked = road.answer(f"{url}/_mock/verify")
    entered = [each for records in told.values() for each in records]
    report.outcomes = dict(Counter(each.outcome for each in entered))
    report.creates, report.duplicates = checked["creates"], len(checked["duplicates"])
    report.tasks_in_ledger = len({each.task_id for each in entered if each.task_id})
    report.end_states = _states(job)
    report.part_files = sum(1 for path in job.path.rglob("*.part*"))
    report.requests = len(road.answer(f"{url}/_mock/journal"))


def _states(job: Job) -> dict[str, int]:
    return dict(Counter(state_of(take).value for take in job.takes()))


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - they name no files


def _post(url: str, path: str, body: dict[str, Any]) -> None:
    data = json.dumps(body).encode()
    request = Request(f"{url}/_mock/{path}", data=data, headers={"Content-Type": "application/json"})  # noqa: S310
    with urlopen(request, timeout=60):  # noqa: S310 - a loopback URL that the simulator printed
        pass


def main() -> None:
    """Soak and print what came of it, and what the process holds after each time, a line of JSON each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--takes", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--times", type=int, default=1, help="Soaks of that many takes, one after the other.")
    asked = parser.parse_args()
    for _ in range(asked.times):
        with tempfile.TemporaryDirectory() as folder:
            report = soak(Path(folder) / "soak", takes=asked.takes, seed=asked.seed)
        early, late = report.early_and_late_mb()
        figures = {
            "early_mb": round(early, 1),
            "late_mb": round(late, 1),
            "growth": round(report.growth(), 3),
            "growth_mb_per_1000": round(report.growth_mb_per_1000(), 1),
        }
        sys.stdout.write(json.dumps({**asdict(report), **figures, "at_rest": asdict(at_rest())}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
