"""A short edit for the demonstration: three tracks, a dissolve, two marked clips, timecode from 01:00:00:00."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

RATE = Fraction(24000, 1001)
"""Frames per second of the edit and of its media."""
HOUR = 86400
"""Frames of 01:00:00:00 at this rate, which counts 24 frames to a second of timecode."""


@dataclass(frozen=True, slots=True)
class Camera:
    """One file of the demonstration."""

    name: str
    """Its file name."""
    frame_count: int
    """Its length."""
    start: int
    """The frame number of its own start timecode."""
    seed: int
    """What its pictures follow from."""


CAMERAS = (
    Camera("cam_a.mp4", 120, HOUR, 1),
    Camera("cam_b.mp4", 120, HOUR + 24 * 60 * 10, 2),
    Camera("cam_c.mp4", 96, HOUR + 24 * 60 * 20, 3),
)
"""The files that the edit uses."""


def sample_edit(media: Path) -> Any:
    """
    Return the edit as an OTIO timeline; its files lie in the folder *media*.

    V1 holds three clips with a dissolve between the first two, V2 one clip, V3 a title that is not there yet; the
    second clip of V1 and the one of V2 carry a marker that says what to make of them.
    """
    timeline = otio.schema.Timeline("demo", global_start_time=_time(HOUR))
    first, second, third = CAMERAS
    v1 = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    v1.append(_clip("street", first, 12, 48, media))
    v1.append(
        otio.schema.Transition(
            "dissolve", otio.schema.TransitionTypes.SMPTE_Dissolve, in_offset=_time(6), out_offset=_time(6)
        )
    )
    v1.append(_clip("window", second, 30, 48, media, "comet: heavy snow falls, blue evening light | seed=7"))
    v1.append(_clip("hands", third, 10, 36, media))
    v2 = otio.schema.Track("V2", kind=otio.schema.TrackKind.Video)
    v2.append(otio.schema.Gap(source_range=_range(0, 100)))
    v2.append(_clip("insert", first, 70, 24, media, "comet: an oil painting in warm colours"))
    v3 = otio.schema.Track("V3", kind=otio.schema.TrackKind.Video)
    v3.append(otio.schema.Gap(source_range=_range(0, 12)))
    title = otio.schema.GeneratorReference("Title", "title", _range(0, 24))
    v3.append(otio.schema.Clip("title", title, _range(0, 24)))
    timeline.tracks.extend([v1, v2, v3])
    return timeline


def _clip(name: str, camera: Camera, offset: int, length: int, media: Path, marker: str = "") -> Any:
    reference = otio.schema.ExternalReference(str(media / camera.name), _range(camera.start, camera.frame_count))
    reference.name = camera.name
    used = _range(camera.start + offset, length)
    clip = otio.schema.Clip(name, reference, used)
    if marker:
        clip.markers.append(otio.schema.Marker(marker, _range(camera.start + offset, 1), otio.schema.MarkerColor.GREEN))
    return clip


def _time(frame: int) -> Any:
    return otio.opentime.RationalTime(frame, float(RATE))


def _range(start: int, length: int) -> Any:
    return otio.opentime.TimeRange(_time(start), _time(length))
