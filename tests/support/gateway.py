"""Hosts on this machine that stand for the service, its file hosts and strangers, and keep what they were sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    """With its query."""
    head: str
    """All header lines."""
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """Return one header; empty where it was not sent."""
        lines = (line.partition(":") for line in self.head.splitlines())
        return next((value.strip() for key, _, value in lines if key.lower() == name.lower()), "")


@dataclass(frozen=True)
class Said:
    """One answer."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def json(cls, status: int, value: Any) -> Said:
        """Return an answer with a JSON body."""
        return cls(status, json.dumps(value).encode(), (("Content-Type", "application/json"),))

    @classmethod
    def moved(cls, url: str, status: int = 302) -> Said:
        """Return a redirect."""
        return cls(status, b"", (("Location", url),))


Answering = Callable[[Asked], Said]


class Host:
    """A web server whose answers are made by a function."""

    def __init__(self, answering: Answering) -> None:
        self.asked: list[Asked] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = Asked(self.command, self.path, str(self.headers), body)
                outer.asked.append(asked)
                said = answering(asked)
                self.send_response(said.status)
                for name, value in said.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(said.body)))
                self.end_headers()
                self.wfile.write(said.body)

            do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the library looks for these names

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Say nothing of connections that clients cut."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server.server_address[1])

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def everything(self) -> str:
        """Return all that it was ever sent."""
        return "\n".join(f"{each.method} {each.path}\n{each.head}\n{each.body!r}" for each in self.asked)

    def __enter__(self) -> Host:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join(10)


def passed_on(asked: Asked, to: str) -> Said:
    """Return what the server at *to* answers to the same request."""
    names = ("Authorization", "Content-Type", "X-Runway-Version", "Range", "If-Range")
    headers = {name: asked.header(name) for name in names if asked.header(name)}
    request = Request(to + asked.path, data=asked.body or None, headers=headers, method=asked.method)  # noqa: S310
    try:
        with urlopen(request, timeout=60) as answer:  # noqa: S310 - the simulator on this machine
            body, status, kind = answer.read(), answer.status, answer.headers.get("Content-Type", "")
    except HTTPError as exc:
        body, status, kind = exc.read(), exc.code, exc.headers.get("Content-Type", "")
    return Said(status, body, (("Content-Type", kind),))


@contextmanager
def hosts(*answerings: Answering) -> Iterator[tuple[Host, ...]]:
    """Run several hosts for as long as the block lasts."""
    made = tuple(Host(each) for each in answerings)
    for host in made:
        host.__enter__()
    try:
        yield made
    finally:
        for host in made:
            host.__exit__()
