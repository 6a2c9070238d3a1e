"""Whether the service will be able to fetch a URL: asked before a create is paid for."""

from __future__ import annotations

import requests

from otio_cometapi.comet.addresses import AddressPolicy, AddressRefusedError, shown_url
from otio_cometapi.comet.transport import USER_AGENT, Wire, trouble

# The provider's inputs page: its fetcher gives up after 10 seconds and takes so many bytes by URL.
_TIMEOUTS_S = (10.0, 10.0)
_LARGEST = {"video": 32_000_000, "image": 16_000_000}


def preflight_problems(url: str, *, kind: str, policy: AddressPolicy) -> tuple[str, ...]:
    """
    Ask for the head of *url* as the service's fetcher does, and return why it would refuse it.

    Args:
        url: What is to be sent as ``videoUri`` or as an image.
        kind: ``"video"`` or ``"image"``; decides type and size.
        policy: Which addresses are fine.

    Returns:
        Clauses without a full stop; empty when nothing speaks against it. Never raises for what a host does.
    """
    shown = shown_url(url)
    wire: Wire | None = None
    try:
        policy.check_url(url)
        wire = Wire(user_agent=USER_AGENT, check=lambda peer: policy.check_peer(peer, url=url))
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        response = wire.send("HEAD", url, headers=headers, timeout_s=_TIMEOUTS_S)
        response.close()
    except AddressRefusedError as exc:
        return (exc.message.rstrip("."),)
    except (requests.RequestException, OSError, ValueError) as exc:
        return (f"{shown} does not answer a HEAD request: {trouble(exc)}",)
    finally:
        if wire is not None:
            wire.close()
    return _head_problems(response, shown, kind)


def _head_problems(response: requests.Response, shown: str, kind: str) -> tuple[str, ...]:
    status = response.status_code
    if 300 <= status < 400:
        return (f"{shown} redirects (HTTP {status}), which the service does not follow",)
    if status != 200:
        return (f"{shown} answers a HEAD request with HTTP {status}; signed URLs are often good for GET alone",)
    problems = []
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not media_type.startswith(f"{kind}/"):
        problems.append(f"{shown} is served as '{media_type[:60]}', and the service wants {kind}/…")
    length = response.headers.get("Content-Length", "")
    if not length.isdigit():
        problems.append(f"{shown} is served without its length")
    elif int(length[:18]) > _LARGEST[kind]:
        problems.append(f"{shown} has {int(length[:18]):,} bytes; {_LARGEST[kind]:,} are the most for a {kind} by URL")
    return tuple(problems)
