"""An end to waiting for a peer that dribbles: silence is bounded by the socket, a trickle only from here."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Any

_LOOKS = 4


class Patience:
    """
    Cuts connections when nothing was achieved for some time; used as a context manager.

    A socket's timeout starts anew with every byte, so that a peer which sends one a minute would hold us for good.
    """

    def __init__(self, seconds: float) -> None:
        """Bear *seconds* without progress, and at most a quarter of that more."""
        self._pause = seconds / _LOOKS
        self._steps = 0
        self._connections: list[Any] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="otio-cometapi-patience", daemon=True)
        self.ended = False
        """Whether it ran out, and the connections were cut."""

    def progress(self) -> None:
        """Say that something was achieved: a piece came, or a piece left."""
        self._steps += 1

    def watch(self, connection: Any) -> None:
        """Cut this connection, too, when patience ends; a socket, or what TLS through a proxy's TLS makes of one."""
        self._connections.append(connection)
        if self.ended:
            _cut(connection)

    def __enter__(self) -> Patience:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        seen, idle = self._steps, 0
        while not self._over.wait(self._pause):
            idle = idle + 1 if self._steps == seen else 0
            seen = self._steps
            if idle >= _LOOKS:
                self.ended = True
                for connection in self._connections:
                    _cut(connection)
                return


def _cut(connection: Any) -> None:
    """End a connection under the feet of the thread that reads from it."""
    found = getattr(connection, "socket", connection)
    if isinstance(found, socket.socket):
        with contextlib.suppress(OSError):
            # The plain socket's own method: the one of TLS sockets would forget the keys while they are in use.
            socket.socket.shutdown(found, socket.SHUT_RDWR)
