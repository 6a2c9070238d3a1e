"""One question to the service that creates and costs nothing: is it there, is it itself, does it take the key."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests

from otio_cometapi.clock import Clock
from otio_cometapi.comet.addresses import ip_literal, is_loopback
from otio_cometapi.comet.answers import answer_of
from otio_cometapi.comet.client import checked_base, checked_key
from otio_cometapi.comet.patience import Patience
from otio_cometapi.comet.transport import USER_AGENT, Wire, proxies_for, trouble
from otio_cometapi.comet.wire import VERSION_HEADER, error_in, object_in, task_path
from otio_cometapi.errors import ApiError
from otio_cometapi.records.findings import KeyVerdict, Reply, ServiceLook

NO_TASK = "00000000-0000-4000-8000-000000000000"
"""An id that no task has: the service looks at the key first, and then finds nothing."""
_TIMEOUT_S = (10.0, 15.0)


def look_at_service(base_url: str, *, key: str, clock: Clock) -> ServiceLook:
    """
    Ask the service for a task that there is not, by the same door as every poll.

    With no key the question is asked without one, and is refused; that the service is there is known all the same.

    Args:
        base_url: The service.
        key: The API key; it goes to this host only. May be empty.
        clock: What time it is.

    Raises:
        SettingsError: The address or the key cannot be used.
    """
    base, loopback_only = checked_base(base_url)
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", VERSION_HEADER[0]: VERSION_HEADER[1]}
    if key:
        headers["Authorization"] = f"Bearer {checked_key(key)}"

    def check(address: str) -> None:
        literal = ip_literal(address)
        if loopback_only and (literal is None or not is_loopback(literal)):
            raise ApiError(f"{base} leads to another machine, and plain http would show it the key")

    wire = Wire(user_agent=USER_AGENT, check=check)
    try:
        return _asked(wire, base, headers=headers, key=key, clock=clock)
    except ApiError as exc:
        return ServiceLook(base, Reply.NONE, KeyVerdict.UNKNOWN, said=exc.message.rstrip("."), proxy=_proxy(base))
    except (requests.RequestException, OSError, ValueError) as exc:
        # Not chained: the library's exceptions carry the request, and the request carries the key.
        return ServiceLook(base, Reply.NONE, KeyVerdict.UNKNOWN, said=trouble(exc), proxy=_proxy(base))
    finally:
        wire.close()


def _asked(wire: Wire, base: str, *, headers: dict[str, str], key: str, clock: Clock) -> ServiceLook:
    with Patience(_TIMEOUT_S[1]) as patience:
        response = wire.send("GET", base + task_path(NO_TASK), headers=headers, timeout_s=_TIMEOUT_S, patience=patience)
        ahead = _ahead(response.headers.get("Date"), clock)
        location = response.headers.get("Location", "")
        answer = answer_of(response, now=clock.now())
    error = error_in(answer.body, secret=key)
    said = error.sentence() or answer.cut_short
    reply = Reply.STRANGER
    if 300 <= answer.status < 400:
        reply = Reply.REDIRECT
    elif error.is_page:
        reply = Reply.PAGE
    elif object_in(answer.body) is not None and not error.path_wrong and answer.status != 405:
        reply = Reply.SERVICE
    return ServiceLook(
        url=base,
        reply=reply,
        key=_verdict(answer.status, reply, key, task_missing=error.task_missing),
        status=answer.status,
        said=said,
        clock_ahead_s=ahead,
        proxy=_proxy(base),
        elsewhere=_place(location) if reply is Reply.REDIRECT else "",
    )


def _verdict(status: int, reply: Reply, key: str, *, task_missing: bool) -> KeyVerdict:
    if not key or reply is not Reply.SERVICE:
        return KeyVerdict.UNKNOWN
    if status in (401, 402, 403):
        return KeyVerdict.REFUSED
    # the key is looked at before the task is looked for, and there is no such task
    known = task_missing or status in (200, 404, 410)
    return KeyVerdict.ACCEPTED if known else KeyVerdict.UNKNOWN


def _ahead(date: str | None, clock: Clock) -> float | None:
    if not date:
        return None
    try:
        return clock.now() - parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _proxy(base: str) -> str:
    """Return the proxy that stands between, as scheme, host and port."""
    proxies = proxies_for(base)
    return _place(proxies.get(urlsplit(base).scheme) or proxies.get("all", ""))


def _place(url: str) -> str:
    """Return scheme, host and port of an address, without user, password, path and query."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.hostname else parts.path.partition("?")[0]
