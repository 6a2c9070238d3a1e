"""Copying: an output that is media already keeps its coded frames, bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from otio_cometapi.media.colour import tags_of
from otio_cometapi.media.encode import EncodeSpec, SoundBeside, new_container
from otio_cometapi.media.files import opened, reading
from otio_cometapi.media.probe import Measured
from otio_cometapi.media.sound import SoundTrack

if TYPE_CHECKING:
    import av


def may_be_copied(output: Path, found: Measured, spec: EncodeSpec, *, picks: tuple[int, ...]) -> bool:
    """
    Tell whether an output's coded frames can be the media as they are.

    They can when every frame stays, in its place, and codec, rate, raster, pixels and colour tags are those wanted,
    hosts can seek every frame (short GOP, no B frames, no edit list), and nothing in the stream says otherwise.
    """
    info = found.info
    alike = (
        (info.codec, "h264" if spec.encoder == "libx264" else None),
        (info.rate, spec.rate),
        ((info.width, info.height), (spec.width, spec.height)),
        (info.pixel_format, spec.pixel_format),
        (info.pixel_aspect, spec.pixel_aspect),
        (tags_of(info), spec.tags),
        (info.full_range, False),
        (picks, tuple(range(info.frame_count))),
        (found.times.packet_count, info.frame_count),
        (info.refusals, ()),
        (spec.display_matrix, ()),
    )
    return all(one == other for one, other in alike) and _can_be_sought(output, spec)


def _can_be_sought(output: Path, spec: EncodeSpec) -> bool:
    """Tell whether the coded frames come in the order shown, with a keyframe often enough."""
    with opened(output) as (container, stream), reading(output):
        context = stream.codec_context
        if context.has_b_frames or (context.framerate and Fraction(context.framerate) != spec.rate):
            return False
        since = spec.keyframe_every
        for packet in container.demux(stream):
            if packet.size == 0:
                continue
            since = 0 if packet.is_keyframe else since + 1
            if since >= spec.keyframe_every or packet.pts is None or packet.pts != packet.dts:
                return False
    return True


def copy_video(path: Path, output: Path, *, spec: EncodeSpec, sound: Sequence[SoundTrack] = ()) -> None:
    """
    Write the coded frames of *output* into a new file, the first at 0, with *spec*'s timecode.

    Raises:
        MediaError: The output cannot be read.
        FFmpegError: The file cannot be written.
    """
    with opened(output) as (source, stream), new_container(path, spec) as container:
        copy = container.add_stream_from_template(stream)
        copy.metadata.clear()
        if spec.start_timecode is not None:
            copy.metadata["timecode"] = spec.start_timecode
        beside = SoundBeside(container, sound, spec.rate)
        for number, packet in enumerate(_packets(source, stream, output)):
            packet.time_base = 1 / spec.rate
            packet.pts = packet.dts = number
            packet.duration = 1
            packet.stream = copy
            container.mux(packet)
            beside.up_to(number + 1)
        beside.end()


def _packets(source: av.container.InputContainer, stream: av.video.stream.VideoStream, output: Path) -> list[Any]:
    """Read every coded frame; outputs are seconds long, and errors of reading are told from errors of writing."""
    with reading(output):
        return [packet for packet in source.demux(stream) if packet.size]
