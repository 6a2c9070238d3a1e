"""The server: the application on a loopback port, in threads of this process."""

from __future__ import annotations

import logging
import socket
import threading
from types import TracebackType
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from otio_cometapi.errors import WrongUsageError
from otio_cometapi.review_app.app import create_app
from otio_cometapi.review_app.guard import Guard
from otio_cometapi.review_app.room import Opening, Room

THREADS = 12
"""Requests answered at once: two videos, a screen of thumbnails, and room for what is made on demand."""


class ReviewServer:
    """A job's review page on 127.0.0.1; use it as a context manager."""

    def __init__(self, opening: Opening, *, port: int = 0) -> None:
        """
        Listen; requests are answered once it is entered.

        Args:
            opening: The job, and who looks at it.
            port: The port on 127.0.0.1; 0 takes a free one.

        Raises:
            WrongUsageError: The port is taken.
        """
        self._listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listening.bind(("127.0.0.1", port))
            self._listening.listen(128)
        except OSError as exc:
            self._listening.close()
            raise WrongUsageError(
                f"port {port} of this machine cannot be listened at: {exc.strerror or exc}.",
                next_step="Name another one with --port, or leave it out.",
            ) from exc
        self.port = int(self._listening.getsockname()[1])
        self.guard = Guard(self.port)
        self._room = Room(opening)
        self._channels: dict[int, Any] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._waitress: Any = None

    @property
    def url(self) -> str:
        """The page's address, good once."""
        return f"http://127.0.0.1:{self.port}/?token={self.guard.token}"

    def __enter__(self) -> ReviewServer:
        logging.getLogger("waitress").setLevel(logging.ERROR)
        self._waitress = create_server(
            create_app(self._room, self.guard),
            map=self._channels,
            sockets=[self._listening],
            threads=THREADS,
            asyncore_use_poll=True,
            ident=None,
        )
        self._thread = threading.Thread(target=self._run, name="otiocomet-review", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def wait(self) -> None:
        """Answer until the process is interrupted."""
        while self._thread is not None and self._thread.is_alive():
            self._thread.join(1.0)  # a join without end would not hear Ctrl-C on every system

    def close(self) -> None:
        """Stop answering; a create that is on the wire ends first. Does nothing the second time."""
        if self._thread is None:
            return
        self._room.close()
        self._stopping.set()
        self._waitress.pull_trigger()
        self._thread.join()
        self._thread = None
        wasyncore.close_all(self._channels, ignore_all=True)
        self._waitress.trigger.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            wasyncore.loop(timeout=1.0, use_poll=True, map=self._channels, count=1)
        self._waitress.task_dispatcher.shutdown()
