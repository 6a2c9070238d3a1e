"""A running simulator: in a thread for tests, in the foreground for the command."""

from __future__ import annotations

import json
import logging
import socket
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from .app import create_app
from .options import Options
from .scenarios import Scenario, UnknownScenarioError
from .service import Service
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
        folder: Path | None = None,
        scenarios: dict[str, Scenario] | None = None,
    ) -> None:
        """
        Set a simulator up; it listens once it is entered or started.

        Args:
            options: How it behaves; the defaults are the command's.
            port: The port on 127.0.0.1; 0 takes a free one.
            folder: Where inputs and outputs are kept; by default a temporary folder that goes with the server.
            scenarios: Scenarios beside the named ones.

        Raises:
            UnknownScenarioError: The options name a scenario that does not exist.
        """
        self._temporary = tempfile.TemporaryDirectory(prefix="cometapi-mock-") if folder is None else None
        try:
            self.service = Service(
                options or Options(),
                folder=folder or Path(self._temporary.name if self._temporary else "."),
                scenarios=scenarios,
            )
        except UnknownScenarioError:
            if self._temporary is not None:
                self._temporary.cleanup()
            raise
        self._port = port
        self._bound_port = 0
        self._thread: threading.Thread | None = None
        self._waitress: Any = None
        self._socket: socket.socket | None = None
        self._channels: dict[int, Any] = {}
        self._stopping = threading.Event()

    @property
    def url(self) -> str:
        """The address to give to a client, such as ``http://127.0.0.1:41234``."""
        if self._socket is None:
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
            raise
        self._socket = listening
        self._bound_port = int(listening.getsockname()[1])
        logging.getLogger("waitress").setLevel(logging.ERROR)
        self._stopping.clear()
        self._waitress = create_server(
            create_app(self.service), map=self._channels, sockets=[listening], threads=THREADS, asyncore_use_poll=True
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
        self.service.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                wasyncore.loop(timeout=1.0, use_poll=True, map=self._channels, count=1)
        finally:
            self._waitress.task_dispatcher.shutdown()
            wasyncore.close_all(self._channels, ignore_all=True)
            self._waitress.trigger.close()

    def __enter__(self) -> MockServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def journal(self) -> list[dict[str, Any]]:
        """Return every request so far, in order."""
        copied: list[dict[str, Any]] = json.loads(json.dumps(self.service.journal.entries))
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
