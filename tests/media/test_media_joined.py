"""Joining the outputs of parts: every frame its own, the seams cross-faded, no hole."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from otio_cometapi.errors import ConformRefusedError, MediaError
from otio_cometapi.media.blend import blended
from otio_cometapi.media.export import export_span
from otio_cometapi.media.guide import write_guide
from otio_cometapi.media.joined import Piece, conform_parts
from otio_cometapi.media.probe import media_info
from otio_cometapi.records import Conformed, ExportLimits, Finish, MediaInfo, Span
from support.numbered import frames_of, numbers_of, read_numbers, write_numbered

RATE = Fraction(25)
FIRST, LENGTH, SHARED, PARTS = 10, 24, 6, 3
COUNT = PARTS * LENGTH - (PARTS - 1) * SHARED
"""Frames 10 to 69 of the source, in three parts of 24 that share 6."""
ROOMY = ExportLimits(max_bytes=3_700_000, max_width=1920, max_height=1080, model_width=160, model_height=90)


class Long:
    """A source whose shot was sent in three parts, and what came back for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = write_numbered(folder / "long.mp4", frame_count=100, rate=RATE, row=0, width=320, height=180)
        self.source: MediaInfo = media_info(path)
        starts = [FIRST + number * (LENGTH - SHARED) for number in range(PARTS)]
        self.spans = [Span(start, LENGTH, RATE) for start in starts]
        exports = [
            export_span(self.source, span, into=folder / f"export{number}.mp4", limits=ROOMY)
            for number, span in enumerate(self.spans)
        ]
        self.pieces = [Piece(Path(export.path), export) for export in exports]

    def with_output(self, part: int, write: Callable[..., Path], **more: Any) -> list[Piece]:
        """Return the pieces with another output for one part (from 1)."""
        piece = self.pieces[part - 1]
        output = write(self.folder / f"output{part}.mp4", span=piece.export.span, **more)
        return [*self.pieces[: part - 1], Piece(output, piece.export), *self.pieces[part:]]

    def joined(self, pieces: list[Piece] | None = None, **finish: Any) -> Conformed:
        """Join outputs (by default the exports themselves)."""
        return conform_parts(
            pieces or self.pieces,
            source=self.source,
            visible=Span(FIRST + 2, COUNT - 8, RATE),
            start_frame=90000,
            drop_frame=False,
            into=self.folder / "media.mov",
            finish=Finish(**finish),
        )


@pytest.fixture
def long(tmp_path: Path) -> Long:
    """Return a shot in three parts."""
    return Long(tmp_path)


def numbered(path: Path, *, span: Span, count: int = LENGTH, rate: Fraction = RATE) -> Path:
    """Write an output that carries the numbers of a part's frames."""
    return write_numbered(path, frame_count=count, rate=rate, row=0, first_number=span.first_frame)


def grey(path: Path, *, span: Span, level: int) -> Path:
    """Write an output of one brightness."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=RATE, options={"crf": "4", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(span.frame_count):
            planes = np.vstack([np.full((180, 320), level, np.uint8), np.full((90, 320), 128, np.uint8)])
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = number, 1 / RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def samples(plane: Any, *, deep: bool) -> np.ndarray[Any, Any]:
    """Return a plane's samples, without the bytes between its rows."""
    rows = np.frombuffer(memoryview(plane), "<u2" if deep else "u1")
    return rows.reshape(-1, plane.line_size // (2 if deep else 1))[: plane.height, : plane.width]


def levels(path: str) -> list[float]:
    """Return the brightness of every frame, as 8 bits."""
    found = []
    for frame in frames_of(path):
        deep = frame.format.components[0].bits > 8
        found.append(float(samples(frame.planes[0], deep=deep).mean()) / (4 if deep else 1))
    return found


def numbers(path: str) -> list[int | None]:
    """Read the numbers of a file's frames."""
    return [found.get(0) for found in numbers_of(path, (0,))]


def test_every_joined_frame_is_its_source_frame(long: Long) -> None:
    """Exactly the span's frames, each with its own number, those of the seams too; timecode and seams are recorded."""
    media = long.joined()
    info = media_info(Path(media.path))
    assert numbers(media.path) == list(range(FIRST, FIRST + COUNT))
    assert (info.rate, info.width, info.height, info.start_frame) == (RATE, 320, 180, 90000)
    assert (media.span, media.policy, media.start_timecode) == (Span(FIRST, COUNT, RATE), "index", "01:00:00:00")
    assert media.seams == (Span(28, SHARED, RATE), Span(46, SHARED, RATE))
    assert media.notes[0] == "Joined of 3 parts: 6 frames are cross-faded from 01:00:00:18, 01:00:01:11 on."


@pytest.mark.parametrize("codec", ["h264", "prores", "dnxhr"])
def test_seams_are_cross_faded_linearly(long: Long, codec: str) -> None:
    """The k-th of six shared frames is (7 - k)/7 of one part and k/7 of the next; all others are of one part alone."""
    wanted = [60, 200, 100]
    pieces = long.pieces
    for part, level in enumerate(wanted, start=1):
        pieces = [*pieces[: part - 1], long.with_output(part, grey, level=level)[part - 1], *pieces[part:]]
    found = levels(long.joined(pieces, codec=codec).path)
    expected: list[float] = [60] * 18
    expected += [60 + (200 - 60) * k / 7 for k in range(1, 7)] + [200] * 12
    expected += [200 + (100 - 200) * k / 7 for k in range(1, 7)] + [100] * 18
    assert found == pytest.approx(expected, abs=1.5)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p", "yuv422p10le"])
def test_blending_rounds_to_the_nearest_in_every_plane(pixel_format: str) -> None:
    """Whole-number arithmetic: 1/3 of one and 2/3 of the other, at 8 and 10 bits, rows padded in memory."""
    first, second = (av.VideoFrame(50, 30, pixel_format) for _ in range(2))
    deep = pixel_format.endswith("10le")
    for frame, value in ((first, 100), (second, 201)):
        for plane in frame.planes:
            np.frombuffer(memoryview(plane), "<u2" if deep else "u1")[:] = value
    made = blended(first, second, step=2, steps=3)
    assert (made.width, made.height, made.format.name) == (50, 30, pixel_format)
    for plane in made.planes:
        assert set(samples(plane, deep=deep).flatten()) == {167}


@pytest.mark.parametrize("part", [1, 2])
def test_a_short_part_is_refused_by_name(long: Long, part: int) -> None:
    """One frame too few anywhere but in the last handles would be a hole."""
    pieces = long.with_output(part, numbered, count=LENGTH - 1)
    with pytest.raises(ConformRefusedError, match=f"part {part} would leave a hole") as caught:
        long.joined(pieces)
    assert f"output{part}.mp4" in str(caught.value)
    assert not (long.folder / "media.mov").exists()


def test_a_last_part_that_lacks_handles_is_kept(long: Long) -> None:
    """As for a shot of one part: what the cut shows is there, and the media says what it covers."""
    media = long.joined(long.with_output(3, numbered, count=LENGTH - 4))
    assert media.span == Span(FIRST, COUNT - 4, RATE)
    assert numbers(media.path) == list(range(FIRST, FIRST + COUNT - 4))
    assert (media.policy, media.notes[1][:8]) == ("index+short", "Part 3: ")


def test_a_last_part_that_lacks_what_is_seen_is_refused(long: Long) -> None:
    """The visible range ends six frames before the end."""
    with pytest.raises(ConformRefusedError, match="part 3 would leave a hole"):
        long.joined(long.with_output(3, numbered, count=LENGTH - 7))


def test_a_hole_is_held_only_when_asked(long: Long) -> None:
    """With `hold` a short part's last frame stands for what is missing, and the note says so."""
    media = long.joined(long.with_output(1, numbered, count=LENGTH - SHARED - 2), policy="hold")
    assert media_info(Path(media.path)).frame_count == COUNT
    assert any(note.startswith("Part 1: The last 8 frames are held") for note in media.notes)


def test_parts_of_other_rates_are_fitted_one_by_one(long: Long) -> None:
    """A part that claims another rate is counted, one with a longer tail is trimmed; all frames are right."""
    other = long.with_output(2, numbered, rate=Fraction(30))[1]
    longer = long.with_output(3, numbered, count=LENGTH + 2)[2]
    media = long.joined([long.pieces[0], other, longer])
    assert numbers(media.path) == list(range(FIRST, FIRST + COUNT))
    assert media.policy == "index+trim"


def test_a_part_that_is_no_video_is_refused(long: Long) -> None:
    """Nothing is written."""
    broken = long.folder / "broken.mp4"
    broken.write_bytes(b"no video")
    with pytest.raises(MediaError):
        long.joined([long.pieces[0], Piece(broken, long.pieces[1].export), long.pieces[2]])
    assert not (long.folder / "media.mov").exists()


def guide(long: Long, piece: Piece, *, frame: int, max_bytes: int = 3_700_000) -> Path:
    """Write a guide image of the first part."""
    return write_guide(
        piece, frame=frame, part=1, finish=Finish(), stem=long.folder / "take_p2_guide", max_bytes=max_bytes
    )


def test_a_guide_is_the_frame_that_the_next_part_begins_with(long: Long) -> None:
    """A PNG of the output's raster that shows that source frame's number."""
    frame = long.spans[1].first_frame
    image = guide(long, long.pieces[0], frame=frame)
    assert image.name == "take_p2_guide.png"
    picture = next(frames_of(image))
    assert (picture.width, picture.height) == (320, 180)
    assert read_numbers(picture, (0,)) == {0: frame}


def test_a_guide_that_is_too_large_becomes_a_jpeg(long: Long) -> None:
    """Still the same picture; where nothing fits, that is said."""
    frame = long.spans[1].first_frame
    noisy = long.with_output(1, _noisy)[0]
    image = guide(long, noisy, frame=frame, max_bytes=60_000)
    assert image.suffix == ".jpg"
    assert image.stat().st_size <= 60_000
    picture = next(frames_of(image))
    assert picture.to_ndarray(format="gray").mean() == pytest.approx(128, abs=8)
    with pytest.raises(MediaError, match="does not fit into 100 bytes"):
        guide(long, noisy, frame=frame, max_bytes=100)


def test_a_guide_of_an_output_that_leaves_a_hole_is_refused(long: Long) -> None:
    """Nothing more is to be paid for a shot whose parts would not meet."""
    short = long.with_output(1, numbered, count=LENGTH - 1)[0]
    with pytest.raises(ConformRefusedError, match="part 1 would leave a hole"):
        guide(long, short, frame=long.spans[1].first_frame)


def _noisy(path: Path, *, span: Span) -> Path:
    """Write an output that a PNG cannot make small."""
    random = np.random.default_rng(7)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=RATE, options={"crf": "4", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(span.frame_count):
            luma = random.integers(16, 236, (180, 320), np.uint8)
            frame = av.VideoFrame.from_ndarray(np.vstack([luma, np.full((90, 320), 128, np.uint8)]), format="yuv420p")
            frame.pts, frame.time_base = number, 1 / RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
