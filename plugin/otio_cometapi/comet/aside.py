"""Work aside: done by another thread, in order, while the one who gave it goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType

_Work = Callable[[], None]


class Aside:
    """
    Does what it is given, one after the other, on a thread of its own that begins with the first of it.

    Good for what lets the interpreter's other threads run meanwhile, as hashing and waiting for a disk do. It belongs
    to one thread. A pool of one thread would do the same and take ten times as long to hand a piece over.
    """

    def __init__(self, most: int) -> None:
        """Let whoever gives work wait while *most* pieces of it are not done."""
        self._most = most
        self._open = 0
        self._given: SimpleQueue[_Work | None] = SimpleQueue()
        self._done: SimpleQueue[BaseException | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    @property
    def idle(self) -> bool:
        """Whether all that was given is done."""
        return self._open == self._done.qsize()

    def do(self, work: _Work) -> None:
        """
        Have *work* done, after all that was given before; raise what that has raised, whatever it is.

        What is raised is raised once, here or by `settle`, and ends nothing: that is for the one who gave it.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="otio-cometapi-aside", daemon=True)
            self._thread.start()
        while self._open >= self._most or self._done.qsize():
            self._take()
        self._open += 1
        self._given.put(work)

    def settle(self) -> None:
        """Wait until all that was given is done; raise what it has raised, whatever it is."""
        while self._open:
            self._take()

    def close(self) -> None:
        """End the thread, once it has done all that it was given; what that raises is lost."""
        if self._thread is not None:
            self._given.put(None)
            self._thread.join()
            self._thread = None

    def _take(self) -> None:
        error = self._done.get()
        self._open -= 1
        if error is not None:
            raise error

    def _run(self) -> None:
        while (work := self._given.get()) is not None:
            outcome = _Outcome()
            with outcome:
                work()
            self._done.put(outcome.error)


class _Outcome:
    """What a piece of work has raised, for the thread that gave it."""

    error: BaseException | None = None

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error
        return True
