"""Whether the service will be able to fetch a URL: asked before a create is paid for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import requests

from otio_cometapi.comet.addresses import AddressPolicy, AddressRefusedError, shown_url
from otio_cometapi.comet.input_rules import URL_BYTES
from otio_cometapi.comet.transport import USER_AGENT, Wire, trouble

# The provider's inputs page: its fetcher gives up after 10 seconds.
_TIMEOUTS_S = (10.0, 10.0)

_FOR_GET_ALONE = (
    "The storage refuses HEAD for a URL that is signed for GET, and the provider's page asks for HEAD. Should the "
    "service refuse it, nothing is spent: give the storage a public address, ?public=https://..."
)


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a URL."""

    problems: tuple[str, ...]
    """Why the service would refuse it, clauses without a full stop; empty when nothing speaks against it."""
    note: str = ""
    """What a person should know though nothing speaks against it, a sentence."""


def preflight(
    url: str, *, kind: str, policy: AddressPolicy, size_bytes: int | None = None, signed: bool = False
) -> Look:
    """
    Ask for the head of *url* as the service's fetcher does. Never raises for what a host does.

    Args:
        url: What is to be sent as ``videoUri`` or as an image.
        kind: ``"video"`` or ``"image"``; decides type and size.
        policy: Which addresses are fine.
        size_bytes: How long what lies there has to be, where that is known.
        signed: Whether the URL is signed for GET. Where HEAD is refused for that, its first byte is asked for instead.
    """
    shown = shown_url(url)
    answer = _asked("HEAD", url, policy)
    if isinstance(answer, str):
        return Look((answer,))
    if not (signed and answer.status in (403, 405)):
        return Look(_problems(answer, shown, kind, size_bytes))
    first = _asked("GET", url, policy)
    if isinstance(first, str):
        return Look((first,))
    problems = _problems(first, shown, kind, size_bytes)
    return Look(problems, "" if problems else _FOR_GET_ALONE)


def preflight_problems(url: str, *, kind: str, policy: AddressPolicy) -> tuple[str, ...]:
    """Return why the service would refuse to fetch *url*; see `preflight`."""
    return preflight(url, kind=kind, policy=policy).problems


@dataclass(frozen=True, slots=True)
class _Answer:
    method: str
    status: int
    media_type: str
    length: str


def _asked(method: str, url: str, policy: AddressPolicy) -> _Answer | str:
    """Return the head of an answer, or why there is none. Of a GET the first byte is asked for, and none is read."""
    wire: Wire | None = None
    headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
    if method == "GET":
        headers["Range"] = "bytes=0-0"
    try:
        policy.check_url(url)
        wire = Wire(user_agent=USER_AGENT, check=lambda peer: policy.check_peer(peer, url=url))
        response = wire.send(method, url, headers=headers, timeout_s=_TIMEOUTS_S)
        response.close()
    except AddressRefusedError as exc:
        return exc.message.rstrip(".")
    except (requests.RequestException, OSError, ValueError) as exc:
        return f"{shown_url(url)} does not answer a {method} request: {trouble(exc)}"
    finally:
        if wire is not None:
            wire.close()
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return _Answer(method, response.status_code, media_type, _length(response.status_code, response.headers))


def _length(status: int, headers: Mapping[str, str]) -> str:
    """Return how long the whole is; of a part that stands after the slash."""
    if status == 206:
        return headers.get("Content-Range", "").rpartition("/")[2]
    return headers.get("Content-Length", "")


def _problems(answer: _Answer, shown: str, kind: str, size_bytes: int | None) -> tuple[str, ...]:
    status = answer.status
    if 300 <= status < 400:
        return (f"{shown} redirects (HTTP {status}), which the service does not follow",)
    if status != 200 and not (status == 206 and answer.method == "GET"):
        hint = "; signed URLs are often good for GET alone" if answer.method == "HEAD" else ""
        return (f"{shown} answers a {answer.method} request with HTTP {status}{hint}",)
    problems = []
    if not answer.media_type.startswith(f"{kind}/"):
        problems.append(f"{shown} is served as '{answer.media_type[:60]}', and the service wants {kind}/…")
    if not (answer.length.isascii() and answer.length.isdigit()):
        problems.append(f"{shown} is served without its length")
        return tuple(problems)
    length = int(answer.length[:18])
    if length > URL_BYTES[kind]:
        problems.append(f"{shown} has {length:,} bytes; {URL_BYTES[kind]:,} are the most for a {kind} by URL")
    elif size_bytes is not None and length != size_bytes:
        problems.append(f"{shown} has {length:,} bytes, and the file that is meant has {size_bytes:,}")
    return tuple(problems)
