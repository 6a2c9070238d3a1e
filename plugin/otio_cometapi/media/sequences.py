"""Image sequences: read file by file, so that every frame is the file that its number names."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import av.error

from otio_cometapi.errors import MediaError
from otio_cometapi.media.display import colour_problem
from otio_cometapi.media.files import reading
from otio_cometapi.media.fingerprint import fingerprint
from otio_cometapi.media.picture import is_rgb
from otio_cometapi.records import AS_IT_IS, MediaInfo, SequenceSpec, Span, Treatment
from otio_cometapi.timecode import timecode_text

_LINEAR_SUFFIXES = (".exr", ".hdr")
_LINEAR = 8
_LOG = (9, 10)
"""Transfer characteristics, ISO/IEC 23091-2 codes."""
_WHOLE_BYTES = 64 * 1024 * 1024
_BLOCK, _BLOCKS = 16 * 1024, 16


def sequence_info(spec: SequenceSpec, treatment: Treatment = AS_IT_IS) -> MediaInfo:
    """
    Measure an image sequence: one picture is decoded, the others are looked for.

    Raises:
        MediaError: There is no file of it, or the first one is no picture.
    """
    numbers = _numbers_there(spec)
    if not numbers:
        raise MediaError(
            f"no file of the image sequence '{spec.pattern}' is there from number {spec.first_image} on.",
            next_step="Bring the media online, or relink the clip to its file in the host.",
        )
    label = spec.label
    counted = spec.frame_count is None
    count = spec.frame_count or _in_a_row(spec, numbers) * spec.step
    spec = replace(spec, frame_count=count)
    path = spec.path_of(min(numbers))
    frame = _picture(Path(path))
    linear = spec.suffix.lower().endswith(_LINEAR_SUFFIXES) or int(frame.color_trc) == _LINEAR
    treatment = replace(treatment, deinterlace=False, convert_vfr=False)
    treatment = treatment.for_display(treatment.colour if linear else None)
    return MediaInfo(
        path=label,
        frame_count=count,
        rate=spec.rate,
        width=frame.width,
        height=frame.height,
        size_bytes=Path(path).stat().st_size,
        codec=Path(path).suffix.lower().lstrip("."),
        pixel_format=frame.format.name,
        start_timecode=timecode_text(spec.first_image, spec.rate, drop_frame=False) if counted else None,
        start_frame=spec.first_image if counted else None,
        has_alpha=any(component.is_alpha for component in frame.format.components),
        sequence=spec,
        treatment=treatment,
        refusals=tuple(_refusals(frame, treatment, linear=linear, count=count)),
    )


def _refusals(frame: av.VideoFrame, treatment: Treatment, *, linear: bool, count: int) -> Iterator[str]:
    if count == 1:
        yield "it is a still: one frame"
    problem = colour_problem(treatment.colour) if linear else ""
    if problem:
        yield f"its pictures are scene-linear: {problem}"
    if int(frame.color_trc) in _LOG and not treatment.lut:
        yield "its pictures are logarithmic (--lut FILE.cube brings them to the display)"


def missing_images(spec: SequenceSpec) -> tuple[int, ...]:
    """Return the numbers of the files that are not there."""
    there = _numbers_there(spec)
    return tuple(number for number in _images(spec) if number not in there)


def sequence_frames(info: MediaInfo, span: Span) -> Iterator[av.VideoFrame]:
    """
    Read the pictures of *span*, one for every frame, whatever the step and whatever is missing.

    Raises:
        MediaError: A file is missing and the sequence does not say what stands for it, or one is no picture.
    """
    spec = _spec_of(info, span)
    shown, picture = None, None
    for number in range(span.first_frame, span.end_frame):
        path = _standing_for(spec, spec.image_of(number))
        if picture is None or path != shown:
            shown, picture = path, _black(info) if path is None else _picture(path)
        if (picture.width, picture.height) != (info.width, info.height):
            raise MediaError(
                f"'{path}' is {picture.width}x{picture.height}, the sequence {info.width}x{info.height}.",
                next_step="Bring all images of the sequence to one raster.",
            )
        yield picture


def sequence_hashes(info: MediaInfo, span: Span) -> tuple[str, ...]:
    """
    Return one hash for every frame of *span*, of the file that stands for it.

    Raises:
        MediaError: As `sequence_frames`.
    """
    spec = _spec_of(info, span)
    found: list[str] = []
    for number in range(span.first_frame, span.end_frame):
        path = _standing_for(spec, spec.image_of(number))
        with reading(path or Path(info.path)):
            found.append(hashlib.sha256(path.read_bytes() if path else b"black").hexdigest()[:16])
    return tuple(found)


def sequence_fingerprint(spec: SequenceSpec) -> str:
    """
    Return the identity of a sequence's content: the files that are there, by their place in it and their bytes.

    Up to 64 MiB in all every byte counts; beyond that of each file its size, its ends and blocks spread between them.

    Raises:
        MediaError: A file cannot be read.
    """
    there = sorted(_numbers_there(spec))
    paths = [Path(spec.path_of(number)) for number in there]
    with reading(Path(spec.pattern)):
        whole = sum(path.stat().st_size for path in paths) <= _WHOLE_BYTES
    # What a file that is not there means enters only where one is not there.
    facts = [spec.step, str(spec.rate), spec.missing if missing_images(spec) else ""]
    sha = hashlib.sha256(f"q1:{facts}:".encode())
    for number, path in zip(there, paths, strict=True):
        digest = fingerprint(path) if whole else _sample(path)
        sha.update(f"{number - spec.first_image}:{digest}\n".encode())
    return f"q1-{sha.hexdigest()[:40]}"


def _sample(path: Path) -> str:
    """Hash a file's size, both ends and blocks between them."""
    sha = hashlib.sha256()
    with reading(path), path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        sha.update(f"{size}:".encode())
        for block in range(_BLOCKS):
            file.seek(max(0, size - _BLOCK) * block // (_BLOCKS - 1))
            sha.update(file.read(_BLOCK))
    return sha.hexdigest()


def _spec_of(info: MediaInfo, span: Span) -> SequenceSpec:
    """Return the sequence of *info*, if it may be read and holds the span."""
    if info.sequence is None or info.refusals or span.rate != info.rate or span.end_frame > info.frame_count:
        raise MediaError(
            f"frames {span.first_frame} to {span.end_frame - 1} cannot be read from '{info.path}'"
            f"{': ' if info.refusals else ''}{'; '.join(info.refusals)}.",
            next_step="Check the clip's source range.",
        )
    return info.sequence


def _images(spec: SequenceSpec) -> range:
    """Return the numbers that the sequence's files should have."""
    end = spec.image_of((spec.frame_count or 1) - 1)
    return range(spec.first_image, end + 1, spec.step)


def _numbers_there(spec: SequenceSpec) -> frozenset[int]:
    """Return the numbers of the sequence's files that are there; one look at the folder."""
    name = re.compile(rf"{re.escape(spec.prefix)}(-?\d+){re.escape(spec.suffix)}", re.DOTALL)
    try:
        names = {entry.name for entry in Path(spec.folder).iterdir()}
    except OSError as exc:
        raise MediaError(
            f"the folder of the image sequence '{spec.pattern}' cannot be read: {exc.strerror or exc}.",
            next_step="Bring the media online, or relink the clip to its file in the host.",
        ) from exc
    found = {int(match[1]) for match in map(name.fullmatch, names) if match}
    last = None if spec.frame_count is None else spec.image_of(spec.frame_count - 1)
    return frozenset(
        number
        for number in found
        if number >= spec.first_image
        and (last is None or number <= last)
        and (number - spec.first_image) % spec.step == 0
        and Path(spec.path_of(number)).name in names
    )


def _in_a_row(spec: SequenceSpec, there: frozenset[int]) -> int:
    """Return how many files follow each other from the first."""
    number = spec.first_image
    while number in there:
        number += spec.step
    return max(1, (number - spec.first_image) // spec.step)


def _standing_for(spec: SequenceSpec, image: int) -> Path | None:
    """Return the file that stands for number *image*; None for black."""
    path = Path(spec.path_of(image))
    if path.is_file():
        return path
    if spec.missing == "black":
        return None
    held = image
    while spec.missing == "hold" and held > spec.first_image:
        held -= spec.step
        if Path(spec.path_of(held)).is_file():
            return Path(spec.path_of(held))
    raise MediaError(
        f"image {image} of the sequence is missing: '{path}'.",
        next_step="Render it, set the reference's missing_frame_policy to hold or black, or, where only handles need "
        "it, use fewer (--handles).",
    )


def _picture(path: Path) -> av.VideoFrame:
    """Decode one file."""
    with (
        reading(path),
        # the library takes some names for patterns unless it is told not to
        av.open(str(path), mode="r", format="image2", options={"pattern_type": "none"}) as container,
    ):
        for frame in container.decode(video=0):
            frame.pts, frame.time_base = None, Fraction(1, 25)
            return frame
    raise MediaError(f"'{path}' is no picture that can be decoded.", next_step="Render it again.")


def _black(info: MediaInfo) -> av.VideoFrame:
    """Return a black picture like those of the sequence."""
    rgb = is_rgb(info.pixel_format)
    frame = av.VideoFrame(info.width, info.height, info.pixel_format if rgb else "gbrp")
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    return frame if rgb else frame.reformat(format=info.pixel_format)
