"""The Japanese README says what the English one says: a change of one that the other lacks is found."""

from __future__ import annotations

import re

import pytest

from support.doc_pages import ROOT, links, prose
from support.doc_reader import blocks_of

ENGLISH, JAPANESE = ROOT / "README.md", ROOT / "README.ja.md"
PICTURE = re.compile(r"!\[[^\]]+\]\(([^)\s]+)\)")


def headings(text: str) -> list[int]:
    """Return the levels of a page's headings, in their order."""
    return [len(marks) for marks in re.findall(r"^(#+) ", text, re.MULTILINE)]


def sections(text: str) -> list[str]:
    """Return a page in the pieces that its headings make."""
    return re.split(r"^#+ .*$", text, flags=re.MULTILINE)


def test_it_has_the_same_sections() -> None:
    """As many headings, of the same levels in the same order."""
    assert headings(prose(JAPANESE)) == headings(prose(ENGLISH))


def test_its_blocks_are_the_same() -> None:
    """Commands, programs and what they print are not translated; nor is what is not run."""
    assert blocks_of(JAPANESE) == blocks_of(ENGLISH)


def test_its_links_and_pictures_are_the_same() -> None:
    """Every section leads where the English one leads."""
    for own, other in zip(sections(prose(JAPANESE)), sections(prose(ENGLISH)), strict=True):
        assert re.findall(r"\]\(([^)\s]+)\)", own) == re.findall(r"\]\(([^)\s]+)\)", other)
    assert PICTURE.findall(prose(JAPANESE)) == PICTURE.findall(prose(ENGLISH))
    assert len(links(JAPANESE)) > 20


@pytest.mark.parametrize("kind", [r"`([^`]+)`", r"\d+(?:[.,]\d+)*"], ids=["names", "numbers"])
def test_its_names_and_numbers_are_the_same(kind: str) -> None:
    """What stands in backticks, and every number, is in the same section of both."""
    for own, other in zip(sections(prose(JAPANESE)), sections(prose(ENGLISH)), strict=True):
        assert sorted(re.findall(kind, own)) == sorted(re.findall(kind, other))


def test_it_is_japanese() -> None:
    """Each section has more of the language's own letters than of others."""
    for own in sections(prose(JAPANESE))[1:]:
        words = re.sub(r"`[^`]*`|\]\([^)]*\)|<!--.*?-->", "", own)
        native = len(re.findall(r"[\u3040-\u30ff\u4e00-\u9fff]", words))
        assert native > len(re.findall(r"[A-Za-z]", words)), own
