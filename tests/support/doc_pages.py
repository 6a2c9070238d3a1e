"""Reads the documentation as a reader does: pages, links, tables, and the commands and snippets in fenced blocks."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The checkout."""

TOP = ("README.md", "README.ja.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
"""The papers at the top that are pages, too."""

PAGES = tuple(
    path for path in (*(ROOT / name for name in TOP), *sorted((ROOT / "docs").rglob("*.md"))) if path.exists()
)
"""Every page."""

_FENCE = re.compile(r"^(```+)(\w*)[^\n]*\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Command:
    """One command line of a page."""

    page: Path
    """Where it stands."""
    words: tuple[str, ...]
    """The words that a shell makes of it, its program first."""

    def __str__(self) -> str:
        """Return it for a test's id."""
        return f"{self.page.name}: {' '.join(self.words)}"


def named(page: Path) -> str:
    """Return a page's path from the checkout, for ids."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> list[str]:
    """Return the contents of a page's fenced blocks in one of *languages*."""
    return [found[3] for found in _FENCE.finditer(page.read_text("utf-8")) if found[2] in languages]


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def links(page: Path) -> list[str]:
    """Return where a page's links lead, as they are written."""
    return _LINK.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")
        for heading in _HEADING.findall(prose(page))
    }


def commands(page: Path) -> list[Command]:
    """Return a page's commands in its order: lines of `sh` blocks, and those after ``$`` of `console` blocks."""
    found: list[str] = []
    for fence in _FENCE.finditer(page.read_text("utf-8")):
        lines = fence[3].replace("\\\n", " ").splitlines()
        if fence[2] == "sh":
            found += [line for line in lines if line.strip()]
        elif fence[2] == "console":
            found += [line[2:] for line in lines if line.startswith("$ ")]
    words = (each for line in found for each in _programs(shlex.split(line, comments=True)))
    return [Command(page, tuple(line)) for line in words if line]


def _programs(words: list[str]) -> Iterator[list[str]]:
    """Yield the commands of a line that pipes make one of, each without the file that its output goes to."""
    for piped, command in itertools.groupby(words, key=lambda word: word == "|"):
        if not piped:
            yield list(itertools.takewhile(lambda word: word != ">", command))


def rows(page: Path, *, first: str) -> Iterator[list[str]]:
    """Yield the rows of the page's table whose heading row begins with the cell *first*."""
    inside = False
    for line in page.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("|---"):
            yield cells
        elif cells[0].strip("| ") == first:
            inside = True


def codes(cell: str) -> list[str]:
    """Return what stands between backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell)
