"""What `--host` writes for hosts that are here, rendered by them: takes above the cut, ranges from zero."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from support.edits import Edit, expected_numbers
from support.hosts import GES, MELT, Host, differences
from support.road import otiocomet, simulator

pytestmark = pytest.mark.proof

RATE = Fraction(24000, 1001)


@pytest.fixture(scope="module")
def simulator_url() -> Iterator[str]:
    """Run the simulator as a process; return its URL."""
    with simulator() as url:
        yield url


@pytest.mark.parametrize("edit_name", ["three tracks", "dissolve"])
@pytest.mark.parametrize(("preset", "host"), [("mlt", MELT), ("ges", GES)], ids=["mlt", "ges"])
def test_hosts_show_the_source_frames_of_the_original(
    edit_name: str,
    preset: str,
    host: Host,
    simulator_url: str,
    numbered_edit: Callable[[str, Fraction], Edit],
    tmp_path: Path,
) -> None:
    """A render of what `--host` wrote shows, frame for frame, the numbers that OTIO's definition asks for."""
    edit = numbered_edit(edit_name, RATE)
    otio.adapters.write_to_file(edit.timeline, str(tmp_path / "edit.otio"))
    asked = ["--select", "all", "--prompt", "make it snow", "--yes", "--poll-interval", "0.1", "--json"]
    done = otiocomet(
        *("run", "edit.otio", "-o", "out.otio", "--host", preset, *asked),
        base_url=simulator_url,
        home=tmp_path,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    made = otio.adapters.read_from_file(str(tmp_path / "out.otio"))
    laid = [track for track in made.tracks if track.name.startswith("COMET")]
    assert laid
    shown = [clip for clip in made.find_clips() if clip.active_media_reference_key.startswith("cometapi:")]
    assert len(shown) == len(edit.timeline.find_clips())
    render = host.render(made, tmp_path / "render.mkv", RATE)
    assert differences(render, expected_numbers(edit), host) == []
