"""Sources that cannot be sent as they are stored: turned, interlaced, of varying rate, or in log."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from otio_cometapi.errors import MediaError
from otio_cometapi.media.conform import conform
from otio_cometapi.media.export import export_span
from otio_cometapi.media.probe import media_info
from otio_cometapi.records import Conformed, Export, ExportLimits, Finish, MediaInfo, Span, Treatment
from support import source_kinds
from support.numbered import frames_of, numbers_of, read_numbers
from support.source_kinds import CLOSED, Kind, x264

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOMY = ExportLimits(max_bytes=3_700_000, max_width=1920, max_height=1080, model_width=160, model_height=90)
RATE = Fraction(25)
FIRST, COUNT = 30, 12
NUMBERS = list(range(FIRST, FIRST + COUNT))


def numbers(path: str | Path) -> list[int | None]:
    """Read the numbers of a file's frames."""
    return [found.get(0) for found in numbers_of(path, (0,))]


def exported(info: MediaInfo, span: Span) -> Export:
    """Cut a span of a source."""
    return export_span(info, span, into=Path(info.path).parent / "export.mp4", limits=ROOMY)


def conformed(info: MediaInfo, export: Export, finish: Finish | None = None) -> Conformed:
    """Conform what was sent, as if the model had changed nothing."""
    into = Path(info.path).parent / ("media.mov" if finish else "media.mp4")
    return conform(
        Path(export.path),
        export=export,
        source=info,
        visible=export.span,
        start_frame=90000,
        drop_frame=False,
        into=into,
        finish=finish or Finish(),
    )


# -- turned


def turned(folder: Path, degrees: int, *, hflip: bool, vflip: bool, **kind: Any) -> MediaInfo:
    """Write numbered frames that players turn and mirror; return what is measured of them."""
    path = source_kinds.write(folder, Kind("a", rate=RATE, frame_count=60, **kind))
    into = folder / "turned.mov"
    with av.open(str(path)) as reader, av.open(str(into), "w") as writer:
        stream = reader.streams.video[0]
        copy = writer.add_stream_from_template(stream)
        copy.set_display_rotation(degrees, hflip=hflip, vflip=vflip)
        for packet in reader.demux(stream):
            if packet.pts is not None:
                packet.stream = copy
                writer.mux(packet)
    return media_info(into)


def as_seen(stored: NDArray[Any], matrix: tuple[int, ...]) -> NDArray[Any]:
    """Return a stored picture as a player shows it, pixel by pixel from the matrix's own definition."""
    down, right = np.indices(stored.shape)
    a, b, c, d = (matrix[place] >> 16 for place in (0, 1, 3, 4))
    x, y = a * right + c * down, b * right + d * down
    x, y = x - x.min(), y - y.min()
    seen = np.zeros((y.max() + 1, x.max() + 1), stored.dtype)
    seen[y, x] = stored
    return seen


ORIENTATIONS = list(product((0, 90, 180, 270), (False, True)))


@pytest.mark.parametrize(("degrees", "hflip"), ORIENTATIONS)
def test_a_turned_picture_is_sent_upright_and_comes_back_as_it_is_stored(
    tmp_path: Path, degrees: int, hflip: bool
) -> None:
    """What is sent is what a player shows; the media has the source's raster, matrix and frames."""
    info = turned(tmp_path, degrees, hflip=hflip, vflip=False)
    export = exported(info, Span(FIRST, COUNT, RATE))
    sideways = degrees in (90, 270)
    assert (export.width, export.height) == ((180, 320) if sideways else (320, 180))
    stored = [frame.to_ndarray(format="gray").astype(int) for frame in frames_of(info.path)][FIRST : FIRST + COUNT]
    for picture, frame in zip(stored, frames_of(export.path), strict=True):
        seen = as_seen(picture, info.display_matrix) if info.display_matrix else picture
        assert np.abs(seen - frame.to_ndarray(format="gray").astype(int)).mean() < 3
    media = media_info(Path(conformed(info, export).path))
    assert (media.width, media.height, media.display_matrix) == (320, 180, info.display_matrix)
    assert numbers(media.path) == NUMBERS


@pytest.mark.parametrize("codec", ["prores", "dnxhr"])
def test_editing_codecs_keep_the_turn_too(tmp_path: Path, codec: str) -> None:
    """Colour stored for pairs of pixels across only is no hindrance, and the matrix stands in the movie."""
    deep = {"suffix": ".mov", "codec": "prores_ks", "pixel_format": "yuv422p10le"}
    info = turned(tmp_path, 90, hflip=False, vflip=False, **deep)
    export = exported(info, Span(FIRST, COUNT, RATE))
    media = media_info(Path(conformed(info, export, Finish(codec=codec)).path))
    assert (media.width, media.height, media.display_matrix) == (320, 180, info.display_matrix)
    assert numbers(media.path) == NUMBERS


def test_bars_and_wide_pixels_go_with_a_turn(tmp_path: Path) -> None:
    """A turned picture of wide pixels is sent square and barred, and comes back in its own raster."""
    info = turned(tmp_path, 270, hflip=False, vflip=False, pixel_aspect=Fraction(4, 3))
    limits = replace(ROOMY, ratio=(16, 9))
    export = export_span(info, Span(FIRST, COUNT, RATE), into=tmp_path / "export.mp4", limits=limits)
    assert export.picture[2:] == (180, 426)
    assert export.width > export.height
    media = media_info(Path(conformed(info, export).path))
    assert (media.width, media.height, media.pixel_aspect) == (320, 180, Fraction(4, 3))
    assert numbers(media.path) == NUMBERS


# -- interlaced

FIELDS = {"codec_options": x264("interlaced=1:tff=1:keyint=12"), "rate": RATE, "frame_count": 60}


def test_interlaced_media_is_refused_unless_asked(tmp_path: Path) -> None:
    """Without a word it is refused and names the flag; with it, it is sent frame for frame."""
    path = source_kinds.write(tmp_path, Kind("fields", **FIELDS))
    assert "--deinterlace" in media_info(path).refusals[0]
    info = media_info(path, Treatment(deinterlace=True))
    assert (info.refusals, info.interlaced, info.treatment.deinterlace) == ((), True, True)
    export = exported(info, Span(FIRST, COUNT, RATE))
    assert numbers(export.path) == NUMBERS
    assert not any(frame.interlaced_frame for frame in frames_of(export.path))
    media = conformed(info, export)
    assert numbers(media.path) == NUMBERS
    assert "both of its fields" in media.notes[-1]


def woven(number: int) -> av.VideoFrame:
    """Draw a bar that moves 8 pixels between the fields: the lines of the second show it further right."""
    luma = np.full((180, 320), 60, np.uint8)
    for moment, field in enumerate((1, 0)):  # the encoder writes the bottom field as the first
        left = 8 * (2 * number + moment) % 280
        luma[field::2, left : left + 24] = 220
    chroma = np.full((90, 320), 128, np.uint8)
    return av.VideoFrame.from_ndarray(np.vstack([luma, chroma]), format="yuv420p")


def bar_in(lines: NDArray[Any]) -> float:
    """Return where the middle of the bar is in some lines."""
    weight = lines.mean(axis=0) - lines.min()
    return float((weight * np.arange(320)).sum() / weight.sum())


def test_a_whole_frame_is_made_of_both_fields(tmp_path: Path) -> None:
    """The second field's lines are made anew to fit the first's: each frame shows one moment, in its own place."""
    path = tmp_path / "woven.mkv"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=RATE, options=x264("interlaced=1:tff=1:keyint=12"))
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(17):
            frame = woven(number)
            frame.pts, frame.time_base = number, 1 / RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    info = media_info(path, Treatment(deinterlace=True))
    export = exported(info, Span(3, 10, RATE))
    for number, frame in enumerate(frames_of(export.path), start=3):
        picture = frame.to_ndarray(format="gray").astype(float)
        middle = 16 * number + 11.5
        assert abs(bar_in(picture[5:-4:2]) - middle) < 2, number
        assert abs(bar_in(picture[4:-4:2]) - middle) < 3, number


def test_a_frame_is_made_whole_alike_in_every_span(tmp_path: Path) -> None:
    """Its neighbours take part though they are not sent, so that a frame does not depend on where the cut is."""
    path = source_kinds.write(tmp_path, Kind("fields", **FIELDS))
    info = media_info(path, Treatment(deinterlace=True))
    from otio_cometapi.media.reading import treated_frames

    wide = [frame.to_ndarray() for frame in treated_frames(info, Span(FIRST - 5, COUNT, RATE))]
    narrow = [frame.to_ndarray() for frame in treated_frames(info, Span(FIRST, 2, RATE))]
    assert np.array_equal(narrow, wide[5:7])
    ends = [len(list(treated_frames(info, Span(first, 3, RATE)))) for first in (0, 57)]
    assert ends == [3, 3]


# -- varying rate

STEPS = (1, 1, 2, 1, 3, 1, 1, 1, 2, 1, 1, 1, 1, 1, 4, 1)


def varying(folder: Path, **more: Any) -> Path:
    """Write numbered frames at a varying rate: most a frame apart, some further."""
    return source_kinds.write(
        folder, Kind("vfr", rate=Fraction(30), frame_count=60, steps=STEPS, codec_options=CLOSED, **more)
    )


def shown_at_every_frame() -> list[int]:
    """Return which stored frame is shown at each constant frame, by the steps they were written with."""
    found: list[int] = []
    for number in range(60):
        found += [number] * STEPS[min(number, len(STEPS) - 1)]
    return found


@pytest.mark.parametrize("first_stamp", [0, 7])
def test_a_varying_rate_is_laid_onto_constant_frames_by_time(tmp_path: Path, first_stamp: int) -> None:
    """Asked for, every constant frame is the stored frame that is shown then, and the mapping is recorded."""
    path = varying(tmp_path, first_stamp=first_stamp)
    assert "--vfr convert" in media_info(path).refusals[0]
    info = media_info(path, Treatment(convert_vfr=True))
    expected = shown_at_every_frame()[: info.frame_count]
    assert (info.rate, info.refusals) == (Fraction(30), ())
    assert info.frame_count in (len(shown_at_every_frame()), len(shown_at_every_frame()) - STEPS[-1] + 1)
    export = exported(info, Span(2, 30, Fraction(30)))
    assert numbers(export.path) == expected[2:32]
    assert export.stored_frames == tuple(expected[2:32])
    assert len(export.frame_hashes) == 30
    media = conformed(info, export)
    measured = media_info(Path(media.path))
    assert (measured.rate, measured.frame_count, measured.refusals) == (Fraction(30), 30, ())
    assert numbers(media.path) == expected[2:32]
    assert "not for a stored frame" in media.notes[-1]


def test_constant_media_is_not_touched_by_what_is_asked_for_others(tmp_path: Path) -> None:
    """A treatment that a file does not need does not stand in its record, so that its identity stays."""
    path = source_kinds.write(tmp_path, Kind("plain", rate=RATE, frame_count=30))
    assert media_info(path, Treatment(deinterlace=True, convert_vfr=True)) == media_info(path)


def test_the_end_of_varying_media_is_the_end(tmp_path: Path) -> None:
    """The last constant frame is the last stored frame; beyond it there is none."""
    info = media_info(varying(tmp_path), Treatment(convert_vfr=True))
    export = exported(info, Span(info.frame_count - 3, 3, Fraction(30)))
    assert numbers(export.path)[-1] == 59


# -- look-up tables


def table(path: Path, curve: str) -> Treatment:
    """Write a look-up table of two points a side; return the treatment that it is."""
    lines = ["LUT_3D_SIZE 2"]
    for blue, green, red in product((0, 1), repeat=3):
        values = (1 - red, 1 - green, 1 - blue) if curve == "inverted" else (red, green, blue)
        lines.append(" ".join(f"{value:.6f}" for value in values))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Treatment(lut=str(path), lut_sha256=hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.mark.parametrize("name", ["plain.cube", "it's a; [look], 50%: x.cube"])
def test_pictures_go_through_the_table(tmp_path: Path, name: str) -> None:
    """An inverting table inverts, an identity changes next to nothing, whatever the file's name."""
    path = source_kinds.write(tmp_path, Kind("log", rate=RATE, frame_count=50, colour=(2, 2, 2)))
    plain = next(frames_of(path)).to_ndarray(format="gray").astype(int)
    for curve, expected in (("identity", plain), ("inverted", 255 - plain)):
        info = media_info(path, table(tmp_path / name, curve))
        export = exported(info, Span(0, 4, RATE))
        found = next(frames_of(export.path))
        assert np.abs(found.to_ndarray(format="gray").astype(int) - expected).mean() < 2.5, curve
        assert (int(found.colorspace), int(found.color_primaries), int(found.color_trc)) == (1, 1, 1)
    assert read_numbers(found, (0,)) == {0: 0}


def test_media_of_a_table_says_that_it_is_for_display(tmp_path: Path) -> None:
    """The media is BT.709 whatever the source says, and the note warns of the host's grade."""
    path = source_kinds.write(tmp_path, Kind("log", rate=RATE, frame_count=50, colour=(9, 14, 9)))
    info = media_info(path, table(tmp_path / "a.cube", "identity"))
    media = conformed(info, exported(info, Span(FIRST, COUNT, RATE)))
    found = media_info(Path(media.path))
    assert (found.primaries, found.transfer, found.matrix) == (1, 1, 1)
    assert "BT.709" in media.notes[-1]
    assert numbers(media.path) == NUMBERS


def test_a_table_that_is_none_is_named(tmp_path: Path) -> None:
    """A file that holds no table is an error of ours, and nothing is left."""
    path = source_kinds.write(tmp_path, Kind("log", rate=RATE, frame_count=50))
    treatment = table(tmp_path / "bad.cube", "identity")
    (tmp_path / "bad.cube").write_text("no table\n", encoding="utf-8")
    digest = hashlib.sha256((tmp_path / "bad.cube").read_bytes()).hexdigest()
    info = media_info(path, replace(treatment, lut_sha256=digest))
    with pytest.raises(MediaError, match=r"look-up table '.*bad\.cube'"):
        exported(info, Span(0, 4, RATE))
    assert not list(tmp_path.glob("export*"))


def test_a_table_that_changed_after_the_plan_is_not_used(tmp_path: Path) -> None:
    """What is sent is what its identity says: a table with other content, or none, stops the export."""
    path = source_kinds.write(tmp_path, Kind("log", rate=RATE, frame_count=50))
    info = media_info(path, table(tmp_path / "film.cube", "identity"))
    table(tmp_path / "film.cube", "inverted")
    with pytest.raises(MediaError, match=r"film\.cube' has changed"):
        exported(info, Span(0, 4, RATE))
    (tmp_path / "film.cube").unlink()
    with pytest.raises(MediaError, match=r"film\.cube"):
        exported(info, Span(0, 4, RATE))
