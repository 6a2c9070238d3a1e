"""Measure: what the files that may be sources are, before anything is decided about them."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from otio_cometapi.errors import MediaError
from otio_cometapi.events import Event, Listener, Stage
from otio_cometapi.media.fingerprint import fingerprint
from otio_cometapi.media.known import KnownMedia, Standing
from otio_cometapi.media.probe import media_info
from otio_cometapi.media.sequences import sequence_fingerprint, sequence_info
from otio_cometapi.pipeline.allowed import outside, sequence_outside
from otio_cometapi.records import MediaInfo, SurveyedClip, Treatment
from otio_cometapi.settings import Settings

PROBES = 2
"""
Files measured at a time: while one waits for its disk another is read.

More would wait for each other: reading a packet lets go of Python's lock and takes it again (20 files of 30,000 frames
take 3.3 s of processor time by one or two threads, 5.6 s by four).
"""


@dataclass(slots=True)
class Measured:
    """What is known of files that may be sources, by path."""

    infos: dict[str, MediaInfo] = field(default_factory=dict)
    """What they are."""
    troubles: dict[str, str] = field(default_factory=dict)
    """What went wrong."""
    prints: dict[str, str] = field(default_factory=dict)
    """The identity of their content, of those whose bytes were read just now; `print_of` tells the others'."""

    def print_of(self, info: MediaInfo) -> str:
        """
        Return the identity of a measured source's content.

        Raises:
            MediaError: It cannot be read any more.
        """
        return self.prints.get(info.path) or print_of(info)


def measured(clips: Iterable[SurveyedClip], treatment: Treatment, settings: Settings, listener: Listener) -> Measured:
    """Probe every file that may be a source, but for those that were measured before and have not changed since."""
    wanted = {each.path: each for clip in clips for each in clip.candidates if each.path and not each.problem}
    known = KnownMedia(settings.cache_dir / "known-media") if settings.cache_dir else None
    found = Measured()

    def measure(path: str) -> None:
        sequence, roots = wanted[path].sequence, settings.allowed_media_roots
        problem = sequence_outside(sequence, roots) if sequence else outside(path, roots)
        if problem:
            found.troubles[path] = problem
            return
        try:
            if sequence:
                listener(_measuring(path))
                found.infos[path] = sequence_info(sequence, treatment)
            else:
                found.infos[path] = _info_of(Path(path), treatment, known, found, listener)
        except MediaError as exc:
            found.troubles[path] = str(exc)

    with ThreadPoolExecutor(PROBES) as pool:
        list(pool.map(measure, sorted(wanted)))
    if known is not None and wanted:
        known.forget_old()
    return found


def _info_of(
    path: Path, treatment: Treatment, known: KnownMedia | None, found: Measured, listener: Listener
) -> MediaInfo:
    standing = Standing.of(path) if known is not None else None
    if known is None or standing is None:
        listener(_measuring(path))
        return media_info(path, treatment)
    digest = fingerprint(path)
    info = known.info(path, treatment, standing=standing, fingerprint=digest)
    if info is None:
        listener(_measuring(path))
        info = media_info(path, treatment)
        if Standing.of(path) == standing:
            known.keep(info, path, treatment, standing=standing, fingerprint=digest)
    if Standing.of(path) == standing:
        found.prints[info.path] = digest
    return info


def _measuring(path: Path | str) -> Event:
    return Event(Stage.PLAN, f"measuring {Path(path).name}")


def print_of(info: MediaInfo) -> str:
    """
    Return the identity of a measured source's content.

    Raises:
        MediaError: It cannot be read any more.
    """
    return sequence_fingerprint(info.sequence) if info.sequence else fingerprint(Path(info.path))
