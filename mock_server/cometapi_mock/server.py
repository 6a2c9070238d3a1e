"""A running simulator: in a thread for tests, in the foreground for the command."""

from __future__ import annotations

import json
import logging
import socket
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from .app import create_app
from .matching import Rule, rule_from
from .options import Options
from .persistence import Persistence
from .scenarios import Scenario, UnknownScenarioError, scenarios_from
from .service import Service
from .state import StateError
from .taskbook import task_row
from .verification import verification_of
from .wire import FaultyChannel

THREADS = 16
"""Requests answered at once: measured to carry fifty polling clients without a queue."""


class MockServer:
    """
    The simulator on a loopback port, in a thread of this process.

    Example::

        with MockServer() as server:
            client = MyClient(base_url=server.url, key="any")
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        port: int = 0,
        state: Path | None = None,
        scenarios: dict[str, Scenario] | None = None,
        rules: Sequence[Rule] = (),
    ) -> None:
        """
        Set a simulator up; it listens once it is entered or started.

        Args:
            options: How it behaves; the defaults are the command's.
            port: The port on 127.0.0.1; 0 takes a free one.
            state: A folder in which it keeps its state, so that another server with this folder goes on from there;
                by default a temporary folder that goes with the server.
            scenarios: Scenarios beside the named ones.
            rules: Which creates get which scenario.

        Raises:
            UnknownScenarioError: The options or rules name a scenario that does not exist.
            StateError: What the folder keeps cannot be read.
        """
        self._temporary = tempfile.TemporaryDirectory(prefix="cometapi-mock-") if state is None else None
        folder = Path(self._temporary.name) if self._temporary is not None else state or Path()
        self._persistence: Persistence | None = None
        try:
            self.service = Service(options or Options(), folder=folder, scenarios=scenarios, rules=rules)
            if state is not None:
                self._persistence = Persistence(folder)
                self._persistence.load_into(self.service)
        except (UnknownScenarioError, StateError):
            self._clean()
            raise
        self._port = port
        self._bound_port = 0
        self._thread: threading.Thread | None = None
        self._waitress: Any = None
        self._channels: dict[int, Any] = {}
        self._stopping = threading.Event()

    @property
    def url(self) -> str:
        """The address to give to a client, such as ``http://127.0.0.1:41234``."""
        if not self._bound_port:
            message = "the simulator does not listen yet: start it first"
            raise RuntimeError(message)
        return f"http://127.0.0.1:{self._bound_port}"

    def start(self) -> MockServer:
        """
        Listen and answer, in a thread; returns when connections are accepted.

        Raises:
            OSError: The port is taken.
        """
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("127.0.0.1", self._port))
            listening.listen(1024)
        except OSError:
            listening.close()
            self.stop()
            raise
        self._bound_port = int(listening.getsockname()[1])
        logging.getLogger("waitress").setLevel(logging.ERROR)
        self._stopping.clear()
        self._waitress = create_server(
            create_app(self.service, self._persistence),
            map=self._channels,
            sockets=[listening],
            threads=THREADS,
            asyncore_use_poll=True,
        )
        self._waitress.channel_class = FaultyChannel
        self._thread = threading.Thread(target=self._run, name="cometapi-mock", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening, finish what is being answered, remove the temporary folder. Does nothing the second time."""
        if self._thread is not None:
            self._stopping.set()
            self.service.stopping.set()
            self._waitress.pull_trigger()
            self._thread.join()
            self._thread = None
            # Closed here and not by the thread: the trigger that wakes it must outlive the call above.
            wasyncore.close_all(self._channels, ignore_all=True)
            self._waitress.trigger.close()
        self.service.close()
        self._clean()

    def _clean(self) -> None:
        if self._persistence is not None:
            self._persistence.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _run(self) -> None:
        while not self._stopping.is_set():
            wasyncore.loop(timeout=1.0, use_poll=True, map=self._channels, count=1)
        self._waitress.task_dispatcher.shutdown()

    def __enter__(self) -> MockServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def journal(self) -> list[dict[str, Any]]:
        """Return every request so far, in order."""
        copied: list[dict[str, Any]] = json.loads(json.dumps(self.service.journal.rows()))
        return copied

    def verify(self) -> dict[str, Any]:
        """Return what the journal proves, as ``GET /_mock/verify`` does."""
        return verification_of(self.service)

    def reset(self) -> None:
        """Forget every task, request and advance."""
        self.service.reset()

    def advance(self, seconds: float) -> None:
        """Move virtual time on."""
        with self.service.lock:
            self.service.clock.advance(seconds)

    def check(self) -> None:
        """
        Prove that nothing was bought twice and that clients kept the rules; for the end of a test.

        Raises:
            AssertionError: With every duplicate and every problem.
        """
        told = self.verify()
        wrong = [f"one body was created {row['creates']} times: {row['task_ids']}" for row in told["duplicates"]]
        wrong.extend(f"request {row['request']}: {row['message']}" for row in told["problems"])
        if wrong:
            raise AssertionError("\n".join(wrong))

    def tasks(self) -> list[dict[str, Any]]:
        """Return every task, in order of creation, as ``GET /_mock/tasks`` does."""
        return [task_row(self.service, task) for task in list(self.service.tasks.values())]

    def use(self, scenario: str, **match: Any) -> None:
        """
        Give a scenario to the creates that a rule names, or to all.

        Args:
            scenario: A named scenario, or one that was defined.
            match: What must hold: `prompt` (a pattern), `model`, `seed`, `create` (its number). Nothing: all creates.

        Raises:
            UnknownScenarioError: There is no such scenario, or no such condition.
        """
        rule = rule_from({"scenario": scenario, **match}, self.service.scenarios)
        with self.service.lock:
            self.service.rules.append(rule)

    def define(self, **scenarios: dict[str, Any]) -> None:
        """
        Define scenarios, each by a table as in a scenario file.

        Raises:
            UnknownScenarioError: A table says something that a scenario cannot.
        """
        found = scenarios_from(scenarios)
        with self.service.lock:
            self.service.scenarios = {**self.service.scenarios, **found}
