"""
What formats lose of a timeline, told when it is lost.

Measured with opentimelineio 0.18.1, its plugins 0.18.1 and the adapters for FCP X, MLT and Kdenlive: each timeline was
written and read again, or what was written was read as text where nothing reads it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import opentimelineio as otio

from otio_cometapi.editorial.structure import timelines_of

_KEEPS_ALL = frozenset((".otio", ".otioz", ".otiod", ".cometjob"))
_MEASURED = frozenset((".edl", ".ale", ".xml", ".fcpxml", ".xges", ".mlt", ".kdenlive"))


def losses_of(timeline: Any, suffix: str) -> tuple[str, ...]:
    """Return what a file with *suffix* does not keep of *timeline*, each a sentence; empty where nothing is lost."""
    kind = suffix.lower()
    if kind in _KEEPS_ALL:
        return ()
    name = kind.lstrip(".").upper()
    parts = _Parts.of(timeline)
    if kind == ".svg":
        return ("SVG is a drawing of the timeline: no program reads it back.",)
    told = []
    if _has_several(parts):
        told.append("keeps only the active reference of a clip: the original is in the job, and in an .otio beside it.")
    lost = [what for what, applies, kinds in _LOST if kind in kinds and applies(parts)]
    if lost:
        told.append(f"does not keep {', '.join(lost[:-1])}{' and ' if lost[1:] else ''}{lost[-1]}.")
    if kind not in _MEASURED:
        told.append("was not measured: what else it loses is not known.")
    told += [sentence for sentence, applies, kinds in _CHANGED if kind in kinds and applies(parts)]
    return tuple(f"{name} {sentence}" for sentence in told)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Everything in a timeline, sorted by what it is, however deep."""

    timelines: list[Any]
    tracks: list[Any]
    """Video and sound tracks of the timelines, not those of nested stacks."""
    clips: list[Any]
    gaps: list[Any]
    nested: list[Any]
    """Stacks and tracks inside of tracks."""
    transitions: list[Any]

    @classmethod
    def of(cls, root: Any) -> _Parts:
        """Sort the parts of a timeline or of a collection."""
        timelines = timelines_of(root)
        tracks = [track for timeline in timelines for track in timeline.tracks]
        inside = [child for track in tracks for child in _below(track)]
        loose = [] if timelines else list(root.find_clips())
        return cls(
            timelines,
            tracks,
            loose + [child for child in inside if isinstance(child, otio.schema.Clip)],
            [child for child in inside if isinstance(child, otio.schema.Gap)],
            [child for child in inside if isinstance(child, otio.core.Composition)],
            [child for child in inside if isinstance(child, otio.schema.Transition)],
        )

    @property
    def effects(self) -> list[Any]:
        """Effects on clips."""
        return [effect for clip in self.clips for effect in clip.effects]


def _below(parent: Any) -> Iterator[Any]:
    for child in parent:
        yield child
        if isinstance(child, otio.core.Composition):
            yield from _below(child)


def _has_several(parts: _Parts) -> bool:
    return any(len(clip.media_references()) > 1 for clip in parts.clips)


def _has_disabled(parts: _Parts) -> bool:
    return any(not clip.enabled for clip in parts.clips)


def _has_disabled_tracks(parts: _Parts) -> bool:
    return any(not track.enabled for track in parts.tracks)


def _has_clip_markers(parts: _Parts) -> bool:
    return any(len(clip.markers) for clip in parts.clips)


def _has_track_markers(parts: _Parts) -> bool:
    return any(len(item.markers) for item in chain(parts.tracks, parts.gaps, parts.nested))


def _has_timeline_markers(parts: _Parts) -> bool:
    return any(len(timeline.tracks.markers) for timeline in parts.timelines)


def _has_comments(parts: _Parts) -> bool:
    return any(marker.comment for clip in parts.clips for marker in clip.markers)


def _has_coloured_markers(parts: _Parts) -> bool:
    owners = chain(parts.clips, (timeline.tracks for timeline in parts.timelines))
    return any(marker.color != otio.schema.MarkerColor.RED for owner in owners for marker in owner.markers)


def _has_marked_places(parts: _Parts) -> bool:
    return _has_clip_markers(parts) or _has_track_markers(parts) or _has_timeline_markers(parts)


def _has_tracks(parts: _Parts) -> bool:
    return any(len(one.video_tracks()) > 1 for one in parts.timelines)


def _has_sound(parts: _Parts) -> bool:
    return any(track.kind == otio.schema.TrackKind.Audio for track in parts.tracks)


def _has_track_names(parts: _Parts) -> bool:
    return any(track.name for track in parts.tracks)


def _has_start(parts: _Parts) -> bool:
    return any(one.global_start_time is not None for one in parts.timelines)


def _has_trims(parts: _Parts) -> bool:
    trimmed = chain(parts.tracks, (timeline.tracks for timeline in parts.timelines))
    return any(item.source_range is not None for item in trimmed)


def _has_dissolves(parts: _Parts) -> bool:
    return bool(parts.transitions)


def _has_nested(parts: _Parts) -> bool:
    return bool(parts.nested)


def _is_retime(effect: Any) -> bool:
    return isinstance(effect, otio.schema.TimeEffect)


def _has_speeds(parts: _Parts) -> bool:
    return any(map(_is_retime, parts.effects))


def _has_freezes(parts: _Parts) -> bool:
    return any(isinstance(effect, otio.schema.FreezeFrame) for effect in parts.effects)


def _has_changing_speeds(parts: _Parts) -> bool:
    return any(_is_retime(effect) and not isinstance(effect, otio.schema.FreezeFrame) for effect in parts.effects)


def _has_effects(parts: _Parts) -> bool:
    return any(not _is_retime(effect) for effect in parts.effects)


def _has_metadata(parts: _Parts) -> bool:
    active = (clip.media_reference for clip in parts.clips)
    owners = chain(parts.timelines, parts.tracks, parts.clips, (found for found in active if found is not None))
    return any(len(owner.metadata) for owner in owners)


def _shows(parts: _Parts, schema: type) -> bool:
    return any(isinstance(clip.media_reference, schema) for clip in parts.clips)


def _has_sequences(parts: _Parts) -> bool:
    return _shows(parts, otio.schema.ImageSequenceReference)


def _has_generators(parts: _Parts) -> bool:
    return _shows(parts, otio.schema.GeneratorReference)


def _has_missing(parts: _Parts) -> bool:
    return _shows(parts, otio.schema.MissingReference)


def _has_extents(parts: _Parts) -> bool:
    active = (clip.media_reference for clip in parts.clips)
    return any(reference is not None and reference.available_range is not None for reference in active)


def _has_same_names(parts: _Parts) -> bool:
    names = [clip.name for clip in parts.clips]
    return len(set(names)) < len(names)


def _has_other_rate(parts: _Parts) -> bool:
    return any(clip.source_range is not None and clip.source_range.duration.rate != 30 for clip in parts.clips)


def _has_fractional_rate(parts: _Parts) -> bool:
    return any(clip.source_range is not None and clip.source_range.duration.rate % 1 for clip in parts.clips)


def _kinds(text: str) -> frozenset[str]:
    return frozenset(f".{suffix}" for suffix in text.split())


_Table = tuple[tuple[str, Callable[[_Parts], bool], frozenset[str]], ...]

_LOST: _Table = (
    ("the timeline's start timecode", _has_start, _kinds("edl ale fcpxml xges mlt kdenlive")),
    ("video tracks above the first", _has_tracks, _kinds("edl")),
    ("which track a clip is on", _has_tracks, _kinds("ale")),
    ("sound", _has_sound, _kinds("edl")),
    ("the names of tracks", _has_track_names, _kinds("edl ale xml fcpxml xges")),
    ("that tracks are disabled", _has_disabled_tracks, _kinds("ale xml fcpxml xges mlt kdenlive")),
    ("that clips are disabled", _has_disabled, _kinds("ale xml fcpxml xges mlt kdenlive")),
    ("trims of whole tracks or timelines", _has_trims, _kinds("edl ale xml fcpxml xges mlt kdenlive")),
    ("gaps", lambda parts: bool(parts.gaps), _kinds("ale")),
    ("transitions", _has_dissolves, _kinds("ale fcpxml kdenlive")),
    ("nested stacks", _has_nested, _kinds("edl ale mlt kdenlive")),
    ("speed changes", _has_speeds, _kinds("ale xml fcpxml xges")),
    ("freeze frames", _has_freezes, _kinds("kdenlive")),
    ("effects", _has_effects, _kinds("edl ale xml fcpxml mlt kdenlive")),
    ("markers of clips", _has_clip_markers, _kinds("ale mlt kdenlive")),
    ("markers of tracks and gaps", _has_track_markers, _kinds("edl ale xml fcpxml mlt kdenlive")),
    ("markers of the timeline", _has_timeline_markers, _kinds("edl ale fcpxml mlt")),
    ("colours of markers", _has_coloured_markers, _kinds("xml")),
    ("comments of markers", _has_comments, _kinds("edl xml fcpxml xges")),
    ("metadata, such as which take a clip shows", _has_metadata, _kinds("edl ale xml fcpxml xges mlt kdenlive")),
    ("how much media there is around a cut", _has_extents, _kinds("edl ale xges mlt")),
    ("generators", _has_generators, _kinds("edl ale xges")),
    ("image sequences", _has_sequences, _kinds("ale kdenlive")),
)
"""What is gone, with when it was there and the formats that lose it."""

_CHANGED: _Table = (
    ("drops disabled clips and leaves gaps in their places.", _has_disabled, _kinds("edl")),
    ("writes marker names in capitals.", _has_clip_markers, _kinds("edl")),
    (
        "moves the cut of a dissolve to its start, and OpenTimelineIO reads the outgoing clip's file back for both.",
        _has_dissolves,
        _kinds("edl"),
    ),
    ("moves the cut of a dissolve to its middle; the same frames are shown.", _has_dissolves, _kinds("xml xges")),
    ("has nested stacks that OpenTimelineIO reads back empty.", _has_nested, _kinds("xml")),
    ("moves markers to the timeline, each twice.", _has_marked_places, _kinds("xges")),
    ("leaves a clip under a speed change without its media.", _has_changing_speeds, _kinds("kdenlive")),
    ("names a file for media that is missing, where there is none.", _has_missing, _kinds("fcpxml")),
    ("leaves gaps, or placeholders, where media is missing.", _has_missing, _kinds("xges kdenlive")),
    ("gives clips of one name numbers.", _has_same_names, _kinds("xges")),
    ("cannot be read again by OpenTimelineIO at this rate.", _has_fractional_rate, _kinds("fcpxml")),
    (
        "has no frame rate, since the timeline has no start timecode: render it with a profile of its rate.",
        lambda parts: not _has_start(parts),
        _kinds("mlt"),
    ),
    (
        "has a track rate of 30/1 whatever the timeline's is: set the timeline's rate in the file.",
        _has_other_rate,
        _kinds("xges"),
    ),
)
"""What is there, but not as it was."""
