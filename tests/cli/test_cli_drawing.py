"""Tables and paragraphs: readable on a terminal of any width, plain in a pipe."""

from __future__ import annotations

import pytest

from otio_cometapi.cli.drawing import Column, cells, laid_out, wrapped

COLUMNS = (
    Column("at"),
    Column("clip", text=True),
    Column("length", right=True),
    Column("model", below=True),
    Column("prompt", text=True, below=True),
    Column("cost", right=True),
)
ROWS = (
    ("01:00:00:00", "street", "02:06", "gen4_aleph", "make it snow, heavily, over everything", "~0.44 USD"),
    ("01:00:04:04", "海辺の夜 wide", "1:01:00", "aleph2", "blue", "paid in b (ready)"),
)


def lines(width: int) -> list[str]:
    """Return the lines of a table on a terminal of some width."""
    return [text for text, _ in laid_out("To be sent", COLUMNS, ROWS, width=width)]


@pytest.mark.parametrize("width", [24, 32, 40, 60, 80, 100, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """At every width, wide letters counted double."""
    assert max(cells(text) for text in lines(width)) <= width


@pytest.mark.parametrize("width", [24, 40, 80, 120])
def test_nothing_is_left_out(width: int) -> None:
    """Every word of every cell is there, however narrow it is."""
    shown = "".join("".join(lines(width)).split())
    words = [word for row in ROWS for cell in row for word in cell.split()]
    assert [word for word in words if word not in shown] == []


def test_a_wide_terminal_has_a_line_a_row() -> None:
    """Title, heads and two rows; numbers stand to the right."""
    found = lines(120)
    assert len(found) == 4
    assert found[1].index("length") + len("length") == found[2].index("02:06") + len("02:06")


def test_a_narrower_one_has_the_look_below() -> None:
    """What goes below its row is named there."""
    found = lines(64)
    assert found[2].startswith("01:00:00:00  street")
    assert found[3] == "  model gen4_aleph · prompt make it snow, heavily, over"


def test_a_very_narrow_one_has_a_paragraph_a_row() -> None:
    """Each cell on a line of its own, with its head; the first cell leads."""
    found = lines(32)
    assert found[1:4] == ["01:00:00:00", "  clip    street", "  length  02:06"]


def test_an_empty_column_is_not_drawn() -> None:
    """A head without a cell below tells nothing."""
    found = [text for text, _ in laid_out("T", (Column("a"), Column("b")), [("1", ""), ("2", "")], width=80)]
    assert found == ["T", "a", "1", "2"]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("go on with `otiocomet resume JOB -o OUT` now", 20, ["go on with", "`otiocomet resume JOB -o OUT`", "now"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("海辺の夜", 5, ["海辺", "の夜"]),
        ("", 10, [""]),
    ],
    ids=["a command stays whole", "a long word", "wide letters", "nothing"],
)
def test_paragraphs_are_broken_between_words(text: str, width: int, expected: list[str]) -> None:
    """Words that are too long are broken, but for what is to be copied."""
    assert wrapped(text, width) == expected
