"""Joining: the outputs of a shot that was sent in parts, made into one medium of exactly the shot's frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from otio_cometapi.errors import ConformRefusedError
from otio_cometapi.media.blend import blended
from otio_cometapi.media.conform import (
    checked,
    expected,
    measured_output,
    media_notes,
    media_recipe,
    media_sound,
    media_spec,
    output_notes,
    picked,
    sound_notes,
)
from otio_cometapi.media.encode import EncodeSpec, write_video
from otio_cometapi.media.files import written
from otio_cometapi.media.frames import decoded_frames
from otio_cometapi.media.picture import pictures
from otio_cometapi.media.policies import Fitting, fitting
from otio_cometapi.media.probe import Measured
from otio_cometapi.media.raster import picture_place
from otio_cometapi.media.verify import verify
from otio_cometapi.records import Alignment, Conformed, Export, Finish, MediaInfo, Span
from otio_cometapi.timecode import DROP_FRAME_RATES, timecode_text

if TYPE_CHECKING:
    import av

_ORDINARY = Finish()


@dataclass(frozen=True, slots=True)
class Piece:
    """What came back for one part of a shot."""

    output: Path
    """The file that its task delivered."""
    export: Export
    """What was sent for it."""
    alignment: Alignment | None = None
    """What is known of its place in time; None: nothing."""


@dataclass(frozen=True, slots=True)
class _Laid:
    """A piece laid onto its own span."""

    piece: Piece
    found: Measured
    fit: Fitting

    @property
    def span(self) -> Span:
        """The source frames that it has a picture for."""
        sent = self.piece.export.span
        return Span(sent.first_frame + self.fit.first, len(self.fit.picks), sent.rate)

    def frames(self, source: MediaInfo, spec: EncodeSpec) -> Iterator[av.VideoFrame]:
        """Decode a picture for every frame of the span, as the media wants it."""
        place = picture_place((self.found.info.width, self.found.info.height), self.piece.export)
        decoded = checked(decoded_frames(self.piece.output), self.piece.output, self.found.times.frame_count)
        return pictures(picked(decoded, self.fit.picks), media_recipe(self.found.info, source, place, spec))


def conform_parts(
    pieces: Sequence[Piece],
    *,
    source: MediaInfo,
    visible: Span,
    start_frame: int,
    drop_frame: bool,
    into: Path,
    finish: Finish = _ORDINARY,
) -> Conformed:
    """
    Make one medium of the outputs of a shot's parts, at the source's exact rate and raster.

    Each output is laid onto the frames that were sent for it, by the policy. Of V frames that two neighbours share, the
    k-th is (V + 1 - k) / (V + 1) of the one and k / (V + 1) of the next; every other frame is from one part alone.

    Args:
        pieces: Two or more, in order; each shares frames with the next.
        source: The source file.
        visible: Frames of the source file that the media must show.
        start_frame: Number of the first frame in clip space, stamped as start timecode.
        drop_frame: Whether that timecode is drop frame.
        into: The file to write. It appears under this name complete and verified, or not at all.
        finish: Codec, sound and policy.

    Raises:
        ConformRefusedError: An output does not fit, or is too short for the parts to meet; the part is named.
        MediaError: An output is no video, is damaged or truncated, or the media cannot be written.
    """
    laid = [_laid(number, pieces, visible, finish) for number in range(1, len(pieces) + 1)]
    span = laid[0].span.joined(laid[-1].span)
    seams = tuple(one.span.shared(other.span) for one, other in pairwise(laid))
    drop_frame = drop_frame and span.rate in DROP_FRAME_RATES
    text = timecode_text(start_frame, span.rate, drop_frame=drop_frame)
    spec = media_spec(finish, source, span.rate, timecode=text, output=laid[0].found.info, name=into.stem)
    sound = media_sound(finish, source, span, timecode=text)
    with written(into) as part:
        write_video(part, _joined([each.frames(source, spec) for each in laid], laid, seams), spec=spec, sound=sound)
        verify(part, expected(spec, span, start_frame, sound))
    met = [start_frame + seam.first_frame - span.first_frame for seam in seams]
    places = [timecode_text(frame, span.rate, drop_frame=drop_frame) or f"frame {frame}" for frame in met]
    heard = sound_notes(finish, sound, source)
    joint = f"Joined of {len(pieces)} parts: {seams[0].frame_count} frames are cross-faded from {', '.join(places)} on."
    return Conformed(
        path=str(into.absolute()),
        span=span,
        start_frame=start_frame,
        start_timecode=text,
        width=source.width,
        height=source.height,
        policy="+".join(dict.fromkeys(each.fit.policy for each in laid)),
        notes=(joint, *_part_notes(laid), *media_notes(source, spec), *heard),
        variant=finish.variant,
        seams=seams,
        moved_frames=tuple(each.fit.moved for each in laid),
    )


def laid_whole(piece: Piece, *, finish: Finish, part: int) -> Fitting:
    """
    Lay an output onto all of the frames that were sent for it.

    Raises:
        ConformRefusedError: A frame would be missing; the part is named.
        MediaError: The output is no video, or is damaged.
    """
    return _fit(part, piece, measured_output(piece.output), piece.export.span, finish)


def _laid(number: int, pieces: Sequence[Piece], visible: Span, finish: Finish) -> _Laid:
    """Lay one output onto its span; only the last one may lack what nobody sees."""
    piece = pieces[number - 1]
    wanted = piece.export.span
    if number == len(pieces):
        needed = max(visible.end_frame, pieces[-2].export.span.end_frame) - wanted.first_frame
        wanted = Span(wanted.first_frame, min(needed, wanted.frame_count), wanted.rate)
    found = measured_output(piece.output)
    return _Laid(piece, found, _fit(number, piece, found, wanted, finish))


def _fit(number: int, piece: Piece, found: Measured, wanted: Span, finish: Finish) -> Fitting:
    try:
        return fitting(found, export=piece.export, visible=wanted, finish=finish, alignment=piece.alignment)
    except ConformRefusedError as exc:
        exc.message = f"part {number} would leave a hole: {exc.message}"
        raise


def _joined(
    streams: Sequence[Iterator[av.VideoFrame]], laid: Sequence[_Laid], seams: Sequence[Span]
) -> Iterator[av.VideoFrame]:
    """Yield a picture for every frame; at most two parts are decoded at a time."""
    current, at = streams[0], laid[0].span.first_frame
    for following, seam in zip(streams[1:], seams, strict=True):
        yield from islice(current, seam.first_frame - at)
        steps = seam.frame_count + 1
        for step, (one, other) in enumerate(zip(current, following, strict=False), start=1):
            yield blended(one, other, step=step, steps=steps)
            if step == seam.frame_count:
                break
        current, at = following, seam.end_frame
    yield from current


def _part_notes(laid: Sequence[_Laid]) -> Iterator[str]:
    """Say what a person should know of each output, naming the part."""
    for number, each in enumerate(laid, start=1):
        place = picture_place((each.found.info.width, each.found.info.height), each.piece.export)
        for note in (*each.fit.notes, *output_notes(each.found.info, place)):
            yield f"Part {number}: {note}"
