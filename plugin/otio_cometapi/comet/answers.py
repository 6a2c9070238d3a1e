"""Answers read from the wire, as far as they come: never endless, never awaited for good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import requests

from otio_cometapi.comet.encoded_body import EncodedBody
from otio_cometapi.comet.patience import Patience
from otio_cometapi.comet.transport import Wire
from otio_cometapi.comet.verdicts import Answer, retry_after

ANSWER_BYTES = 4_000_000
"""More than any honest answer to a create or a poll has."""
_LARGEST_PIECE = 256 * 1024
"""Bytes that a socket is asked for at once: so many that handing them on is cheap, so few that they stay in caches."""


class _Leaving:
    """A body whose leaving is progress."""

    def __init__(self, body: EncodedBody, patience: Patience) -> None:
        self._body = body
        self._patience = patience

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._body:
            yield piece
            self._patience.progress()

    def __len__(self) -> int:
        return len(self._body)


def asked(
    wire: Wire,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    timeout_s: tuple[float, float],
    now: float,
    body: EncodedBody | None = None,
) -> Answer:
    """
    Send one request and return its answer, whole within the time or as far as it came.

    Args:
        wire: What to send it over.
        method: Such as ``"GET"``.
        url: Where to.
        headers: All but the user agent.
        timeout_s: Seconds to connect, and seconds for the whole answer once the request has left.
        now: Unix time, for headers that name a date.
        body: What to send.

    Raises:
        requests.RequestException: Nothing usable came back.
        ApiError: The other end may not be talked to.
    """
    with Patience(timeout_s[1]) as patience:
        leaving = None if body is None else _Leaving(body, patience)
        response = wire.send(method, url, headers=headers, timeout_s=timeout_s, body=leaving, patience=patience)
        return answer_of(response, now=now)


def pieces_of(response: requests.Response, size: int) -> Iterator[bytes]:
    """
    Yield a body in pieces of at most *size* bytes; one that ends too early ends without an exception.

    Callers compare what came with what was announced: the library would throw the last piece away instead, and
    a task's id may stand in it.
    """
    response.raw.enforce_content_length = False
    yield from response.iter_content(size)


def large_pieces_of(response: requests.Response, least: int) -> Iterator[bytes]:
    """
    Yield a body that is not packed as it comes, in pieces which each bring another multiple of *least* bytes.

    So a peer that dribbles yields nothing, whatever it is that the wire brings at once, and what a fast one sends is
    not copied. One that ends too early ends without an exception; of one that fails, less than *least* bytes are lost.

    Raises:
        urllib3.exceptions.HTTPError: It broke off.
        requests.RequestException: The same.
    """
    if getattr(response.raw, "chunked", True):
        yield from pieces_of(response, least)
        return
    response.raw.enforce_content_length = False
    size = 0
    kept: list[bytes] = []
    while came := response.raw.read1(_LARGEST_PIECE, decode_content=False):
        kept.append(came)
        before, size = size, size + len(came)
        if size // least > before // least:
            yield b"".join(kept)
            kept.clear()
    if kept:
        yield b"".join(kept)


def answer_of(response: requests.Response, *, now: float) -> Answer:
    """
    Read an answer's body, as far as it comes, and close it.

    Never raises for what the other side does: a body that breaks off is returned with the reason.
    """
    pieces: list[bytes] = []
    size = 0
    cut_short = ""
    try:
        for piece in pieces_of(response, 65_536):
            pieces.append(piece)
            size += len(piece)
            if size > ANSWER_BYTES:
                cut_short = "the answer is far too long"
                break
    except (requests.RequestException, OSError, ValueError) as exc:
        cut_short = f"the answer broke off ({type(exc).__name__})"
    finally:
        response.close()
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and size < int(announced[:18]) and "Content-Encoding" not in response.headers:
        cut_short = cut_short or "the answer broke off"
    wait = retry_after(
        response.headers.get("Retry-After"),
        milliseconds=response.headers.get("Retry-After-Ms"),
        now=now,
    )
    return Answer(status=response.status_code, body=b"".join(pieces), retry_after_s=wait, cut_short=cut_short)
