"""The seam for work: few works begun at a time, the stages overlap, and what is sent away is plain."""

from __future__ import annotations

import json
import pickle
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cometapi_mock.server import MockServer
from otio_cometapi.clock import SystemClock
from otio_cometapi.errors import FarmError, MissingExtraError, NotThereError
from otio_cometapi.events import Event, Stage
from otio_cometapi.farm.errand import Errand, run_errand, tools
from otio_cometapi.pipeline.executor import Threads, Works, executor_for, see_file
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import PlanOptions, SendOptions
from otio_cometapi.pipeline.plan import plan
from otio_cometapi.pipeline.run import finish
from otio_cometapi.pipeline.work import cut, fit
from otio_cometapi.records import Export, ExportLimits, Finish, MediaInfo, Span
from otio_cometapi.records.orders import CutOrder, FitOrder
from otio_cometapi.records.plain import plain, record
from otio_cometapi.settings import Settings
from support.fake_clock import FakeClock
from support.tiny_road import TinyRoad, settings_for

SHOTS = 5000
LIMITS = ExportLimits(max_bytes=5_000_000, max_width=1280, max_height=720, model_width=1280, model_height=720)


def order(number: int = 1, *, needs: tuple[str, ...] = ()) -> CutOrder:
    """Return an order that nobody can carry out."""
    info = MediaInfo(
        path=f"/media/{number}.mov",
        frame_count=100,
        rate=Fraction(24000, 1001),
        width=64,
        height=36,
        size_bytes=1,
        codec="h264",
        pixel_format="yuv420p",
    )
    return CutOrder(info, Span(0, 24, info.rate), LIMITS, 0, 1, f"/job/{number}.mp4", needs)


def path_of(asked: CutOrder) -> str:
    """Do no more than read an order."""
    return asked.info.path


@dataclass
class Counting:
    """An executor that counts what is begun and not ended."""

    room: int
    open: int = 0
    most: int = 0
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def submit(self, work: Callable[..., Any], asked: Any, /) -> Future[Any]:
        """Begin a work."""
        with self.lock:
            self.open += 1
            self.most = max(self.most, self.open)
        future = self.pool.submit(work, asked)
        future.add_done_callback(self._ended)
        return future

    def _ended(self, _: Future[Any]) -> None:
        with self.lock:
            self.open -= 1


@pytest.mark.parametrize("room", [1, 6])
def test_no_more_is_begun_than_there_is_room_for(room: int) -> None:
    """Of 5,000 shots only as many are begun, or even looked at, as there is room for, and every one is done."""
    executor, looked_at, ahead = Counting(room), 0, 0

    def orders() -> Any:
        nonlocal looked_at
        for number in range(SHOTS):
            looked_at += 1
            yield number, order(number)

    found = set()
    for taken, (about, future) in enumerate(Works(executor, path_of, orders()), start=1):
        ahead = max(ahead, looked_at - taken)
        found.add((about, future.result()))
    executor.pool.shutdown()
    assert found == {(number, f"/media/{number}.mov") for number in range(SHOTS)}
    assert executor.most <= executor.room
    assert ahead <= executor.room


def test_what_waits_is_dropped_when_works_are_stopped() -> None:
    """After a stop no work is begun; what was begun already is still handed over."""
    held, begun = threading.Event(), []

    def hold(asked: CutOrder) -> str:
        begun.append(asked.info.path)
        held.wait(10)
        return asked.info.path

    threads = Threads(1)
    works = Works(threads, hold, ((number, order(number)) for number in range(9)))
    assert works.next(0.05) is None
    works.stop()
    held.set()
    assert [about for about, _ in works] == [0]
    threads.close()
    assert begun == ["/media/0.mov"]


@dataclass
class Gate:
    """Threads whose later cuts wait until something has happened."""

    threads: Threads
    passes: Callable[[], bool]
    room: int = 2
    cuts: int = 0
    kept_waiting: bool = False

    def submit(self, work: Callable[..., Any], asked: Any, /) -> Future[Any]:
        """Begin a work; from the second cut on, wait first."""
        if work is not cut:
            return self.threads.submit(work, asked)
        self.cuts += 1
        return self.threads.submit(self._later if self.cuts > 1 else work, asked)

    def _later(self, asked: CutOrder) -> Export:
        clock = SystemClock()
        for _ in range(400):
            if self.passes():
                return cut(asked)
            clock.sleep(0.025)
        self.kept_waiting = True
        return cut(asked)


@pytest.fixture
def road(tmp_path: Path) -> TinyRoad:
    """Return a road whose jobs are planned and not cut."""
    return TinyRoad(tmp_path, clock=SystemClock())


def planned_job(road: TinyRoad, prompts: list[str]) -> Path:
    """Make a job whose takes are planned only."""
    cut_list = road.timeline(prompts)
    options = PlanOptions(select=("all",), handles=0, media_root=road.folder)
    made = plan(cut_list, options=options, settings=Settings(), job=None)
    Job.with_plan(road.folder / "job.cometjob", made, timeline=cut_list).close()
    return road.folder / "job.cometjob"


def run_through(job: Path, server: MockServer, gate: Gate, listener: Callable[[Event], None]) -> int:
    """Take a job down the road with an executor; return the clips that show a take."""
    with Job(job) as opened:
        result = finish(
            opened,
            job.with_suffix(".otio"),
            send=SendOptions(poll_interval_s=0.05, wait_s=60.0),
            settings=settings_for(server),
            executor=gate,
            listener=listener,
        )
    assert result.problems == ()
    return len(result.relinked)


def test_the_first_take_is_sent_before_the_second_is_cut(road: TinyRoad) -> None:
    """A take is sent as soon as it is cut: the second cut waits here for the first create, and it comes."""
    told: list[Event] = []
    with MockServer() as server:
        gate = Gate(Threads(2), lambda: any(each.message.startswith("sent, task") for each in told))
        assert run_through(planned_job(road, ["one", "two", "three"]), server, gate, told.append) == 3
    gate.threads.close()
    assert not gate.kept_waiting


def test_an_output_is_media_before_the_last_take_is_cut(road: TinyRoad) -> None:
    """Watching, fetching and conforming go on beside cutting: the later cuts wait here for the first take's media."""
    told: list[Event] = []
    with MockServer() as server:
        gate = Gate(Threads(2), lambda: any(each.stage is Stage.CONFORM and each.progress == 1.0 for each in told))
        assert run_through(planned_job(road, ["one", "two"]), server, gate, told.append) == 2
    gate.threads.close()
    assert not gate.kept_waiting


def test_nothing_is_cut_when_nothing_may_be_sent(road: TinyRoad) -> None:
    """A run without a key says so before it cuts a frame."""
    job = planned_job(road, ["one"])
    gate = Gate(Threads(1), lambda: True)
    with Job(job) as opened, pytest.raises(Exception, match="no API key"):
        finish(opened, job.with_suffix(".otio"), send=SendOptions(), settings=Settings(), executor=gate)
    gate.threads.close()
    assert gate.cuts == 0


def test_orders_are_plain_and_travel_unchanged(tmp_path: Path) -> None:
    """An errand is a function's name and plain values: it survives pickling and JSON, and stays small."""
    asked = order(needs=("/media/1.mov", str(tmp_path)))
    errand = Errand(cut, asked, tools())
    sent = pickle.dumps(errand)
    assert pickle.loads(sent) == errand  # noqa: S301 - written above
    assert record(CutOrder, json.loads(json.dumps(plain(asked)))) == asked
    fitted = FitOrder(("/o.mp4",), (), (), asked.info, asked.span, 0, Finish(reel="x"), "/a.mp4", "/b.mp4", ())
    assert record(FitOrder, json.loads(json.dumps(plain(fitted)))) == fitted
    assert pickle.loads(pickle.dumps(Errand(fit, fitted, tools()))).work is fit  # noqa: S301 - written above
    assert len(sent) < 4096


def test_a_key_does_not_travel(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a key in the environment, what is sent to a worker holds neither it nor any variable's value."""
    secret = "sk-live-0123456789abcdef"
    monkeypatch.setenv("COMETAPI_KEY", secret)
    monkeypatch.setenv("COMETAPI_LEDGER_URL", f"postgresql://user:{secret}@db/x")
    assert secret.encode() not in pickle.dumps(Errand(cut, order(), tools()))


def test_a_worker_names_the_file_it_does_not_see(tmp_path: Path) -> None:
    """Where media is not mounted, the error says which worker misses which file, and what to do."""
    missing = str(tmp_path / "not" / "mounted.mov")
    with pytest.raises(NotThereError) as caught:
        run_errand(Errand(path_of, order(needs=(str(tmp_path), missing)), tools()))
    assert f"does not see '{missing}'" in str(caught.value)
    assert f"process {__import__('os').getpid()}" in str(caught.value)
    assert "Mount the storage there under the same path" in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - written here
    assert (str(again), again.worker) == (str(caught.value), caught.value.worker)


def test_a_worker_with_other_versions_does_not_work() -> None:
    """Results are the same wherever they are made, so a worker with other codecs refuses and names both sides."""
    errand = replace(Errand(path_of, order(), tools()), made_with="otio-cometapi 0.0.1, av 1.0, numpy 1.0")
    with pytest.raises(FarmError, match=r"av 1\.0.*Install the same versions"):
        run_errand(errand)


def test_a_file_that_only_the_worker_sees_is_told() -> None:
    """A result on a disk that is not shared is an error that names the file, after some patience."""
    clock = FakeClock()
    with pytest.raises(FarmError, match=r"'/nowhere/made\.mp4', and it is not to be seen from here"):
        see_file(Path("/nowhere/made.mp4"), clock=clock)
    assert sum(clock.sleeps) == 10


def test_a_cluster_without_its_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Dask is not installed, the error names the line that installs it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'otio-cometapi\[farm\]'"), executor_for("tcp://x:8786"):
        pass
