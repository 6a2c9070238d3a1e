"""Reading a source as it is sent: its frames, treated as a person asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from otio_cometapi.media.display import displayed
from otio_cometapi.media.fields import whole_frames
from otio_cometapi.media.frames import packet_hashes, read_frames, stored_span
from otio_cometapi.media.sequences import sequence_frames, sequence_hashes
from otio_cometapi.records import MediaInfo, Span

if TYPE_CHECKING:
    import av


def treated_frames(info: MediaInfo, span: Span) -> Iterator[av.VideoFrame]:
    """
    Decode exactly the frames of *span*, one for one, treated as the record of the file says.

    Raises:
        MediaError: A frame is missing, damaged or cannot be treated; the frame is named.
    """
    frames = _stored_frames(info, span)
    yield from displayed(frames, info) if info.treatment.colour is not None else frames


def _stored_frames(info: MediaInfo, span: Span) -> Iterator[av.VideoFrame]:
    """Decode the frames of *span*, whole and one for one."""
    if info.sequence is not None:
        yield from sequence_frames(info, span)
        return
    stored, picks = stored_span(info, span)
    frames = _deinterlaced(info, stored) if info.treatment.deinterlace else read_frames(info, stored)
    yield from _repeated(frames, stored.first_frame, picks)


def coded_hashes(info: MediaInfo, span: Span) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """
    Return one hash for every frame of *span*, and, where the rate varies, the stored frame that it is; else nothing.

    Raises:
        MediaError: A frame is missing.
    """
    if info.sequence is not None:
        return sequence_hashes(info, span), ()
    stored, picks = stored_span(info, span)
    found = packet_hashes(info, stored)
    return tuple(found[pick - stored.first_frame] for pick in picks), picks if info.treatment.convert_vfr else ()


def _deinterlaced(info: MediaInfo, stored: Span) -> Iterator[av.VideoFrame]:
    """Make whole frames; the neighbours on both sides take part, so that a frame is the same in every span."""
    # The constant frames of a varying rate may be more than the stored ones: beyond them there is no neighbour.
    after = 0 if info.treatment.convert_vfr else 1
    wide = stored.widened(1, after, length=info.frame_count if after else stored.end_frame)
    skipped = stored.first_frame - wide.first_frame
    for number, frame in enumerate(whole_frames(read_frames(info, wide))):
        if skipped <= number < skipped + stored.frame_count:
            yield frame


def _repeated(frames: Iterable[av.VideoFrame], first: int, picks: tuple[int, ...]) -> Iterator[av.VideoFrame]:
    """Yield the frames with the numbers in *picks*, which never go back but may stay."""
    wanted = iter(picks)
    pick = next(wanted, None)
    for number, frame in enumerate(frames, start=first):
        while pick == number:
            yield frame
            pick = next(wanted, None)
