"""Relinking adds, and changes nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from otio_cometapi.editorial.matching import TakeIndex, clip_matches, covers
from otio_cometapi.editorial.relink import add_link, timeline_relinked
from otio_cometapi.editorial.structure import video_clips
from otio_cometapi.errors import EditorialError
from otio_cometapi.records import Look, Span
from support.otio_builders import clip, compound, gap, link, marker, media_info, reference, span, take, timeline, track


def edit() -> Any:
    """Return a timeline of three clips, one of them inside a compound."""
    made = timeline(
        track(clip("a", 10, 24), gap(5), clip("b", 20, 24, markers=(marker("comet: x", 21),))),
        track(compound(track(clip("c", 5, 24)))),
        start=86400,
    )
    made.metadata["Resolve_OTIO"] = {"deep": [1, {"x": None}]}
    return made


def test_the_new_reference_stands_beside_the_old_one_and_is_active() -> None:
    """Key, address, range and name are those of the fixed points."""
    made = take(sent=Span(2, 40, Fraction(24)))
    result = timeline_relinked(edit(), [link(0, made)])
    one = video_clips(result)[0]
    assert one.active_media_reference_key == "cometapi:t1"
    assert set(one.media_references()) == {"DEFAULT_MEDIA", "cometapi:t1"}
    assert one.media_reference.target_url == "/job/media/t1.mov"
    assert one.media_reference.available_range == span(2, 40)
    assert one.source_range == span(10, 24)


def test_the_input_is_not_changed() -> None:
    """The caller's timeline is copied first."""
    made = edit()
    before = made.to_json_string()
    timeline_relinked(made, [link(0)])
    assert made.to_json_string() == before


def test_in_place_changes_the_timeline_itself() -> None:
    """What the command line read itself need not be copied."""
    made = edit()
    assert timeline_relinked(made, [link(0)], in_place=True) is made
    assert video_clips(made)[0].active_media_reference_key == "cometapi:t1"


def test_everything_else_stays_byte_for_byte() -> None:
    """Take the additions away again, and the JSON is the one that came in."""
    made = edit()
    result = timeline_relinked(made, [link(0), link(2)])
    for index in (0, 2):
        one = video_clips(result)[index]
        references = one.media_references()
        del references["cometapi:t1"]
        one.set_media_references(references, "DEFAULT_MEDIA")
        del one.metadata["cometapi"]
    assert result.to_json_string() == made.to_json_string()


def test_existing_references_and_keys_stay() -> None:
    """Avid's three references are all there, and theirs."""
    made = edit()
    one = video_clips(made)[0]
    one.set_media_references({"DEFAULT_MEDIA": reference(), "a": reference("/x"), "a.PHYS": reference("/y")}, "a")
    before = {key: found.to_json_string() for key, found in one.media_references().items()}
    after = video_clips(timeline_relinked(made, [link(0)]))[0].media_references()
    assert {key: found.to_json_string() for key, found in after.items() if key in before} == before


def test_a_source_range_that_was_not_written_is_written() -> None:
    """A longer output would lengthen the edit; the range that was shown is made explicit."""
    made = timeline(otio.schema.Clip("x", reference(start=100, count=24)))
    one = video_clips(timeline_relinked(made, [link(0)]))[0]
    assert one.source_range == span(100, 24)


def test_metadata_says_where_the_take_comes_from() -> None:
    """Provenance stands in the reference, with the original's address as it was written."""
    made = edit()
    one = video_clips(made)[0]
    one.media_reference.target_url = "file:///media/a%20b.mov"
    info = media_info(rate=Fraction(24000, 1001))
    other = take(sent=Span(2, 40, info.rate), info=info)
    result = timeline_relinked(made, [link(0, other, source_timecode="01:00:00:02")])
    own = json.loads(video_clips(result)[0].media_reference.to_json_string())["metadata"]["cometapi"]
    assert own == {
        "schema": 1,
        "take_id": "t1",
        "take": 1,
        "task_id": "task-t1",
        "model": "gen4_aleph",
        "prompt": "make it snow",
        "seed": 7,
        "span": {"first_frame": 2, "frame_count": 40, "rate": "24000/1001"},
        "conform": "index",
        "source_url": "file:///media/a%20b.mov",
        "source_key": "DEFAULT_MEDIA",
        "source_timecode": "01:00:00:02",
    }


def test_the_largest_seed_survives_json() -> None:
    """4294967295 is no 32-bit surprise."""
    made = take(look=Look("p", "m", seed=4_294_967_295))
    text = timeline_relinked(edit(), [link(0, made)]).to_json_string()
    assert json.loads(text)["tracks"]["children"][0]["children"][0]["media_references"]["cometapi:t1"]["metadata"][
        "cometapi"
    ]["seed"] == (4_294_967_295)


def test_the_clips_note_leaves_the_users_fields_alone() -> None:
    """Fields that a user put under our key stay."""
    made = edit()
    video_clips(made)[0].metadata["cometapi"] = {"prompt": "snow"}
    one = video_clips(timeline_relinked(made, [link(0)]))[0]
    own = one.metadata["cometapi"]
    assert own["prompt"] == "snow"
    assert own["relinked"]["take_id"] == "t1"


def test_relinking_the_same_take_again_replaces_that_key_only() -> None:
    """A second relink is the same as one; another take is one key more."""
    once = timeline_relinked(edit(), [link(0)])
    twice = timeline_relinked(once, [link(0)])
    assert twice.to_json_string() == once.to_json_string()
    third = video_clips(timeline_relinked(twice, [link(0, take("t2"))]))[0]
    assert set(third.media_references()) == {"DEFAULT_MEDIA", "cometapi:t1", "cometapi:t2"}


def test_a_shared_reference_is_not_changed_through_another_clip() -> None:
    """Two clips may share one reference object in Python."""
    shared = reference()
    made = timeline(clip("a", ref=shared), clip("b", ref=shared))
    timeline_relinked(made, [link(0)], in_place=True)
    second = video_clips(made)[1]
    assert second.active_media_reference_key == "DEFAULT_MEDIA"
    assert set(second.media_references()) == {"DEFAULT_MEDIA"}


def test_the_range_is_written_in_the_hosts_own_rate() -> None:
    """23.976 beside 23.976, so that comparisons in OTIO hold."""
    one = video_clips(timeline_relinked(edit(), [link(0, rate=23.976)]))[0]
    assert one.media_reference.available_range.duration.rate == 23.976


@pytest.mark.parametrize(
    ("style", "address"),
    [("path", "/job/media/t 1.mov"), ("file-uri", "file:///job/media/t%201.mov"), ("relative", "../media/t 1.mov")],
)
def test_addresses_are_written_in_the_style_asked_for(style: str, address: str) -> None:
    """No one form suits all hosts."""
    made = take()
    made = replace(made, media=(replace(made.media[0], path="/job/media/t 1.mov"),))
    result = timeline_relinked(edit(), [link(0, made)], url_style=style, timeline_dir=Path("/job/out"))
    assert video_clips(result)[0].media_reference.target_url == address


@pytest.mark.parametrize("style", ["relative", "url"])
def test_a_style_that_cannot_be_written_is_an_error(style: str) -> None:
    """Without a folder nothing is relative to it."""
    with pytest.raises(EditorialError, match=style):
        timeline_relinked(edit(), [link(0)], url_style=style)


def test_a_link_to_a_clip_that_is_not_there_is_an_error() -> None:
    """A changed timeline is not relinked by guess."""
    with pytest.raises(EditorialError, match="17"):
        timeline_relinked(edit(), [link(17)])


def test_stock_otio_reads_the_result_back_the_same() -> None:
    """Only stock schemas: what was written is what is read."""
    text = timeline_relinked(edit(), [link(0)]).to_json_string()
    again = otio.adapters.read_from_string(text, "otio_json")
    assert again.to_json_string() == text


def index_of(*takes: Any) -> TakeIndex:
    """Return the index of takes."""
    return TakeIndex(takes, media_root=Path("/"))


def test_a_take_that_covers_the_clip_is_found_by_path() -> None:
    """The link says all that relinking needs."""
    found = clip_matches(clip("x", 10, 24), index_of(take()), clip_index=3)
    assert found is not None
    assert (found.clip_index, found.take.take_id, found.source_key) == (3, "t1", "DEFAULT_MEDIA")
    one = clip("x", 10, 24)
    add_link(one, found)
    assert one.media_reference.available_range == span(0, 100)


def test_the_original_may_be_offline_and_elsewhere() -> None:
    """By file name, timecode and range."""
    moved = clip("x", 1010, 24, ref=reference("file:///Volumes/other/a.mov", start=1000))
    found = clip_matches(moved, index_of(take(origin=1000)))
    assert found is not None
    assert found.media.start_frame == 1000


@pytest.mark.parametrize(
    "made",
    [
        clip("outside the span", 90, 24),
        clip("other file", 10, 24, ref=reference("/media/b.mov")),
        clip("other numbers", 1010, 24, ref=reference(start=1000)),
        clip("other rate", 10, 24, rate=25, ref=reference(rate=25)),
        clip("another file of that name", 10, 24, ref=reference("/else/a.mov", count=5000)),
        clip("no media", 10, 24, ref=otio.schema.MissingReference()),
    ],
    ids=lambda made: made.name,
)
def test_what_does_not_fit_is_left_alone(made: Any) -> None:
    """Nothing is laid onto a clip that shows a frame the take has not."""
    assert clip_matches(made, index_of(take())) is None


def test_the_newest_take_of_one_look_is_laid() -> None:
    """By take number; the seed is not part of the choice."""
    takes = [take("t2", number=2, look=Look("make it snow", "gen4_aleph", seed=8)), take("t1")]
    found = clip_matches(clip("x", 10, 24), index_of(*takes))
    assert found is not None
    assert found.take.take_id == "t2"


def test_takes_of_two_looks_are_refused_by_name() -> None:
    """Which one is meant is the editor's word."""
    rain = take("t9", look=Look("rain", "gen4_aleph"))
    with pytest.raises(EditorialError) as caught:
        clip_matches(clip("x", 10, 24), index_of(take(), rain))
    assert "t1" in str(caught.value)
    assert "t9" in str(caught.value)
    marked = clip("x", 10, 24, markers=(marker("comet: RAIN", 12),))
    found = clip_matches(marked, index_of(take(), rain))
    assert found is not None
    assert found.take.take_id == "t9"


def test_two_files_of_one_name_are_refused() -> None:
    """Two cameras number alike."""
    other = take("t5", info=media_info("/second/a.mov"))
    with pytest.raises(EditorialError, match="/second/a"):
        clip_matches(clip("x", 10, 24, ref=reference("/third/a.mov")), index_of(take(), other))


def test_a_clip_that_shows_a_take_keeps_it() -> None:
    """An editor's choice among takes is not undone."""
    one = clip("x", 10, 24)
    add_link(one, link(0, take("t1")))
    found = clip_matches(one, index_of(take("t1"), take("t2", number=2)))
    assert found is not None
    assert found.take.take_id == "t1"


def test_a_transition_needs_its_frames_too() -> None:
    """What the dissolve shows must be in the take."""
    made = timeline(clip("x", 70, 24), clip("y", 0, 24))
    made.tracks[0].insert(
        1,
        otio.schema.Transition(
            "d", "SMPTE_Dissolve", otio.opentime.RationalTime(0, 24), otio.opentime.RationalTime(8, 24)
        ),
    )
    first = made.tracks[0][0]
    assert clip_matches(first, index_of(take())) is None
    assert clip_matches(first, index_of(take(sent=Span(0, 102, Fraction(24))))) is not None


def test_covering_is_frame_exact() -> None:
    """One frame less is not enough."""
    whole = Span(0, 100, Fraction(24))
    assert covers(Span(90, 10, Fraction(24)), whole)
    assert not covers(Span(90, 11, Fraction(24)), whole)
