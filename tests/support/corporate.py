"""A company's network on this machine: a proxy that is the only way out, and servers under the company's own CA."""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path

import trustme

from support.gateway import Answering, Host


class Company:
    """A certificate authority that no browser knows."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.bundle = folder / "company.pem"
        self._authority.cert_pem.write_to_path(str(self.bundle))

    def host(self, name: str, answering: Answering) -> Host:
        """Return a web server that speaks TLS and is called *name*."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(name).configure_cert(context)
        host = Host(answering)
        host.server.socket = context.wrap_socket(host.server.socket, server_side=True)
        return host


class Proxy:
    """Tunnels CONNECT to the places it knows by name; keeps what it was told and every byte that went through."""

    def __init__(self, places: Mapping[str, int], *, password: str = "") -> None:
        """
        Listen on a free port.

        Args:
            places: Port on this machine by ``name:port`` of the outside.
            password: ``user:password`` that clients must show.
        """
        self._places = places
        self._wanted = f"Basic {base64.b64encode(password.encode()).decode()}" if password else ""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.heads: list[str] = []
        self.tunnelled = b""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def asked_for(self) -> list[str]:
        """What was asked for, in order."""
        return [head.split(" ", 2)[1] for head in self.heads]

    def __enter__(self) -> Proxy:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(65_536)
                if not piece:
                    return
                head += piece
            self.heads.append(head.decode("latin-1"))
            if self._wanted and f"proxy-authorization: {self._wanted}".lower() not in self.heads[-1].lower():
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            port = self._places.get(self.asked_for[-1])
            if port is None:
                client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", port)) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self._tunnel(client, server)

    def _tunnel(self, client: socket.socket, server: socket.socket) -> None:
        others = {client: server, server: client}
        while True:
            ready, _, _ = select.select(list(others), [], [], 10)
            if not ready:
                return
            for each in ready:
                piece = each.recv(65_536)
                if not piece:
                    return
                self.tunnelled += piece
                others[each].sendall(piece)
