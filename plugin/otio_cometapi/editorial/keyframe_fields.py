"""Keyframes as people write them: a timecode of the timeline and an image."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from otio_cometapi.editorial.timecodes import is_timecode
from otio_cometapi.errors import EditorialError

_NEXT = re.compile(r"\s*[,|]\s*(?=\d{1,2}:\d{2}:\d{2}[:;.]\d{2,3}\s*=)")
"""A comma or bar that a timecode follows: others belong to the image's name."""

HOW = "Write TIMECODE=IMAGE, the timecode as the timeline counts it: 01:00:02:00=k1.png."


@dataclass(frozen=True, slots=True)
class KeyframeWish:
    """One keyframe as somebody asked for it."""

    at: str
    """The moment, in the timeline's timecode."""
    image: str
    """Absolute path of the image, or its URL."""
    where: str
    """Where it was written, for messages."""
    of_any_clip: bool = False
    """Whether it was written for whichever clip is there, and not for certain clips."""

    def __str__(self) -> str:
        """Return it as it is written, a signed URL without its query."""
        shown = self.image.partition("?")[0] if "://" in self.image else self.image
        return f"{self.at}={shown}"


def keyframe_wishes(value: Any, *, where: str, address: Callable[[str], str]) -> tuple[KeyframeWish, ...]:
    """
    Read keyframes: ``"TC=IMAGE"`` (several with commas or bars between), ``{at, image}``, pairs, or a list of those.

    Args:
        value: What was written.
        where: Where, for messages.
        address: Makes a path absolute, and leaves a URL as it is.

    Raises:
        EditorialError: It is nothing of the kind; says *where*.
    """
    entries = [value] if isinstance(value, str | Mapping) or _is_pair(value) else value
    if not isinstance(entries, Iterable):
        raise _wrong(value, where)
    found = []
    for entry in entries:
        for at, image in _pairs_of(entry, where):
            if not is_timecode(at) or not image.strip() or image.strip().lower().startswith("data:"):
                raise _wrong(entry, where)
            found.append(KeyframeWish(at.strip(), address(image), where))
    return tuple(dict.fromkeys(found))


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and isinstance(value[0], str)
        and is_timecode(value[0])
        and isinstance(value[1], str | os.PathLike)
    )


def _pairs_of(entry: Any, where: str) -> list[tuple[str, str]]:
    if isinstance(entry, KeyframeWish):
        return [(entry.at, entry.image)]
    if isinstance(entry, str):
        pairs = []
        for text in _NEXT.split(entry.strip()):
            at, equals, image = text.partition("=")
            if not equals:
                raise _wrong(text, where)
            pairs.append((at, image))
        return pairs
    if _is_pair(entry):
        return [(entry[0], os.fspath(entry[1]))]
    if not hasattr(entry, "items"):
        raise _wrong(entry, where)
    fields = dict(entry.items())
    at, image = fields.pop("at", None), fields.pop("image", None)
    if fields or not isinstance(at, str) or not isinstance(image, str | os.PathLike):
        raise _wrong(entry, where)
    return [(at, os.fspath(image))]


def _wrong(value: Any, where: str) -> EditorialError:
    shown = repr(value)
    shown = f"{shown[:60]}..." if len(shown) > 63 else shown
    return EditorialError(f"{where}: a keyframe is {shown}", next_step=HOW)
