"""Traps of OpenTimelineIO and of hosts that others fell into, each by its name."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otio_cometapi.editorial.bundles import opened_bundle, write_bundle
from otio_cometapi.editorial.criteria import Criteria
from otio_cometapi.editorial.looks import LookSources
from otio_cometapi.editorial.originals import Home, Homes, has_original, put_back, show_original
from otio_cometapi.editorial.placement import takes_above
from otio_cometapi.editorial.rates import HOST_RATES
from otio_cometapi.editorial.rebase import rebased
from otio_cometapi.editorial.relink import timeline_relinked
from otio_cometapi.editorial.selection import survey
from otio_cometapi.editorial.shots import shots_for
from otio_cometapi.editorial.spans import placed
from otio_cometapi.editorial.structure import video_clips
from otio_cometapi.records import MediaInfo, PlacedClip, Span
from support.otio_builders import CALM, clip, compound, link, media_info, model, reference, span, take, timeline, track

FILM = Fraction(24000, 1001)


def laid(made: Any, info: MediaInfo | None = None) -> PlacedClip | str:
    """Return the first clip of a timeline, laid onto its file, or the reason why not."""
    root = made if isinstance(made, otio.schema.Timeline) else timeline(made)
    looks = LookSources(flags={"prompt": "p"})
    seen = survey(root, criteria=Criteria(("all",)), looks=looks, media_root=Path("/media")).clips[0]
    info = info or media_info()
    return placed(seen, {info.path: info}, {}) if seen.selected else seen.reason


@CALM
@given(
    st.sampled_from([*HOST_RATES]),
    st.sampled_from(["exact", "three decimals", "two decimals", "float32"]),
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 400),
)
def test_no_span_drifts_over_24_hours(rate: Fraction, writing: str, share: float, first: int) -> None:
    """However a host writes the clip's rate, a clip anywhere in a day's timecode is laid on its exact frame."""
    float32 = struct.unpack("f", struct.pack("f", float(rate)))[0]
    written = {"exact": float(rate), "three decimals": round(float(rate), 3), "two decimals": round(float(rate), 2)}
    start = int(share * 24 * 3600 * rate)
    info = media_info(frames=500, rate=rate)
    made = clip(
        "x",
        start + first,
        24,
        rate=written.get(writing, float32),
        ref=reference(start=start, count=500, rate=float(rate)),
    )
    found = laid(made, info)
    assert isinstance(found, PlacedClip), found
    assert found.visible == Span(first, 24, rate)
    assert found.origin == start


def test_23_976_against_24000_1001_at_20_hours_is_the_right_frame() -> None:
    """A rate written with three decimals drifts by 1.7 frames at 20:00:00:00; snapped first, it does not."""
    hours = 20 * 3600 * 24
    info = media_info(frames=500, rate=FILM, start_timecode="20:00:00:00", start_frame=hours)
    made = clip("x", hours + 10, 24, rate=23.976, ref=reference(start=hours, count=500, rate=24000 / 1001))
    found = laid(made, info)
    assert isinstance(found, PlacedClip)
    assert found.visible == Span(10, 24, FILM)


def test_a_32_bit_rate_of_hiero_is_24000_1001() -> None:
    """23.976024627685547 rescales 363808 to 363807.990 elsewhere."""
    info = media_info(frames=400_000, rate=FILM)
    made = clip("x", 363808, 24, rate=23.976024627685547, ref=reference(count=400_000, rate=23.976024627685547))
    found = laid(made, info)
    assert isinstance(found, PlacedClip)
    assert found.visible.first_frame == 363808
    assert found.reference_rate == 23.976024627685547


def test_a_fractional_start_of_resolve_is_the_nearest_frame() -> None:
    """37008.099992 and 37007.9999999 are frame 37008, and the first is told."""
    for start, told in ((37008.099992, True), (37007.9999999, False)):
        found = laid(clip("x", start, 24, ref=reference(count=40000)), media_info(frames=40000))
        assert isinstance(found, PlacedClip)
        assert found.visible.first_frame == 37008
        assert any("37008" in warning for warning in found.clip.warnings) is told


def test_a_clip_and_media_of_two_rates_are_not_subtracted() -> None:
    """48 at 24 frames a second less 90000 at 25 is -89950 in OTIO, without an error."""
    found = laid(clip("x", 48, 24, ref=reference(start=90000, count=240, rate=25)), media_info(rate=Fraction(25)))
    assert isinstance(found, str)


def test_a_negative_start_is_outside_of_the_media() -> None:
    """Negative ranges come from hosts that subtracted a timecode twice."""
    found = laid(clip("x", -24, 24))
    assert isinstance(found, str)
    assert "outside the media" in found


def test_a_compound_clip_used_twice_is_two_copies_and_one_shot() -> None:
    """The inner clips are found twice; what they share is sent once."""
    comp = compound(track(clip("inner", 10, 48)), source=span(5, 20))
    made = timeline(track(comp, comp.clone()))
    looks = LookSources(flags={"prompt": "p"})
    seen = survey(made, criteria=Criteria(("all",)), looks=looks, media_root=Path("/media")).clips
    info = media_info()
    found = [placed(each, {info.path: info}, {}) for each in seen]
    places = [each for each in found if isinstance(each, PlacedClip)]
    assert [each.visible for each in places] == [Span(15, 20, Fraction(24))] * 2
    models = {each.clip.look.model: model(each.clip.look.model) for each in places if each.clip.look}
    shots, left_out = shots_for(places, models=models, model_for=models.__getitem__, handles=8)
    assert (len(shots), left_out) == (1, {})
    assert [use.clip_index for use in shots[0].uses] == [0, 1]


def schemas(value: Any) -> Iterator[str]:
    """Yield every schema name in OTIO JSON."""
    if isinstance(value, dict):
        if "OTIO_SCHEMA" in value:
            yield re.sub(r"\.\d+$", "", value["OTIO_SCHEMA"])
        for each in value.values():
            yield from schemas(each)
    elif isinstance(value, list):
        for each in value:
            yield from schemas(each)


def test_only_stock_schemas_are_written() -> None:
    """An unknown schema is fatal on import in Resolve, without a reason."""
    stock = {*otio.core.type_version_map(), "RationalTime", "TimeRange", "TimeTransform"}
    beside = timeline_relinked(timeline(clip("x", 10, 24)), [link(0)])
    above, _ = takes_above(timeline(clip("x", 10, 24)), [link(0)], shows_take=lambda _: False)
    for made in (beside, above, rebased(beside, infos={}, media_root=Path("/"))[0]):
        assert set(schemas(json.loads(made.to_json_string()))) <= stock


@pytest.mark.parametrize("algorithm", ["flatten_stack", "timeline_trimmed_to_range"])
def test_stock_algorithms_keep_the_original_beside_the_take(algorithm: str) -> None:
    """Flattening and trimming a relinked timeline lose no reference."""
    made = timeline_relinked(timeline(clip("x", 10, 24)), [link(0)])
    if algorithm == "flatten_stack":
        result = otio.algorithms.flatten_stack(made.tracks)
    else:
        result = otio.algorithms.timeline_trimmed_to_range(made, span(4, 12))
    (one,) = list(result.find_clips())
    assert set(one.media_references()) == {"DEFAULT_MEDIA", "cometapi:t1"}


def home(**more: Any) -> Home:
    """Return the home of a take of frames 0 to 99 of a file whose first frame is numbered 1000."""
    made = take(origin=1000)
    return Home(made, made.media[0], "DEFAULT_MEDIA", lambda: reference(start=1000), 24.0, **more)


def homes() -> Homes:
    """Return the homes of a job with one take."""
    return Homes([home()], media_root=Path("/"))


def test_a_downgrade_to_clip_1_forgets_the_original_and_it_comes_back() -> None:
    """`otiotool --downgrade OTIO_CORE:0.14.0` writes the active reference only; the job knows the other."""
    source = timeline(clip("x", 1010, 24, ref=reference(start=1000)))
    relinked = timeline_relinked(source, [link(0, take(origin=1000))])
    older = otio.core.serialize_json_to_string(relinked, {"Clip": 1})
    made = otio.core.deserialize_json_from_string(older)
    one = video_clips(made)[0]
    assert set(one.media_references()) == {"DEFAULT_MEDIA"}
    found = homes().of(one)
    assert isinstance(found, Home)
    assert put_back(one, found) == ""
    show_original(one, found.source_key)
    assert one.media_reference.target_url == "/media/a.mov"
    assert (one.source_range, one.media_reference.available_range) == (span(1010, 24), span(1000, 240))


@pytest.mark.parametrize(
    ("start", "available", "expected"),
    [
        (1010, span(1000, 100), 1010),
        (10, span(0, 100), 1010),
        (86410, span(86400, 100), 1010),
        (10, None, 1010),
    ],
    ids=["clip space", "from zero", "a timecode of the host's own", "no range"],
)
def test_our_media_in_any_numbers_is_traced_to_the_originals(start: int, available: Any, expected: int) -> None:
    """Hosts count the same frames from zero, from their own start, or as we did."""
    ours = otio.schema.ExternalReference("/job/media/t1.mov", available)
    one = clip("x", start, 24, ref=ours)
    found = homes().of(one)
    assert isinstance(found, Home)
    assert not has_original(one)
    assert put_back(one, found) == ""
    assert one.source_range == span(expected, 24)
    assert one.media_reference.available_range == span(1000, 100)
    assert one.active_media_reference_key == "cometapi:t1"


def test_numbers_that_our_media_has_not_are_named() -> None:
    """Without an available range, frames 500 to 523 are no frames of a medium of 100."""
    one = clip("x", 500, 24, ref=otio.schema.ExternalReference("/job/media/t1.mov"))
    found = homes().of(one)
    assert isinstance(found, Home)
    assert "outside the media" in put_back(one, found)


def test_a_foreign_file_is_never_taken_for_ours() -> None:
    """Neither another name in our folder nor a reel alone beside an address."""
    assert homes().of(clip("x", 1010, 24, ref=reference("/job/media/other.mov"))) is None
    assert homes().of(clip("x", 1010, 24, ref=otio.schema.MissingReference())) is None


def test_a_reference_shared_by_two_clips_is_bundled_once(tmp_path: Path) -> None:
    """In Python two clips may share one reference object; both find their media in the bundle."""
    file = tmp_path / "a #1 %20.mov"
    file.write_bytes(b"picture")
    shared = reference(str(file))
    made = timeline(clip("a", 0, 24, ref=shared), clip("b", 24, 24, ref=shared))
    for suffix in (".otioz", ".otiod"):
        path = tmp_path / f"out{suffix}"
        assert write_bundle(made, path, media_root=tmp_path) == ()
        read = otio.adapters.read_from_file(str(path))
        opened = opened_bundle(read, path, cache=tmp_path / "cache")
        for one in video_clips(opened):
            assert Path(one.media_reference.target_url).read_bytes() == b"picture"
    assert shared.target_url == str(file)
