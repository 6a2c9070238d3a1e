"""
The page that keeps what the full matrix found.

`make host-matrix` runs all of its rows, which takes ten minutes and more, and writes it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

from support.coverings import combinations_in, every_combination
from support.edits import Medium, numbered_media
from support.host_matrix import FACTORS, RATES, SHARED, Outcome, Row, outcome, possible, rows
from support.host_process import program
from support.road import simulator

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "host-matrix.md"
DENSE_ROWS = 32
"""How many of the rows that show all combinations of three factors are run: those that show most of them."""

NAMES = {"melt": "melt", "kdenlive": "Kdenlive project, melt", "ges": "GES"}
ADAPTERS = ("mlt", "kdenlive", "xges")


@dataclass(frozen=True)
class Cell:
    """What a renderer showed at one rate."""

    rows: int
    """Edits."""
    frames: int
    """Record frames compared, of originals and relinked edits."""
    wrong: int
    """Problems: frames that show something else, and whatever else is not as it must be."""


@dataclass(frozen=True)
class Figures:
    """All that the page says of one run."""

    date: str
    """When, as YYYY-MM-DD."""
    hosts: str
    """Programs and adapters with their versions."""
    cells: dict[tuple[str, str], Cell]
    """By renderer and rate."""


def full_matrix() -> tuple[Row, ...]:
    """Return the rows of the full matrix: every possible pair of factors' values, and most combinations of three."""
    return rows(strength=2, scenes=2) + rows(strength=3, scenes=3)[:DENSE_ROWS]


@cache
def combinations_of_three() -> tuple[int, int]:
    """Return how many combinations of three factors' values the full matrix shows, and how many there can be."""
    shown = {some for row in full_matrix() for case in row.cases for some in combinations_in(case, 3)}
    return len(shown), len(every_combination(FACTORS, 3, possible))


def outcomes(wanted: Iterable[Row]) -> Iterator[tuple[Row, Outcome]]:
    """Send rows down the road, one after the other, and yield what became of each."""
    with tempfile.TemporaryDirectory(prefix="host-matrix-") as place, simulator() as url:

        @cache
        def media(rate: str) -> tuple[Medium, Medium, Medium]:
            return numbered_media(Path(place) / rate, RATES[rate])

        for row in wanted:
            with tempfile.TemporaryDirectory(dir=place) as folder:
                yield row, outcome(row, media(row.cases[0]["rate"]), Path(folder), url)


def figures_of(found: Iterable[tuple[Row, Outcome]]) -> Figures:
    """Add up what rows came to."""
    cells: dict[tuple[str, str], Cell] = {}
    for row, result in found:
        place = (row.cases[0]["renderer"], row.cases[0]["rate"])
        before = cells.get(place, Cell(0, 0, 0))
        frames = before.frames + 2 * result.frame_count
        cells[place] = Cell(before.rows + 1, frames, before.wrong + len(result.problems))
    today = datetime.now(UTC).date().isoformat()
    return Figures(today, _hosts(), cells)


def _hosts() -> str:
    melt = subprocess.run(
        [program("melt", package="melt"), "--version"], capture_output=True, text=True, check=False, timeout=60
    )
    ges = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", "ges1.0-tools"], capture_output=True, text=True, check=False
    )
    parts = [melt.stdout.splitlines()[0].strip(), f"GES {ges.stdout.split('-')[0]}"]
    parts.append(f"OpenTimelineIO {version('opentimelineio')}")
    return ", ".join([*parts, *(f"{name} {version(f'otio-{name}-adapter')}" for name in ADAPTERS)])


def page(figures: Figures) -> str:
    """Write the page."""
    head = "| rendered by | " + " | ".join(RATES) + " |"
    lines = [head, "|---" * (len(RATES) + 1) + "|"]
    for renderer in SHARED["renderer"]:
        cells = (figures.cells.get((renderer, rate), Cell(0, 0, 0)) for rate in RATES)
        shown = (f"{cell.rows} edits, {cell.frames} frames, {cell.wrong} wrong" for cell in cells)
        lines.append(f"| {NAMES[renderer]} | " + " | ".join(shown) + " |")
    frames = sum(cell.frames for cell in figures.cells.values())
    wrong = sum(cell.wrong for cell in figures.cells.values())
    edits = sum(cell.rows for cell in figures.cells.values())
    shown, possible_ones = combinations_of_three()
    return _TEXT.format(
        shown=shown,
        possible=possible_ones,
        date=figures.date,
        hosts=figures.hosts,
        table="\n".join(lines),
        edits=edits,
        frames=frames,
        wrong=wrong,
    )


def figures_in(text: str) -> Figures:
    """
    Read the figures of a page again.

    Raises:
        ValueError: A figure is missing.
    """
    told = re.search(r"^Run on (\S+) with (.+?)\.$", text, re.MULTILINE)
    if told is None:
        raise ValueError("the page does not say when it was made, and with what")
    cells: dict[tuple[str, str], Cell] = {}
    for renderer, name in NAMES.items():
        line = next((line for line in text.splitlines() if line.startswith(f"| {name} | ")), "")
        counts = re.findall(r"(\d+) edits, (\d+) frames, (\d+) wrong", line)
        if len(counts) != len(RATES):
            raise ValueError(f"the page's row of {name} does not have a cell for each rate")
        for rate, numbers in zip(RATES, counts, strict=True):
            cells[renderer, rate] = Cell(*(int(number) for number in numbers))
    return Figures(told[1], told[2], cells)


_TEXT = """\
# Rendered by other people's hosts

What `otiocomet` writes is rendered by programs that are not ours, and the frame numbers in the pictures are read back:
every frame of the original edit and of the relinked one must show the source frames that OpenTimelineIO's definition
asks for there.

## What can be rendered how

Measured, with the versions named below:

| adapter | dissolves | nested stacks | so that |
|---|---|---|---|
| `mlt_xml` (`.mlt`) | written, right where references have names of their own | left out; what follows moves up | nested stacks go to melt in a document of the tests' own |
| `kdenlive` (`.kdenlive`) | left out; the cut stays in its place | left out; what follows moves up | Kdenlive projects are rendered without either |
| `xges` (`.xges`) | written | written, but GES does not load them; a track rate of 30/1 | dissolves are rendered, with the timeline's rate and times inside of frames |

GES shows single frames around a gap on the lowest track one frame early or late, and at some rates repeats a frame where
a clip ends above another that goes on, in unchanged edits as well. No edit here has such a gap, and GES renders none with
such a clip.

## What varies

| factor | values |
|---|---|
| rate | 23.976, 24, 25, 29.97, 30, 50, 59.94, 60 |
| dissolve | none; 4 frames on both sides of the cut; 3 before and 7 after |
| structure | flat; a clip without source range above; a nested stack that hides 5 frames at both ends |
| handles | 0, 8 |
| cut again after the takes were made | not; trimmed; slipped; reordered; split |
| `--placement` | reference, track |
| `--host` | resolve, mlt, ges |
| rendered by | melt; a Kdenlive project through melt; GES |

`make test-proofs` renders edits in which every possible pair of two factors' values occurs. The full matrix has these
edits, and more of three scenes each, so that {shown} of the {possible} possible combinations of three factors' values
occur; `make host-matrix` runs it and writes this page.

## The full matrix

Run on {date} with {hosts}.

{table}

Together {edits} edits and {frames} frames, {wrong} wrong. A new cut was relinked from finished takes; it was paid for
only where, without handles, it shows frames that no take has: of a slipped clip, and at the ends of a nested scene in
another order.
"""  # noqa: E501 - rows of tables are one line


def main() -> int:
    """Run the full matrix, write the page, and tell what is wrong."""
    found = []
    for row, result in outcomes(full_matrix()):
        print(f"{'wrong' if result.problems else 'right'}  {row}", *result.problems[:5], sep="\n    ", flush=True)
        found.append((row, result))
    figures = figures_of(found)
    PAGE.write_text(page(figures), encoding="utf-8")
    return 1 if any(cell.wrong for cell in figures.cells.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
