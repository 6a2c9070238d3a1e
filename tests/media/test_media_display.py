"""Scene-linear and high dynamic range sources, through a named colour configuration."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from otio_cometapi.media import display
from otio_cometapi.media.conform import conform
from otio_cometapi.media.export import export_span
from otio_cometapi.media.probe import media_info
from otio_cometapi.media.sequences import sequence_info
from otio_cometapi.records import ColourTransform, ExportLimits, MediaInfo, SequenceSpec, Span, Treatment
from support import source_kinds
from support.numbered import frames_of, number_luma, numbers_of
from support.source_kinds import Kind

ROOMY = ExportLimits(max_bytes=3_700_000, max_width=1920, max_height=1080, model_width=160, model_height=90)
RATE = Fraction(24)
ACES = ColourTransform("ACEScg", "Rec.1886 Rec.709 - Display", "ACES 1.0 - SDR Video", display.DEFAULT_CONFIG)
SHOWN = Treatment(colour=ACES)
PQ = "Rec.2100-PQ - Display"


def luma_of(share: float) -> float:
    """Return the eight-bit luma of a grey of BT.709."""
    return 16 + 219 * share


def lumas(path: str | Path) -> list[float]:
    """Return the brightness in the lower right corner of every frame, in code values."""
    found = []
    for frame in frames_of(path):
        plane = frame.planes[0]
        values = np.frombuffer(bytes(plane), np.uint8).reshape(-1, plane.line_size)[150:175, 200:300]
        found.append(float(values.mean()))
    return found


def linear_images(folder: Path, *, grey: float, count: int = 6, depth: str = "half") -> SequenceSpec:
    """Write EXR images: a number in white on black above, a scene-linear grey below."""
    folder.mkdir()
    spec = SequenceSpec(str(folder), "a.", ".exr", 1, count, RATE, padding=4)
    for number in range(count):
        picture = np.full((180, 320, 3), grey, np.float32)
        picture[:140] = (number_luma(number, row=0)[:140, :, None].astype(np.float32) - 16) / 219 * 4
        with av.open(spec.path_of(1 + number), "w", format="image2", options={"update": "1"}) as container:
            stream: Any = container.add_stream("exr", rate=24, options={"format": depth})
            stream.width, stream.height, stream.pix_fmt = 320, 180, "gbrpf32le"
            frame = av.VideoFrame.from_ndarray(picture, format="gbrpf32le")
            frame.pts, frame.time_base = 0, 1 / RATE
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return spec


def exported(info: MediaInfo, count: int = 6) -> Path:
    """Cut the beginning of a source."""
    into = Path(info.sequence.folder if info.sequence else info.path).parent / "export.mp4"
    return Path(export_span(info, Span(0, count, info.rate), into=into, limits=ROOMY).path)


@pytest.mark.parametrize("depth", ["half", "float"])
@pytest.mark.parametrize(("grey", "expected"), [(0.18, 0.3895), (1.0, 0.8218), (0.0, 0.0)])
def test_scene_linear_images_are_sent_as_the_view_shows_them(
    tmp_path: Path, grey: float, expected: float, depth: str
) -> None:
    """Middle grey, white and black of ACEScg are where the view puts them, and every frame is its own."""
    info = sequence_info(linear_images(tmp_path / "exr", grey=grey, depth=depth), SHOWN)
    assert info.pixel_format == {"half": "gbrpf16le", "float": "gbrpf32le"}[depth]
    assert (info.refusals, info.treatment.colour) == ((), ACES)
    path = exported(info)
    assert lumas(path) == pytest.approx([luma_of(expected)] * 6, abs=1.5)
    assert [found.get(0) for found in numbers_of(path, (0,))] == list(range(6))
    sent = media_info(path)
    assert (sent.primaries, sent.transfer, sent.matrix) == (1, 1, 1)


def test_what_is_no_number_is_black(tmp_path: Path) -> None:
    """A renderer's NaN does not spoil the picture."""
    info = sequence_info(linear_images(tmp_path / "exr", grey=float("nan")), SHOWN)
    assert lumas(exported(info)) == pytest.approx([16.0] * 6, abs=1)


def test_colours_of_the_scene_are_colours_of_the_display(tmp_path: Path) -> None:
    """Red stays red: the channels are in their places, and the matrix is that of BT.709."""
    spec = linear_images(tmp_path / "exr", grey=0.1)
    for number in range(6):
        picture = np.full((180, 320, 3), (0.5, 0.1, 0.1), np.float32)
        with av.open(spec.path_of(1 + number), "w", format="image2", options={"update": "1"}) as container:
            stream: Any = container.add_stream("exr", rate=24, options={"format": "half"})
            stream.width, stream.height, stream.pix_fmt = 320, 180, "gbrpf32le"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gbrpf32le")))
            container.mux(stream.encode(None))
    frame = next(frames_of(exported(sequence_info(spec, SHOWN))))
    red, green, blue = 0.7430, 0.1874, 0.2685
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    expected = (16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748)
    found = [np.frombuffer(bytes(plane), np.uint8)[:100].mean() for plane in frame.planes]
    assert found == pytest.approx(expected, abs=1.5)


def test_missing_images_are_black_in_half_floats_too(tmp_path: Path) -> None:
    """Black stands for what is missing where the reference says so, whatever the images' depth."""
    spec = replace(linear_images(tmp_path / "exr", grey=0.18), missing="black")
    Path(spec.path_of(3)).unlink()
    found = lumas(exported(sequence_info(spec, SHOWN)))
    grey = luma_of(0.3895)
    assert found == pytest.approx([grey, grey, 16, grey, grey, grey], abs=1.5)


def hdr(folder: Path, transfer: int, level: float) -> Path:
    """Write ten-bit video with a transfer tag, one grey throughout, at *level* of the signal."""
    path = folder / "hdr.mov"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx265", rate=24, options={"x265-params": "log-level=none:lossless=1"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p10le"
        context = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = 9, transfer, 9, 1
        for number in range(8):
            frame = av.VideoFrame(320, 180, "yuv420p10le")
            for plane, value in zip(frame.planes, (64 + level * 876, 512, 512), strict=True):
                plane.update(np.full(plane.buffer_size // 2, round(value), "<u2").tobytes())
            frame.pts, frame.time_base = number, 1 / RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(("level", "expected"), [(0.508, 0.8216), (0.3, 0.2685), (0.75, 0.9907)])
def test_pq_is_sent_as_the_view_shows_it(tmp_path: Path, level: float, expected: float) -> None:
    """Levels of PQ, the reference white of 100 nits among them, are where the configuration puts them."""
    info = media_info(hdr(tmp_path, 16, level), SHOWN)
    assert info.refusals == ()
    assert info.treatment.colour == replace(ACES, source=PQ)
    assert lumas(exported(info)) == pytest.approx([luma_of(expected)] * 6, abs=2)


def test_hlg_is_sent_and_comes_back_for_the_display(tmp_path: Path) -> None:
    """HLG goes the same road; the media is BT.709 at the source's raster and says so."""
    info = media_info(hdr(tmp_path, 18, 0.5), SHOWN)
    assert info.refusals == ()
    export = export_span(info, Span(0, 6, RATE), into=tmp_path / "export.mp4", limits=ROOMY)
    media = conform(
        Path(export.path),
        export=export,
        source=info,
        visible=export.span,
        start_frame=0,
        drop_frame=False,
        into=tmp_path / "media.mp4",
    )
    found = media_info(Path(media.path))
    assert (found.primaries, found.transfer, found.matrix) == (1, 1, 1)
    assert "BT.709" in media.notes[-1]


def test_a_transform_does_not_touch_what_needs_none(tmp_path: Path) -> None:
    """Ordinary video beside the others stays as it is, and keeps its identity."""
    path = source_kinds.write(tmp_path, Kind("plain", frame_count=10))
    assert media_info(path, SHOWN) == media_info(path)


WRONG = {
    "there is no built-in colour configuration 'studio-config-latest'": {"config": "studio-config-latest"},
    "no display 'TV'. There are: sRGB - Display": None,
    "no view 'Nice': There are: ACES 1.0 - SDR Video": {"view": "Nice"},
    "no colour space 'Film': There are: ACES2065-1": {"source": "Film"},
    "does not name its colour space": {"source": ""},
}


@pytest.mark.parametrize("words", WRONG)
def test_a_wrong_name_lists_those_there_are(tmp_path: Path, words: str) -> None:
    """A name that the configuration does not have is a reason with the names that it has."""
    colour = replace(ACES, **(WRONG[words] or {"display": "TV"}))
    (refusal,) = sequence_info(linear_images(tmp_path / "exr", grey=0.2), Treatment(colour=colour)).refusals
    assert words.replace("'TV'. ", "'TV': ") in refusal


def test_without_the_extra_the_pip_line_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scene-linear and high dynamic range sources are refused with what to install, asked for or not."""
    monkeypatch.setattr(display, "is_installed", lambda: False)
    spec = linear_images(tmp_path / "exr", grey=0.2)
    path = hdr(tmp_path, 16, 0.5)
    for treatment in (Treatment(), SHOWN):
        for info in (sequence_info(spec, treatment), media_info(path, treatment)):
            (refusal,) = info.refusals
            assert "pip install 'otio-cometapi[color]'" in refusal


def test_a_table_has_no_place_beside_a_display_transform(tmp_path: Path) -> None:
    """What went through the view is for the display already: a look-up table for log is not laid over it."""
    both = replace(SHOWN, lut="/luts/film.cube", lut_sha256="aa")
    assert media_info(hdr(tmp_path, 16, 0.5), both).treatment == replace(SHOWN, colour=replace(ACES, source=PQ))
    assert sequence_info(linear_images(tmp_path / "exr", grey=0.2), both).treatment == SHOWN
    plain = source_kinds.write(tmp_path, Kind("plain", frame_count=10))
    assert media_info(plain, both).treatment == Treatment(lut="/luts/film.cube", lut_sha256="aa")
