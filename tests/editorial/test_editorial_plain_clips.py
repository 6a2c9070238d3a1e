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
from support.otio_builders import clip, compound, marker, media_info, reference, span, take, timeline, track

ROOT = Path("/")
STAMPED = media_info("/media/d.mov", start_frame=86400, start_timecode="01:00:00:00")
TAKES = (
    take(),
    take("t2", Span(120, 40, Fraction(24)), origin=1000),
    take("t3", info=media_info("/elsewhere/a.mov")),
    take("t4", info=media_info("/media/c.mov", rate=Fraction(25))),
    take("t5", Span(5, 60, Fraction(24)), origin=86400, info=STAMPED),
    take("t6", Span(0, 200, Fraction(24000, 1001)), info=media_info("/media/e.mov", rate=Fraction(24000, 1001))),
    take("t7", Span(20, 200, Fraction(48)), info=media_info("/media/f.mov", rate=Fraction(48))),
)
HOMES = Homes([Home(each, each.media[0], "DEFAULT_MEDIA", lambda: None, 24.0) for each in TAKES], media_root=ROOT)
INDEX = TakeIndex(TAKES, media_root=ROOT)

ADDRESSES = st.sampled_from(
    (
        *("/media/a.mov", "file:///media/a.mov", "/new/a.mov", "/media/b.mov", "/media/c.mov", "", "/job/media/t1.mov"),
        *("a.mov", "../media/a.mov", "/media/%61.mov", "C:\\m\\a.mov", "file:///C:/m/a.mov", "file://srv/x/a.mov"),
        *("/media/d.mov", "/media/d.mov", "/new/d.mov", "/media/e.mov", "/media/f.mov", " /media/a.mov "),
        *(
            "/moved/t1.mov",
            "/moved/T1.MOV",
            "/x.cometjob/media/z.mov",
            "/media/a.png",
            "/media/f.%04d.exr",
            "https://host/a.mov",
        ),
    )
)
RATES = st.sampled_from([24.0, 24.0, 24.0, 25.0, 23.976, 48.0, 0.0, float("nan")])
STARTS = st.integers(-10, 260) | st.integers(1000, 1200) | st.integers(86390, 86640)
RANGES = st.none() | st.builds(span, STARTS, st.integers(-1, 60), RATES)
WHOLE = st.none() | st.builds(
    span, st.sampled_from([0.0, 10.0, 1000.0, 86400.0, 86410.0]), st.sampled_from([0, 1, 50, 240, 9999]), RATES
)
METADATA = st.sampled_from(
    [{}, {"host": {"a": 1}}, {"cometapi": {}}, {"cometapi": {"schema": 1, "take_id": "t1"}}, {"cometapi": "text"}]
)
EFFECTS = [
    (otio.schema.LinearTimeWarp(time_scalar=2.0),),
    (otio.schema.LinearTimeWarp(time_scalar=-1.0),),
    (otio.schema.LinearTimeWarp(time_scalar=0.5), otio.schema.Effect("blur")),
    (otio.schema.FreezeFrame(),),
    (otio.schema.Effect("blur"),),
]
OFFSETS = st.sampled_from([0, 3, 12])
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
    keys = draw(st.sampled_from([("DEFAULT_MEDIA",), ("DEFAULT_MEDIA",), ("Cometapi:t1",), ("DEFAULT_MEDIA", "proxy")]))
    made.set_media_references({key: draw(references()) for key in keys}, draw(st.sampled_from(keys)))
    made.effects.extend([each.clone() for each in draw(st.sampled_from([(), (), (), *EFFECTS]))])
    if draw(st.booleans()):
        made.markers.append(marker("comet: make it snow"))
    dissolve = otio.schema.Transition(in_offset=span(0, draw(OFFSETS)).duration, out_offset=span(0, 3).duration)
    beside = [dissolve, clip("y")] if draw(st.booleans()) else []
    held = track(made, *beside)
    return timeline(track(compound(held)) if draw(st.booleans()) else held)


@st.composite
def close_calls(draw: st.DrawFn) -> Any:
    """Draw a clip of a take's own file that shows about as many frames as the take has, or a few less or more."""
    made = draw(st.sampled_from(TAKES))
    media, rate = made.media[0], float(made.info.rate)
    asked = draw(st.sampled_from([rate, rate, 24.0, 48.0]))
    first = media.start_frame + draw(st.integers(-2, 2))
    end = draw(st.sampled_from([first + 1, media.start_frame + media.span.frame_count + draw(st.integers(-2, 2))]))
    scale = asked / rate
    written = span(round(first * scale), round((end - first) * scale), asked)
    ref = reference(made.info.path, media.origin, made.info.frame_count, rate)
    effects = [each.clone() for each in draw(st.sampled_from([(), (), *EFFECTS]))]
    return timeline(otio.schema.Clip("x", ref, written, effects=effects))


@given(cuts() | close_calls())
@settings(deadline=None, max_examples=500)
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
