"""
Every pair of what an edit may be, what was asked for and who renders it, rendered before the road and after it.

The rows are split by rate into two classes only so that two processes share the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from support.coverings import combinations_in, every_combination
from support.edits import Medium, numbered_media
from support.host_matrix import FACTORS, SINGLE, Row, outcome, possible, rows
from support.road import simulator

ROWS = rows(strength=2, scenes=2)
LOW_RATES = [row for row in ROWS if row.rate < 30]
HIGH_RATES = [row for row in ROWS if row.rate >= 30]

RENDERS_OF_THE_INSTRUMENTS = 8
"""What `test_hosts_originals.py` renders."""

Media = Callable[[Fraction], tuple[Medium, Medium, Medium]]


@pytest.fixture(scope="module")
def simulator_url() -> Iterator[str]:
    """Run the simulator as a process; return its URL."""
    with simulator() as url:
        yield url


@pytest.fixture(scope="module")
def media_at(tmp_path_factory: pytest.TempPathFactory) -> Media:
    """Return a maker of numbered media, each rate's once."""

    @cache
    def make(rate: Fraction) -> tuple[Medium, Medium, Medium]:
        return numbered_media(tmp_path_factory.mktemp("media"), rate)

    return make


def test_the_rows_have_every_possible_pair() -> None:
    """Whatever two values of two factors can occur together, occur together in one scene of some row."""
    shown = {pair for row in ROWS for case in row.cases for pair in combinations_in(case, 2)}
    assert shown == every_combination(FACTORS, 2, possible)


def test_only_what_a_host_cannot_render_is_left_out() -> None:
    """Pairs that no row has are a renderer's with a dissolve, a nested stack or a clip above, five of all."""
    names = list(FACTORS)
    every = {
        ((one, first), (other, second))
        for place, one in enumerate(names)
        for other in names[place + 1 :]
        for first, second in product(FACTORS[one], FACTORS[other])
    }
    assert every - every_combination(FACTORS, 2, possible) == {
        (("renderer", "kdenlive"), ("transition", "equal")),
        (("renderer", "kdenlive"), ("transition", "unequal")),
        (("renderer", "kdenlive"), ("nesting", "nested")),
        (("renderer", "ges"), ("nesting", "clip above")),
        (("renderer", "ges"), ("nesting", "nested")),
    }


def test_rows_are_the_same_every_time() -> None:
    """A failing row is found again under its name; every row's scenes are cases of their own."""
    assert rows.__wrapped__(strength=2, scenes=2) == ROWS
    assert {len(row.cases) for row in ROWS} == {2}
    assert all(set(SINGLE) <= set(case) for row in ROWS for case in row.cases)


def test_the_proof_renders_at_most_sixty_times() -> None:
    """The original and the relinked edit of every row, and the proofs of the instruments."""
    assert 2 * len(ROWS) + RENDERS_OF_THE_INSTRUMENTS <= 60


@pytest.mark.proof
@pytest.mark.timeout(600)
class TestLowRates:
    """Below 30 frames per second."""

    @pytest.mark.parametrize("row", LOW_RATES, ids=str)
    def test_both_renders_show_the_frames_of_otios_definition(
        self, row: Row, media_at: Media, simulator_url: str, tmp_path: Path
    ) -> None:
        """Original and relinked edit show the same source frames, every clip by a take, none paid for twice."""
        assert outcome(row, media_at(row.rate), tmp_path, simulator_url).problems == ()


@pytest.mark.proof
@pytest.mark.timeout(600)
class TestHighRates:
    """At 30 frames per second and above."""

    @pytest.mark.parametrize("row", HIGH_RATES, ids=str)
    def test_both_renders_show_the_frames_of_otios_definition(
        self, row: Row, media_at: Media, simulator_url: str, tmp_path: Path
    ) -> None:
        """Original and relinked edit show the same source frames, every clip by a take, none paid for twice."""
        assert outcome(row, media_at(row.rate), tmp_path, simulator_url).problems == ()
