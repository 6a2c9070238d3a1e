"""How fast and how large the simulator is: figures are printed, and no time is asserted."""

from __future__ import annotations

import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from cometapi_mock.options import Options
from cometapi_mock.server import MockServer
from support.mock_client import MockClient, body_for, numbered_clip

pytestmark = pytest.mark.slow

CLIENTS = 50
POLLS = 60
TASKS_IN_MEMORY = 10_000
LIVES = 1_000


@pytest.fixture
def tiny_clip(tmp_path: Path) -> Path:
    """Return two frames of 64 x 48."""
    return numbered_clip(tmp_path / "tiny.mp4", frames=2, size=(64, 48))


def test_polls_per_second_of_fifty_clients(tiny_clip: Path) -> None:
    """Fifty clients that poll as fast as they can are all answered."""

    def poll(task_id: str) -> int:
        with requests.Session() as session:
            session.headers.update(client.headers)
            address = f"{client.url}/runwayml/v1/tasks/{task_id}"
            return sum(session.get(address, timeout=60).status_code == 200 for _ in range(POLLS))

    with MockServer(Options(clock="virtual")) as server, ThreadPoolExecutor(CLIENTS) as pool:
        client = MockClient(server.url)
        ids = [client.created(body_for(tiny_clip, seed=seed)) for seed in range(CLIENTS)]
        started = time.perf_counter()
        answered = sum(pool.map(poll, ids))
        seconds = time.perf_counter() - started
    print(f"\n{answered} polls by {CLIENTS} clients in {seconds:.1f} s: {answered / seconds:.0f} a second")
    assert answered == CLIENTS * POLLS


def test_ten_thousand_tasks_in_memory(tiny_clip: Path) -> None:
    """Ten thousand tasks are kept, and all of them are told."""
    body = body_for(tiny_clip)
    with MockServer() as server:
        server.service.create(body)
        tracemalloc.start()
        started = time.perf_counter()
        for seed in range(TASKS_IN_MEMORY - 1):
            server.service.create({**body, "seed": seed + 100})
        seconds = time.perf_counter() - started
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        count = len(server.tasks())
    print(f"\n{count} tasks in {seconds:.1f} s (traced): {held / count:.0f} bytes a task")
    assert count == TASKS_IN_MEMORY


def test_a_thousand_lives_on_the_virtual_clock(tiny_clip: Path) -> None:
    """A thousand tasks go from create to a downloaded output, over HTTP."""
    with MockServer(Options(clock="virtual")) as server:
        client = MockClient(server.url)
        started = time.perf_counter()
        ids = [client.created(body_for(tiny_clip, seed=seed)) for seed in range(LIVES)]
        server.advance(60)
        urls = [client.poll(task_id).json()["output"][0] for task_id in ids]
        sizes = [len(requests.get(url, timeout=30).content) for url in urls]
        seconds = time.perf_counter() - started
        server.check()
    print(
        f"\n{LIVES} lives in {seconds:.1f} s: {1000 * seconds / LIVES:.1f} ms each, output of {sizes[0]} bytes included"
    )
    assert min(sizes) > 500
