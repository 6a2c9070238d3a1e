"""Sheet files: pictures for the review page, made when they are asked for and kept in the job."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from otio_cometapi.errors import MediaError
from otio_cometapi.media.difference import differences
from otio_cometapi.media.files import written
from otio_cometapi.media.probe import media_info
from otio_cometapi.media.proxies import plays_in_browsers, write_proxy, write_thumbnail
from otio_cometapi.records import MediaInfo, Span

MADE_AT_ONCE = 2
"""Files in the making at a time; the encoder uses one thread for each."""


class Kind(StrEnum):
    """What there is to look at."""

    ORIGINAL = "original"
    """The source's frames, as H.264."""
    TAKE = "take"
    """The take's media, as it is or as H.264."""
    THUMBNAIL = "thumbnail"
    """One frame, as JPEG."""
    DIFFERENCE = "difference"
    """How far every frame is from the original's, as JSON."""


SUFFIXES = {Kind.ORIGINAL: ".mp4", Kind.TAKE: ".mp4", Kind.THUMBNAIL: ".jpg", Kind.DIFFERENCE: ".json"}


@dataclass(frozen=True, slots=True)
class Pair:
    """The same frames of an original and of a take."""

    info: MediaInfo
    """The source file."""
    span: Span
    """Its frames; the take's media has as many, one for one."""
    media: str
    """The take's media; empty where there is none yet."""
    head: int
    """Frames before the first one that the cut shows."""
    frame_count: int
    """Frames that the cut shows."""
    original_key: str
    """Names the source's frames."""


class SheetFiles:
    """Makes what the page asks for; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """
        Keep what is made in *folder*.

        Args:
            folder: A private folder of the job; made when it is needed.
        """
        self._folder = folder
        self._pairs: Mapping[str, Pair] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._makers = threading.Semaphore(MADE_AT_ONCE)

    def know(self, pairs: Mapping[str, Pair]) -> None:
        """Take what can be asked for from now on."""
        with self._lock:
            self._pairs = {**self._pairs, **pairs}

    def path(self, kind: Kind, key: str) -> Path | None:
        """
        Return a file, made now where it was not yet; None where there is no such thing.

        Raises:
            MediaError: It cannot be made, such as where the original is offline.
        """
        pair = self._pairs.get(key)
        if pair is None or (not pair.media and kind in (Kind.TAKE, Kind.DIFFERENCE)):
            return None
        if kind is Kind.TAKE and plays_in_browsers(Path(pair.media)):
            return Path(pair.media)
        into = self._folder / f"{kind.value}-{key}{SUFFIXES[kind]}"
        with self._lock:
            lock = self._locks.setdefault(into.name, threading.Lock())
        with lock:
            if not into.is_file():
                self._make(kind, pair, into)
        return into

    def _make(self, kind: Kind, pair: Pair, into: Path) -> None:
        if kind is Kind.DIFFERENCE:
            self._compare(pair, into)
            return
        with self._makers:
            if kind is Kind.ORIGINAL:
                write_proxy(pair.info, pair.span, into=into)
            elif kind is Kind.TAKE:
                write_proxy(*_media_of(pair), into=into)
            else:
                info, span = _media_of(pair) if pair.media else (pair.info, pair.span)
                write_thumbnail(info, span, pair.head + pair.frame_count // 2, into=into)

    def _compare(self, pair: Pair, into: Path) -> None:
        original = self.path(Kind.ORIGINAL, pair.original_key)
        with self._makers:
            if original is None:
                raise MediaError("there is no original to compare with.")
            found = differences(original, Path(pair.media))
        with written(into) as part:
            part.write_text(json.dumps(found), "utf-8")


def _media_of(pair: Pair) -> tuple[MediaInfo, Span]:
    """Return a take's media as a source of its own."""
    info = media_info(Path(pair.media))
    return info, Span(0, pair.span.frame_count, info.rate)
