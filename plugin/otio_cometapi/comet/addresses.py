"""Hosts and addresses: which are this machine, which are public, and how a URL may be shown."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from otio_cometapi.errors import ApiError

IPAddress = IPv4Address | IPv6Address

_NUMERIC_LABEL = re.compile(r"(0[xX][0-9a-fA-F]*|[0-9]+)")
_NOT_IN_URLS = re.compile(r"[^\x21-\x7e]")
# IPv6 ranges that carry an IPv4 address in them: a gateway forwards to that one.
_NAT64: tuple[IPv6Network, ...] = (IPv6Network("64:ff9b::/96"),)
_NEVER_PUBLIC: tuple[IPv4Network | IPv6Network, ...] = tuple(
    ip_network(text) for text in ("64:ff9b:1::/48", "fec0::/10", "2001::/32", "::/96")
)


class AddressRefusedError(ApiError):
    """A URL, or the address behind its host name, is none that may be talked to."""


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Where downloads may go: https to public addresses, and this machine only while it is the service too."""

    allow_loopback: bool = False
    """Whether the service itself is on this machine, so that its outputs may be."""

    @classmethod
    def for_base_url(cls, base_url: str) -> AddressPolicy:
        """Return the policy for outputs of the service at *base_url*."""
        return cls(allow_loopback=is_loopback_url(base_url))

    def check_url(self, url: str) -> SplitResult:
        """
        Return the parts of *url* when it may be opened, as far as its text tells.

        Raises:
            AddressRefusedError: It is no https URL, carries a user name, or names a private address.
        """
        parts = url_parts(url)
        host = parts.hostname or "" if parts is not None else ""
        if parts is None or not host:
            raise _refused(url, "it is not a URL")
        if parts.username is not None or parts.password is not None:
            raise _refused(url, "it carries a user name")
        loopback = is_loopback_host(host)
        if parts.scheme != "https" and not (parts.scheme == "http" and loopback and self.allow_loopback):
            raise _refused(url, "it is not https")
        literal = ip_literal(host)
        if literal is not None:
            self.check_peer(str(literal), url=url)
        elif looks_numeric(host):
            raise _refused(url, "its host is a number in disguise")
        return parts

    def check_peer(self, address: str, *, url: str) -> None:
        """
        Pass when the address that a connection really has may be talked to.

        Raises:
            AddressRefusedError: It is private, or on this machine while the service is not.
        """
        try:
            peer = ip_address(address.partition("%")[0])
        except ValueError as exc:
            raise _refused(url, f"its host answers from {address}, which is no internet address") from exc
        if is_public(peer) or (self.allow_loopback and is_loopback(peer)):
            return
        raise _refused(url, f"its host leads to {peer}, which is not a public address")


def _refused(url: str, why: str) -> AddressRefusedError:
    return AddressRefusedError(
        f"{shown_url(url)} was not opened: {why}.",
        next_step="Outputs are taken from public https addresses only.",
    )


def url_parts(url: str) -> SplitResult | None:
    """Return the parts of a URL; None where it is none (control characters, bad port, bad brackets)."""
    if _NOT_IN_URLS.search(url) or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def ip_literal(host: str) -> IPAddress | None:
    """Return the address that *host* spells, also in the old spellings that resolvers take ("127.1", "0x7f.1")."""
    try:
        return ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        pass
    if not looks_numeric(host):
        return None
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def looks_numeric(host: str) -> bool:
    """Tell whether the host's last label is a number, which makes the whole an address and never a name."""
    return _NUMERIC_LABEL.fullmatch(host.rstrip(".").rpartition(".")[2]) is not None


def is_loopback_host(host: str) -> bool:
    """Tell whether a URL's host is this machine: ``localhost`` or a loopback address, spelled plainly."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return is_loopback(ip_address(host.strip("[]")))
    except ValueError:
        return False


def is_loopback_url(url: str) -> bool:
    """Tell whether a URL's host is this machine."""
    parts = url_parts(url)
    return parts is not None and is_loopback_host(parts.hostname or "")


def is_loopback(address: IPAddress) -> bool:
    """Tell whether an address is this machine, an IPv4 one inside IPv6 included."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def is_public(address: IPAddress) -> bool:
    """Tell whether an address is on the public internet, looking through IPv6 that carries IPv4."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and any(address in network for network in _NAT64):
            inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
    if any(address in network for network in _NEVER_PUBLIC):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def shown_url(url: str) -> str:
    """Return *url* as it may be shown: without user name, query and fragment, which may be secret."""
    parts = url_parts(url)
    if parts is None or not parts.hostname:
        return "the given URL"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = f":{parts.port}" if parts.port is not None else ""
    query = "?…" if parts.query else ""
    return f"{parts.scheme}://{host}{port}{parts.path}{query}"
