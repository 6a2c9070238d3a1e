"""Polling: two hundred tasks through ten slots, against the official client's own way of waiting for them."""

from __future__ import annotations

import heapq
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench import measuring
from bench.measuring import Row, child

AT_ONCE = 10
RUNS_S = 60.0
_FULL = {"tasks": 200, "open": 5000}
_SMALL = {"tasks": 30, "open": 300}


class SharedClock:
    """
    Time that goes on when everybody sleeps, by just as much as the first to wake needs; the service's time with it.

    So a busy machine measures what a quiet one does: requests take no time on it, and sleeps none of ours.
    """

    def __init__(self, sleepers: int, advance: Callable[[float], object]) -> None:
        self._sleepers = sleepers
        self._advance = advance
        self._wakes: list[float] = []
        self._changed = threading.Condition()
        self.time = 0.0

    def now(self) -> float:
        """Return Unix time in seconds."""
        return 1_800_000_000.0 + self.time

    def monotonic(self) -> float:
        """Return seconds since the start."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass, once everybody else sleeps too."""
        with self._changed:
            wake = self.time + seconds
            heapq.heappush(self._wakes, wake)
            self._go_on()
            while self.time < wake:
                self._changed.wait()

    def leave(self) -> None:
        """Sleep no more."""
        with self._changed:
            self._sleepers -= 1
            self._go_on()

    def _go_on(self) -> None:
        """Where all sleep, go on to the first waking, in steps of a second, since the service starts who waits."""
        if not self._wakes or len(self._wakes) < self._sleepers:
            return
        while self.time < self._wakes[0]:
            step = min(1.0, self._wakes[0] - self.time)
            self._advance(step)
            self.time = self.time + step if step == 1.0 else self._wakes[0]
        while self._wakes and self._wakes[0] <= self.time:
            heapq.heappop(self._wakes)
        self._changed.notify_all()


def _service() -> Any:
    """Return a simulator whose tasks run for a minute each, ten at once; its time goes on when it is told to."""
    from cometapi_mock.lifecycle import Stage
    from cometapi_mock.options import Options
    from cometapi_mock.scenarios import Scenario
    from cometapi_mock.server import MockServer

    minute = Scenario("minute", stages=(Stage("RUNNING", RUNS_S), Stage("SUCCEEDED")))
    options = Options(scenario="minute", clock="virtual", concurrency=AT_ONCE)
    return MockServer(options, scenarios={"minute": minute})


def _clip(folder: str) -> Path:
    from support.mock_client import numbered_clip

    return numbered_clip(Path(folder) / "clip.mp4", frames=50, size=(64, 36))


class _Asked:
    """Counts polls, and how far apart those of one task were."""

    def __init__(self, clock: SharedClock) -> None:
        self._clock = clock
        self._times: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def note(self, task_id: str) -> None:
        """Note one poll."""
        with self._lock:
            self._times.setdefault(task_id, []).append(self._clock.monotonic())

    def facts(self) -> dict[str, float]:
        """Return how many there were, and the shortest pause."""
        gaps = [later - earlier for times in self._times.values() for earlier, later in pairwise(times)]
        return {"polls": sum(map(len, self._times.values())), "shortest_s": min(gaps, default=0.0)}


def ours(tasks: int) -> dict[str, float]:
    """Send every task at once and watch them: the service lets ten run."""
    from otio_cometapi.comet.client import Client
    from otio_cometapi.comet.pace import Pace
    from otio_cometapi.comet.watch import watch
    from support.mock_client import MockClient, body_for

    with tempfile.TemporaryDirectory() as folder, _service() as server:
        clock = SharedClock(1, server.advance)
        client, asked = Client(server.url, key="k", clock=clock), _Asked(clock)
        body = body_for(_clip(folder))
        sender = MockClient(server.url)
        ids = {sender.created({**body, "seed": seed}): clock.now() for seed in range(tasks)}

        def retrieve(task_id: str, *, submitted_at: float) -> Any:
            asked.note(task_id)
            return client.retrieve(task_id, submitted_at=submitted_at)

        before = time.process_time()
        ends = Counter(told.status for told in watch(retrieve, ids, clock=clock, pace=Pace()) if _is_final(told))
        assert ends == {"SUCCEEDED": tasks}, ends
        return {"seconds": clock.time, "cpu": time.process_time() - before, **asked.facts()}


def _is_final(told: Any) -> bool:
    return getattr(told, "status", None) is not None and told.status.is_final


def official(tasks: int) -> dict[str, float]:
    """Let ten threads of the official client create a task each and wait for it, again and again."""
    import runwayml
    import runwayml.lib.polling as theirs

    from support.mock_client import body_for

    with tempfile.TemporaryDirectory() as folder, _service() as server:
        clock = SharedClock(AT_ONCE, server.advance)
        asked = _Asked(clock)
        random.seed(1)
        theirs.time = clock_module(clock)  # type: ignore[attr-defined]
        client = runwayml.RunwayML(api_key="k", base_url=server.url, max_retries=0)
        body = body_for(_clip(folder))
        retrieve = client.tasks.retrieve

        def counted(task_id: str, **more: Any) -> Any:
            asked.note(task_id)
            return retrieve(task_id, **more)

        client.tasks.retrieve = counted  # type: ignore[method-assign]

        seeds, ends = list(range(tasks)), Counter[str]()

        def worker() -> None:
            while seeds:
                made = client.video_to_video.create(
                    model="gen4_aleph", prompt_text=body["promptText"], video_uri=body["videoUri"], seed=seeds.pop()
                )
                ends[str(made.wait_for_task_output(timeout=None).status)] += 1
            clock.leave()

        threads = [threading.Thread(target=worker) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ends == {"SUCCEEDED": tasks}, ends
        return {"seconds": clock.time, **asked.facts()}


def clock_module(clock: SharedClock) -> Any:
    """Return what stands in for the module `time` in the official client's loop."""

    class Time:
        sleep = staticmethod(clock.sleep)
        time = staticmethod(clock.now)

    return Time


def many_open(tasks: int) -> dict[str, float]:
    """Watch thousands of tasks that run long, on a clock that costs nothing: what the loop itself takes of a thread."""
    from otio_cometapi.comet.pace import Pace
    from otio_cometapi.comet.watch import TasksStillOpenError, watch
    from otio_cometapi.records import TaskSnapshot, TaskStatus
    from support.fake_clock import FakeClock

    clock, polls = FakeClock(), 0

    def runs(task_id: str, *, submitted_at: float) -> TaskSnapshot:
        nonlocal polls
        polls += 1
        return TaskSnapshot(task_id=task_id, status=TaskStatus.RUNNING)

    before = time.process_time()
    ids = {f"task-{number}": clock.now() - number % 60 for number in range(tasks)}
    with suppress(TasksStillOpenError):
        list(watch(runs, ids, clock=clock, pace=Pace(), deadline_s=60.0))
    return {"cpu": time.process_time() - before, "polls": polls}


def main(arguments: Sequence[str] | None = None) -> Sequence[Row]:
    """Print how soon ends are seen, and after how many polls."""
    flags = measuring.options(__doc__).parse_args(arguments)
    size: dict[str, Any] = _SMALL if flags.small else _FULL
    tasks = size["tasks"]
    ideal = tasks / AT_ONCE * RUNS_S
    mine, theirs = (child(work, tasks).value for work in (ours, official))
    loop = child(many_open, size["open"]).value
    rows = [
        Row(f"{tasks} tasks through {AT_ONCE} slots", mine["seconds"], ideal, "s", "ideal makespan", 1.05),
        Row("the same", mine["seconds"], theirs["seconds"], "s", "`wait_for_task_output` in ten threads", 1.0),
        Row("polls", mine["polls"], theirs["polls"], "polls", "`wait_for_task_output` in ten threads", 1.0),
        Row("shortest pause of one task", 5.0, mine["shortest_s"], "s", "ours, on the task's clock", 1.01),
        Row(
            f"a minute of {size['open']} open tasks: the loop", loop["cpu"], 60.0, "s CPU", "one thread", 1.0, more=loop
        ),
    ]
    return measuring.told("polling", rows, flags)
