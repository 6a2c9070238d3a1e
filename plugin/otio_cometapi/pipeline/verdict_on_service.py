"""What one look at the service means, in sentences with a next step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from otio_cometapi.records.findings import Finding, KeyVerdict, Level, Reply, ServiceLook

CLOCK_NOTE_S = 60.0
"""Differences below are the network's and NTP's."""
CLOCK_PROBLEM_S = 300.0
"""What signatures of storage and tickets of sign-on commonly allow."""
_BARE = "COMETAPI_BASE_URL is the bare host, such as https://api.cometapi.com, without the path of a page."
_TROUBLES = {
    "the host name cannot be resolved": "Check the spelling of COMETAPI_BASE_URL, and whether this machine is online.",
    "the proxy refuses or is not there": "Check HTTPS_PROXY, or exempt the service: NO_PROXY=api.cometapi.com.",
    "the server's certificate is not trusted": "Behind a company's proxy, set REQUESTS_CA_BUNDLE to its certificates; "
    "a wrong clock makes good certificates fail, too.",
    "the connection is refused": "Check host and port of COMETAPI_BASE_URL; a simulator has to be started first.",
    "nobody answers the connection": "A firewall may stand between; ask whether this machine may reach the host.",
}


def findings(look: ServiceLook, *, has_key: bool, simulator: bool) -> tuple[Finding, ...]:
    """Say what was found of the address, the key and the clock."""
    return (_address(look, simulator=simulator), *_key(look, has_key=has_key), *_clock(look))


def _address(look: ServiceLook, *, simulator: bool) -> Finding:
    through = f" (through the proxy {look.proxy})" if look.proxy else ""
    if look.reply is Reply.SERVICE:
        what = "a service on this machine, a simulator" if simulator else "the service"
        return Finding("service", Level.OK, f"{look.url} answers as {what} does{through}.")
    if look.reply is Reply.PAGE:
        return _wrong(f"{look.url} answers with {look.said or 'a web page'} (HTTP {look.status}){through}.", _BARE)
    if look.reply is Reply.REDIRECT:
        where = f" to {look.elsewhere}" if look.elsewhere else ""
        step = f"The key is never sent along a redirect. {_BARE}"
        return _wrong(f"{look.url} sends elsewhere{where} (HTTP {look.status}).", step)
    if look.reply is Reply.STRANGER:
        said = f": {look.said}" if look.said else ""
        return _wrong(f"{look.url} answers what the service would not (HTTP {look.status}{said}).", _BARE)
    step = _TROUBLES.get(look.said, "Check COMETAPI_BASE_URL and the network, then try again.")
    return _wrong(f"{look.url} cannot be reached: {look.said}{through}.", step)


def _wrong(message: str, step: str) -> Finding:
    return Finding("service", Level.PROBLEM, message, step)


def _key(look: ServiceLook, *, has_key: bool) -> Iterator[Finding]:
    if not has_key or look.reply is not Reply.SERVICE:
        return
    if look.key is KeyVerdict.REFUSED:
        said = f": {look.said}" if look.said else ""
        yield Finding(
            "key at the service",
            Level.PROBLEM,
            f"The service refuses the key (HTTP {look.status}{said}).",
            "Make a key in the service's console and keep it with `otiocomet auth login`; look at the balance, too.",
        )
    elif look.key is KeyVerdict.ACCEPTED:
        yield Finding("key at the service", Level.OK, "The service takes the key.")
    else:
        said = f": {look.said}" if look.said else ""
        yield Finding(
            "key at the service",
            Level.NOTE,
            f"The service does not say whether it takes the key (HTTP {look.status}{said}).",
            "Try again in a minute.",
        )


def _clock(look: ServiceLook) -> Iterator[Finding]:
    ahead = look.clock_ahead_s
    if ahead is None:
        return
    if abs(ahead) < CLOCK_NOTE_S:
        yield Finding("clock", Level.OK, "This machine and the service agree on the time, to a minute.")
        return
    level = Level.PROBLEM if abs(ahead) >= CLOCK_PROBLEM_S else Level.NOTE
    side = "ahead of" if ahead > 0 else "behind"
    yield Finding(
        "clock",
        level,
        f"This machine's clock is {_span(abs(ahead))} {side} the service's.",
        "Set it by the network (on Linux: timedatectl set-ntp true); deadlines, limits and certificates go by it.",
    )


def _span(seconds: float) -> str:
    for name, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        count = round(seconds / size)
        if seconds >= size:
            return f"{count} {name}" + ("" if count == 1 else "s")
    return f"{seconds:.0f} seconds"


def proxy(proxies: Mapping[str, str], base_url: str) -> Finding:
    """Say which proxy stands between here and the service, without user and password."""
    scheme = urlsplit(base_url).scheme
    named = proxies.get(scheme) or proxies.get("all", "")
    if not named:
        return Finding("proxy", Level.OK, "None stands between here and the service.")
    try:
        parts = urlsplit(named if "://" in named else f"http://{named}")
        place = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname or "")
    except ValueError:
        place = ""
    if not place or parts.scheme not in ("http", "https", "socks4", "socks4a", "socks5", "socks5h"):
        return Finding(
            "proxy",
            Level.PROBLEM,
            f"The environment names a proxy for {scheme} that is no address.",
            "It looks like HTTPS_PROXY=http://proxy.company:3128; unset it where there is none.",
        )
    return Finding("proxy", Level.OK, f"Requests go through {place}, as the environment says.")
