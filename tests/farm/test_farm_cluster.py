"""A real cluster: Dask's scheduler and three workers as processes, against what one machine makes."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from urllib.request import urlopen

import pytest

from otio_cometapi.errors import FarmError, NotThereError
from otio_cometapi.farm.cluster import Cluster
from otio_cometapi.media.probe import media_info
from otio_cometapi.pipeline.executor import Threads, Works
from otio_cometapi.pipeline.work import cut
from otio_cometapi.records import Export, ExportLimits, Span
from otio_cometapi.records.orders import CutOrder
from support import road
from support.dask_farm import Farm, Worker, running_farm
from support.flow import Desk, desk, fast
from support.host_process import script
from support.numbered import write_numbered
from support.postgres_server import running_server
from support.road import simulator

pytestmark = pytest.mark.proof

KEY = "sk-cluster-" + "0f1e2d3c4b5a"
FILM = Fraction(24000, 1001)
LIMITS = ExportLimits(max_bytes=5_000_000, max_width=1280, max_height=720, model_width=1280, model_height=720)
SHARED = "shared"
"""A name in the workers' own folders: two of them have it, as if the storage were mounted there."""


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that stands for shared storage, with media in it."""
    folder = tmp_path_factory.mktemp("storage")
    write_numbered(folder / "a.mp4", frame_count=240, rate=FILM, row=1)
    return folder


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory, storage: Path) -> Iterator[Farm]:
    """Yield a farm of three workers; one of them has not mounted what the others have."""
    links = {"anna": ((SHARED, storage),), "bert": ((SHARED, storage),), "blind": ()}
    with running_farm(tmp_path_factory.mktemp("farm"), links=links) as found:
        yield found


def orders(media: Path, into: Path, count: int, *, frames: int = 24) -> list[tuple[int, CutOrder]]:
    """Return orders to cut so many spans of a file."""
    into.mkdir(parents=True, exist_ok=True)
    info = media_info(media)
    spans = [Span(number * (240 - frames) // max(1, count - 1), frames, info.rate) for number in range(count)]
    needs = (str(media), str(into))
    return [(n, CutOrder(info, span, LIMITS, 0, 1, str(into / f"{n}.mp4"), needs)) for n, span in enumerate(spans)]


def hashes(folder: Path) -> dict[str, str]:
    """Return the content of every file below a folder that has its final name."""
    found = sorted(path for path in folder.rglob("*.mp4") if not path.name.startswith("."))
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def sent(at_desk: Desk, job: str, *more: str) -> dict[str, str]:
    """Send the edit's first track down the road; return the content of all that was made."""
    words = ("run", "edit.otio", "-o", f"{job}.otio", "--job", f"{job}.cometjob", "--select", "track:V1")
    ended = road.otiocomet(
        *(*words, "--prompt", "make it snow", "--no-reuse", *fast(), *more),
        base_url=at_desk.url,
        home=at_desk.folder,
        cwd=at_desk.folder,
        more={"COMETAPI_KEY": KEY},
    )
    assert ended.returncode == 0, ended.stderr + ended.stdout
    assert (f"the cluster {more[1]} has 3 workers" in ended.stderr) if more else not ended.stderr
    return hashes(at_desk.folder / f"{job}.cometjob")


@pytest.fixture(scope="module")
def runs(farm: Farm, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], dict[str, str]]:
    """Take one edit down the road here and on the farm; return the content of all that was made."""
    with simulator() as url:
        at_desk = desk(tmp_path_factory.mktemp("desk"), url)
        return sent(at_desk, "here"), sent(at_desk, "there", "--cluster", farm.address)


def test_a_run_on_a_cluster_makes_the_same_files(runs: tuple[dict[str, str], dict[str, str]]) -> None:
    """Exports, outputs and media of a run on the cluster are those of a run here, byte for byte."""
    here, there = runs
    assert len([name for name in here if name.startswith("media/")]) == 3
    assert there == here


def test_no_worker_ever_had_the_key(farm: Farm, runs: tuple[dict[str, str], dict[str, str]]) -> None:
    """After a run that paid with a key, the workers that did its work have the key nowhere in memory or environment."""
    del runs
    assert any(worker.remembers(b"there.cometjob/private/exports") for worker in farm.workers)
    for worker in farm.workers:
        assert b"COMETAPI" not in worker.environment()
        assert not worker.remembers(KEY.encode())


def test_the_dashboard_answers(farm: Farm) -> None:
    """The address that a run prints for watching the cluster answers, with Dask's own page."""
    with Cluster(farm.address) as cluster:
        shown = cluster.greeting.rsplit(" ", 1)[1]
    with urlopen(shown, timeout=30) as answer:  # noqa: S310 - the farm's own address
        assert answer.status == 200
        assert b"Dask" in answer.read()


def test_a_worker_that_does_not_see_the_media_is_passed_over(farm: Farm, storage: Path, tmp_path: Path) -> None:
    """Work that a worker cannot do for want of its media is done by those that have it."""
    mounted = f"/proc/self/cwd/{SHARED}/a.mp4"  # a worker's own folder, whichever worker reads it
    asked = [(n, _at(each, mounted)) for n, each in orders(storage / "a.mp4", tmp_path / "made", 6)]
    with Cluster(farm.address) as cluster:
        made = {n: future.result() for n, future in Works(cluster, cut, asked)}
    assert sorted(made) == list(range(6))
    assert all(Path(each.path).stat().st_size == each.size_bytes for each in made.values())


def test_media_that_no_worker_sees_is_named_and_the_rest_goes_on(farm: Farm, storage: Path, tmp_path: Path) -> None:
    """A file that is mounted nowhere is an error with worker, file and next step; other takes are cut."""
    good = orders(storage / "a.mp4", tmp_path / "made", 3)
    bad = _at(good[1][1], "/mnt/only/here.mov")
    with Cluster(farm.address) as cluster:
        futures = dict(Works(cluster, cut, [good[0], (1, bad), good[2]]))
    error = futures[1].exception()
    assert isinstance(error, NotThereError)
    assert "does not see '/mnt/only/here.mov', and 2 other workers do not see it either. Mount" in str(error)
    assert str(error).startswith("the worker tcp://127.0.0.1:")
    assert sorted(hashes(tmp_path / "made")) == ["0.mp4", "2.mp4"]


def _at(asked: CutOrder, media: str) -> CutOrder:
    """Return an order with its source elsewhere."""
    values = {name: getattr(asked.info, name) for name in type(asked.info).__slots__}
    info = type(asked.info)(**{**values, "path": media})
    return CutOrder(info, asked.span, asked.limits, 0, 1, asked.into, (media, *asked.needs[1:]))


def test_few_works_are_on_the_cluster_at_a_time(farm: Farm, storage: Path, tmp_path: Path) -> None:
    """Back-pressure: with room for four, never more than four of sixty are with the scheduler."""
    with Cluster(farm.address) as cluster:
        cluster.room, begun, most = 4, 0, 0

        def counted() -> Iterator[tuple[int, CutOrder]]:
            nonlocal begun
            for each in orders(storage / "a.mp4", tmp_path / "made", 60, frames=2):
                begun += 1
                yield each

        for taken, (_, future) in enumerate(Works(cluster, cut, counted())):
            most = max(most, begun - taken)
            assert future.exception() is None
    assert begun == 60
    assert most <= 4


def test_a_worker_that_is_killed_costs_nothing(farm: Farm, storage: Path, tmp_path: Path) -> None:
    """Killed in the middle of an encode, a worker's work is done by another; no half of a file has a final name."""
    asked = orders(storage / "a.mp4", tmp_path / "there", 4, frames=200)
    with ExitStack() as stack, Cluster(farm.address) as cluster:
        victim = farm.start_worker(stack, "victim")
        victim.wait_until_joined()
        works = Works(cluster, cut, asked)
        _wait_for_file_of(victim, tmp_path / "there")
        whole_before = hashes(tmp_path / "there")
        victim.kill()
        farm.workers.remove(victim)
        made: dict[int, Export] = {n: future.result() for n, future in works}
    assert len(whole_before) < len(asked)
    threads = Threads(2)
    again = orders(storage / "a.mp4", tmp_path / "here", 4, frames=200)
    here: dict[int, Export] = {n: future.result() for n, future in Works(threads, cut, again)}
    threads.close()
    assert {n: each.sha256 for n, each in made.items()} == {n: each.sha256 for n, each in here.items()}
    assert hashes(tmp_path / "there") == hashes(tmp_path / "here")


def _wait_for_file_of(victim: Worker, folder: Path) -> None:
    """Wait until a worker has a file open that is not whole yet."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for each in Path(f"/proc/{victim.process.pid}/fd").iterdir():
            try:
                name = str(each.readlink())
            except OSError:
                continue
            if name.startswith(str(folder)) and ".part" in name:
                return
        time.sleep(0.002)
    raise AssertionError("the worker never began to write")


def test_two_coordinators_share_a_cluster_and_a_ledger(farm: Farm, tmp_path: Path) -> None:
    """Two people who send one edit at once, on one cluster and one PostgreSQL ledger, pay for every take once."""
    with running_server() as server, simulator() as url:
        at_desk = desk(tmp_path / "desk", url)
        words = ("--select", "track:V1", "--prompt", "make it snow", "--cluster", farm.address, *fast())
        shared = {"COMETAPI_LEDGER_URL": server.new_database(), "COMETAPI_STORE": str(tmp_path / "store")}
        running = [
            subprocess.Popen(
                [script("otiocomet"), "run", "edit.otio", "-o", f"{who}.otio", "--job", f"{who}.cometjob", *words],
                cwd=at_desk.folder,
                env={**road.environment(base_url=url, home=tmp_path / who), **shared},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for who in ("anna", "bert")
        ]
        ended = [each.communicate(timeout=150) for each in running]
        takes = {take["id"] for out, _ in ended for take in json.loads(out)["takes"]}
        assert len(takes) >= 2
        assert at_desk.creates() == len(takes), ended
    assert all("has 3 workers" in said for _, said in ended)


def test_a_cluster_that_goes_away_leaves_no_run_waiting(
    storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the scheduler dies, every work that is left ends with an error that says how to go on; none waits."""
    monkeypatch.setattr("otio_cometapi.farm.cluster.CONNECT_S", 2.0)
    links: dict[str, tuple[tuple[str, Path], ...]] = {"last": ()}
    with running_farm(tmp_path / "farm", links=links) as gone, Cluster(gone.address) as cluster:
        cluster.room = 1
        works = Works(cluster, cut, orders(storage / "a.mp4", tmp_path / "made", 3, frames=200))
        gone.scheduler.kill()
        errors = [future.exception() for _, future in works]
    assert [type(error) for error in errors] == [FarmError] * 3
    assert all("its scheduler is gone" in str(error) and "otiocomet resume" in str(error) for error in errors)


def test_a_cluster_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address where no scheduler answers is an error that names it and what to start."""
    monkeypatch.setattr("otio_cometapi.farm.cluster.CONNECT_S", 0.5)
    with pytest.raises(FarmError, match=r"no cluster answers at tcp://127\.0\.0\.1:9: .*dask scheduler"):
        Cluster("tcp://127.0.0.1:9")
