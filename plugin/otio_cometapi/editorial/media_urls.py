"""
Media URLs of every writer, as paths of this machine.

OTIO's own `url_utils` loses Windows drives and everything after a ``#``, and decodes a literal ``%20`` in a plain path
(measured with 0.18.1), so an address is first put into a class and only then read.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+):")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")


@dataclass(frozen=True, slots=True)
class MediaPlace:
    """Where a media URL points to."""

    path: Path | None
    """Absolute path, whether or not a file is there; None where the URL names no file."""
    problem: str = ""
    """Why it names none, a clause."""


def path_of(url: str, *, media_root: Path) -> MediaPlace:
    """
    Read a reference's `target_url` as any writer puts it.

    Plain paths, ``file://`` with and without encoding, ``localhost``, drive letters, UNC, and paths relative to
    *media_root*. Of two readings the one that exists is taken, the literal one first; where none exists, the
    decoded one for ``file:`` URLs and the literal one for plain paths.
    """
    text = url.strip()
    if not text:
        return MediaPlace(None, "its media reference has an empty address")
    if "\x00" in unquote(text):
        return MediaPlace(None, "the address of its media holds a NUL character")
    if _DRIVE.match(text) or text.startswith("\\\\"):
        return MediaPlace(_windows_path(text))
    scheme = _SCHEME.match(text)
    if scheme and scheme.group(1).lower() == "file":
        readings = _file_url_readings(text)
        return MediaPlace(_existing(readings, otherwise=readings[-1], media_root=media_root))
    if scheme and text[scheme.end() :].startswith("//"):
        return MediaPlace(
            None,
            f"its media is at a {scheme.group(1).lower()} address, which cannot be cut frame for frame; download the "
            "file and point the clip to it",
        )
    readings = [text]
    if _PERCENT.search(text):
        readings.append(unquote(text))
    if "\\" in text and os.sep == "/":
        readings.append(text.replace("\\", "/"))
    return MediaPlace(_existing(readings, otherwise=text, media_root=media_root))


def is_relative(url: str) -> bool:
    """Tell whether an address depends on where its timeline lies."""
    text = url.strip()
    return bool(text) and not (_DRIVE.match(text) or _SCHEME.match(text) or text.startswith(("/", "\\")))


def _windows_path(text: str) -> Path:
    """Keep a Windows address as it is written; elsewhere than on Windows it names a file that is not there."""
    return Path(text) if os.sep == "\\" else Path(text.replace("\\", "/"))


def _file_url_readings(text: str) -> list[str]:
    """Return the ways to read a ``file:`` URL: literal first, decoded last."""
    rest = text[len("file:") :]
    if rest.startswith("//") and not rest.startswith("////"):
        host, slash, tail = rest[2:].partition("/")
        decoded_host = unquote(host)
        if host.lower() in ("", "localhost") or not slash:
            rest = slash + tail if slash else decoded_host
        elif re.fullmatch(r"[A-Za-z]:", decoded_host):
            rest = f"/{host}/{tail}"
        else:
            # A host is a file server: the UNC form of the same address.
            rest = f"//{host}/{tail}"
    elif rest.startswith("////"):
        rest = rest[2:]
    readings = [rest]
    decoded = unquote(rest)
    if decoded != rest:
        readings.append(decoded)
    return [reading[1:] if re.match(r"^/[A-Za-z]:(/|$)", reading) else reading for reading in readings]


def _existing(readings: list[str], *, otherwise: str, media_root: Path) -> Path:
    """Return the first reading that exists, or *otherwise* where none does."""
    root = os.path.abspath(media_root)  # noqa: PTH100 -- Path.absolute keeps "..", which makes two names of one file
    for reading in readings:
        path = _absolute(root, reading)
        if os.path.exists(path):  # noqa: PTH110 -- called for every address; Path costs thrice as much
            return Path(path)
    return Path(_absolute(root, otherwise))


def _absolute(root: str, reading: str) -> str:
    if _DRIVE.match(reading):
        return reading
    if reading.startswith("//"):
        # A UNC address keeps its two slashes.
        return "/" + os.path.normpath(reading[1:])
    return os.path.normpath(reading if reading.startswith("/") else f"{root}/{reading}")
