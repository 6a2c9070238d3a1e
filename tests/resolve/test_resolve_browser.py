"""The page of Resolve's script in a real browser, from the first question to the version in the bin."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import road
from support.resolve_desk import ResolveDesk

pytestmark = pytest.mark.proof


def test_an_editor_goes_the_whole_way_in_a_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose, read the price, send, look at the review page, end: each page comes by itself, and the version stands."""
    from support.resolve_picture import LONG_MS, asked, to_the_estimate

    with road.simulator() as url, asked(ResolveDesk(tmp_path, url, monkeypatch)) as found:
        to_the_estimate(found.page)
        assert found.page.locator("tr").count() == 3
        found.page.click("text=Send")
        found.page.wait_for_selector("text=End the review", timeout=LONG_MS)
        judging = found.page.context.new_page()
        judging.goto(found.opened.get(timeout=5))
        judging.wait_for_selector("video")
        found.page.click("text=End the review")
        found.page.wait_for_selector("text=stands in the bin COMET.", timeout=LONG_MS)
        assert found.page.locator("button").count() == 0
        assert found.ended() == 0
        assert found.host._project._timelines[-1].GetName() == "Night 2/3 comet v001"
