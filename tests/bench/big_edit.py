"""A long timeline as a host writes it, and the media under it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import opentimelineio as otio

RATE = 24.0
TRACKS = 4
REELS = 20
EVERY = 10
"""Every tenth clip carries the green marker that selects it."""
USED = 30
"""Frames that a clip shows."""
APART = 60
"""From the first frame of a selected clip to that of the next of its reel: no two share a frame, handles included."""
START = 86400
"""First frame of every reel as the timeline counts it: one hour."""


def write_media(folder: Path, frames: int) -> list[Path]:
    """Write reels of so many tiny frames; they differ in one tag, and so in their content."""
    folder.mkdir(parents=True, exist_ok=True)
    first = folder / "reel_00.mp4"
    with av.open(str(first), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(24), options={"preset": "ultrafast", "crf": "40"})
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        stream.codec_context.gop_size = 250
        frame = av.VideoFrame.from_ndarray(np.full((54, 64), 100, np.uint8), format="yuv420p")
        for number in range(frames):
            frame.pts, frame.time_base = number, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return [first, *(_retagged(first, folder / f"reel_{number:02}.mp4") for number in range(1, REELS))]


def _retagged(source: Path, target: Path) -> Path:
    with av.open(str(source)) as read, av.open(str(target), "w") as made:
        made.metadata["comment"] = target.stem
        stream = made.add_stream_from_template(read.streams.video[0])
        for packet in read.demux(video=0):
            if packet.size:
                packet.stream = stream
                made.mux(packet)
    return target


def write_edit(path: Path, clips: int) -> Path:
    """Write a timeline of so many clips on four tracks, with its media beside it; a tenth of them is marked green."""
    per_reel = -(-clips // (EVERY * REELS)) + 1
    reels = write_media(path.parent / "media", frames=per_reel * APART + 100)
    timeline = otio.schema.Timeline(path.stem, global_start_time=otio.opentime.RationalTime(START, RATE))
    number = 0
    for lane in range(TRACKS):
        track = otio.schema.Track(name=f"V{lane + 1}", kind=otio.schema.TrackKind.Video)
        made: list[Any] = []
        for _ in range(lane * clips // TRACKS, (lane + 1) * clips // TRACKS):
            made += _items(number, reels, frames=per_reel * APART + 100)
            number += 1
        track.extend(made)
        timeline.tracks.append(track)
    otio.adapters.write_to_file(timeline, str(path))
    return path


def _items(number: int, reels: list[Path], frames: int) -> list[Any]:
    """Return a clip; now and then with a dissolve, a gap or a speed beside it, as edits have them."""
    selected = number % EVERY == 0
    turn = number // EVERY
    slot = (turn // REELS) if selected else (number * 37) % ((frames - 100) // APART)
    first = 20 + slot * APART + (0 if selected else APART // 2)  # the others show what no take has
    reel = reels[turn % REELS]
    reference = otio.schema.ExternalReference(reel.as_uri(), _span(START, frames))
    reference.name = reel.name
    reference.metadata["Resolve_OTIO"] = {
        "Clip Properties": {"Start TC": "01:00:00:00", "Reel Name": reel.stem, "Codec": "H.264", "Resolution": "64x36"},
    }
    clip = otio.schema.Clip(f"sh{number:06}", reference, _span(START + first, USED))
    clip.metadata["Resolve_OTIO"] = {
        "Link Group ID": number,
        "Media Ref UUID": f"{number:032x}",
        "Scene": f"{number // 40}",
        "Shot": f"{number % 40}",
        "Take": "3",
        "Good Take": True,
        "Composite": {"Opacity": 100.0, "Mode": "Normal"},
        "Transform": {"Pan": 0.0, "Tilt": 0.0, "Zoom": [1.0, 1.0]},
    }
    if selected:
        marker = otio.schema.Marker("vfx", _span(START + first + 5, 1), "GREEN")
        marker.metadata["Resolve_OTIO"] = {"Keywords": [], "Note": "clean up"}
        clip.markers.append(marker)
    items: list[Any] = [clip]
    if number % 50 == 7:
        items.append(otio.schema.Gap(source_range=_span(0, 12)))
    elif number % 50 == 23:
        half = otio.opentime.RationalTime(6, RATE)
        items.append(otio.schema.Transition("dissolve", "SMPTE_Dissolve", half, half))
    elif number % 50 == 41:
        clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=2.0))
    return items


def _span(start: int, count: int) -> Any:
    return otio.opentime.TimeRange(otio.opentime.RationalTime(start, RATE), otio.opentime.RationalTime(count, RATE))
