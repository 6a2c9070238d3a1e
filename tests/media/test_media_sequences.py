"""Image sequences: every frame is the file that its number names."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from otio_cometapi.errors import MediaError
from otio_cometapi.media.conform import conform
from otio_cometapi.media.export import export_span
from otio_cometapi.media.probe import media_info
from otio_cometapi.media.sequences import missing_images, sequence_fingerprint, sequence_info
from otio_cometapi.records import Export, ExportLimits, MediaInfo, SequenceSpec, Span
from support import source_kinds
from support.numbered import numbers_of
from support.source_kinds import Kind

ROOMY = ExportLimits(max_bytes=3_700_000, max_width=1920, max_height=1080, model_width=160, model_height=90)
RATE = Fraction(24000, 1001)

FORMATS = {".png": "rgb24", ".dpx": "gbrp10le", ".tif": "rgb24"}


def write_image(path: Path, number: int, *, pixel_format: str, size: tuple[int, int] = (320, 180)) -> None:
    """Write one numbered picture."""
    encoder = {".png": "png", ".dpx": "dpx", ".tif": "tiff", ".exr": "exr"}[path.suffix]
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as container:
        stream: Any = container.add_stream(encoder, rate=24)
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        picture = source_kinds.picture(Kind("x"), number)
        frame = picture.reformat(*size, format=pixel_format, src_colorspace="ITU709", dst_colorspace="ITU709")
        frame.pts, frame.time_base = 0, Fraction(1, 24)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def sequence(folder: Path, *, suffix: str = ".png", first: int = 1001, count: int = 30, **more: Any) -> SequenceSpec:
    """Write numbered images, the first with number 0 in its picture; return where they are."""
    folder.mkdir(exist_ok=True)
    gone = set(more.pop("gone", ()))
    spec = SequenceSpec(str(folder), "sh010.", suffix, first, count, RATE, **{"padding": 4, **more})
    for place in range(0, count, spec.step):
        image = spec.image_of(place)
        if image not in gone:
            write_image(Path(spec.path_of(image)), place // spec.step, pixel_format=FORMATS[suffix])
    return spec


def numbers(path: str | Path) -> list[int | None]:
    """Read the numbers of a file's frames."""
    return [found.get(0) for found in numbers_of(path, (0,))]


def exported(info: MediaInfo, first: int, count: int) -> Export:
    """Cut a span of a sequence."""
    assert info.sequence is not None
    span = Span(first, count, info.rate)
    return export_span(info, span, into=Path(info.sequence.folder) / "export.mp4", limits=ROOMY)


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_frame_is_the_image_of_its_number(tmp_path: Path, suffix: str) -> None:
    """PNG, DPX and TIFF: measured, sent, brought back, frame by frame, tagged BT.709."""
    info = sequence_info(sequence(tmp_path / "vfx", suffix=suffix))
    assert (info.frame_count, info.rate, info.width, info.height, info.refusals) == (30, RATE, 320, 180, ())
    export = exported(info, 5, 20)
    assert numbers(export.path) == list(range(5, 25))
    assert len(set(export.frame_hashes)) == 20
    media = conform(
        Path(export.path),
        export=export,
        source=info,
        visible=export.span,
        start_frame=1006,
        drop_frame=False,
        into=tmp_path / "media.mp4",
    )
    found = media_info(Path(media.path))
    assert numbers(media.path) == list(range(5, 25))
    assert (found.rate, found.primaries, found.transfer, found.matrix) == (RATE, 1, 1, 1)


def test_numbers_below_zero_and_without_zeros_are_found(tmp_path: Path) -> None:
    """A sequence may begin before zero, and its numbers need no zeros before them."""
    info = sequence_info(sequence(tmp_path / "vfx", first=-3, count=12, padding=1))
    assert numbers(exported(info, 0, 12).path) == list(range(12))


def test_a_sequence_on_twos_shows_each_image_twice(tmp_path: Path) -> None:
    """With a step of two every image stands for two frames, as players show it."""
    info = sequence_info(sequence(tmp_path / "vfx", step=2, count=24))
    assert info.frame_count == 24
    assert numbers(exported(info, 3, 12).path) == [1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7]


def test_a_sequence_without_a_range_is_as_long_as_its_files(tmp_path: Path) -> None:
    """Files in a row from the first number on are counted; its numbers are those of the files."""
    spec = sequence(tmp_path / "vfx", gone=(1021,))
    info = sequence_info(replace(spec, frame_count=None))
    assert (info.frame_count, info.start_frame) == (20, 1001)


@pytest.mark.parametrize(("policy", "expected"), [("hold", [2, 3, 4, 4, 4, 7]), ("black", [2, 3, 4, None, None, 7])])
def test_missing_images_are_what_the_reference_says(tmp_path: Path, policy: str, expected: list[int | None]) -> None:
    """The image before is held, or black is shown, where the reference says so."""
    info = sequence_info(sequence(tmp_path / "vfx", gone=(1006, 1007), missing=policy))
    assert info.sequence is not None
    assert missing_images(info.sequence) == (1006, 1007)
    assert numbers(exported(info, 2, 6).path) == expected


def test_a_missing_image_is_an_error_only_where_it_is_needed(tmp_path: Path) -> None:
    """Without a policy the file is named; spans that do not need it are sent."""
    info = sequence_info(sequence(tmp_path / "vfx", gone=(1006,)))
    assert numbers(exported(info, 6, 10).path) == list(range(6, 16))
    with pytest.raises(MediaError, match=r"image 1006 .*sh010\.1006\.png"):
        exported(info, 2, 10)


def test_hold_has_nothing_to_hold_before_the_first_image(tmp_path: Path) -> None:
    """A sequence whose first image is missing holds none in its place."""
    info = sequence_info(sequence(tmp_path / "vfx", gone=(1001,), missing="hold"))
    with pytest.raises(MediaError, match="image 1001"):
        exported(info, 0, 4)


def test_an_image_of_another_size_is_named(tmp_path: Path) -> None:
    """Images of two rasters are no moving picture."""
    spec = sequence(tmp_path / "vfx")
    write_image(Path(spec.path_of(1010)), 9, pixel_format="rgb24", size=(160, 90))
    with pytest.raises(MediaError, match=r"1010\.png' is 160x90"):
        exported(sequence_info(spec), 5, 10)


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    """A file that is no picture is an error of ours with its name."""
    spec = sequence(tmp_path / "vfx")
    Path(spec.path_of(1010)).write_bytes(b"\x89PNG nothing")
    with pytest.raises(MediaError, match=r"1010\.png"):
        exported(sequence_info(spec), 5, 10)


@pytest.mark.parametrize("gone", ["folder", "files"])
def test_a_sequence_that_is_not_there_is_named(tmp_path: Path, gone: str) -> None:
    """Neither a folder nor files: the error names the pattern."""
    folder = tmp_path / "vfx"
    if gone == "files":
        folder.mkdir()
    with pytest.raises(MediaError, match=r"sh010\.%04d\.png"):
        sequence_info(SequenceSpec(str(folder), "sh010.", ".png", 1001, 30, RATE, padding=4))


def test_scene_linear_images_are_refused_by_name(tmp_path: Path) -> None:
    """EXR without a display transform says what is missing instead of sending a dark picture."""
    (tmp_path / "vfx").mkdir()
    spec = SequenceSpec(str(tmp_path / "vfx"), "a.", ".exr", 1, 3, RATE, padding=2)
    for image in (1, 2, 3):
        write_image(Path(spec.path_of(image)), image, pixel_format="gbrpf32le")
    (refusal,) = sequence_info(spec).refusals
    assert "scene-linear" in refusal
    assert "[color]" in refusal


def test_the_fingerprint_is_the_content_in_its_order(tmp_path: Path) -> None:
    """Another folder and name change nothing; another picture, order or meaning of a gap does."""
    spec = sequence(tmp_path / "vfx", count=6)
    base = sequence_fingerprint(spec)
    moved = replace(spec, folder=str((tmp_path / "vfx").rename(tmp_path / "moved")))
    assert sequence_fingerprint(moved) == base
    assert sequence_fingerprint(replace(moved, missing="hold")) == base
    assert sequence_fingerprint(replace(moved, frame_count=5)) != base
    first, second = (Path(moved.path_of(image)) for image in (1001, 1002))
    first.rename(tmp_path / "swap.png")
    second.rename(first)
    (tmp_path / "swap.png").rename(second)
    assert sequence_fingerprint(moved) != base
    first.unlink()
    holes = {sequence_fingerprint(replace(moved, missing=policy)) for policy in ("error", "hold", "black")}
    assert len(holes) == 3
    assert base not in holes
