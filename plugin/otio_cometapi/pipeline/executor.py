"""Executors: where the work of codecs is done, threads here or a cluster, and never too much of it at once."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from otio_cometapi.clock import Clock
from otio_cometapi.errors import FarmError, MediaError
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.farm.cluster import Cluster
from otio_cometapi.records.orders import CutOrder, FitOrder

Order = TypeVar("Order", bound=CutOrder | FitOrder)
Result = TypeVar("Result")
About = TypeVar("About")

LEAST_THREADS, MOST_THREADS = 2, 8
"""Works at a time on one machine. Each may keep 256 MB of decoded pictures; the codec library frees Python's lock."""

_LOOKS = 10
"""Looks for a file that a worker has made, a second apart."""


class Executor(Protocol):
    """Does work that needs nothing but files: orders are plain values, and what does them is a function of a module."""

    room: int
    """How many works may be begun and not ended; more would only wait elsewhere."""

    def submit(self, work: Callable[[Order], Result], order: Order, /) -> Future[Result]:
        """
        Begin a work.

        The future has its result, or one of this package's errors. It may be cancelled; what was begun then ends
        unseen, and leaves a whole file or none.
        """


class Threads:
    """Threads of this process."""

    def __init__(self, count: int | None = None) -> None:
        """Have *count* threads; None: as many as there are processors for this process, within limits."""
        self._count = count or max(LEAST_THREADS, min(MOST_THREADS, _processors()))
        self._pool = ThreadPoolExecutor(self._count, thread_name_prefix="work")
        self.room = 2 * self._count

    def submit(self, work: Callable[[Order], Result], order: Order, /) -> Future[Result]:
        """Begin a work on a thread that is free, or as soon as one is."""
        return self._pool.submit(work, order)

    def close(self) -> None:
        """Wait for what was begun; what waits for a thread is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # other systems than Linux
        return os.cpu_count() or 1


@contextmanager
def executor_for(cluster: str = "", *, listener: Listener = ignore) -> Iterator[Executor]:
    """
    Give the executor for the address of a cluster, or threads of this machine where it is empty.

    Raises:
        FarmError: No cluster answers there.
        MissingExtraError: The package for clusters is not installed.
    """
    if not cluster:
        threads = Threads()
        try:
            yield threads
        finally:
            threads.close()
        return
    with Cluster(cluster) as opened:
        listener(Event(Stage.JOB, opened.greeting))
        yield opened


class Works(Generic[About, Order, Result]):
    """
    A row of works, few of them begun and not taken at a time: as one is taken, another begins.

    So a row of any length takes the memory of a short one, wherever the works are done.
    """

    def __init__(
        self,
        executor: Executor,
        work: Callable[[Order], Result],
        orders: Iterable[tuple[About, Order]],
        *,
        begun: Callable[[About], None] = lambda _: None,
    ) -> None:
        """
        Begin the first works.

        Args:
            executor: Does them.
            work: What is done with an order; a function of a module.
            orders: Orders, each with what it is about, which stays here.
            begun: Told of every work when it is handed over.
        """
        self._executor = executor
        self._work = work
        self._orders = iter(orders)
        self._begun = begun
        self._open: dict[Future[Result], About] = {}
        self._done: deque[tuple[About, Future[Result]]] = deque()
        self._fill()

    def __bool__(self) -> bool:
        """Whether any is still to be taken."""
        return bool(self._open or self._done)

    def next(self, wait_s: float | None = None) -> tuple[About, Future[Result]] | None:
        """Return a work that has ended; None when none did within *wait_s* seconds, or none is left."""
        self._fill()
        if not self._done and self._open:
            ended, _ = wait(self._open, wait_s, FIRST_COMPLETED)
            for each in [each for each in self._open if each in ended]:
                self._done.append((self._open.pop(each), each))
        self._fill()
        return self._done.popleft() if self._done else None

    def __iter__(self) -> Iterator[tuple[About, Future[Result]]]:
        """Yield every work as it ends."""
        while (found := self.next()) is not None:
            yield found

    def stop(self) -> None:
        """Begin no other; those that wait for their turn are dropped."""
        self._orders = iter(())
        for each in [each for each in self._open if each.cancel()]:
            del self._open[each]

    def _fill(self) -> None:
        while len(self._open) + len(self._done) < self._executor.room:
            found = next(self._orders, None)
            if found is None:
                return
            about, order = found
            self._begun(about)
            self._open[self._executor.submit(self._work, order)] = about


@contextmanager
def at_hand(executor: Executor | None) -> Iterator[Executor]:
    """Give the executor that a caller has; where there is none, threads of this machine for as long as the block."""
    if executor is not None:
        yield executor
        return
    with executor_for() as threads:
        yield threads


def see_folder(path: Path) -> None:
    """
    See that a folder is there before anything is written to it elsewhere.

    A worker must not make it: where it does not see it, it sees another disk.

    Raises:
        MediaError: It cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise MediaError(
            f"cannot write to '{path}': {exc.strerror or exc}.",
            next_step="Check that it is a folder, that you may write to it, and that the disk is not full.",
        ) from exc


def see_file(path: Path, *, clock: Clock) -> None:
    """
    See that a file that was made elsewhere is here.

    Network file systems may show a new file some seconds late.

    Raises:
        FarmError: It is not.
    """
    for _ in range(_LOOKS):
        if path.is_file():
            return
        with suppress(OSError):
            next(path.parent.iterdir(), None)  # makes a network file system look again
        clock.sleep(1.0)
    raise FarmError(
        f"a worker has written '{path}', and it is not to be seen from here.",
        next_step="The job's folder must lie on storage that this machine and the workers share, under the same path.",
    )
