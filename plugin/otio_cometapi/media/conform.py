"""Conforming: an output made to fit its span, frame for frame, and verified before anything may point to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from otio_cometapi.errors import ConformRefusedError, MediaError
from otio_cometapi.media.colour import UNSPECIFIED, ColourTags, decided, tags_of
from otio_cometapi.media.encode import EncodeSpec, write_video
from otio_cometapi.media.files import written
from otio_cometapi.media.frames import decoded_frames
from otio_cometapi.media.picture import Recipe, is_rgb, pictures
from otio_cometapi.media.policies import fitting
from otio_cometapi.media.probe import Measured, measured
from otio_cometapi.media.raster import PicturePlace, display_size, picture_place
from otio_cometapi.media.timecode import DROP_FRAME_RATES, timecode_text
from otio_cometapi.media.verify import Expected, verify
from otio_cometapi.records import Conformed, Export, MediaInfo, Span

if TYPE_CHECKING:
    import av

_CRF = 13.0
"""Looks lossless, with room for a host's grade."""
_KEYFRAME_EVERY = 12
_CONFORMABLE = ("its frame rate varies", "its frames carry no time stamps", "it is a still: one frame")
"""What an output may be, since its frames are counted; a source may not."""


@dataclass(frozen=True, slots=True)
class _Stamp:
    """The start timecode of the media."""

    start_frame: int
    text: str | None


def conform(  # noqa: PLR0913 - every one is a fact of its own, named at the call
    output: Path,
    *,
    export: Export,
    source: MediaInfo,
    visible: Span,
    start_frame: int,
    drop_frame: bool,
    into: Path,
    policy: str = "auto",
) -> Conformed:
    """
    Make media of an output: the span's frames at the source's exact rate and raster, H.264 in MP4, no sound.

    Args:
        output: The file that the task delivered.
        export: What was sent for it; its padding and bars are taken off again, by the recorded numbers.
        source: The source file.
        visible: Frames of the source file that the media must show.
        start_frame: Number of the span's first frame in clip space, stamped as start timecode.
        drop_frame: Whether that timecode is drop frame; plays no part at rates that have none.
        into: The file to write. It appears under this name complete and verified, or not at all.
        policy: How an output of another length is laid onto the span, as `policies.fitting` says.

    Raises:
        ConformRefusedError: The output does not fit under the policy.
        MediaError: The output is not a video, is damaged or truncated, or the media cannot be written.
    """
    found = _measured_output(output)
    fit = fitting(found, name=output.name, export=export, visible=visible, policy=policy)
    place = picture_place((found.info.width, found.info.height), export)
    rate = export.span.rate
    stamp = _Stamp(start_frame, timecode_text(start_frame, rate, drop_frame=drop_frame and rate in DROP_FRAME_RATES))
    spec = _spec(source, rate, stamp)
    frames = _picked(_checked(decoded_frames(output), output, found.times.frame_count), fit.picks)
    with written(into) as part:
        write_video(part, pictures(frames, _recipe(found.info, source, place, spec)), spec=spec)
        numbered = start_frame if stamp.text is not None else None
        verify(part, Expected(len(fit.picks), rate, source.width, source.height, stamp.text, numbered))
    return Conformed(
        path=str(into.absolute()),
        span=Span(export.span.first_frame, len(fit.picks), rate),
        start_frame=start_frame,
        start_timecode=stamp.text,
        width=source.width,
        height=source.height,
        policy=fit.policy,
        notes=(*fit.notes, *_notes(found.info, source, place, spec)),
    )


def _measured_output(output: Path) -> Measured:
    """Probe the output; refuse what counting frames cannot make good."""
    found = measured(output)
    against = [clause for clause in found.info.refusals if clause not in _CONFORMABLE]
    if against:
        raise ConformRefusedError(
            f"the output '{output.name}' cannot be laid onto its span: {'; '.join(against)}.",
            next_step="Ask for another take.",
        )
    return found


def _spec(source: MediaInfo, rate: Fraction, stamp: _Stamp) -> EncodeSpec:
    """Say how the media is encoded: every host can seek it exactly, and it looks like its source to them."""
    # 4:2:0 knows even rasters only; 4:4:4 keeps an odd one.
    odd = source.width % 2 or source.height % 2
    return EncodeSpec(
        width=source.width,
        height=source.height,
        rate=rate,
        tags=tags_of(source),
        crf=_CRF,
        keyframe_every=_KEYFRAME_EVERY,
        pixel_format="yuv444p" if odd else "yuv420p",
        pixel_aspect=source.pixel_aspect,
        start_timecode=stamp.text,
    )


def _recipe(output: MediaInfo, source: MediaInfo, place: PicturePlace, spec: EncodeSpec) -> Recipe:
    """Say what happens to every frame between output and media."""
    sent = decided(tags_of(source), height=display_size(source)[1])
    came = tags_of(output)
    # A service that strips the tags gives back what it was given.
    matrix = sent.matrix if came.matrix == UNSPECIFIED else came.matrix
    return Recipe(
        scaled=(source.width, source.height),
        source_matrix=ColourTags(came.primaries, came.transfer, matrix).matrix_name,
        target_matrix=sent.matrix_name,
        full_range=output.full_range or is_rgb(output.pixel_format),
        crop=place.crop,
        pixel_format=spec.pixel_format,
    )


def _checked(frames: Iterable[av.VideoFrame], output: Path, count: int) -> Iterator[av.VideoFrame]:
    """Pass every frame on; there must be as many as the packets promised."""
    found = 0
    for frame in frames:
        found += 1
        yield frame
    if found != count:
        raise MediaError(
            f"the output '{output.name}' promises {count} frames, {found} can be decoded.",
            next_step="Download it again.",
        )


def _picked(frames: Iterable[av.VideoFrame], picks: tuple[int, ...]) -> Iterator[av.VideoFrame]:
    """Yield the frames with the numbers in *picks*, which never go back but may stay."""
    wanted = iter(picks)
    pick = next(wanted, None)
    for number, frame in enumerate(frames):
        while pick == number:
            yield frame
            pick = next(wanted, None)


def _notes(output: MediaInfo, source: MediaInfo, place: PicturePlace, spec: EncodeSpec) -> Iterator[str]:
    """Say what a person should know beyond the frame count."""
    if place.reshaped:
        yield f"The output's shape ({output.width}x{output.height}) is not the one sent; it was scaled to fill."
    if spec.start_timecode is None:
        yield "No timecode in the file: the rate has none, or the number is negative or passes 24 hours."
    if spec.pixel_format == "yuv444p":
        yield f"The raster {source.width}x{source.height} is odd, so this is H.264 4:4:4, which some hosts do not play."
