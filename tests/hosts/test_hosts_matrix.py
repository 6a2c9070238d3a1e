"""The full matrix of hosts, and the page that keeps its figures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.coverings import combinations_in, every_combination
from support.host_matrix import FACTORS, Row, possible
from support.host_matrix_page import PAGE, Figures, combinations_of_three, figures_in, full_matrix, outcomes, page


def test_the_full_matrix_has_every_pair_and_most_combinations_of_three() -> None:
    """Of three values of three factors that can occur together, nine in ten do in one scene of some row."""
    pairs = {pair for row in full_matrix() for case in row.cases for pair in combinations_in(case, 2)}
    assert pairs == every_combination(FACTORS, 2, possible)
    shown, all_of_three = combinations_of_three()
    assert shown >= 0.9 * all_of_three


def test_the_page_is_what_the_command_writes() -> None:
    """Figures aside, the page's words and form are the script's."""
    text = PAGE.read_text(encoding="utf-8")
    assert page(figures_in(text)) == text


def test_the_page_tells_of_the_whole_matrix_and_of_no_wrong_frame() -> None:
    """Its edits are as many as the matrix has now, for every renderer and rate, and none of their frames was wrong."""
    figures: Figures = figures_in(PAGE.read_text(encoding="utf-8"))
    counted: dict[tuple[str, str], int] = dict.fromkeys(figures.cells, 0)
    for row in full_matrix():
        counted[row.cases[0]["renderer"], row.cases[0]["rate"]] += 1
    assert {place: cell.rows for place, cell in figures.cells.items()} == counted
    assert all(cell.frames > 0 and cell.wrong == 0 for cell in figures.cells.values())


@pytest.mark.slow
@pytest.mark.timeout(3 * 3600)
def test_every_row_of_the_full_matrix_is_right() -> None:
    """Original and relinked edit of every row show the frames of OTIO's definition."""
    found: Iterator[tuple[Row, object]] = ((row, result.problems) for row, result in outcomes(full_matrix()))
    assert {str(row): problems for row, problems in found if problems} == {}
