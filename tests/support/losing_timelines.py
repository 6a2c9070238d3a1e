"""Timelines with one thing each that formats may lose, and how to see whether it is still there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import opentimelineio as otio

from support.otio_builders import NTSC_FILM, clip, compound, gap, marker, reference, span, time, timeline, track


@dataclass(frozen=True)
class Feature:
    """One thing that a format may lose."""

    change: Callable[[Any], None]
    """Puts it into a plain timeline."""
    seen: Callable[[Any], Any]
    """Returns what there is of it in a timeline, or a collection, that was read."""
    words: str
    """What stands in the sentence that tells of its loss."""


def plain(rate: float = 24) -> Any:
    """Return three clips of three files on one track without a name, from record frame 0."""
    clips = [
        clip(f"sh0{i}", start=1000 + 30 * i, rate=rate, ref=reference(f"/media/m{i}.mov", 1000, rate=rate))
        for i in (1, 2, 3)
    ]
    return timeline(track(*clips), name="cut")


def _clips(read: Any) -> list[Any]:
    return list(read.find_clips())


def _timelines(read: Any) -> list[Any]:
    if isinstance(read, otio.schema.Timeline):
        return [read]
    return [child for child in read if isinstance(child, otio.schema.Timeline)]


def _items(read: Any) -> list[Any]:
    return [item for each in _timelines(read) for on in each.tracks for item in on]


def _seconds(span_of: Any) -> Any:
    if span_of is None:
        return None
    return tuple(round(value.to_seconds(), 4) for value in (span_of.start_time, span_of.duration))


def _marks(owners: list[Any]) -> list[Any]:
    return [(one.name.lower(), round(one.marked_range.start_time.to_seconds(), 3)) for o in owners for one in o.markers]


def _first(change: Callable[[Any], None]) -> Callable[[Any], None]:
    return lambda made: change(made.find_clips()[0])


def _add(kind: type, name: str, **more: Any) -> Callable[[Any], None]:
    return _first(lambda first: first.effects.append(kind(name, **more)))


def _set(names: str, value: Any) -> Callable[[Any], None]:
    """Return a change of one attribute, by its path: `first`, `track` or `timeline`, and the name."""
    owner, name = names.split(".")
    owners = {"first": lambda t: t.find_clips()[0], "track": lambda t: t.tracks[0], "timeline": lambda t: t}
    return lambda made: setattr(owners[owner](made), name, value)


def _two_references(first: Any) -> None:
    references = first.media_references() | {"cometapi:t1": reference("/job/take.mov", 1000)}
    first.set_media_references(references, "cometapi:t1")


def _media(made: Any) -> Callable[[Any], None]:
    return _first(lambda first: first.set_media_references({"DEFAULT_MEDIA": made.clone()}, "DEFAULT_MEDIA"))


def _dissolve(made: Any) -> None:
    kind = otio.schema.TransitionTypes.SMPTE_Dissolve
    made.tracks[0].insert(1, otio.schema.Transition("mix", kind, in_offset=time(3), out_offset=time(5)))


def _nested(made: Any) -> None:
    inner = [clip(name, 1000, 20, ref=reference(f"/media/{name}.mov", 1000)) for name in ("in1", "in2")]
    made.tracks[0].append(compound(track(*inner, name="inner"), source=span(5, 30)))


def _mark(name: str) -> Any:
    return marker(name, 4, color="GREEN", comment="look")


def _gap_marked(made: Any) -> None:
    empty = gap(10)
    empty.markers.append(_mark("hole"))
    made.tracks[0].insert(1, empty)


def _track(kind: str, **more: Any) -> Callable[[Any], None]:
    return lambda made: made.tracks.append(
        track(clip("more", 1000, 24, ref=reference("/media/n.mov")), kind=kind, **more)
    )


def _active_types(read: Any) -> list[str]:
    return [type(one.media_reference).__name__ for one in _clips(read)]


SEQUENCE = otio.schema.ImageSequenceReference(
    "/media/", "a.", ".exr", start_frame=1000, rate=24, frame_zero_padding=4, available_range=span(1000, 240)
)
GENERATOR = otio.schema.GeneratorReference("bars", "SMPTEBars", span(1000, 240))

FEATURES: dict[str, Feature] = {
    "two references": Feature(
        _first(_two_references), lambda r: [len(c.media_references()) for c in _clips(r)], "only the active reference"
    ),
    "start": Feature(
        _set("timeline.global_start_time", time(86400)),
        lambda r: [t.global_start_time and t.global_start_time.to_seconds() for t in _timelines(r)],
        "start timecode",
    ),
    "track name": Feature(
        _set("track.name", "Picture"), lambda r: [t.name for o in _timelines(r) for t in o.tracks], "names of tracks"
    ),
    "disabled clip": Feature(
        _set("first.enabled", False), lambda r: [(c.name, c.enabled) for c in _clips(r)], "disabled"
    ),
    "disabled track": Feature(
        _set("track.enabled", False),
        lambda r: [t.enabled for o in _timelines(r) for t in o.tracks],
        "tracks are disabled",
    ),
    "track trim": Feature(
        _set("track.source_range", span(0, 50)),
        lambda r: [_seconds(t.source_range) for o in _timelines(r) for t in o.tracks],
        "trims of whole",
    ),
    "timeline trim": Feature(
        lambda made: setattr(made.tracks, "source_range", span(10, 50)),
        lambda r: [_seconds(o.tracks.source_range) for o in _timelines(r)],
        "trims of whole",
    ),
    "gap": Feature(
        lambda made: made.tracks[0].insert(1, gap(10)), lambda r: [type(i).__name__ for i in _items(r)], "gaps"
    ),
    "dissolve": Feature(
        _dissolve,
        lambda r: [
            tuple(round(value.to_seconds(), 3) for value in (i.in_offset, i.out_offset))
            for i in _items(r)
            if isinstance(i, otio.schema.Transition)
        ],
        "dissolve|transitions",
    ),
    "nested stack": Feature(
        _nested,
        lambda r: [[c.name for c in i.find_clips()] for i in _items(r) if isinstance(i, otio.core.Composition)],
        "nested stacks",
    ),
    "second video track": Feature(
        _track("Video"), lambda r: [len(o.video_tracks()) for o in _timelines(r)], "tracks above|which track"
    ),
    "sound": Feature(_track("Audio"), lambda r: sorted(c.name for c in _clips(r)), "sound"),
    "speed": Feature(
        _add(otio.schema.LinearTimeWarp, "fast", time_scalar=2.0),
        lambda r: [(type(c.media_reference).__name__, *[e.time_scalar for e in c.effects]) for c in _clips(r)],
        "speed change",
    ),
    "freeze": Feature(
        _add(otio.schema.FreezeFrame, "still"),
        lambda r: [[type(e).__name__ for e in c.effects] for c in _clips(r)],
        "speed changes|freeze frames",
    ),
    "effect": Feature(
        _add(otio.schema.Effect, "blur", effect_name="Blur"),
        lambda r: [[e.effect_name for e in c.effects] for c in _clips(r)],
        "effects",
    ),
    "clip marker": Feature(
        _first(lambda first: first.markers.append(marker("snow", 1035, color="RED"))),
        lambda r: [len(c.markers) for c in _clips(r)],
        "markers of clips|markers to the timeline",
    ),
    "marker name": Feature(
        _first(lambda first: first.markers.append(marker("snow", 1035, color="RED"))),
        lambda r: [m.name for c in _clips(r) for m in c.markers] or ["snow"],
        "in capitals",
    ),
    "marker colour": Feature(
        _first(lambda first: first.markers.append(marker("snow", 1035, color="GREEN"))),
        lambda r: [m.color for c in _clips(r) for m in c.markers] or ["GREEN"],
        "colours of markers",
    ),
    "marker comment": Feature(
        _first(lambda first: first.markers.append(marker("snow", 1035, color="RED", comment="look"))),
        lambda r: [m.comment for o in (*_clips(r), *(t.tracks for t in _timelines(r))) for m in o.markers] or ["look"],
        "comments of markers",
    ),
    "track marker": Feature(
        lambda made: made.tracks[0].markers.append(_mark("on the track")),
        lambda r: _marks([t for o in _timelines(r) for t in o.tracks]),
        "markers of tracks|markers to the timeline",
    ),
    "gap marker": Feature(
        _gap_marked,
        lambda r: _marks([i for i in _items(r) if isinstance(i, otio.schema.Gap)]),
        "markers of tracks|markers to the timeline",
    ),
    "timeline marker": Feature(
        lambda made: made.tracks.markers.append(marker("scene", 4, color="RED")),
        lambda r: _marks([o.tracks for o in _timelines(r)]),
        "markers of the timeline|markers to the timeline",
    ),
    "clip metadata": Feature(
        _first(lambda first: first.metadata.update({"cometapi": {"seed": 7}})),
        lambda r: ["cometapi" in c.metadata for c in _clips(r)],
        "metadata",
    ),
    "reference metadata": Feature(
        _first(lambda first: first.media_reference.metadata.update({"cometapi": {"task_id": "t"}})),
        lambda r: ["cometapi" in c.media_reference.metadata for c in _clips(r)],
        "metadata",
    ),
    "timeline metadata": Feature(
        lambda made: made.metadata.update({"studio": {"show": "s"}}),
        lambda r: ["studio" in o.metadata for o in _timelines(r)],
        "metadata",
    ),
    "media around the cut": Feature(
        lambda made: None, lambda r: [_seconds(c.media_reference.available_range) for c in _clips(r)], "around a cut"
    ),
    "generator": Feature(_media(GENERATOR), _active_types, "generators"),
    "image sequence": Feature(_media(SEQUENCE), _active_types, "image sequences"),
    "missing media": Feature(
        _media(otio.schema.MissingReference()),
        lambda r: [(c.name, type(c.media_reference).__name__) for c in _clips(r)],
        "missing",
    ),
    "one name twice": Feature(
        lambda made: [setattr(one, "name", "same") for one in made.find_clips()],
        lambda r: [c.name for c in _clips(r)],
        "one name",
    ),
}
"""Everything that is measured, by name."""


def with_feature(name: str) -> Any:
    """Return a plain timeline with one feature."""
    made = plain()
    FEATURES[name].change(made)
    return made


def fractional() -> Any:
    """Return a plain timeline at 24000/1001."""
    return plain(NTSC_FILM)
