"""A tiny server on real sockets: says exactly the bytes it was told to, and keeps what it was sent."""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
import struct
import threading
from dataclasses import dataclass, field
from types import TracebackType


@dataclass(frozen=True)
class Seen:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes = field(repr=False)
    sha256: str = ""
    """Of the body, also where the server does not keep it."""

    def json(self) -> object:
        """Return the body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What to send back to one request, byte by byte."""

    raw: bytes = b""
    end: str = "keep"
    """``keep`` the connection, ``close`` it, ``reset`` it, or ``hang`` without a word until the server stops."""
    read_request: bool = True
    """Whether to read the whole request before that, or only the first bytes of it."""


def reply(
    status: int,
    body: object = b"",
    *,
    headers: dict[str, str] | None = None,
    length: int | None = None,
    end: str = "keep",
) -> Reply:
    """Return an answer; a body that is neither bytes nor text is written as JSON."""
    if isinstance(body, bytes):
        data, kind = body, "application/octet-stream"
    elif isinstance(body, str):
        data, kind = body.encode("utf-8"), "text/html; charset=utf-8"
    else:
        data, kind = json.dumps(body).encode("utf-8"), "application/json"
    fields = {"Content-Type": kind, "Content-Length": str(len(data) if length is None else length)}
    given = {name.title(): value for name, value in (headers or {}).items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in (fields | given).items())
    return Reply(f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode("latin-1") + data, end=end)


RESET = Reply(end="reset")
"""Takes the whole request and cuts the connection."""
RESET_EARLY = Reply(end="reset", read_request=False)
"""Cuts the connection at the first bytes of the request."""
CLOSED = Reply(end="close")
"""Takes the whole request and closes without a word."""
SILENT = Reply(end="hang")
"""Takes the whole request and never answers."""


class RawServer:
    """Gives its replies in order, the last one for ever; knows every request and connection."""

    def __init__(self, *replies: Reply, keep_bodies: bool = True) -> None:
        self._keep_bodies = keep_bodies
        self._replies = list(replies)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.requests: list[Seen] = []
        self.connections = 0
        self.bytes_received = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> RawServer:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=10)

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(10)
            with self._lock:
                self.connections += 1
                self._open.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                self._talk(connection)
            except OSError:
                return

    def _talk(self, connection: socket.socket) -> None:
        left = b""
        while not self._stopped.is_set():
            with self._lock:
                next_reply = self._replies[0]
            if next_reply.read_request:
                seen, left = self._read(connection, left)
                if seen is None:
                    return
            elif not self._receive(connection):
                return
            with self._lock:
                if next_reply.read_request:
                    self.requests.append(seen)
                next_reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
            connection.sendall(next_reply.raw)
            if next_reply.end == "hang":
                self._stopped.wait(60)
            if next_reply.end == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if next_reply.end != "keep":
                return

    def _read(self, connection: socket.socket, left: bytes) -> tuple[Seen | None, bytes]:
        data = left
        while b"\r\n\r\n" not in data:
            if not (piece := self._receive(connection)):
                return None, b""
            data += piece
        head, _, data = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        size = int(headers.get("content-length", "0"))
        digest = hashlib.sha256()
        body = b""
        while True:
            piece, data = data[:size], data[size:]
            size -= len(piece)
            digest.update(piece)
            body += piece if self._keep_bodies else b""
            if not size:
                break
            if not (data := self._receive(connection)):
                return None, b""
        method, path, _ = first.split(" ", 2)
        return Seen(method, path, headers, body, digest.hexdigest()), data

    def _receive(self, connection: socket.socket) -> bytes:
        piece = connection.recv(65_536)
        with self._lock:
            self.bytes_received += len(piece)
        return piece
