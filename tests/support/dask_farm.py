"""A farm of Dask's own programs: a scheduler and workers, each a process with its own folder and environment."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

START_LIMIT_S = 60.0
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
"""What a worker gets of this process's variables; nothing of the service's."""


@dataclass
class Worker:
    """A worker process."""

    name: str
    """What it is called on the farm."""
    folder: Path
    """Its working directory."""
    process: subprocess.Popen[bytes]
    """The process."""

    def wait_until_joined(self) -> None:
        """Wait until the scheduler knows it."""
        log = self.folder / "log.txt"
        _waited(lambda: "Registered to" in log.read_text(errors="replace"), log)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(START_LIMIT_S)

    def environment(self) -> bytes:
        """Return the variables that it was started with."""
        return Path(f"/proc/{self.process.pid}/environ").read_bytes()

    def remembers(self, words: bytes) -> bool:
        """Tell whether *words* stand anywhere in its memory."""
        areas = Path(f"/proc/{self.process.pid}/maps").read_text().splitlines()
        with Path(f"/proc/{self.process.pid}/mem").open("rb", buffering=0) as memory:
            return any(words in found for area in areas if (found := _read(memory, area)))


def _read(memory: Any, area: str) -> bytes:
    """Return what a writable area of a process's memory holds; nothing where it cannot be read."""
    span, rights = area.split()[:2]
    if not rights.startswith("rw"):
        return b""
    first, end = (int(number, 16) for number in span.split("-"))
    try:
        memory.seek(first)
        found: bytes = memory.read(end - first)
    except (OSError, ValueError, OverflowError):
        return b""
    return found


@dataclass
class Farm:
    """A scheduler and its workers."""

    folder: Path
    """Where their folders lie."""
    address: str
    """The scheduler's."""
    dashboard: str
    """Where it shows itself."""
    scheduler: subprocess.Popen[bytes]
    """Its process."""
    workers: list[Worker] = field(default_factory=list)
    """Those that were started."""

    def start_worker(self, stack: ExitStack, name: str, *links: tuple[str, Path]) -> Worker:
        """Start a worker with one thread, in a folder of its own that holds *links*: names, and where they lead."""
        folder = self.folder / name
        folder.mkdir()
        for link, target in links:
            (folder / link).symlink_to(target)
        arguments = ["worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", name]
        worker = Worker(name, folder, _start(stack, folder, [*arguments, "--local-directory", str(folder)]))
        self.workers.append(worker)
        return worker


def _start(stack: ExitStack, folder: Path, arguments: list[str]) -> subprocess.Popen[bytes]:
    """Start one of Dask's programs; it ends with the stack."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    log = stack.enter_context((folder / "log.txt").open("wb"))
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments],
        cwd=folder,
        env={**kept, "HOME": str(folder), "DASK_DISTRIBUTED__WORKER__MEMORY__TARGET": "false"},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )
    stack.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(START_LIMIT_S)


@contextmanager
def running_farm(folder: Path, *, links: dict[str, tuple[tuple[str, Path], ...]]) -> Iterator[Farm]:
    """Start a scheduler and a worker for every name in *links*; wait until all have joined."""
    with ExitStack() as stack:
        place = folder / "scheduler"
        place.mkdir(parents=True)
        card = place / "scheduler.json"
        arguments = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0"]
        scheduler = _start(stack, place, [*arguments, "--scheduler-file", str(card)])
        address = str(_known(card)["address"])
        log = place / "log.txt"
        _waited(lambda: "dashboard at:" in log.read_text(errors="replace"), log)
        shown = re.search(r"dashboard at:\s*(\S+)", log.read_text(errors="replace"))
        assert shown, log.read_text(errors="replace")
        farm = Farm(folder, address, shown.group(1), scheduler)
        for name, each in links.items():
            farm.start_worker(stack, name, *each)
        for worker in farm.workers:
            worker.wait_until_joined()
        yield farm


def _known(card: Path) -> dict[str, Any]:
    _waited(lambda: card.is_file() and card.read_text().strip().endswith("}"), card)
    found: dict[str, Any] = json.loads(card.read_text())
    return found


def _waited(happened: Any, log: Path) -> None:
    until = time.monotonic() + START_LIMIT_S
    while not happened():
        said = log.read_text(errors="replace") if log.is_file() else "nothing yet"
        assert time.monotonic() < until, f"the farm did not start: {said}"
        time.sleep(0.05)
