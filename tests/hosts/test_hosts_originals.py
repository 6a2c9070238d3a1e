"""Other people's hosts show of an unchanged edit what OTIO's definition says: the instruments are right."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from support.edits import Edit, expected_numbers
from support.host_copy import HostError
from support.host_process import program
from support.hosts import GES, KDENLIVE, MELT, MELT_OWN_DOCUMENT, Host, differences

pytestmark = pytest.mark.proof

RATE = Fraction(24000, 1001)
"""Of these proofs of the instruments; the rates are a factor of the pairwise proof."""

Edits = Callable[[str, Fraction], Edit]
Renders = Callable[[str, Fraction, Host], Path]


@pytest.mark.parametrize("host", [MELT, KDENLIVE, GES], ids=lambda host: host.name)
def test_host_shows_the_topmost_clip_of_three_tracks(
    host: Host, numbered_edit: Edits, original_render: Renders
) -> None:
    """Cuts in mid-GOP, a gap, clips on upper tracks and a clip without source range show their exact frames."""
    edit, render = numbered_edit("three tracks", RATE), original_render("three tracks", RATE, host)
    assert differences(render, expected_numbers(edit), host) == []


@pytest.mark.parametrize("host", [MELT, MELT_OWN_DOCUMENT, GES], ids=lambda host: host.name)
def test_host_shows_both_media_of_a_dissolve(host: Host, numbered_edit: Edits, original_render: Renders) -> None:
    """A dissolve of 6 frames before the cut and 10 after it shows the exact frames of both its clips."""
    edit, render = numbered_edit("dissolve", RATE), original_render("dissolve", RATE, host)
    assert differences(render, expected_numbers(edit), host) == []


@pytest.mark.parametrize("host", [MELT, GES], ids=lambda host: host.name)
def test_a_clip_slipped_by_one_frame_is_seen(host: Host, numbered_edit: Edits, tmp_path: Path) -> None:
    """The proof can fail: one clip a frame late gives a difference at each of its frames, and nowhere else."""
    edit = numbered_edit("dissolve", RATE)
    slipped = edit.timeline.deepcopy()
    clip = slipped.find_clips()[-1]
    later = clip.source_range.start_time + otio.opentime.RationalTime(1, float(RATE))
    clip.source_range = otio.opentime.TimeRange(later, clip.source_range.duration)
    found = differences(host.render(slipped, tmp_path / "slipped.mkv", RATE), expected_numbers(edit), host)
    assert [line.split(":")[0] for line in found] == [f"record frame {frame}" for frame in range(70, 90)]


def test_a_missing_host_is_named() -> None:
    """A host that is not installed fails with the package to install, rather than leaving the proof out."""
    with pytest.raises(HostError, match="apt-get install some-package"):
        program("a-host-that-nobody-has", package="some-package")
