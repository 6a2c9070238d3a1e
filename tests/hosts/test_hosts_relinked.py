"""After the road, conformed files hold the frames that they stand for, and the edit has lost nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import opentimelineio as otio
import pytest

from support.edits import EDITS, RATES, Edit
from support.host_copy import media_path
from support.numbered import frames_of, numbers_of
from support.road import otiocomet, simulator

pytestmark = pytest.mark.proof

rates = pytest.mark.parametrize("rate", RATES, ids=lambda rate: f"at {rate}")
edits = pytest.mark.parametrize("edit_name", EDITS)

Finder = Callable[[str, Fraction], "Relinked"]


@dataclass(frozen=True)
class Relinked:
    """What one run of the road made."""

    edit: Edit
    """The edit that went in."""
    timeline: otio.schema.Timeline
    """The timeline that came out."""

    def pairs(self) -> list[tuple[otio.schema.Clip, otio.schema.Clip]]:
        """Return every clip that went in beside the clip that came out."""
        before = self.edit.timeline.find_clips()
        return list(zip(before, self.timeline.find_clips(), strict=True))


@pytest.fixture(scope="module")
def simulator_url() -> Iterator[str]:
    """Run the simulator as a process; return its URL."""
    with simulator() as url:
        yield url


@pytest.fixture(scope="module")
def relinked(
    simulator_url: str,
    numbered_edit: Callable[[str, Fraction], Edit],
    tmp_path_factory: pytest.TempPathFactory,
) -> Finder:
    """Return a finder that sends an edit down the road with the console script, each edit once."""
    made: dict[tuple[str, Fraction], Relinked] = {}

    def find(edit_name: str, rate: Fraction) -> Relinked:
        if (edit_name, rate) not in made:
            edit = numbered_edit(edit_name, rate)
            made[edit_name, rate] = _down_the_road(edit, tmp_path_factory.mktemp("road"), simulator_url)
        return made[edit_name, rate]

    return find


def _down_the_road(edit: Edit, folder: Path, simulator_url: str) -> Relinked:
    """Run `otiocomet run` on an edit and read what it wrote."""
    source, output = folder / "edit.otio", folder / "out" / "relinked.otio"
    output.parent.mkdir()
    otio.adapters.write_to_file(edit.timeline, str(source))
    asked = ["--select", "all", "--prompt", "make it snow", "--yes", "--poll-interval", "0.1", "--json"]
    before = source.read_bytes()
    done = otiocomet(
        "run", str(source), "-o", str(output), *asked, base_url=simulator_url, home=folder / "home", cwd=folder
    )
    assert done.returncode == 0, f"otiocomet run: code {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert source.read_bytes() == before, "the input timeline was changed"
    assert isinstance(json.loads(done.stdout), dict)
    return Relinked(edit, otio.adapters.read_from_file(str(output)))


def _take(clip: otio.schema.Clip) -> tuple[otio.schema.ExternalReference, dict[str, Any]]:
    """Return the reference that the road made active on a clip, and its `span`."""
    key = clip.active_media_reference_key
    assert key.startswith("cometapi:"), f"{clip.name} still shows {key}"
    reference = clip.media_reference
    return reference, dict(reference.metadata["cometapi"]["span"])


def _source(clip: otio.schema.Clip, edit: Edit) -> Any:
    """Return the medium that a clip showed before the road."""
    return edit.medium_of(clip.media_references()["DEFAULT_MEDIA"].target_url)


@rates
@edits
def test_every_conformed_frame_is_the_frame_it_stands_for(edit_name: str, rate: Fraction, relinked: Finder) -> None:
    """Frame k of a conformed file shows the number of the source frame `span.first_frame` + k, to the last one."""
    run = relinked(edit_name, rate)
    for before, after in run.pairs():
        reference, span = _take(after)
        medium = _source(before, run.edit)
        numbers = range(span["first_frame"], span["first_frame"] + span["frame_count"])
        expected = [{medium.row: medium.first_number + number} for number in numbers]
        assert numbers_of(media_path(reference.target_url)) == expected, after.name


@rates
@edits
def test_conformed_media_keep_rate_raster_and_start(edit_name: str, rate: Fraction, relinked: Finder) -> None:
    """A conformed file has the source's rate and raster, starts at its first frame and carries its timecode."""
    run = relinked(edit_name, rate)
    for _, after in run.pairs():
        reference, _ = _take(after)
        with av.open(str(media_path(reference.target_url))) as container:
            stream = container.streams.video[0]
            timecode = stream.metadata["timecode"]
            found = (stream.average_rate, stream.width, stream.height, stream.start_time)
        assert found == (rate, 320, 180, 0), after.name
        start = round(otio.opentime.from_timecode(timecode, float(rate)).value)
        assert start == round(reference.available_range.start_time.value), f"{after.name}: {timecode}"


@rates
@edits
def test_new_references_are_counted_in_clip_space(edit_name: str, rate: Fraction, relinked: Finder) -> None:
    """The new available range starts where the span starts in clip space, has its length, and holds what is shown."""
    run = relinked(edit_name, rate)
    for before, after in run.pairs():
        reference, span = _take(after)
        medium = _source(before, run.edit)
        available = reference.available_range
        found = (available.start_time.value, available.duration.value, available.start_time.rate)
        start = medium.clip_space_start + span["first_frame"]
        assert found == (start, span["frame_count"], before.media_reference.available_range.start_time.rate)
        assert Fraction(span["rate"]) == rate
        shown = before.visible_range()
        assert available.start_time <= shown.start_time, after.name
        assert shown.end_time_exclusive() <= available.end_time_exclusive(), after.name


@rates
@edits
def test_nothing_is_lost_of_the_edit(edit_name: str, rate: Fraction, relinked: Finder) -> None:
    """Every reference stays under its key, and what the cut shows stays as it was, explicit where it was not."""
    run = relinked(edit_name, rate)
    for before, after in run.pairs():
        assert after.source_range == before.trimmed_range(), after.name
        kept = after.media_references()
        for key, reference in before.media_references().items():
            assert kept[key].is_equivalent_to(reference), f"{after.name}: {key}"


@rates
@edits
def test_the_picture_is_another_one(edit_name: str, rate: Fraction, relinked: Finder) -> None:
    """The conformed files hold the simulator's picture, not a copy of the source: the proof compares real outputs."""
    run = relinked(edit_name, rate)
    for before, after in run.pairs():
        reference, span = _take(after)
        ours = next(frames_of(media_path(reference.target_url))).to_ndarray(format="rgb24").astype(np.int16)
        source = _source(before, run.edit).path
        theirs = list(frames_of(source))[span["first_frame"]].to_ndarray(format="rgb24").astype(np.int16)
        assert np.abs(ours - theirs).mean() > 4, after.name
