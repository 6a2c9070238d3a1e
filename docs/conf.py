"""
The documentation as pages of a site: `make docs`.

The pages are plain Markdown, read as well in an editor or in a repository's browser; so the navigation is not written
into them, but made here of the lists in `docs/index.md`. Every warning fails the build, a broken link among them.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from pygments.lexers.special import TextLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
_LISTED = re.compile(r"^(?:-|\d+\.) \[[^\]]+\]\(([^)#\s]+)\.md\)", re.MULTILINE)

project = "otio-cometapi"
author = "The otio-cometapi authors"
project_copyright = author
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]

extensions = ["myst_parser"]
root_doc = "docs/index"
# The papers at the top belong to the documentation: pages link to them, and they link to pages.
include_patterns = [
    "docs/**.md",
    "README.md",
    "README.ja.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "fixtures/api/README.md",
]
nitpicky = True
myst_heading_anchors = 4
myst_links_external_new_tab = False

html_theme = "furo"
html_title = f"{project} {release}"
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False


def _with_navigation(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Give the first page a hidden table of contents for each of its sections that lists pages."""
    if docname != root_doc:
        return
    for section in re.split(r"^## ", source[0], flags=re.MULTILINE)[1:]:
        caption = section.splitlines()[0].strip()
        pages = [f"/{_from_top(link)}" for link in _LISTED.findall(section)]
        if pages:
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(pages) + "\n```\n"


def _from_top(link: str) -> str:
    """Return the document that a link of the first page names, from the top of the checkout."""
    return (ROOT / "docs" / link).resolve().relative_to(ROOT).as_posix()


def setup(app: Sphinx) -> None:
    """Attach the navigation, and name the one kind of block that the highlighter does not know."""
    app.add_lexer("csv", TextLexer)
    app.connect("source-read", _with_navigation)
