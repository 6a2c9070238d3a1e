"""Which clips are chosen, and why the others are not."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from otio_cometapi.editorial.criteria import Criteria
from otio_cometapi.editorial.looks import LookSources
from otio_cometapi.editorial.selection import Survey, survey
from otio_cometapi.editorial.structure import cuts_of, video_clips
from otio_cometapi.errors import EditorialError
from otio_cometapi.records import ClipRange
from support.otio_builders import NTSC_FILM, clip, compound, gap, marker, reference, span, time, timeline, track


def look_at(made: Any, *select: str, exclude: tuple[str, ...] = (), prompt: str | None = "p", **more: Any) -> Survey:
    """Return the survey of a timeline, with a prompt for all."""
    return survey(
        made,
        criteria=Criteria(select, exclude),
        looks=LookSources(flags={"prompt": prompt}),
        media_root=Path("/media"),
        **more,
    )


def chosen(found: Survey) -> list[str]:
    """Return the names of the selected clips."""
    return [one.name for one in found.clips if one.selected]


def only(made: Any, *select: str, **more: Any) -> Any:
    """Return the one clip of a timeline that holds nothing else, surveyed."""
    (one,) = look_at(timeline(made.clone()), *(select or ("all",)), **more).clips
    return one


THREE = ("a", "b", "c")


def three(**marks: Any) -> Any:
    """Return a timeline of three clips, with markers by name."""
    return timeline(*(clip(name, 0, 24, markers=marks.get(name, ())) for name in THREE))


def test_without_a_selection_comet_markers_choose() -> None:
    """The clip with a `comet:` marker is chosen with its prompt; the others are not, each with a reason."""
    found = look_at(three(b=(marker("COMET: snow", 3),)), prompt=None)
    assert chosen(found) == ["b"]
    assert found.clips[1].look is not None
    assert found.clips[1].look.prompt == "snow"
    assert all(one.reason for one in found.clips)


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("all", ["a", "b", "c"]),
        ("name:B", ["b"]),
        ("name:[ab]", ["a", "b"]),
        ("marker:green", ["b"]),
        ("marker:VFX*", ["c"]),
        ("marker:fix me", ["c"]),
        ("track:v1", ["a", "b", "c"]),
        ("track:v2", []),
        ("meta:shot.id=10", ["a"]),
        ("meta:SHOT.ID", ["a"]),
        ("meta:shot.id=11", []),
        ("meta:unreal.x.y=1", []),
        ("meta:Link Group ID=4", ["b"]),
        ("range:00:00:01:00-00:00:01:12", ["b"]),
        ("range:00:00:00:23-00:00:01:01", ["a", "b"]),
        ("name:a,name:c", ["a", "c"]),
    ],
)
def test_every_kind_of_selection_chooses(term: str, names: list[str]) -> None:
    """Marker colour, name or comment, track, name, metadata, range, all, lists; case never matters."""
    made = three(b=(marker("x", 3, color="GREEN"),), c=(marker("vfx 12", 3, comment="Fix me"),))
    first, second, _ = made.tracks[0]
    first.metadata["shot"] = {"id": 10}
    second.metadata["Link Group ID"] = 4.0
    assert chosen(look_at(made, term)) == names


def test_exclude_takes_away_and_says_so() -> None:
    """What is excluded has the term as its reason."""
    found = look_at(three(), "all", exclude=("name:b",))
    assert chosen(found) == ["a", "c"]
    assert "excluded by name:b" in found.clips[1].reason


def test_exclude_works_without_select() -> None:
    """`--exclude` alone narrows the `comet:` markers."""
    marks = {name: (marker("comet: x"),) for name in THREE}
    assert chosen(look_at(three(**marks), exclude=("name:a",))) == ["b", "c"]


@pytest.mark.parametrize("term", ["colour:GREEN", "marker:", "foo", "", "range:1-2", "range:01:00:00:00", "name:a,b"])
def test_an_unknown_selection_is_an_error_with_the_list(term: str) -> None:
    """The allowed kinds are named."""
    with pytest.raises(EditorialError) as caught:
        Criteria((term,))
    assert "range:" in caught.value.next_step


@pytest.mark.parametrize("term", ["range:00:00:02:00-00:00:01:00", "range:00:00:00:00-00:00:00:30"])
def test_a_range_that_the_timeline_cannot_have_is_an_error(term: str) -> None:
    """Backwards ranges and frames beyond the rate are not guessed at."""
    with pytest.raises(EditorialError, match="range"):
        look_at(three(), term)


def test_a_range_counts_from_the_timelines_start() -> None:
    """Timecodes in a range are the timeline's own."""
    made = timeline(clip("a"), clip("b"), start=86400)
    found = look_at(made, "range:01:00:01:00-01:00:02:00")
    assert chosen(found) == ["b"]
    assert [one.record_timecode for one in found.clips] == ["01:00:00:00", "01:00:01:00"]


def test_a_track_is_chosen_by_its_place_or_its_name() -> None:
    """V2 is the second from the bottom, unless a track bears that name."""
    made = timeline(track(clip("a"), name="Main"), track(clip("b"), name="Titles"))
    assert chosen(look_at(made, "track:V2")) == ["b"]
    assert chosen(look_at(made, "track:main")) == ["a"]
    made.tracks[0].name = "v2"
    assert chosen(look_at(made, "track:V2")) == ["a"]


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("at:V1@24", ["b"]),
        ("at:1@23", ["a"]),
        ("at:2@24", ["y"]),
        ("at:titles@01:00:01:00", ["y"]),
        ("at:Titles@01:00:00:23", ["x"]),
        ("at:3@24", []),
        ("at:2@48", []),
    ],
)
def test_one_place_of_one_track_is_chosen(term: str, names: list[str]) -> None:
    """`at:` means the clip that a track shows at one frame, by timecode or counted from the timeline's first frame."""
    lower, upper = track(clip("a"), clip("b"), name="Main"), track(clip("x"), clip("y"), name="Titles")
    assert chosen(look_at(timeline(lower, upper, start=86400), term)) == names


def test_a_bare_number_is_the_tracks_place_whatever_tracks_are_called() -> None:
    """`at:2@...` counts from the bottom where a name says otherwise."""
    made = timeline(track(clip("a"), name="V2"), track(clip("b"), name="V1"))
    assert chosen(look_at(made, "at:2@0")) == ["b"]
    assert chosen(look_at(made, "at:V2@0")) == ["a"]


@pytest.mark.parametrize("term", ["at:V2", "at:@24", "at:V2@noon", "at:V2@1:2"])
def test_a_place_that_cannot_be_read_is_an_error(term: str) -> None:
    """What is missing or no timecode is refused with an example."""
    with pytest.raises(EditorialError) as caught:
        Criteria((term,))
    assert "at:V2@240" in caught.value.next_step


def test_a_moment_that_the_timeline_cannot_have_is_an_error() -> None:
    """A frame beyond the rate is not guessed at."""
    with pytest.raises(EditorialError, match="no timecode at 24"):
        look_at(three(), "at:V1@00:00:00:30")


def test_a_bladed_clips_copy_of_a_marker_does_not_choose() -> None:
    """Cutting a clip copies its markers; only the piece that uses the marked frame is meant."""
    mark = ("comet: snow", 110)
    found = look_at(
        timeline(clip("a", 100, 10, markers=(marker(*mark),)), clip("b", 110, 10, markers=(marker(*mark),))),
        prompt=None,
    )
    assert chosen(found) == ["b"]
    assert "outside of what the clip uses" in found.clips[0].reason


@pytest.mark.parametrize(
    ("key", "inside", "outside"),
    [
        ("cmx_3600", 86400 + 30, 110),
        ("fcp_xml", 10, 1010),
        ("kdenlive", 0, 24),
        ("Resolve_OTIO", 1010, 10),
    ],
)
def test_a_clip_marker_is_read_in_its_writers_numbers(key: str, inside: int, outside: int) -> None:
    """A second clip at record 01:00:01:00, source 1010 of media that starts at 1000."""
    for start, selected in ((inside, ["b"]), (outside, [])):
        ref = reference(start=1000)
        mark = marker("comet: x", start, 0, metadata={key: {"type": 1}})
        made = timeline(clip("a"), clip("b", 1010, 24, ref=ref, markers=(mark,)), start=86400)
        assert chosen(look_at(made)) == selected


def test_a_track_marker_means_that_tracks_clip() -> None:
    """Avid's locators stand on the track."""
    low, high = track(clip("a"), clip("b")), track(clip("x"), clip("y"))
    low.markers.append(marker("comet: snow", 30))
    assert chosen(look_at(timeline(low, high))) == ["b"]


def test_a_marker_on_a_track_that_holds_no_clip_means_the_clip_under_it() -> None:
    """Avid's editors keep locators on an empty track, where they lie on the track or on its filler."""
    for on_filler in (False, True):
        filler = gap(48)
        empty = track(filler)
        (filler if on_filler else empty).markers.append(marker("comet: snow", 30))
        assert chosen(look_at(timeline(track(clip("a"), clip("b")), empty))) == ["b"]


def test_a_timeline_marker_means_the_topmost_enabled_clip() -> None:
    """Disabled clips, gaps and sound do not cover."""
    low, middle = track(clip("a"), clip("b")), track(gap(24), clip("x"))
    top = track(clip("off", enabled=False), clip("off2", enabled=False))
    sound = track(clip("s", 0, 48), kind="Audio")
    made = timeline(low, middle, top, sound)
    made.tracks.markers.extend([marker("comet: one", 5), marker("comet: two", 30)])
    found = look_at(made)
    assert chosen(found) == ["a", "x"]


def test_a_range_marker_means_every_topmost_clip_it_overlaps() -> None:
    """Clips that are wholly covered are not meant; partly covered ones are."""
    low = track(clip("a"), clip("b"), clip("c"))
    high = track(gap(24), clip("x"), gap(24))
    made = timeline(low, high)
    made.tracks.markers.append(marker("comet: snow", 10, 50))
    assert chosen(look_at(made)) == ["a", "c", "x"]


def test_a_timeline_marker_counted_by_timecode_is_understood() -> None:
    """Some hosts write the timeline's timecode where OTIO counts from 0."""
    made = timeline(clip("a"), clip("b"), start=86400)
    made.tracks.markers.append(marker("comet: snow", 86430))
    assert chosen(look_at(made)) == ["b"]


def test_a_comet_marker_over_nothing_is_a_problem() -> None:
    """A mark that chooses nothing is told, with its timecode."""
    low = track(clip("a"), gap(24))
    low.markers.append(marker("comet: snow", 30))
    found = look_at(timeline(low, start=86400))
    assert chosen(found) == []
    assert "01:00:01:06" in found.problems[0]


def test_a_marker_without_a_place_means_the_whole_clip() -> None:
    """Scripts add `Marker("comet: x")` without a range."""
    made = timeline(clip("a", 100, 24, markers=(otio.schema.Marker("comet: snow"),)))
    assert chosen(look_at(made)) == ["a"]


def test_two_prompts_on_one_clip_are_refused() -> None:
    """From clip and track alike."""
    low = track(clip("a", markers=(marker("comet: snow"),)))
    low.markers.append(marker("comet: rain", 3))
    found = look_at(timeline(low))
    assert chosen(found) == []
    assert "'snow'" in found.clips[0].reason
    assert "'rain'" in found.clips[0].reason


def test_a_clip_without_a_prompt_is_left_out() -> None:
    """Selection alone says nothing to a model."""
    one = only(clip(), prompt=None)
    assert not one.selected
    assert "prompt" in one.reason


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (clip(enabled=False), "disabled"),
        (clip(ref=otio.schema.GeneratorReference("g", "SMPTEBars", span(0, 99))), "generator"),
        (clip(ref=otio.schema.MissingReference()), "missing"),
        (clip(ref=otio.schema.ImageSequenceReference("/m/", "a.", ".exr", rate=24.1)), "sequence"),
        (clip(ref=otio.schema.ImageSequenceReference("", "a.", ".exr", rate=24)), "empty address"),
        (clip(ref=reference("/m/still.png")), "still"),
        (clip(ref=reference(count=1)), "still"),
        (clip(ref=reference("https://x.test/a.mov")), "https"),
        (clip(effects=[otio.schema.FreezeFrame()]), "freeze"),
        (clip(effects=[otio.schema.LinearTimeWarp(time_scalar=-1.0)]), "backwards"),
        (clip(effects=[otio.schema.LinearTimeWarp(time_scalar=0.0)]), "freeze"),
        (clip(effects=[otio.schema.TimeEffect()]), "ramp"),
        (clip(count=0), "no frames"),
        (clip(count=-5), "negative"),
        (clip(rate=24.1), "24.1"),
        (otio.schema.Clip("x", otio.schema.ExternalReference("/m/a.mov")), "unknown"),
    ],
)
def test_what_cannot_be_sent_has_its_reason(made: Any, words: str) -> None:
    """Disabled, generated, missing, still, retimed, empty: each is told apart."""
    one = only(made)
    assert not one.selected
    assert words in one.reason


def test_a_warp_of_exactly_one_changes_nothing() -> None:
    """Hosts write identity warps."""
    assert only(clip(effects=[otio.schema.LinearTimeWarp(time_scalar=1.0), otio.schema.Effect()])).selected


def test_a_disabled_track_leaves_its_clips_out_by_name() -> None:
    """The track is named."""
    (one,) = look_at(timeline(track(clip(), name="VFX", enabled=False)), "all").clips
    assert "track 'VFX' is disabled" in one.reason


def test_a_retimed_track_or_compound_leaves_its_clips_out_by_name() -> None:
    """A warp on what encloses a clip is refused, never ignored."""
    warped = track(clip())
    warped.effects.append(otio.schema.LinearTimeWarp(time_scalar=0.5))
    assert "its track has a speed change to 50 %" in look_at(timeline(warped), "all").clips[0].reason
    comp = compound(track(clip()))
    comp.effects.append(otio.schema.LinearTimeWarp(time_scalar=0.5))
    assert "compound clip 'comp'" in look_at(timeline(comp), "all").clips[0].reason


def test_the_visible_range_includes_transitions() -> None:
    """Unequal offsets widen each side by its own; `trimmed_range` would leave dissolves without frames."""
    made = timeline(clip("a", 10, 48), clip("b", 200, 48))
    made.tracks[0].insert(1, otio.schema.Transition("d", "SMPTE_Dissolve", time(6), time(10)))
    first, second = look_at(made, "all").clips
    assert first.visible == ClipRange(10, 58, Fraction(24))
    assert second.visible == ClipRange(194, 54, Fraction(24))
    assert second.record_frames == (48, 48)


def test_the_visible_range_is_the_one_that_otio_tells() -> None:
    """For clips of a plain track, with transitions at both ends, ours is `visible_range()`."""
    made = timeline(*(clip(str(n), 50 + n, 20) for n in range(6)))
    for place in (1, 3, 6):
        made.tracks[0].insert(place, otio.schema.Transition("d", "SMPTE_Dissolve", time(2 + place), time(place)))
    for one, real in zip(look_at(made, "all").clips, made.find_clips(), strict=True):
        seen = real.visible_range()
        assert one.visible is not None
        assert (one.visible.start, one.visible.frame_count) == (seen.start_time.value, seen.duration.value)


@pytest.mark.parametrize("rate", [23.976, 23.98, 23.976024627685547, NTSC_FILM])
def test_rates_of_hosts_are_snapped(rate: float) -> None:
    """Clip ranges come out at the exact rate, the written one is kept beside it."""
    one = only(clip(start=86313, rate=rate))
    assert one.visible == ClipRange(86313, 24, Fraction(24000, 1001))
    assert one.clip_rate == rate


def test_fractional_starts_are_rounded_and_told() -> None:
    """Resolve writes 37008.099992; it is frame 37008, and the editor is told."""
    one = only(clip(start=37008.099992, ref=reference(start=37000)))
    assert one.visible.start == 37008
    assert "37008.1" in one.warnings[0]
    assert only(clip(start=3542.9999999)).visible.start == 3543
    assert only(clip(start=3542.9999999)).warnings == ()


def test_without_a_source_range_the_available_range_is_used() -> None:
    """`source_range` None means all of the media."""
    one = only(otio.schema.Clip("x", reference(start=100, count=6)))
    assert one.visible == ClipRange(100, 6, Fraction(24))
    assert one.clip_rate == 0.0


def test_start_and_duration_in_two_rates_are_joined_or_refused() -> None:
    """Some writers give the start in media frames and the duration in timeline frames."""
    made = clip()
    made.source_range = otio.opentime.TimeRange(time(100, 30), time(48, 24))
    assert only(made).visible == ClipRange(100, 60, Fraction(30))
    made = clip()
    made.source_range = otio.opentime.TimeRange(time(100, NTSC_FILM), time(48, 25))
    assert "share no whole frame" in only(made).reason


def test_a_compound_clips_trim_hides_what_is_outside() -> None:
    """Of 50 frames inside, the 20 that the outer trim shows are sent."""
    comp = compound(track(clip("in", 100, 50)), source=span(10, 20))
    (one,) = look_at(timeline(clip("a"), comp), "name:in").clips[1:]
    assert one.visible == ClipRange(110, 20, Fraction(24))
    assert one.record_frames == (24, 20)


def test_frames_that_a_compounds_trim_hides_are_told() -> None:
    """A host in which somebody opens the trim later finds no media there; a clip seen wholly has no such warning."""
    comp = compound(track(clip("in", 100, 50)), source=span(10, 20))
    whole, hidden = look_at(timeline(clip("a"), comp), "all").clips
    assert whole.warnings == ()
    (told,) = hidden.warnings
    assert "hides 10 frames at its start and 20 at its end" in told


def test_trims_of_every_level_and_transitions_outside_count_together() -> None:
    """A track's trim inside a compound in a trimmed track, with a dissolve onto the compound."""
    inner = track(clip("x", 0, 30), clip("in", 100, 50), source_range=span(20, 60))
    comp = compound(inner, source=span(5, 40))
    made = timeline(clip("a", 0, 24), comp)
    made.tracks[0].insert(1, otio.schema.Transition("d", "SMPTE_Dissolve", time(3), time(2)))
    by_name = {one.name: one for one in look_at(made, "all").clips}
    # The compound shows its frames 5 - 3 to 45, the inner track's 22 to 65: "x" to 30, "in" from 30.
    assert by_name["x"].visible == ClipRange(22, 8, Fraction(24))
    assert by_name["in"].visible == ClipRange(100, 35, Fraction(24))


def test_what_an_outer_trim_hides_wholly_is_left_out() -> None:
    """With the reason."""
    comp = compound(track(clip("x", 0, 10), clip("in", 100, 50)), source=span(0, 10))
    assert "shows nothing of it" in look_at(timeline(comp), "all").clips[1].reason


def test_sound_inside_a_compound_is_left_out() -> None:
    """It is found, so it has a reason."""
    comp = compound(track(clip("in")), track(clip("sound"), kind="Audio"))
    found = look_at(timeline(comp), "all")
    assert chosen(found) == ["in"]
    assert "sound track" in found.clips[1].reason


def test_a_marker_on_a_compound_means_the_topmost_clip_inside() -> None:
    """Its numbers are the compound's own."""
    comp = compound(track(clip("low", 0, 50)), track(gap(20), clip("high", 0, 30)), source=span(10, 30))
    comp.markers.append(marker("comet: snow", 25))
    assert chosen(look_at(timeline(clip("a"), comp))) == ["high"]


def test_a_tracks_negative_start_is_black_before_it() -> None:
    """The content moves later by it, and nothing of it is trimmed (OTIO's own multiple-track sample)."""
    made = timeline(track(clip("a", 0, 9), source_range=span(-7, 16)))
    assert look_at(made, "all").clips[0].record_frames == (7, 9)


def test_an_edls_negative_start_is_the_record_start() -> None:
    """cmx_3600 writes -86243 with the contents' own length; the clip stands at its record timecode."""
    made = timeline(track(clip("a", 0, 9), source_range=span(-86243, 9)))
    (one,) = look_at(made, "all").clips
    assert one.record_timecode == "00:59:53:11"
    assert one.visible == ClipRange(0, 9, Fraction(24))


OURS = {"cometapi": {"schema": 1}}


@pytest.mark.parametrize(
    ("key", "url", "metadata"),
    [("cometapi:abc", "/x/y.mov", {}), ("k", "/job/media/y.mov", {}), ("k", "/x/y.mov", OURS)],
    ids=["by key", "by folder", "by metadata"],
)
def test_a_clip_that_shows_a_take_is_traced_back_to_its_original(key: str, url: str, metadata: Any) -> None:
    """Our own media is never a source; the original beside it is."""
    made = clip()
    taken = otio.schema.ExternalReference(url, span(0, 240), metadata)
    made.set_media_references({**made.media_references(), key: taken}, key)
    one = only(made, own_media_dirs=(Path("/job/media"),))
    assert one.selected
    assert [found.key for found in one.candidates] == ["DEFAULT_MEDIA"]
    assert "take" in one.warnings[0]
    made.set_media_references({key: made.media_reference.clone()}, key)
    assert "already shows a take" in only(made, own_media_dirs=(Path("/job/media"),)).reason


def test_other_references_stand_by_when_the_active_one_is_missing() -> None:
    """Avid clips have several; the active one comes first."""
    made = clip()
    made.set_media_references(
        {"a.PHYS": reference("/m/a.mxf"), "DEFAULT_MEDIA": otio.schema.MissingReference(), "a": reference("/m/a.mov")},
        "DEFAULT_MEDIA",
    )
    one = only(made)
    assert one.selected
    assert one.candidates[0].key == "DEFAULT_MEDIA"
    assert {found.path for found in one.candidates[1:]} == {"/m/a.mxf", "/m/a.mov"}


def nested() -> Any:
    """Return a timeline with a compound clip, sound and two picture tracks."""
    comp = compound(track(clip("c1"), clip("c2")), track(gap(5), clip("c3")), source=span(3, 30))
    return timeline(track(clip("a"), comp, clip("b")), track(clip("s"), kind="Audio"), track(gap(3), clip("z")))


def test_clips_are_counted_as_find_clips_finds_them() -> None:
    """The order that every index counts in is OTIO's, nested clips included."""
    made = nested()
    expected = [one for part in made.video_tracks() for one in part.find_clips()]
    assert video_clips(made) == expected
    assert [place.clip for cut in cuts_of(made) for place in cut.clips] == expected
    assert [one.index for one in look_at(made).clips] == list(range(len(expected)))


def test_a_collection_of_timelines_is_counted_through() -> None:
    """Indexes go on from one timeline to the next."""
    both = otio.schema.SerializableCollection("reels", [timeline(clip("a")), timeline(clip("b"), start=86400)])
    found = look_at(both, "all")
    assert [(one.index, one.name) for one in found.clips] == [(0, "a"), (1, "b")]
    assert found.clips[1].record_timecode == "01:00:00:00"


def test_a_collection_of_clips_is_a_problem_and_every_clip_has_a_reason() -> None:
    """There is no timeline to relink."""
    found = look_at(otio.schema.SerializableCollection("bin", [clip("a"), clip("b")]), "all")
    assert [one.selected for one in found.clips] == [False, False]
    assert all("no timeline" in one.reason for one in found.clips)
    assert "no timeline" in found.problems[0]


def test_a_timeline_without_clips_is_a_problem() -> None:
    """Nothing to do is said, not passed over."""
    assert look_at(timeline(track(gap(24))), "all").problems


def test_the_survey_does_not_change_the_timeline() -> None:
    """It only reads."""
    made = nested()
    before = made.to_json_string()
    look_at(made, "all")
    assert made.to_json_string() == before


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(value: float) -> None:
    """Hostile files have them."""
    one = only(clip(start=value))
    assert not one.selected
    assert one.reason


def test_the_timelines_own_numbers_come_with_the_survey() -> None:
    """Rate and start."""
    found = look_at(timeline(clip("a", rate=23.976), start=86313, rate=23.976))
    assert (found.name, found.rate, found.start) == ("cut", Fraction(24000, 1001), 86313)
