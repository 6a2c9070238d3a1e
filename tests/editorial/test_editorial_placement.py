"""Takes on a track above the cut, and the hosts that want them there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from otio_cometapi.editorial.criteria import Criteria
from otio_cometapi.editorial.hosts import PRESETS, Delivery, HostPreset, resolved
from otio_cometapi.editorial.looks import LookSources
from otio_cometapi.editorial.placement import takes_above
from otio_cometapi.editorial.relink import with_unique_reels
from otio_cometapi.editorial.selection import survey
from otio_cometapi.editorial.sources import SourceFinder
from otio_cometapi.editorial.structure import video_clips
from otio_cometapi.errors import EditorialError, WrongUsageError
from support.otio_builders import clip, compound, gap, link, marker, span, take, time, timeline, track

OURS = SourceFinder(media_root=Path("/"), own_media_dirs=(Path("/job/media"),)).shows_take


def laid(made: Any, *links: Any) -> Any:
    """Return a timeline with takes above it."""
    result, notes = takes_above(made, links, shows_take=OURS)
    assert notes == ()
    return result


def comet(made: Any) -> list[Any]:
    """Return the tracks of takes."""
    return [each for each in made.video_tracks() if each.name.startswith("COMET")]


def two() -> Any:
    """Return a cut of two clips of 24 frames."""
    return timeline(clip("a", 10, 24), clip("b", 40, 24))


def test_the_cut_stays_as_it_is() -> None:
    """Every track of the input is in the output, unchanged, and one track COMET is above."""
    before = two()
    after = laid(before, link(1))
    assert [each.name for each in after.tracks] == ["", "COMET"]
    assert after.tracks[0].to_json_string() == before.tracks[0].to_json_string()
    assert comet(before) == []


def test_a_take_lies_over_its_original_with_the_same_frames() -> None:
    """Same place in the timeline, same numbers, the take its only reference."""
    after = laid(two(), link(1))
    (one,) = video_clips(after)[2:]
    assert one.source_range == span(40, 24)
    assert one.trimmed_range_in_parent() == span(24, 24)
    assert list(one.media_references()) == ["cometapi:t1"]
    assert one.media_reference.available_range == span(0, 100)
    assert one.metadata["cometapi"]["relinked"]["take_id"] == "t1"


def test_an_empty_track_is_left_as_it_is() -> None:
    """Hosts export tracks on which nothing stands; takes are laid above the others."""
    made = timeline(track(clip("a", 10, 24), name="V1"), track(name="V2"))
    after = laid(made, link(0))
    assert [(each.name, len(each)) for each in after.tracks] == [("V1", 1), ("V2", 0), ("COMET", 1)]


def test_takes_that_were_moved_below_the_cut_are_replaced_too() -> None:
    """A host or a person may put the track of takes at the bottom; the new takes lie above all the same."""
    moved = laid(timeline(track(clip("a", 10, 24), clip("b", 40, 24), name="V1")), link(0))
    cut, takes = list(moved.tracks)
    del moved.tracks[:]
    moved.tracks.extend([takes, cut])
    after = laid(moved, link(1, take("t2")))
    assert [each.name for each in after.tracks] == ["V1", "COMET"]


def test_sound_tracks_stay_below_nothing_of_ours() -> None:
    """The new track is the topmost video track, before the sound tracks that follow."""
    made = timeline(track(clip("a", 10, 24)), track(clip("s", 0, 24), kind="Audio"))
    after = laid(made, link(0))
    assert [(each.kind, each.name) for each in after.tracks] == [("Video", ""), ("Video", "COMET"), ("Audio", "")]


def test_takes_go_right_above_their_tracks_where_something_lies_on_top() -> None:
    """A title over a clip stays visible: each track has a COMET track of its own."""
    made = timeline(track(clip("a", 10, 48), name="V1"), track(gap(12), clip("title", 10, 12), name="V2"))
    after = laid(made, link(0), link(1, take("t2")))
    assert [each.name for each in after.tracks] == ["V1", "COMET V1", "V2", "COMET V2"]


def test_one_track_holds_the_takes_of_tracks_that_do_not_overlap() -> None:
    """Nothing is covered, so one track is enough."""
    made = timeline(track(clip("a", 10, 24), name="V1"), track(gap(24), clip("b", 10, 12), name="V2"))
    after = laid(made, link(0), link(1, take("t2")))
    assert [each.name for each in after.tracks] == ["V1", "V2", "COMET"]
    assert [each.trimmed_range_in_parent() for each in comet(after)[0].find_clips()] == [span(0, 24), span(24, 12)]


def test_a_clip_under_a_transition_gets_a_reference_with_the_reason() -> None:
    """A dissolve has no second picture to dissolve to on another track."""
    made = two()
    made.tracks[0].insert(1, otio.schema.Transition("d", "SMPTE_Dissolve", time(4), time(4)))
    after, notes = takes_above(made, [link(0)], shows_take=OURS)
    assert comet(after) == []
    assert video_clips(after)[0].active_media_reference_key == "cometapi:t1"
    assert "'a'" in notes[0]
    assert "transition" in notes[0]


def test_a_clip_inside_a_compound_gets_a_reference_with_the_reason() -> None:
    """What lies above it in there would be covered."""
    made = timeline(track(compound(track(clip("inner", 10, 24)))))
    after, notes = takes_above(made, [link(0)], shows_take=OURS)
    assert video_clips(after)[0].active_media_reference_key == "cometapi:t1"
    assert "compound" in notes[0]


def test_what_the_tracks_trim_cuts_off_is_cut_off_above_too() -> None:
    """A track that starts six frames into its first clip shows 18 of it."""
    made = timeline(track(clip("a", 10, 24), source_range=span(6, 18)))
    (one,) = comet(laid(made, link(0)))[0].find_clips()
    assert one.source_range == span(16, 18)


def test_effects_go_along() -> None:
    """A take stands in for its original, so it is played at the same speed."""
    made = timeline(clip("a", 10, 24, effects=[otio.schema.LinearTimeWarp(time_scalar=2)]))
    (one,) = comet(laid(made, link(0)))[0].find_clips()
    assert [effect.time_scalar for effect in one.effects] == [2]


def test_several_takes_are_references_of_one_clip_above() -> None:
    """The last one is shown."""
    (one,) = comet(laid(two(), link(0), link(0, take("t2"))))[0].find_clips()
    assert set(one.media_references()) == {"cometapi:t1", "cometapi:t2"}
    assert one.active_media_reference_key == "cometapi:t2"


def test_laying_twice_makes_no_second_track() -> None:
    """The same takes on the result give the result."""
    once = laid(two(), link(0), link(1))
    assert laid(once, link(0), link(1)).to_json_string() == once.to_json_string()


def test_takes_of_other_clips_stay_on_their_track() -> None:
    """A second run for another clip adds to the track, and takes nothing away."""
    after = laid(laid(two(), link(0)), link(1, take("t2")))
    (only,) = comet(after)
    assert [each.active_media_reference_key for each in only.find_clips()] == ["cometapi:t1", "cometapi:t2"]
    assert [each.trimmed_range_in_parent() for each in only.find_clips()] == [span(0, 24), span(24, 24)]


def test_laid_takes_are_known_without_their_tracks_name() -> None:
    """FCP XML and some hosts keep no track names; the stretch and the numbers tell."""
    once = laid(two(), link(0), link(1))
    for each in once.tracks:
        each.name = ""
    again = laid(once, link(0), link(1))
    assert [each.name for each in again.tracks] == ["", "COMET"]


def test_a_survey_asks_for_the_originals_under_the_takes() -> None:
    """Neither a selection of all nor a marker of the timeline means a laid take."""
    made = laid(two(), link(0))
    made.tracks.markers.append(marker("comet: rain", 3))
    for select in ((), ("all",)):
        seen = survey(
            made, criteria=Criteria(select), looks=LookSources(flags={"prompt": "p"}), media_root=Path("/media")
        )
        assert [one.selected for one in seen.clips] == ([True, True, False] if select else [True, False, False])
        assert "above its original" in seen.clips[2].reason


def test_a_link_to_no_clip_is_an_error() -> None:
    """A changed timeline is not relinked by guess."""
    with pytest.raises(EditorialError, match="17"):
        takes_above(two(), [link(17)], shows_take=OURS)


def test_takes_have_reels_of_their_own_where_hosts_relink_by_them() -> None:
    """Original and take have the same numbers, so the reel tells them apart."""
    made, _ = takes_above(two(), [link(0, take("t1-abcdef0123456789"))], shows_take=OURS)
    one = video_clips(with_unique_reels(made))[2]
    assert one.metadata["cmx_3600"]["reel"] == "ABCDEF01"
    assert one.metadata["ALE"]["Tape"] == "ABCDEF01"
    assert "cmx_3600" not in video_clips(with_unique_reels(made))[0].metadata


def test_every_host_has_a_preset_that_can_be_written() -> None:
    """The table is complete, and each of its rows resolves to itself for an .otio file."""
    hosts = "generic resolve premiere avid kdenlive hiero rv xstudio mlt ges blender"
    assert set(PRESETS) == set(hosts.split())
    for name, preset in PRESETS.items():
        found = resolved(Delivery(host=name), suffix=".otio")
        assert (found.placement, found.url_style, found.rebase) == (preset.placement, preset.url_style, preset.rebase)


@pytest.mark.parametrize(
    ("wish", "suffix", "expected"),
    [
        (Delivery(), ".otio", ("reference", "path", False)),
        (Delivery(), ".mlt", ("track", "path", True)),
        (Delivery(), ".xges", ("track", "file-uri", True)),
        (Delivery(), ".kdenlive", ("reference", "path", True)),
        (Delivery("kdenlive"), ".otio", ("track", "path", False)),
        (Delivery("kdenlive"), ".kdenlive", ("track", "path", True)),
        (Delivery("resolve"), ".edl", ("reference", "path", False)),
        (Delivery("rv"), ".otio", ("reference", "path", False)),
        (Delivery("resolve", placement="reference", url_style="relative"), ".otio", ("reference", "relative", False)),
        (Delivery(rebase=True), ".otio", ("reference", "path", True)),
        (Delivery("ges", rebase=False), ".otio", ("track", "file-uri", False)),
    ],
)
def test_host_format_and_wish_together(wish: Delivery, suffix: str, expected: tuple[str, str, bool]) -> None:
    """A wish beats the preset, and the format's own limits beat the preset too."""
    found: HostPreset = resolved(wish, suffix=suffix)
    assert (found.placement, found.url_style, found.rebase) == expected


@pytest.mark.parametrize(
    ("wish", "suffix", "words"),
    [
        (Delivery("avido"), ".otio", "avid"),
        (Delivery(placement="above"), ".otio", "reference"),
        (Delivery(url_style="uri"), ".otio", "file-uri"),
        (Delivery(placement="track"), ".edl", "one video track"),
        (Delivery(rebase=False), ".mlt", "wrong frames"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_done(wish: Delivery, suffix: str, words: str) -> None:
    """Each with what to do instead."""
    with pytest.raises(WrongUsageError, match=words):
        resolved(wish, suffix=suffix)
