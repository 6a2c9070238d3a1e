"""Renders timelines with GStreamer Editing Services."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import opentimelineio as otio

from support import host_process
from support.edits import timeline_length
from support.host_copy import HostError, rebased

_PACKAGES = "ges1.0-tools gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav"
_ADAPTER_RATE = r"video/x-raw\,\ framerate\=\(fraction\)30/1"
_FORMAT = "video/x-matroska:video/x-vp8"
"""
Of GES 1.22's encoders VP8 is right: with FFV1, HuffYUV and JPEG single frames show the number of the frame after
them, another one at every run; raw video repeats a frame at cuts where rates are not whole nanoseconds.
"""
_SECOND = 1_000_000_000
_INSIDE = Fraction(1, 4)
"""How far inside a frame, in frames, a time is put that has to name it beyond doubt."""

LEAST_WEIGHT = 0.35
"""
In a dissolve GES fades the outgoing picture by the square of what is left, so that its last frames vanish: at a weight
of 0.25 a picture of half contrast has six levels of grey left, before VP8.
"""


def render(timeline: otio.schema.Timeline, path: Path, *, rate: Fraction) -> Path:
    """
    Render a timeline of 320 x 180 media as VP8 into *path* (Matroska) and return it.

    The document is written by `otioconvert` and the stock GES adapter, and corrected in two places: the track rate,
    which that adapter always writes as 30/1, becomes *rate*; times, which it truncates to nanoseconds and adds up
    truncated, become times inside the frames that they stand for. Without the second, GES shows the frame before
    at some cuts.

    Raises:
        HostError: GES is missing, failed, or rendered another number of frames than the timeline has.
    """
    document = path.with_suffix(".xges")
    source = path.with_suffix(".rebased.otio")
    otio.adapters.write_to_file(rebased(timeline, uris=True), str(source))
    host_process.run([host_process.script("otioconvert"), "-i", str(source), "-o", str(document)])
    document.write_text(_corrected(document.read_text(encoding="utf-8"), rate), encoding="utf-8")
    launch = host_process.program("ges-launch-1.0", package=_PACKAGES)
    log = host_process.run(
        [
            launch,
            "--load",
            str(document),
            "--outputuri",
            path.as_uri(),
            "--format",
            _FORMAT,
        ]
    )
    return host_process.counted(path, timeline_length(timeline), log)


def _corrected(text: str, rate: Fraction) -> str:
    """
    Return the adapter's document with the timeline's rate, its raster, and times that name frames beyond doubt.

    Clips start where their frame starts. They enter their media, and end where the media or the timeline ends, a
    little inside a frame: a nanosecond more or less then names the same frame.
    """
    if text.count(_ADAPTER_RATE) != 1:
        raise HostError("cannot set the track rate: the GES adapter no longer writes exactly one rate of 30/1")
    raster = r"video/x-raw\,\ width\=\(int\)320\,\ height\=\(int\)180"
    ours = raster + rf"\,\ framerate\=\(fraction\){rate.numerator}/{rate.denominator}"
    root = ET.fromstring(text.replace(_ADAPTER_RATE, ours))  # noqa: S314 - written by the adapter just now
    frames = {clip: _Frames.of(clip, rate) for clip in root.iter("clip")}
    early = _ends_before_the_frame(root, frames, rate)
    for clip, frame in frames.items():
        start = _nanoseconds(Fraction(frame.start), rate)
        stop = _nanoseconds(frame.end - (_INSIDE if (clip.attrib["layer-priority"], frame.end) in early else 0), rate)
        clip.set("start", str(start))
        clip.set("duration", str(stop - start))
        if clip.attrib["type-name"] == "GESUriClip":
            clip.set("inpoint", str(_nanoseconds(frame.inpoint + _INSIDE, rate)))
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _ends_before_the_frame(root: ET.Element, frames: dict[ET.Element, _Frames], rate: Fraction) -> set[tuple[str, int]]:
    """
    Return layers and frames at which what ends there must end a little early.

    That is the end of the timeline, and the end of a dissolve whose outgoing clip shows its medium's last frame:
    entered a little late, that clip would need more than the medium has, GES would shorten it, and refuse a dissolve
    of one picture.
    """
    lengths = {
        asset.attrib["id"]: int(found[1])
        for asset in root.iter("asset")
        if (found := re.search(r"duration=\(guint64\)(\d+)", asset.attrib["properties"]))
    }
    end = max(frame.end for frame in frames.values())
    dissolves = {
        (clip.attrib["layer-priority"], frame.end)
        for clip, frame in frames.items()
        if clip.attrib["type-name"] == "GESTransitionClip"
    }
    early = set()
    for clip, frame in frames.items():
        place = clip.attrib["layer-priority"], frame.end
        needed = _nanoseconds(frame.inpoint + frame.end - frame.start + _INSIDE, rate)
        is_short = needed > lengths.get(clip.attrib["asset-id"], needed)
        if frame.end == end or (is_short and place in dissolves):
            early.add(place)
    return early


@dataclass(frozen=True)
class _Frames:
    """The frames that a clip's truncated times stand for."""

    start: int
    end: int
    inpoint: int

    @classmethod
    def of(cls, clip: ET.Element, rate: Fraction) -> _Frames:
        """Read the times of a clip, which are truncated by far less than half a frame."""
        names = ("start", "duration", "inpoint")
        start, duration, inpoint = (round(int(clip.attrib[name]) * rate / _SECOND) for name in names)
        return cls(start, start + duration, inpoint)


def _nanoseconds(frames: Fraction, rate: Fraction) -> int:
    """Return a time in nanoseconds, rounded down."""
    return math.floor(frames / rate * _SECOND)
