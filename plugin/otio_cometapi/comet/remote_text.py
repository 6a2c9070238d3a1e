"""Text from strangers, made fit to be shown: one line, no control characters, no secrets, not endless."""

from __future__ import annotations

import math
import re

_DATA_URI = re.compile(r"data:[\w.+-]*/?[\w.+-]*;base64,[A-Za-z0-9+/=]*")
_URL_QUERY = re.compile(r"(https?://[^\s?#\"'<>]{1,2000})[?#][^\s\"'<>]*")
_URL_USER = re.compile(r"(https?://)[^\s/@\"'<>]{1,500}@")
_BEARER = re.compile(r"(?i)(bearer\s+)[^\s\"',;]+")
_TITLE = re.compile(r"(?is)<(title|h1)[^>]*>(.{0,300}?)</\1")


def clean_text(value: object, *, limit: int = 1000, secret: str = "") -> str:
    """
    Return a stranger's string fit for a message, a log and the ledger; empty for anything but a string.

    Args:
        value: What came over the wire.
        limit: Characters to keep.
        secret: What must never be shown, even when the other side repeats it.
    """
    if not isinstance(value, str):
        return ""
    text = value[: 20 * limit + 100_000]
    if secret:
        text = text.replace(secret, "[key]")
    text = _DATA_URI.sub("data:…", text)
    text = _URL_USER.sub(r"\1", text)
    text = _URL_QUERY.sub(r"\1?…", text)
    text = _BEARER.sub(r"\1[key]", text)
    text = "".join(character if character.isprintable() else " " for character in text)
    # Half surrogate pairs are not printable, so what is left can be written as UTF-8.
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def page_title(text: str) -> str:
    """Return the title of a web page; empty when the text is none or has none."""
    found = _TITLE.search(text[:20_000])
    return clean_text(found.group(2), limit=120) if found else ""


def looks_like_page(text: str) -> bool:
    """Tell whether a text is a web page."""
    start = text[:1000].lstrip("\ufeff \t\r\n").lower()
    return start.startswith(("<!doctype", "<html", "<head", "<body", "<?xml", "<!--"))


def number_in(value: object) -> float | None:
    """Return a stranger's number, also where it is written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
