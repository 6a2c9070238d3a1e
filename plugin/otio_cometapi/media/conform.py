"""Conforming: an output made to fit its span, frame for frame, and verified before anything may point to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from otio_cometapi.errors import ConformRefusedError, MediaError
from otio_cometapi.media.codecs import colour_notes, writing_for
from otio_cometapi.media.colour import UNSPECIFIED, ColourTags, decided, picture_tags, tags_of
from otio_cometapi.media.copying import copy_video, may_be_copied
from otio_cometapi.media.encode import EncodeSpec, write_video
from otio_cometapi.media.files import written
from otio_cometapi.media.frames import decoded_frames
from otio_cometapi.media.orientation import stored_steps
from otio_cometapi.media.picture import Recipe, is_rgb, pictures
from otio_cometapi.media.policies import fitting
from otio_cometapi.media.probe import NO_STAMPS, STILL, VARYING, Measured, measured
from otio_cometapi.media.raster import PicturePlace, display_size, picture_place
from otio_cometapi.media.sound import SoundTrack, sound_of
from otio_cometapi.media.verify import Expected, verify
from otio_cometapi.records import Alignment, Conformed, Export, Finish, MediaInfo, Span
from otio_cometapi.timecode import DROP_FRAME_RATES, timecode_text

if TYPE_CHECKING:
    import av

_CRF = 13.0
"""Looks lossless, with room for a host's grade."""
_KEYFRAME_EVERY = 12
_MXF_ALWAYS_HAS = "00:00:00:00"
"""The timecode of an MXF file that was given none."""
_MXF_SOUND = 48_000
"""Samples a second that the codec library writes into MXF."""
_ORDINARY = Finish()
_CONFORMABLE = (VARYING, NO_STAMPS, STILL)
"""What an output may be, since its frames are counted; a source may not."""


def conform(  # noqa: PLR0913 - every one is a fact of its own, named at the call
    output: Path,
    *,
    export: Export,
    source: MediaInfo,
    visible: Span,
    start_frame: int,
    drop_frame: bool,
    into: Path,
    finish: Finish = _ORDINARY,
    alignment: Alignment | None = None,
) -> Conformed:
    """
    Make media of an output: the span's frames at the source's exact rate and raster.

    An output that is such media already keeps its coded frames; any other is encoded once.

    Args:
        output: The file that the task delivered.
        export: What was sent for it; its padding and bars are taken off again, by the recorded numbers.
        source: The source file.
        visible: Frames of the source file that the media must show.
        start_frame: Number of the span's first frame in clip space, stamped as start timecode.
        drop_frame: Whether that timecode is drop frame; plays no part at rates that have none.
        into: The file to write. It appears under this name complete and verified, or not at all.
        finish: Codec, sound, and how an output of another length is laid onto the span (`policies.fitting`).
        alignment: What is known of the output's place in time (`checks.checked`); None: nothing.

    Raises:
        ConformRefusedError: The output does not fit under the policy.
        MediaError: The output is not a video, is damaged or truncated, or the media cannot be written.
    """
    found = measured_output(output)
    fit = fitting(found, export=export, visible=visible, finish=finish, alignment=alignment)
    span = Span(export.span.first_frame + fit.first, len(fit.picks), export.span.rate)
    start_frame += fit.first
    place = picture_place((found.info.width, found.info.height), export)
    text = timecode_text(start_frame, span.rate, drop_frame=drop_frame and span.rate in DROP_FRAME_RATES)
    spec = media_spec(finish, source, span.rate, timecode=text, output=found.info, name=into.stem)
    sound = media_sound(finish, source, span, timecode=text)
    with written(into) as part:
        if place.crop is None and may_be_copied(output, found, spec, picks=fit.picks):
            copy_video(part, output, spec=spec, sound=sound)
        else:
            frames = picked(checked(decoded_frames(output), output, found.times.frame_count), fit.picks)
            write_video(part, pictures(frames, media_recipe(found.info, source, place, spec)), spec=spec, sound=sound)
        verify(part, expected(spec, span, start_frame, sound))
    notes = (*fit.notes, *output_notes(found.info, place), *media_notes(source, spec))
    return Conformed(
        path=str(into.absolute()),
        span=span,
        start_frame=start_frame,
        start_timecode=text,
        width=source.width,
        height=source.height,
        policy=fit.policy,
        notes=(*notes, *sound_notes(finish, sound, source)),
        variant=finish.variant,
        moved_frames=(fit.moved,),
    )


def expected(spec: EncodeSpec, span: Span, start_frame: int, sound: tuple[SoundTrack, ...]) -> Expected:
    """Say what the written file has to be."""
    timecode, number = spec.start_timecode, start_frame if spec.start_timecode is not None else None
    if spec.container == "mxf" and timecode is None:
        timecode, number = _MXF_ALWAYS_HAS, 0
    return Expected(
        span.frame_count,
        span.rate,
        spec.width,
        spec.height,
        start_timecode=timecode,
        start_frame=number,
        samples=tuple(track.sample_count for track in sound),
        tags=spec.tags,
        display_matrix=spec.display_matrix,
    )


def measured_output(output: Path) -> Measured:
    """Probe the output; refuse what counting frames cannot make good."""
    found = measured(output)
    against = [clause for clause in found.info.refusals if clause not in _CONFORMABLE]
    against += ["its picture is turned by a display matrix"] if found.info.display_matrix else []
    if against:
        raise ConformRefusedError(
            f"the output '{output.name}' cannot be laid onto its span: {'; '.join(against)}.",
            next_step="Ask for another take.",
        )
    return found


def media_spec(
    finish: Finish, source: MediaInfo, rate: Fraction, *, timecode: str | None, output: MediaInfo, name: str
) -> EncodeSpec:
    """
    Say how the media is encoded: every host can seek it exactly, and it looks like its source to them.

    Raises:
        MediaError: There is no such codec, or it cannot hold the raster or the rate.
    """
    writing = writing_for(finish, source=source, output=output)
    return EncodeSpec(
        width=source.width,
        height=source.height,
        rate=rate,
        tags=writing.tags,
        crf=_CRF,
        keyframe_every=_KEYFRAME_EVERY,
        pixel_format=writing.pixel_format,
        pixel_aspect=source.pixel_aspect,
        start_timecode=timecode,
        encoder=writing.encoder,
        container=writing.container,
        clip_name=name,
        reel=finish.reel,
        options=writing.options,
        display_matrix=source.display_matrix,
    )


def media_recipe(output: MediaInfo, source: MediaInfo, place: PicturePlace, spec: EncodeSpec) -> Recipe:
    """Say what happens to every frame between output and media."""
    height = display_size(source)[1]
    sent, said = decided(picture_tags(source), height=height), decided(spec.tags, height=height)
    came = tags_of(output)
    # A service that strips the tags gives back what it was given.
    matrix = sent.matrix if came.matrix == UNSPECIFIED else came.matrix
    return Recipe(
        scaled=(source.width, source.height),
        source_matrix=ColourTags(came.primaries, came.transfer, matrix).matrix_name,
        target_matrix=said.matrix_name,
        full_range=output.full_range or is_rgb(output.pixel_format),
        crop=place.crop,
        pixel_format=spec.pixel_format,
        turn_before=stored_steps(source.display_matrix),
    )


def checked(frames: Iterable[av.VideoFrame], output: Path, count: int) -> Iterator[av.VideoFrame]:
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


def picked(frames: Iterable[av.VideoFrame], picks: tuple[int, ...]) -> Iterator[av.VideoFrame]:
    """Yield the frames with the numbers in *picks*, which never go back but may stay."""
    wanted = iter(picks)
    pick = next(wanted, None)
    for number, frame in enumerate(frames):
        while pick == number:
            yield frame
            pick = next(wanted, None)


def output_notes(output: MediaInfo, place: PicturePlace) -> Iterator[str]:
    """Say what a person should know of an output beyond its frame count."""
    if place.reshaped:
        yield f"The output's shape ({output.width}x{output.height}) is not the one sent; it was scaled to fill."


def media_notes(source: MediaInfo, spec: EncodeSpec) -> Iterator[str]:
    """Say what a person should know of the media that is written."""
    if spec.start_timecode is None:
        if spec.container == "mxf":
            yield f"The file's timecode is {_MXF_ALWAYS_HAS}: the number is negative or passes 24 hours."
        else:
            yield "No timecode in the file: the rate has none, or the number is negative or passes 24 hours."
    if spec.encoder == "libx264" and spec.pixel_format == "yuv444p":
        yield f"The raster {source.width}x{source.height} is odd, so this is H.264 4:4:4, which some hosts do not play."
    yield from colour_notes(source, spec.tags)
    # What it does not stand for any more, since the source was treated before it was sent.
    treatment = source.treatment
    if treatment.deinterlace:
        yield "The source is interlaced: every frame stands for both of its fields, which is not exact in fields."
    if treatment.convert_vfr:
        yield (
            f"The source's frame rate varies: every frame stands for a time at {float(source.rate):.6g} frames a "
            "second, not for a stored frame."
        )
    if treatment.makes_display_picture:
        yield (
            "The picture went through a display transform before it was sent: this media is BT.709, and a grade or "
            "input transform made for the source does not suit it."
        )


def media_sound(finish: Finish, source: MediaInfo, span: Span, *, timecode: str | None) -> tuple[SoundTrack, ...]:
    """Return what is heard beside the media, unless it has to give way to the timecode."""
    heard = finish.sound == "source" and (finish.sound_beside_timecode or timecode is None)
    tracks = sound_of(source, span) if heard else ()
    return tuple(track.at_rate(_MXF_SOUND) for track in tracks) if finish.container == "mxf" else tracks


def sound_notes(finish: Finish, sound: tuple[SoundTrack, ...], source: MediaInfo) -> Iterator[str]:
    """Say why there is no sound where it was asked for, or why it is not the source's to the sample."""
    if finish.sound == "source" and not sound:
        yield (
            "No sound: it must not stand beside a timecode track here."
            if source.has_audio
            else "No sound: the source has none."
        )
    other = sorted({track.resampled_from for track in sound if track.resampled_from})
    if other:
        yield f"The sound was made {_MXF_SOUND} Hz, which MXF needs, of {', '.join(map(str, other))} Hz."
