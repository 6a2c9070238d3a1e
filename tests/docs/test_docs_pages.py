"""The pages hold together: links lead somewhere, and nothing in them belongs to one machine or to one moment."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from support.doc_pages import PAGES, ROOT, anchors, links, named, prose

MACHINE = re.compile(r"(?<![\w.])/(?:tmp|work|root|home/\w+)/|\b(?:DESIGN|CONTRACT|TECH|STYLE|OTIO)\.md\b|issue #\d")
LONGEST = 150


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_to_a_page_and_a_heading(page: Path) -> None:
    """A link that is no web address names a file of the checkout, and its anchor a heading there."""
    lost = []
    for link in links(page):
        if link.startswith(("https://", "http://")):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_names_no_machine_and_no_planning(page: Path) -> None:
    """No path of one machine and no file that only the makers had stands in a page."""
    assert MACHINE.findall(page.read_text("utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_is_plain(page: Path) -> None:
    """Prose lines are short enough to be read in an editor, and no line holds a picture for a word."""
    text = page.read_text("utf-8")
    long = [line for line in prose(page).splitlines() if len(line) > LONGEST and not line.startswith("|")]
    assert long == []
    assert [letter for letter in text if unicodedata.category(letter) == "So"] == []


def test_the_map_leads_to_every_page() -> None:
    """`docs/index.md` links every other page of the documentation."""
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    assert [named(page) for page in PAGES if page != index and page not in linked] == []
