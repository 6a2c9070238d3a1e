"""Test cards."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from otio_cometapi.media.probe import media_info
from otio_cometapi.media.testcard import CELLS, NUMBER_BITS, write_testcard
from support.numbered import frames_of


def _number(picture: np.ndarray, *, inverted: bool = False) -> int:  # type: ignore[type-arg]
    """Read the row of cells as its documentation says, knowing nothing of the writer."""
    height, width = picture.shape
    row = picture[height // 40 : height // 10 - height // 40].astype(float).mean(axis=0)
    cells = [row[(2 * cell + 1) * width // (2 * CELLS)] for cell in range(CELLS)]
    white, black = (cells[0] + cells[-1]) / 2, (cells[1] + cells[-2]) / 2
    assert bool(white < black) is inverted
    bits = [abs(cell - white) < abs(cell - black) for cell in cells[2:-2]]
    assert len(bits) == NUMBER_BITS
    return sum(bit << place for place, bit in enumerate(reversed(bits)))


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(25)], ids=str)
def test_every_frame_carries_its_number(tmp_path: Path, rate: Fraction) -> None:
    """The row of cells tells each frame's number, also from the inverted picture."""
    path = tmp_path / "card.mp4"
    write_testcard(path, frame_count=40, rate=rate, width=640, height=360, start_timecode="01:00:00:00")
    info = media_info(path)
    pictures = [frame.to_ndarray(format="gray") for frame in frames_of(path)]
    assert [_number(picture) for picture in pictures] == list(range(40))
    assert [_number(255 - picture, inverted=True) for picture in pictures] == list(range(40))
    assert (info.rate, info.frame_count, info.start_timecode) == (rate, 40, "01:00:00:00")


def test_the_same_seed_draws_the_same_picture_and_another_draws_another(tmp_path: Path) -> None:
    """Seeds tell the clips of a demo apart."""
    cards = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_testcard(tmp_path / name, frame_count=3, rate=Fraction(24), width=320, height=180, seed=seed)
        cards.append([frame.to_ndarray()[20:180] for frame in frames_of(tmp_path / name)])
    assert np.array_equal(cards[0], cards[1])
    assert np.abs(cards[0][0].astype(int) - cards[2][0]).mean() > 10


def test_the_picture_moves(tmp_path: Path) -> None:
    """Every frame differs from the one before, so that motion can be followed."""
    write_testcard(tmp_path / "m.mp4", frame_count=12, rate=Fraction(24), width=320, height=180, seed=3)
    frames = [frame.to_ndarray()[20:180].astype(int) for frame in frames_of(tmp_path / "m.mp4")]
    assert all(np.abs(after - before).mean() > 0.3 for before, after in pairwise(frames))


@pytest.mark.parametrize("size", [(641, 360), (640, 80)], ids=["odd", "too small"])
def test_a_size_that_cannot_be_drawn_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    """Wrong arguments are named at once."""
    with pytest.raises(ValueError, match="no test card"):
        write_testcard(tmp_path / "x.mp4", frame_count=1, rate=Fraction(24), width=size[0], height=size[1])
