"""How tables and paragraphs are laid out: on a terminal of any width, and as plain lines in a pipe."""

from __future__ import annotations

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from otio_cometapi.errors import tame

LOUDNESS = "otiocomet.loudness"
"""Where the context of a command keeps how much it says: -1 with --quiet, 1 with --verbose."""
_GAP = "  "
_LEAST_TEXT = 16
"""Columns that a text needs to be read."""
_LEAST_BELOW = 28
"""Columns that a text needs beside the others, where it could go below them."""
_LEAST_TERMINAL = 20


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    head: str
    """What stands above it."""
    text: bool = False
    """Whether it holds sentences: it may be broken into lines, and gets what room is left."""
    below: bool = False
    """Whether it goes below its row where the terminal has no room for it beside the others."""
    right: bool = False
    """Whether it holds numbers, which stand to the right."""


def loudness() -> int:
    """Return how much the running command is to say: -1 little, 0 as usual, 1 more."""
    context = click.get_current_context(silent=True)
    return int(context.meta.get(LOUDNESS, 0)) if context else 0


def terminal_width() -> int | None:
    """Return the columns of the terminal that standard output is; None where it is none."""
    if not sys.stdout.isatty():
        return None
    return max(_LEAST_TERMINAL, shutil.get_terminal_size().columns)


def print_table(
    title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]], styles: Sequence[str] = ()
) -> None:
    """Print a table: drawn on a terminal; in a pipe a line a row, cells between tabs, the title first."""
    if loudness() < 0:
        return
    tamed = [[tame(cell) for cell in row] for row in rows]
    width = terminal_width()
    if width is None:
        for row in tamed:
            click.echo("\t".join([title, *row]))
        return
    for text, style in laid_out(title, columns, tamed, width=width, styles=styles):
        click.echo(styled(text, style))
    click.echo()


def laid_out(
    title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, width: int, styles: Sequence[str] = ()
) -> Iterator[tuple[str, str]]:
    """
    Yield a table's lines with the style of each, none wider than *width* but for words that are.

    Three ways, the first that fits: all columns side by side; what goes below its row below it; a paragraph a row.
    """
    yield title, "bold"
    used = [at for at in range(len(columns)) if any(row[at] for row in rows)]
    beside = [at for at in used if not columns[at].below]
    styles = styles or [""] * len(rows)
    for chosen, below in ((used, []), (beside, [at for at in used if at not in beside])):
        widths = _widths([columns[at] for at in chosen], [[row[at] for at in chosen] for row in rows], width)
        if widths:
            yield _row_of([columns[at].head for at in chosen], widths, [columns[at].right for at in chosen]), "dim"
            for row, style in zip(rows, styles, strict=True):
                yield from _lines_of(row, columns, chosen, widths, below, width=width, style=style)
            return
    yield from _paragraphs(columns, rows, used, width=width, styles=styles)


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return every column's width, the texts sharing what room is left; nothing where there is not enough."""
    natural = [
        max([cells(column.head), *(cells(row[at]) for row in rows)], default=0) for at, column in enumerate(columns)
    ]
    room = width - len(_GAP) * (len(columns) - 1)
    if sum(natural) <= room:
        return natural
    texts = [at for at, column in enumerate(columns) if column.text]
    left = room - sum(each for at, each in enumerate(natural) if at not in texts)
    least = {at: _LEAST_BELOW if columns[at].below else _LEAST_TEXT for at in texts}
    if left < sum(min(natural[at], least[at]) for at in texts) or not texts:
        return []
    widths = list(natural)
    for number, at in enumerate(sorted(texts, key=lambda each: natural[each])):  # the short ones take what they need
        share = left // (len(texts) - number)
        widths[at] = min(natural[at], share)
        left -= widths[at]
    return widths


def _lines_of(
    row: Sequence[str],
    columns: Sequence[Column],
    chosen: Sequence[int],
    widths: Sequence[int],
    below: Sequence[int],
    *,
    width: int,
    style: str,
) -> Iterator[tuple[str, str]]:
    """Yield the lines of one row: its cells side by side, then what goes below."""
    broken = [wrapped(row[at], wide) for at, wide in zip(chosen, widths, strict=True)]
    for number in range(max(len(each) for each in broken)):
        found = [each[number] if number < len(each) else "" for each in broken]
        yield _row_of(found, widths, [columns[at].right for at in chosen]), style
    more = " · ".join(f"{columns[at].head} {row[at]}" for at in below if row[at])
    for text in wrapped(more, width - len(_GAP)) if more else ():
        yield _GAP + text, "dim"


def _row_of(found: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [
        " " * (wide - cells(cell)) + cell if to_right else cell + " " * (wide - cells(cell))
        for cell, wide, to_right in zip(found, widths, right, strict=True)
    ]
    return _GAP.join(padded).rstrip()


def _paragraphs(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], used: Sequence[int], *, width: int, styles: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Yield a paragraph a row: the first cell alone, then a line a cell with its head."""
    heads = max((cells(columns[at].head) for at in used[1:]), default=0)
    for row, style in zip(rows, styles, strict=True):
        for text in wrapped(row[used[0]], width) if used else ():
            yield text, style or "bold"
        for at in used[1:]:
            if not row[at]:
                continue
            head = columns[at].head
            first = f"{_GAP}{head}{' ' * (heads - cells(head))}{_GAP}"
            broken = wrapped(row[at], max(8, width - cells(first)))
            for number, text in enumerate(broken):
                yield (first if not number else " " * cells(first)) + text, ""


def hanging(first: str, text: str, *, last: str = "") -> Iterator[str]:
    """
    Yield a paragraph that begins with *first*, its other lines below its text; in a pipe it is one line.

    On a terminal where *first* would take a quarter of it the text begins below, four columns in. What *last* says
    comes after it, in lines of its own behind a `>`.
    """
    width = terminal_width()
    if width is None:
        yield tame(first + text)
        yield from [f"{' ' * cells(first)}> {tame(last)}"] if last else []
        return
    beside = cells(first) <= width // 4
    indent = cells(first) if beside else 4
    if not beside:
        yield first.rstrip()
    for number, each in enumerate(wrapped(tame(text), width - indent)):
        yield (first if not number and beside else " " * indent) + each
    for number, each in enumerate(wrapped(tame(last), width - indent - 2) if last else ()):
        yield " " * indent + ("  " if number else "> ") + each


_WORD = re.compile(r"`[^`]*`\S*|\S+")


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines of at most *width* columns; what stands between backticks is a word, to be copied."""
    lines, line = [], ""
    for word in _WORD.findall(text):
        while cells(word) > width and not word.startswith("`"):
            if line:
                lines.append(line)
                line = ""
            piece = _beginning(word, width)
            lines.append(piece)
            word = word[len(piece) :]  # noqa: PLW2901 - the rest of it
        if line and cells(line) + 1 + cells(word) > width:
            lines.append(line)
            line = word
        elif word:
            line = f"{line} {word}" if line else word
    return [*lines, line] if line or not lines else lines


def _beginning(word: str, width: int) -> str:
    taken = ""
    for letter in word:
        if taken and cells(taken + letter) > width:
            break
        taken += letter
    return taken


def cells(text: str) -> int:
    """Return the columns that a text takes on a terminal: two for the wide letters of East Asia, none for marks."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def styled(text: str, style: str, *, upto: int | None = None) -> str:
    """Colour a text, or its first *upto* letters; not in a pipe, nor where NO_COLOR is set."""
    if not style or not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    end = len(text) if upto is None else upto
    if style in ("bold", "dim"):
        coloured = click.style(text[:end], bold=style == "bold" or None, dim=style == "dim" or None)
    else:
        coloured = click.style(text[:end], fg=style)
    return coloured + text[end:]
