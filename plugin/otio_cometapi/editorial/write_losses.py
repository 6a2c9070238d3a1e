"""What formats lose of a timeline, told when it is lost. Measured with opentimelineio 0.18.1 and its plugins 0.18.1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from otio_cometapi.editorial.structure import timelines_of, video_clips

_KEEPS_ALL = frozenset((".otio", ".otioz", ".otiod", ".cometjob"))


def losses_of(timeline: Any, suffix: str) -> tuple[str, ...]:
    """Return what a file with *suffix* does not keep of *timeline*, each a sentence; empty where nothing is lost."""
    kind = suffix.lower()
    clips = video_clips(timeline)
    if kind in _KEEPS_ALL:
        return ()
    return tuple(
        f"{kind.lstrip('.').upper()} {sentence}"
        for kinds, applies, sentence in _LOSSES
        if (not kinds or kind in kinds) and applies(timeline, clips)
    )


def _has_several(_timeline: Any, clips: list[Any]) -> bool:
    return any(len(clip.media_references()) > 1 for clip in clips)


def _has_disabled(_timeline: Any, clips: list[Any]) -> bool:
    return any(not clip.enabled for clip in clips)


def _has_markers(timeline: Any, clips: list[Any]) -> bool:
    return any(len(clip.markers) for clip in clips) or any(len(one.tracks.markers) for one in timelines_of(timeline))


def _has_tracks(timeline: Any, _clips: list[Any]) -> bool:
    return any(len(one.video_tracks()) > 1 for one in timelines_of(timeline))


def _has_start(timeline: Any, _clips: list[Any]) -> bool:
    return any(one.global_start_time is not None for one in timelines_of(timeline))


def _has_other_rate(_timeline: Any, clips: list[Any]) -> bool:
    return any(clip.source_range is not None and clip.source_range.duration.rate != 30 for clip in clips)


_LOSSES: tuple[tuple[frozenset[str], Callable[[Any, list[Any]], bool], str], ...] = (
    (
        frozenset(),
        _has_several,
        "keeps only the active reference of a clip: the original is in the job, and in an .otio written beside it.",
    ),
    (frozenset((".edl", ".ale")), _has_tracks, "keeps one video track only."),
    (frozenset((".edl",)), _has_disabled, "drops disabled clips."),
    (frozenset((".xml",)), _has_disabled, "brings disabled clips back enabled."),
    (frozenset((".edl", ".ale")), _has_start, "does not keep the timeline's start timecode."),
    (frozenset((".xml",)), _has_markers, "does not keep the colours of markers."),
    (frozenset((".edl",)), _has_markers, "writes marker names in capitals."),
    (frozenset((".kdenlive", ".ale", ".mlt")), _has_markers, "does not keep markers."),
    (
        frozenset((".xges",)),
        _has_other_rate,
        "has a track rate of 30/1 whatever the timeline's is: set the timeline's rate in the file.",
    ),
)
