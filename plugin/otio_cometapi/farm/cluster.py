"""A cluster of the distributed engine (Dask), as a place where orders are carried out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, TypeVar

from otio_cometapi.errors import CometError, FarmError, MissingExtraError, NotThereError
from otio_cometapi.farm.errand import Errand, HasNeeds, run_errand, tools

Order = TypeVar("Order", bound=HasNeeds)
Result = TypeVar("Result")

LEAST_ROOM = 256
"""Works begun and not ended, at least: enough for a cluster that grows when there is work."""
CONNECT_S = 10.0
"""A scheduler that does not answer in this time is named."""
TRIES = 4
"""Workers that are asked before a file is said to be nowhere."""


class Cluster:
    """
    A connection to a scheduler. Use it as a context manager.

    What is sent are `Errand`s, and nothing else: no key, no settings, no ledger.
    """

    def __init__(self, address: str) -> None:
        """
        Connect.

        Args:
            address: Of the scheduler, such as ``tcp://farm:8786``; ``tls://`` with certificates as Dask's own
                configuration names them.

        Raises:
            FarmError: No scheduler answers there.
            MissingExtraError: distributed is not installed.
        """
        try:
            from distributed import Client  # noqa: PLC0415 - an extra, and slow to import
        except ImportError as exc:
            raise MissingExtraError(
                f"the cluster {address} needs distributed, which is not installed.",
                next_step="Install it with: pip install 'otio-cometapi[farm]'.",
            ) from exc
        try:
            self._client: Any = Client(address, timeout=CONNECT_S, set_as_default=False, name="otiocomet")
        except (OSError, ValueError, TypeError, ImportError) as exc:
            raise FarmError(
                f"no cluster answers at {address}: {_first_line(exc)}.",
                next_step="Start it with `dask scheduler` and `dask worker`, or leave --cluster out. Nothing was sent.",
            ) from exc
        self._executor = self._client.get_executor(pure=False)
        self._made_with = tools()
        threads = sum(self._client.nthreads().values())
        self.room = max(LEAST_ROOM, 2 * threads)
        self.greeting = _greeting(address, len(self._client.nthreads()), threads, str(self._client.dashboard_link))
        self._closing = False
        self._again = ThreadPoolExecutor(1, thread_name_prefix="farm")

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, work: Callable[[Order], Result], order: Order, /) -> Future[Result]:
        """
        Send an order to whatever worker is free. When that dies, another one gets it.

        A worker that does not see the files is passed over, so that it does not swallow the others' work.
        """
        outer: Future[Result] = Future()
        self._send(Errand(work, order, self._made_with), outer, blind=())
        return outer

    def close(self) -> None:
        """Let go of the cluster; what was not ended is dropped there."""
        self._closing = True
        self._again.shutdown(wait=True, cancel_futures=True)
        self._client.close(timeout=CONNECT_S)

    def _send(self, errand: Errand[Any, Result], outer: Future[Result], *, blind: tuple[str, ...]) -> None:
        """Send an errand, to a worker that is not known to be blind for it if there is one."""
        if self._client.status in _GONE:  # what is sent then never ends
            outer.set_exception(FarmError(_LOST, next_step=_GO_ON))
            return
        others = [each for each in self._client.nthreads() if each not in blind] if blind else []
        where = {"workers": others, "allow_other_workers": True} if others else {}
        inner: Future[Result] = self._executor.submit(run_errand, errand, **where)
        outer.add_done_callback(lambda done: inner.cancel() if done.cancelled() else None)
        inner.add_done_callback(lambda done: self._ended(done, errand, outer, blind))

    def _ended(
        self, inner: Future[Result], errand: Errand[Any, Result], outer: Future[Result], blind: tuple[str, ...]
    ) -> None:
        """Pass on how an errand ended; runs on the engine's own thread, which must not wait."""
        if outer.cancelled():
            return
        error = FarmError(_LOST, next_step=_GO_ON) if inner.cancelled() else inner.exception()
        if error is None:
            outer.set_result(inner.result())
        elif isinstance(error, NotThereError) and len(blind) + 1 < TRIES and not self._closing:
            self._again.submit(self._send_elsewhere, error, errand, outer, blind)
        else:
            outer.set_exception(error if isinstance(error, CometError) else _foreign(error))

    def _send_elsewhere(
        self, error: NotThereError, errand: Errand[Any, Result], outer: Future[Result], blind: tuple[str, ...]
    ) -> None:
        """Send an errand to a worker that was not asked yet; where there is none, say what the last one said."""
        tried = (*blind, error.worker)
        try:
            if set(self._client.nthreads()) - set(tried):
                self._send(errand, outer, blind=tried)
                return
        except (OSError, RuntimeError, CancelledError) as exc:  # the connection is gone meanwhile
            outer.set_exception(_foreign(exc))
            return
        if blind:
            error.message = f"{error.message.rstrip('.')}, and {len(blind)} other workers do not see it either."
        outer.set_exception(error)


_GONE = ("closing", "closed")
"""States of a connection that gave up on its scheduler."""
_LOST = "the cluster let go of this work: its scheduler is gone, or somebody cancelled it there"
_GO_ON = "Nothing was lost; `otiocomet resume` goes on, with --cluster or without."


def _foreign(error: BaseException) -> FarmError:
    """Say in our words what the engine raised, or what else went wrong on a worker."""
    kind = type(error).__name__
    if kind == "KilledWorker":
        return FarmError(
            "this work was begun again and again on the cluster, and every time its worker died.",
            next_step="Look at the workers' logs: memory is the usual cause. `otiocomet resume` tries again.",
        )
    if isinstance(error, CancelledError):
        return FarmError(_LOST, next_step=_GO_ON)
    if isinstance(error, ImportError | AttributeError):
        return FarmError(
            f"a worker cannot do this work: {_first_line(error)}.",
            next_step="Install the same version of otio-cometapi where the workers run.",
        )
    return FarmError(f"a worker failed: {kind}: {_first_line(error)}.", next_step=_GO_ON)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300].rstrip(".") if lines else type(error).__name__


def _greeting(address: str, workers: int, threads: int, dashboard: str) -> str:
    """Say what the cluster is, and where it can be watched."""
    if not workers:
        return f"the cluster {address} has no worker yet: work waits until one joins. Watch it at {dashboard}"
    return f"the cluster {address} has {workers} workers with {threads} threads. Watch it at {dashboard}"
