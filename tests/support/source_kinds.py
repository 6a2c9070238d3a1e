"""Source media of every kind that editors bring: codecs, containers, time stamps and tags of their own making."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from support.numbered import number_luma

WIDTH, HEIGHT = 320, 180


@dataclass(frozen=True)
class Kind:
    """How a source is written."""

    name: str
    suffix: str = ".mp4"
    rate: Fraction = Fraction(24)
    frame_count: int = 200
    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    width: int = WIDTH
    height: int = HEIGHT
    codec_options: dict[str, str] = field(default_factory=dict)
    first_stamp: int = 0
    """Stamp of the first frame, in frames."""
    timecode: str | None = None
    container_timecode: bool = False
    """Whether the timecode is the container's, as in MXF."""
    colour: tuple[int, int, int] = (1, 1, 1)
    """Primaries, transfer and matrix."""
    full_range: bool = False
    pixel_aspect: Fraction | None = None
    steps: tuple[int, ...] = ()
    """How far each frame is from the one before, in frames; the last goes on. Empty: one."""
    sound: bool = False
    muxer_options: dict[str, str] = field(default_factory=dict)


def x264(parameters: str) -> dict[str, str]:
    """Return fast x264 options with these parameters."""
    return {"preset": "veryfast", "crf": "20", "x264-params": parameters}


CLOSED = x264("keyint=48:min-keyint=48:scenecut=0:bframes=3")
OPEN = x264("keyint=48:min-keyint=48:scenecut=0:bframes=3:open-gop=1:b-pyramid=normal")


def write(folder: Path, kind: Kind) -> Path:
    """Write numbered frames (row 0) as *kind* says; return the path."""
    path = folder / f"{kind.name}{kind.suffix}"
    options = {"video_track_timescale": str(kind.rate.numerator * 100)} if kind.suffix in (".mp4", ".mov") else {}
    with av.open(str(path), "w", options=options | kind.muxer_options) as container:
        if kind.container_timecode and kind.timecode:
            container.metadata["timecode"] = kind.timecode
        stream = _stream(container, kind)
        sound: Any = container.add_stream("aac", rate=48000) if kind.sound else None
        if sound is not None:
            sound.layout = "mono"
        stamp = kind.first_stamp
        for number in range(kind.frame_count):
            frame = picture(kind, number)
            frame.pts, frame.time_base = stamp, 1 / kind.rate
            container.mux(stream.encode(frame))
            stamp += kind.steps[min(number, len(kind.steps) - 1)] if kind.steps else 1
        container.mux(stream.encode(None))
        if sound is not None:
            _write_silence(container, sound)
    return path


def _stream(container: Any, kind: Kind) -> Any:
    stream = container.add_stream(kind.codec, rate=kind.rate)
    stream.width, stream.height, stream.pix_fmt = kind.width, kind.height, kind.pixel_format
    context = stream.codec_context
    context.time_base = 1 / kind.rate
    context.thread_count = 1
    context.options = kind.codec_options or (CLOSED if kind.codec == "libx264" else {})
    context.color_primaries, context.color_trc, context.colorspace = kind.colour
    context.color_range = 2 if kind.full_range else 1
    if kind.pixel_aspect is not None:
        context.sample_aspect_ratio = kind.pixel_aspect
    if kind.timecode and not kind.container_timecode:
        stream.metadata["timecode"] = kind.timecode
    return stream


def _write_silence(container: Any, sound: Any) -> None:
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
    frame.sample_rate, frame.pts = 48000, 0
    container.mux(sound.encode(frame))
    container.mux(sound.encode(None))


def picture(kind: Kind, number: int) -> av.VideoFrame:
    """Draw one numbered frame in the kind's pixel format, converting nothing but the format."""
    luma = number_luma(number, row=0, width=kind.width // 2 * 2, height=kind.height // 2 * 2)
    chroma = np.full((luma.shape[0] // 2, luma.shape[1]), 128, np.uint8)
    frame = av.VideoFrame.from_ndarray(np.vstack([luma, chroma]), format="yuv420p")
    if (kind.width, kind.height, kind.pixel_format) != (frame.width, frame.height, "yuv420p"):
        frame = frame.reformat(width=kind.width, height=kind.height, format=kind.pixel_format)
    frame.colorspace, frame.color_range = kind.colour[2], 2 if kind.full_range else 1
    return frame


def remuxed(source: Path, into: Path, *, shift: int, options: dict[str, str] | None = None) -> Path:
    """Copy the picture packets to another container with every stamp moved by *shift* ticks."""
    with av.open(str(source)) as reader, av.open(str(into), "w", options=options or {}) as writer:
        stream = reader.streams.video[0]
        copy = writer.add_stream_from_template(stream)
        for packet in reader.demux(stream):
            if packet.pts is None or packet.dts is None:
                continue
            packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, copy
            writer.mux(packet)
    return into


def picture_hash(frame: av.VideoFrame) -> str:
    """Return a hash of a frame's visible pixels."""
    return hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest()


def all_hashes(path: Path) -> list[str]:
    """Decode a whole file from its start, with nothing of ours, and hash every frame."""
    with av.open(str(path)) as container:
        return [picture_hash(frame) for frame in container.decode(container.streams.video[0])]
