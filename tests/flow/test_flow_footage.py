"""The road on real footage, and the plan of every host's sample timeline."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import opentimelineio as otio
import pytest

from support.host_copy import media_path
from support.numbered import frames_of
from support.road import otiocomet, simulator

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = pytest.mark.proof

SHARED = Path(__file__).parents[3] / "shared"
RATE = Fraction(25)
CUTS = {"sh010": (11, 30), "sh020": (47, 25), "sh030": (88, 36)}
"""Name of each clip, its first frame in the footage and its frame count."""
TWINS = 0.9999
"""Likeness from which on two frames of the footage are one drawing held for two frames: no picture tells them apart."""


def shared(name: str) -> Path:
    """Return a file or folder of the folder `shared` beside the checkout; a missing one fails."""
    path = SHARED / name
    assert path.exists(), f"the proof needs {path}, which is not there"
    return path


def samples() -> list[str]:
    """Return the names of the sample timelines; one name that fails where the folder is missing."""
    found = sorted(path.name for path in (SHARED / "samples").glob("*") if path.suffix != ".md")
    return found or ["no samples"]


def three_clips() -> otio.schema.Timeline:
    """Return three clips of the footage on one track; the cut shows 91 frames."""

    def time(frame: int) -> otio.opentime.RationalTime:
        return otio.opentime.RationalTime(frame, float(RATE))

    timeline = otio.schema.Timeline(name="bunny", global_start_time=time(90000))
    track = otio.schema.Track(name="V1", kind=otio.schema.TrackKind.Video)
    for name, (first, count) in CUTS.items():
        reference = otio.schema.ExternalReference(
            target_url=str(shared("footage/bigbuckbunny.mp4")),
            available_range=otio.opentime.TimeRange(time(0), time(132)),
        )
        used = otio.opentime.TimeRange(time(first), time(count))
        track.append(otio.schema.Clip(name=name, media_reference=reference, source_range=used))
    timeline.tracks.append(track)
    return timeline


def ranks(path: Path) -> NDArray[np.float64]:
    """Return every frame of a file as the order of its brightnesses, which a curve leaves alone, 64 x 36 a row."""
    rows = []
    for frame in frames_of(path):
        small = frame.reformat(width=64, height=36, format="gray").to_ndarray()[:32]
        order = small.ravel().argsort(kind="stable").argsort().astype(np.float64)
        rows.append((order - order.mean()) / (order.std() * np.sqrt(order.size)))
    return np.array(rows)


def test_every_conformed_frame_of_real_footage_is_its_source_frame(tmp_path: Path) -> None:
    """Among all frames of the footage, each conformed frame is most like the frame that it stands for, or its twin."""
    source, output = tmp_path / "bunny.otio", tmp_path / "relinked.otio"
    otio.adapters.write_to_file(three_clips(), str(source))
    asked = ["--select", "all", "--prompt", "make it snow", "--yes", "--poll-interval", "0.1", "--json"]
    with simulator() as url:
        done = otiocomet(
            "run", str(source), "-o", str(output), *asked, base_url=url, home=tmp_path / "home", cwd=tmp_path
        )
    assert done.returncode == 0, f"otiocomet run: code {done.returncode}\n{done.stdout}\n{done.stderr}"
    footage = ranks(shared("footage/bigbuckbunny.mp4"))
    clips = otio.adapters.read_from_file(str(output)).find_clips()
    assert [clip.name for clip in clips] == list(CUTS)
    for clip in clips:
        reference = clip.media_reference
        span = reference.metadata["cometapi"]["span"]
        likeness = np.abs(ranks(media_path(reference.target_url)) @ footage.T)
        expected = list(range(span["first_frame"], span["first_frame"] + span["frame_count"]))
        found = likeness.argmax(axis=1).tolist()
        others = [pair for pair in zip(expected, found, strict=True) if pair[0] != pair[1]]
        assert [(right, other) for right, other in others if footage[right] @ footage[other] < TWINS] == [], clip.name
        assert len(others) < 0.1 * len(expected), clip.name


@pytest.mark.parametrize("name", samples())
def test_plan_answers_for_every_clip_of_a_sample(name: str, tmp_path: Path) -> None:
    """`plan --json` lists what OTIO finds on video tracks, each clip selected or with a reason, and no traceback."""
    path = shared(f"samples/{name}")
    asked = ["--select", "all", "--prompt", "make it snow", "--json"]
    done = otiocomet("plan", str(path), *asked, base_url="http://127.0.0.1:9", home=tmp_path, cwd=tmp_path)
    assert "Traceback" not in done.stdout + done.stderr
    plan = json.loads(done.stdout)
    content = otio.adapters.read_from_file(str(path))
    parts = content.video_tracks() if isinstance(content, otio.schema.Timeline) else [content]
    assert [clip["name"] for clip in plan["clips"]] == [clip.name for part in parts for clip in part.find_clips()]
    assert all(clip["selected"] or clip["reason"] for clip in plan["clips"])
    assert plan["clips"] or plan["problems"]
    assert done.returncode in {0, 1, 3}, done.stderr
