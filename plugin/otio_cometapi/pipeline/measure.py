"""Measure: what the files that may be sources are, before anything is decided about them."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from otio_cometapi.errors import MediaError
from otio_cometapi.events import Event, Listener, Stage
from otio_cometapi.media.fingerprint import fingerprint
from otio_cometapi.media.probe import media_info
from otio_cometapi.media.sequences import sequence_fingerprint, sequence_info
from otio_cometapi.pipeline.allowed import outside, sequence_outside
from otio_cometapi.records import MediaInfo, SurveyedClip, Treatment
from otio_cometapi.settings import Settings

PROBES = 4
"""Files measured at a time: probing waits for disks more than it computes."""


def measured(
    clips: Iterable[SurveyedClip], treatment: Treatment, settings: Settings, listener: Listener
) -> tuple[dict[str, MediaInfo], dict[str, str]]:
    """Probe every file that may be a source; return what is known by path, and what went wrong by path."""
    wanted = {each.path: each for clip in clips for each in clip.candidates if each.path and not each.problem}
    infos: dict[str, MediaInfo] = {}
    troubles: dict[str, str] = {}

    def measure(path: str) -> None:
        sequence, roots = wanted[path].sequence, settings.allowed_media_roots
        problem = sequence_outside(sequence, roots) if sequence else outside(path, roots)
        if problem:
            troubles[path] = problem
            return
        listener(Event(Stage.PLAN, f"measuring {Path(path).name}"))
        try:
            infos[path] = sequence_info(sequence, treatment) if sequence else media_info(Path(path), treatment)
        except MediaError as exc:
            troubles[path] = str(exc)

    with ThreadPoolExecutor(PROBES) as pool:
        list(pool.map(measure, sorted(wanted)))
    return infos, troubles


def print_of(info: MediaInfo) -> str:
    """
    Return the identity of a measured source's content.

    Raises:
        MediaError: It cannot be read any more.
    """
    return sequence_fingerprint(info.sequence) if info.sequence else fingerprint(Path(info.path))
