"""The pictures of the terminal show what the commands print now."""

from __future__ import annotations

import re

import pytest

from support.doc_pages import PAGES, ROOT
from support.screencast import PICTURES, SCENES, drawn, lines_in, takes_of_all


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """Type every scene once."""
    return takes_of_all()


@pytest.mark.parametrize("name", [scene.name for scene in SCENES])
def test_a_picture_shows_what_is_printed_now(name: str, said: dict[str, str]) -> None:
    """Line for line; after a change of what is printed, `make pictures` takes them anew."""
    assert lines_in((PICTURES / f"{name}.svg").read_text("utf-8")) == lines_in(drawn(name, said[name]))


@pytest.mark.parametrize("name", [scene.name for scene in SCENES])
def test_a_picture_is_whole_in_itself(name: str) -> None:
    """It asks no other host for anything, and runs nothing."""
    picture = (PICTURES / f"{name}.svg").read_text("utf-8")
    named = {"http://www.w3.org/2000/svg", "https://www.textualize.io"}  # a name space, and in a comment who drew it
    assert set(re.findall(r"https?://[^\s\"')<]+", picture)) <= named
    assert not re.search(r"<script|@import|@font-face|href=", picture)


def test_every_picture_is_shown_with_words_for_it() -> None:
    """Each stands on a page, and has a text for those who cannot see it."""
    shown = {
        (page.parent / link).resolve(): text
        for page in PAGES
        if page.name != "README.ja.md"
        for text, link in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", page.read_text("utf-8"))
    }
    pictures = {(PICTURES / f"{scene.name}.svg").resolve() for scene in SCENES}
    pictures |= {PICTURES / name for name in ("review.jpg", "strip.svg", "resolve.png", "blender.png")}
    assert set(shown) >= pictures
    assert all(len(text.split()) >= 5 for path, text in shown.items() if path.parent == PICTURES)
    assert set((ROOT / "docs" / "pictures").iterdir()) == pictures
