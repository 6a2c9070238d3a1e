"""A large file whose fingerprint is that of another one, with other frames in the span that was sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import otio_cometapi
from cometapi_mock.server import MockServer
from otio_cometapi.media.fingerprint import fingerprint
from otio_cometapi.pipeline import draft
from otio_cometapi.settings import Settings
from support.edits import dissolve
from support.flow import FILM
from support.numbered import write_numbered

if TYPE_CHECKING:
    import pytest


def test_frames_that_differ_behind_an_equal_fingerprint_are_named_and_not_reused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a fingerprint covers a file only in part, reuse compares the coded frames, and refuses by name."""
    edit = dissolve(tmp_path / "media", FILM)
    with MockServer() as server:
        settings = Settings(base_url=server.url, key="sk-0123456789")
        plan = otio_cometapi.plan(edit.timeline, select=["name:sh110"], prompt="x", settings=settings)
        job, troubles = otio_cometapi.submit(edit.timeline, plan, job=tmp_path / "j.cometjob", settings=settings)
        assert troubles == ()
    with job:
        monkeypatch.setattr(draft, "WHOLE_BYTES", 0)  # every file counts as too large to be hashed whole
        same = otio_cometapi.plan(edit.timeline, select=["name:sh110"], prompt="x", job=job, settings=settings)
        assert [take.seconds for take in same.takes] == [0]
        source = Path(next(iter(edit.timeline.find_clips())).media_reference.target_url)
        before = fingerprint(source)
        write_numbered(source, frame_count=150, rate=FILM, row=1, start_timecode="01:00:00:00", first_number=500)
        monkeypatch.setattr("otio_cometapi.pipeline.measure.fingerprint", lambda _: before)
        other = otio_cometapi.plan(edit.timeline, select=["name:sh110"], prompt="x", job=job, settings=settings)
    assert other.takes == ()
    assert "other frames" in other.problems[0]
