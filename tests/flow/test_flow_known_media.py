"""A plan measures what no plan before it has measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import otio_cometapi
from otio_cometapi.media import known
from otio_cometapi.settings import Settings
from support.edits import dissolve
from support.flow import FILM
from support.numbered import write_numbered

if TYPE_CHECKING:
    import pytest


def test_the_second_plan_is_the_first_and_measures_nothing_but_what_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known media give the plan that measured ones gave; a file that was written again is measured again."""
    monkeypatch.setattr(known, "_SETTLED_NS", 0)
    edit = dissolve(tmp_path / "media", FILM)
    settings = Settings(cache_dir=tmp_path / "cache")
    said: list[str] = []

    def planned() -> tuple[object, list[str]]:
        said.clear()
        plan = otio_cometapi.plan(
            edit.timeline,
            select=["name:sh110"],
            prompt="x",
            settings=settings,
            listener=lambda event: said.append(event.message),
        )
        return plan, [text for text in said if text.startswith("measuring")]

    first, measured = planned()
    assert len(measured) == 1
    assert planned() == (first, [])
    source = Path(next(iter(edit.timeline.find_clips())).media_reference.target_url)
    write_numbered(source, frame_count=150, rate=FILM, row=1, start_timecode="01:00:00:00", first_number=500)
    other, measured = planned()
    assert len(measured) == 1
    assert other != first
