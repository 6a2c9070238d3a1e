"""The media references of a clip that may be its source."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import opentimelineio as otio

from otio_cometapi.editorial.active import Active, active_of
from otio_cometapi.editorial.image_sequences import (
    is_sequence,
    names_a_sequence,
    sequence_of,
    sequence_of_pattern,
)
from otio_cometapi.editorial.media_urls import MediaPlace, path_of
from otio_cometapi.editorial.metadata import entry_of
from otio_cometapi.editorial.ranges import clip_range
from otio_cometapi.records import ClipRange, SequenceSpec, SourceCandidate

OWN_KEY = "cometapi:"
"""References that we add have keys that begin with this."""

_IN_A_JOB = re.compile(r"\.cometjob[/\\]media[/\\]", re.IGNORECASE)
"""Where media lies that some job made."""

_STILLS = frozenset(
    (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".exr", ".dpx", ".tga", ".bmp", ".gif", ".webp", ".psd", ".heic", ".cin")
)


@dataclass(frozen=True, slots=True)
class _FileFacts:
    """What an address tells of the file that it names."""

    path: Path | None
    problem: str
    is_pattern: bool = False
    """Whether it stands for all files of an image sequence."""
    still: str = ""
    """Why it is no source, where it is a still by its name."""


def _file_facts(place: MediaPlace) -> _FileFacts:
    path = place.path
    if place.problem or path is None:
        return _FileFacts(path, place.problem)
    if names_a_sequence(path):
        return _FileFacts(path, "", is_pattern=True)
    still = f"its media is a still ({path.name}), not a video" if path.suffix.lower() in _STILLS else ""
    return _FileFacts(path, "", still=still)


class SourceFinder:
    """Reads the references of many clips of one timeline."""

    def __init__(self, *, media_root: Path, own_media_dirs: tuple[Path, ...]) -> None:
        """Remember where relative addresses begin, and which folders hold media that we made."""
        self._media_root = media_root
        self._own = tuple({real_path(os.fspath(folder)) + os.sep for folder in own_media_dirs})
        self._places: dict[str, MediaPlace] = {}
        self._own_urls: dict[str, bool] = {}
        self._facts: dict[str, _FileFacts] = {}

    def candidates(self, clip: Any) -> tuple[SourceCandidate, ...]:
        """Return the clip's references, the active one first, without those of ours."""
        references = clip.media_references()
        active = clip.active_media_reference_key
        keys = sorted(references, key=lambda key: key != active)
        return tuple(
            self._candidate(key, references[key])
            for key in keys
            if references[key] is not None and not self._is_ours(key, references[key])
        )

    def shows_take(self, clip: Any) -> bool:
        """Tell whether the clip's active reference is one of ours."""
        return self.is_ours(active_of(clip))

    def is_ours(self, active: Active | None) -> bool:
        """Tell whether an active reference is one of ours."""
        if active is None:
            return False
        if active.key.lower().startswith(OWN_KEY) or (hasattr(active.own, "items") and "schema" in active.own):
            return True
        return self._leads_to_ours(active.url) if active.url else False

    def place_of(self, url: str) -> MediaPlace:
        """Return where an address points to; each is looked for once."""
        found = self._places.get(url)
        if found is None:
            found = self._places[url] = path_of(url, media_root=self._media_root)
        return found

    def plain_video(self, url: str) -> str | None:
        """Return the path that an address names; None where it may be ours, or something else than one video."""
        facts = self._facts_of(url)
        if facts.path is None or facts.problem or facts.is_pattern or facts.still or self._leads_to_ours(url):
            return None
        return os.fspath(facts.path)

    def _is_ours(self, key: str, reference: Any) -> bool:
        if key.lower().startswith(OWN_KEY):
            return True
        own = entry_of(reference.metadata, "cometapi")
        if hasattr(own, "items") and "schema" in own:
            return True
        url = getattr(reference, "target_url", None)
        return self._leads_to_ours(url) if url else False

    def _facts_of(self, url: str) -> _FileFacts:
        """Return what an address alone tells; each is read once."""
        found = self._facts.get(url)
        if found is None:
            found = self._facts[url] = _file_facts(self.place_of(url))
        return found

    def _leads_to_ours(self, url: str) -> bool:
        """Tell whether an address is that of media we made; each is looked at once."""
        found = self._own_urls.get(url)
        if found is None:
            path = self.place_of(url).path
            real = real_path(os.fspath(path)) if path is not None else ""
            found = (bool(self._own) and real.startswith(self._own)) or bool(_IN_A_JOB.search(real))
            self._own_urls[url] = found
        return found

    def _candidate(self, key: str, reference: Any) -> SourceCandidate:
        available, rate, problem = _available(reference)
        path: Path | None = None
        sequence: SequenceSpec | None = None
        kind = _no_file(reference)
        if kind:
            problem = kind
        elif is_sequence(reference):
            sequence, path, problem = _images(sequence_of(reference, available, place_of=self.place_of), problem)
        else:
            facts = self._facts_of(reference.target_url or "")
            path, problem = facts.path, facts.problem or problem
            if path is not None and facts.is_pattern:
                sequence, path, problem = _images(sequence_of_pattern(path, available), problem)
            elif facts.still:
                problem = facts.still
            elif not facts.problem and available is not None and available.frame_count == 1:
                problem = "its media is a still (one frame)"
        return SourceCandidate(
            key=key,
            path=os.fspath(path) if path is not None else None,
            available=available,
            reference_rate=rate,
            sequence=sequence,
            problem=problem,
        )


def _images(found: SequenceSpec | str, problem: str) -> tuple[SequenceSpec | None, Path | None, str]:
    """Return a sequence, the path that it goes by, and why it is no source; *problem* is what was wrong before."""
    if isinstance(found, str):
        return None, None, found
    return found, Path(found.label), "its media is a still (one frame)" if found.frame_count == 1 else problem


@lru_cache(maxsize=65536)
def real_path(path: str) -> str:
    """Return a path without links; each is looked for once."""
    return os.path.realpath(path)


def _no_file(reference: Any) -> str:
    """Return why a reference of its kind names no video file; empty for one that does."""
    if isinstance(reference, otio.schema.GeneratorReference):
        kind = f" ({reference.generator_kind})" if reference.generator_kind else ""
        return f"it is a generator{kind}: the host makes its picture, there is no media to send"
    if isinstance(reference, otio.schema.MissingReference):
        return "its media is missing: the timeline names no file for it"
    if not hasattr(reference, "target_url") and not is_sequence(reference):
        return f"its media reference is a {type(reference).__name__}, which names no file"
    return ""


def _available(reference: Any) -> tuple[ClipRange | None, float, str]:
    written = reference.available_range
    if written is None:
        return None, 0.0, ""
    rate = float(written.duration.rate)
    found = clip_range(written)
    if isinstance(found, str):
        return None, rate, f"the available range of its media cannot be read: {found}"
    # Generators of some writers, and media that a writer did not open, have a range without frames: it says nothing.
    return (found, rate, "") if found.frame_count > 0 else (None, 0.0, "")
