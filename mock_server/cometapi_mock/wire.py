"""From an answer to what really goes over the connection, faults included."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
from collections.abc import Iterator
from functools import cache
from typing import Any

from flask import Response, request
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.task import WSGITask

from .answers import Answer
from .scenarios import Fault

_CHANNEL = "cometapi_mock.channel"
_DRIPS = 20
_BOMB_BYTES = 64 * 1024**2
_ENDLESS_BYTES = 1024**3


class _ChannelTask(WSGITask):  # type: ignore[misc]
    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[_CHANNEL] = self.channel
        return environ


class FaultyChannel(HTTPChannel):  # type: ignore[misc]
    """A connection that the application can get hold of, to spoil it."""

    task_class = _ChannelTask


def response_for(answer: Answer, fault: Fault | None = None, *, stopping: threading.Event | None = None) -> Response:
    """
    Return the HTTP response for an answer, spoiled as the fault says.

    Args:
        answer: What would be sent.
        fault: What happens to it on its way.
        stopping: Set when the server stops, so that an answer which is late on purpose does not hold it up.
    """
    response = Response(answer.body_bytes(), status=answer.status, content_type=answer.content_type())
    for name, value in answer.headers.items():
        if name != "content-type":
            response.headers[name] = value
    return spoiled(response, fault, stopping=stopping)


def spoiled(response: Response, fault: Fault | None, *, stopping: threading.Event | None = None) -> Response:
    """Return a response to which a fault has happened; the same one where there is none."""
    if fault is None or fault.wire is None:
        return response
    channel = request.environ.get(_CHANNEL)
    body = response.get_data()
    wait = (stopping or threading.Event()).wait
    if fault.wire == "stall":
        wait(fault.seconds)
    elif fault.wire in {"wrong_type", "octet_stream"}:
        response.content_type = "text/html" if fault.wire == "wrong_type" else "application/octet-stream"
    elif fault.wire == "redirect" and "redirected" not in request.args:
        response = Response(b"", status=302)
        response.headers["Location"] = f"{request.url}&redirected=1"
    elif fault.wire == "short_length":
        response.set_data(body[: len(body) // 2])
    elif fault.wire in {"reset", "close"}:
        response.response = _broken(b"", channel, reset=fault.wire == "reset")
    elif fault.wire in {"truncate", "half_reset"}:
        response.response = _broken(body[: (len(body) + 1) // 2], channel, reset=fault.wire == "half_reset")
    elif fault.wire == "drip":
        response.response = _dripping(body, fault.seconds / _DRIPS, wait)
    elif fault.wire == "gzip_bomb":
        response.set_data(_bomb())
        response.headers["Content-Encoding"] = "gzip"
    elif fault.wire == "endless":
        response.response = _endless(body, stopping or threading.Event())
        del response.headers["Content-Length"]
        return response
    if response.response is not None and response.is_streamed:
        response.headers["Content-Length"] = str(len(body))
    return response


def _broken(head: bytes, channel: Any, *, reset: bool) -> Iterator[bytes]:
    """Send the head of a body, then lose the connection: by a reset, or by a close that looks orderly."""
    if head:
        yield head
    if reset and channel is not None and channel.socket is not None:
        # Lingering for no time makes the close that follows a reset. What was sent so far may be lost with it.
        linger = struct.pack("ii", 1, 0)
        channel.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    raise ClientDisconnected


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(_BOMB_BYTES), mtime=0)


def _endless(body: bytes, stopping: threading.Event) -> Iterator[bytes]:
    yield body
    sent = 0
    while sent < _ENDLESS_BYTES and not stopping.is_set():
        yield bytes(65_536)
        sent += 65_536


def _dripping(body: bytes, pause_s: float, wait: Any) -> Iterator[bytes]:
    step = max(1, -(-len(body) // _DRIPS))
    for start in range(0, len(body), step):
        wait(pause_s)
        yield body[start : start + step]
