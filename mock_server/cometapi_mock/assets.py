"""What the service accepts as an asset's address, and how it reads a data URI."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from urllib.parse import urlsplit

DATA_URI_CHARACTERS = 5 * 1024 * 1024
"""Longest data URI, prefix and base64 included."""

URL_CHARACTERS = (13, 2048)
"""Shortest and longest URL."""

MEDIA_TYPES = {
    "video": frozenset({
        "video/mp4", "video/quicktime", "video/webm", "video/x-matroska", "video/ogg", "video/x-m4v",
        "video/mpeg", "video/mp2t", "video/x-msvideo", "video/3gpp",
    }),
    "image": frozenset({"image/jpeg", "image/jpg", "image/png", "image/webp"}),
}  # fmt: skip
"""Media types that the service takes, by kind of asset."""

_DATA_URI = re.compile(r"data:(?P<type>[\w.+-]+/[\w.+-]+)(?:;[\w-]+=[^;,]+)*;base64,", re.ASCII)
_RESERVED = (".example.com", ".example.org", ".example.net", ".example", ".test", ".invalid")


def is_loopback(host: str) -> bool:
    """Return whether a host name or address means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_reserved(host: str) -> bool:
    """Return whether a host name is reserved for examples, so that nothing can ever answer there."""
    return host in {"example.com", "example.org", "example.net"} or host.endswith(_RESERVED)


def uri_problem(uri: str, *, kind: str) -> str | None:
    """
    Return what the service has against an asset's address, or None.

    Args:
        uri: A data URI or a URL.
        kind: ``"video"`` or ``"image"``.
    """
    if uri.startswith("data:"):
        return _data_uri_problem(uri, kind)
    return _url_problem(uri)


def data_uri_bytes(uri: str) -> bytes:
    """
    Return what a data URI holds.

    Raises:
        ValueError: It is not base64.
    """
    head = _DATA_URI.match(uri)
    if head is None:
        message = "not a base64 data URI"
        raise ValueError(message)
    try:
        return base64.b64decode(uri[head.end() :], validate=True)
    except binascii.Error as exc:
        raise ValueError(str(exc)) from exc


def _data_uri_problem(uri: str, kind: str) -> str | None:
    head = _DATA_URI.match(uri)
    if head is None:
        return "Invalid data URI"
    if head["type"].lower() not in MEDIA_TYPES[kind]:
        return f"Unsupported asset type: {head['type']}"
    if len(uri) > DATA_URI_CHARACTERS:
        return f"Asset size exceeds {DATA_URI_CHARACTERS} bytes (data URIs are counted encoded)"
    try:
        content = data_uri_bytes(uri)
    except ValueError:
        return "Invalid data URI"
    return None if content else "Invalid data URI"


def _url_problem(uri: str) -> str | None:
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
        port = parts.port
    except ValueError:
        return "Invalid URL"
    if not parts.scheme or not host or port == 0 or any(c.isspace() for c in uri):
        return "Invalid URL"
    if not URL_CHARACTERS[0] <= len(uri) <= URL_CHARACTERS[1]:
        return f"Invalid URL: expected {URL_CHARACTERS[0]} to {URL_CHARACTERS[1]} characters"
    if is_loopback(host) and parts.scheme in {"http", "https"}:
        return None
    if parts.scheme != "https":
        return "Invalid URL. Only HTTPS URLs are allowed"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return None if "." in host else "Invalid URL. Assets must be hosted on a domain"
    return "Invalid URL. Assets must be hosted on a domain, not an IP address"
