"""The documentation can be built as a site, and the builder has nothing to object to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.doc_pages import PAGES, ROOT


@pytest.mark.proof
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    """Sphinx, with warnings as errors, makes a page of every page: each link and anchor leads somewhere."""
    words = ["-W", "--keep-going", "-q", "-c", "docs", "-d", str(tmp_path / "trees"), "-b", "html", "."]
    ended = subprocess.run(
        [sys.executable, "-m", "sphinx", *words, str(tmp_path / "site")],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    made = [tmp_path / "site" / page.relative_to(ROOT).with_suffix(".html") for page in PAGES]
    assert [str(page) for page in made if not page.exists()] == []
