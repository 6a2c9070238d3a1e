"""The media references of a clip that may be its source."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import opentimelineio as otio

from otio_cometapi.editorial.image_sequences import (
    is_sequence,
    names_a_sequence,
    sequence_of,
    sequence_of_pattern,
)
from otio_cometapi.editorial.media_urls import MediaPlace, path_of
from otio_cometapi.editorial.ranges import clip_range
from otio_cometapi.records import ClipRange, SequenceSpec, SourceCandidate

OWN_KEY = "cometapi:"
"""References that we add have keys that begin with this."""

_IN_A_JOB = re.compile(r"\.cometjob[/\\]media[/\\]", re.IGNORECASE)
"""Where media lies that some job made."""

_STILLS = frozenset(
    (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".exr", ".dpx", ".tga", ".bmp", ".gif", ".webp", ".psd", ".heic", ".cin")
)


class SourceFinder:
    """Reads the references of many clips of one timeline."""

    def __init__(self, *, media_root: Path, own_media_dirs: tuple[Path, ...]) -> None:
        """Remember where relative addresses begin, and which folders hold media that we made."""
        self._media_root = media_root
        self._own = tuple({_real(os.fspath(folder)) + os.sep for folder in own_media_dirs})
        self._places: dict[str, MediaPlace] = {}

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
        reference = clip.media_reference
        return reference is not None and self._is_ours(clip.active_media_reference_key, reference)

    def place_of(self, url: str) -> MediaPlace:
        """Return where an address points to; each is looked for once."""
        found = self._places.get(url)
        if found is None:
            found = self._places[url] = path_of(url, media_root=self._media_root)
        return found

    def _is_ours(self, key: str, reference: Any) -> bool:
        if key.lower().startswith(OWN_KEY):
            return True
        metadata = reference.metadata
        if "cometapi" in set(metadata):
            own = metadata["cometapi"]
            if hasattr(own, "items") and "schema" in own:
                return True
        url = getattr(reference, "target_url", None)
        path = self.place_of(url).path if url else None
        if path is None:
            return False
        real = _real(os.fspath(path))
        return (bool(self._own) and real.startswith(self._own)) or bool(_IN_A_JOB.search(real))

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
            place = self.place_of(reference.target_url or "")
            path = place.path
            if place.problem:
                problem = place.problem
            elif path is not None and names_a_sequence(path):
                sequence, path, problem = _images(sequence_of_pattern(path, available), problem)
            elif path is not None and path.suffix.lower() in _STILLS:
                problem = f"its media is a still ({path.name}), not a video"
            elif available is not None and available.frame_count == 1:
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
def _real(path: str) -> str:
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
