"""Clips that a job has nothing for are told from a few numbers, and never wrongly."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otio_cometapi.editorial.matching import TakeIndex, clip_matches
from otio_cometapi.editorial.originals import Home, Homes
from otio_cometapi.editorial.placement import _Stretches
from otio_cometapi.editorial.plain_clips import PlainClips
from otio_cometapi.records import Span
from support.otio_builders import clip, media_info, reference, span, take, timeline, track

ROOT = Path("/")
TAKES = (
    take(),
    take("t2", Span(120, 40, Fraction(24)), origin=1000),
    take("t3", info=media_info("/elsewhere/a.mov")),
    take("t4", info=media_info("/media/c.mov", rate=Fraction(25))),
)
HOMES = Homes([Home(each, each.media[0], "DEFAULT_MEDIA", lambda: None, 24.0) for each in TAKES], media_root=ROOT)
INDEX = TakeIndex(TAKES, media_root=ROOT)

ADDRESSES = st.sampled_from(
    (
        *("/media/a.mov", "file:///media/a.mov", "/new/a.mov", "/media/b.mov", "/media/c.mov", "", "/job/media/t1.mov"),
        *("/moved/t1.mov", "/x.cometjob/media/z.mov", "/media/a.png", "/media/f.%04d.exr", "https://host/a.mov"),
    )
)
RATES = st.sampled_from([24.0, 25.0, 23.976, 0.0, float("nan")])
RANGES = st.none() | st.builds(span, st.integers(-10, 1200), st.integers(-1, 60), RATES)
WHOLE = st.none() | st.builds(span, st.sampled_from([0.0, 1000.0, 86400.0]), st.sampled_from([0, 1, 240, 9999]), RATES)
METADATA = st.sampled_from(
    [{}, {"host": {"a": 1}}, {"cometapi": {}}, {"cometapi": {"schema": 1, "take_id": "t1"}}, {"cometapi": "text"}]
)
KINDS = st.sampled_from(["external", "external", "external", "missing", "sequence"])


@st.composite
def references(draw: st.DrawFn) -> Any:
    """Draw a media reference of any kind."""
    kind, whole, facts = draw(KINDS), draw(WHOLE), draw(METADATA)
    if kind == "missing":
        return otio.schema.MissingReference(metadata=facts)
    if kind == "sequence":
        return otio.schema.ImageSequenceReference("/media", "a.", ".exr", 1, 1, 24, available_range=whole)
    return otio.schema.ExternalReference(draw(ADDRESSES), whole, facts)


@st.composite
def cuts(draw: st.DrawFn) -> Any:
    """Draw a timeline whose first clip is perhaps beside a dissolve, retimed, or has several references."""
    made = otio.schema.Clip("x", source_range=draw(RANGES))
    keys = draw(st.sampled_from([("DEFAULT_MEDIA",), ("DEFAULT_MEDIA",), ("cometapi:t1",), ("DEFAULT_MEDIA", "proxy")]))
    made.set_media_references({key: draw(references()) for key in keys}, draw(st.sampled_from(keys)))
    if draw(st.booleans()) and draw(st.booleans()):
        made.effects.append(otio.schema.LinearTimeWarp(time_scalar=draw(st.sampled_from([2.0, -1.0, 0.5]))))
    dissolve = otio.schema.Transition(in_offset=otio.opentime.RationalTime(3, 24), out_offset=span(0, 3).duration)
    beside = [dissolve, clip("y")] if draw(st.booleans()) else []
    return timeline(track(made, *beside))


@given(cuts())
@settings(deadline=None, max_examples=400)
def test_what_is_plain_has_neither_a_home_nor_a_take(cut: Any) -> None:
    """Of every clip that is passed over, the long way finds nothing either, so that passing it changes nothing."""
    made = cut.find_clips()[0]
    if PlainClips(INDEX, HOMES).has(made):
        assert HOMES.of(made) is None
        assert clip_matches(made, INDEX) is None


@pytest.mark.parametrize(
    ("made", "plain"),
    [
        (clip("x", 110, 5), True),
        (clip("x", 10, 24), False),
        (clip("x", 10, 24, ref=reference("/media/b.mov")), True),
        (clip("x", 110, 5, ref=reference("/job/media/t1.mov")), False),
    ],
    ids=["frames of no take", "frames of a take", "another file", "media of ours"],
)
def test_the_clips_of_an_edit_are_told_apart(made: Any, plain: bool) -> None:
    """Clips of other files and of other frames are plain; those that a take may have are not."""
    assert PlainClips(INDEX, HOMES).has(made) is plain


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60))), st.tuples(st.integers(0, 60), st.integers(0, 60)))
@settings(deadline=None)
def test_stretches_meet_as_if_each_were_looked_at(lying: list[tuple[int, int]], asked: tuple[int, int]) -> None:
    """Looking among sorted stretches finds one exactly where looking at all of them does."""
    found = any(low < asked[1] and asked[0] < high for low, high in lying)
    assert _Stretches(lying).meet(asked) is found
