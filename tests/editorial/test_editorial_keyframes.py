"""Keyframes: which clip a moment or a still means, and which source frame the clip shows there."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otio_cometapi.editorial.criteria import Criteria
from otio_cometapi.editorial.keyframe_fields import keyframe_wishes
from otio_cometapi.editorial.keyframes import source_keyframes
from otio_cometapi.editorial.look_fields import checked_fields
from otio_cometapi.editorial.look_file import read_look_file
from otio_cometapi.editorial.looks import LookSources
from otio_cometapi.editorial.provenance import reference_metadata
from otio_cometapi.editorial.selection import Survey, survey
from otio_cometapi.editorial.spans import placed
from otio_cometapi.errors import EditorialError, SelectionError
from otio_cometapi.records import Keyframe, Look
from support.otio_builders import (
    CALM,
    NTSC_FILM,
    clip,
    compound,
    gap,
    link,
    marker,
    media_info,
    reference,
    span,
    take,
    time,
    timeline,
    track,
)

HOUR = 86400
KEY = marker("comet:key", 0)


def look_at(made: Any, *keyframes: object, select: tuple[str, ...] = ("all",), **more: Any) -> Survey:
    """Return the survey of a timeline with keyframes for any clip."""
    flags = {"prompt": "p", "keyframes": list(keyframes)}
    return survey(made, criteria=Criteria(select), looks=LookSources(flags=flags, **more), media_root=Path("/media"))


def frames_of(found: Survey) -> dict[str, list[tuple[str, int]]]:
    """Return every selected clip's keyframes: the image's name and the frame in clip space."""
    return {
        one.name: [(Path(each.image).name, each.frame) for each in one.keyframes]
        for one in found.clips
        if one.selected and one.keyframes
    }


def still(name: str = "k1", count: float = 12, *, url: str = "/media/k1.png", **more: Any) -> Any:
    """Return a still with a `comet:key` marker on it."""
    return clip(name, 0, count, ref=reference(url, 0, 1), markers=more.pop("markers", (KEY,)), **more)


def test_a_timecode_means_the_source_frame_that_is_shown_there() -> None:
    """The keyframe goes to the clip under it, at that clip's own frame."""
    made = timeline(clip("a", 10, 24), clip("b", 100, 48), start=HOUR)
    found = look_at(made, "01:00:00:05=k1.png", "01:00:02:00=k2.png")
    assert frames_of(found) == {"a": [("k1.png", 15)], "b": [("k2.png", 124)]}
    assert [each.timecode for one in found.clips for each in one.keyframes] == ["01:00:00:05", "01:00:02:00"]


def test_of_two_selected_clips_the_topmost_gets_the_keyframe() -> None:
    """What lies above is what is seen; a clip that is not selected does not count."""
    made = timeline(track(clip("low", 0, 48)), track(gap(12), clip("high", 100, 24)))
    assert frames_of(look_at(made, "00:00:00:20=k.png")) == {"high": [("k.png", 108)]}
    assert frames_of(look_at(made, "00:00:00:20=k.png", select=("name:low",))) == {"low": [("k.png", 20)]}


@pytest.mark.parametrize(
    ("speed", "at", "frame"), [(2.0, 5, 20), (0.5, 5, 12), (-1.0, 0, 33), (-1.0, 23, 10), (1 / 3, 23, 17)]
)
def test_a_speed_change_is_followed(speed: float, at: int, frame: int) -> None:
    """Frame k of a retimed clip is start + floor(k * speed), backwards from the end."""
    one = clip("fast", 10, 24, metadata={"AAF": {}})
    one.effects.append(otio.schema.LinearTimeWarp(time_scalar=speed))
    assert frames_of(look_at(timeline(one), f"00:00:00:{at:02d}=k.png")) == {"fast": [("k.png", frame)]}


def test_what_an_outer_trim_cuts_off_is_counted() -> None:
    """In a compound clip the source frame is found through the trims around it."""
    inner = compound(track(clip("inner", 100, 48)), source=span(10, 20))
    made = timeline(track(clip("before", 0, 24), inner))
    assert frames_of(look_at(made, "00:00:01:03=k.png")) == {"inner": [("k.png", 113)]}


def test_a_dissolve_belongs_to_the_clip_on_its_side_of_the_cut() -> None:
    """Before the cut the outgoing clip is meant, from the cut on the incoming one, at their own frames."""
    dissolve = otio.schema.Transition("x", "SMPTE_Dissolve", in_offset=time(6), out_offset=time(6))
    made = timeline(clip("a", 50, 24), dissolve, clip("b", 100, 24))
    found = frames_of(look_at(made, "00:00:00:23=k1.png", "00:00:01:00=k2.png"))
    assert found == {"a": [("k1.png", 73)], "b": [("k2.png", 100)]}


def test_drop_frame_timecode_is_read_and_written() -> None:
    """At 29.97 a semicolon counts dropped numbers."""
    rate = 30000 / 1001
    made = timeline(clip("a", 0, 3600, rate=rate, ref=reference("/media/a.mov", 0, 4000, rate)), start=0, rate=rate)
    found = look_at(made, "00:01:00;02=k.png")
    assert frames_of(found) == {"a": [("k.png", 1800)]}
    assert found.clips[0].keyframes[0].timecode == "00:01:00;02"


def test_a_clip_of_another_rate_counts_its_own_frames() -> None:
    """A clip at 48 in a timeline at 24 shows two frames for each of the timeline's."""
    fast = clip("fast", 100, 96, rate=48, ref=reference("/media/f.mov", 0, 480, 48))
    assert frames_of(look_at(timeline(fast, start=HOUR), "01:00:00:05=k.png")) == {"fast": [("k.png", 110)]}


def test_a_moment_without_a_selected_clip_is_an_error_that_lists_what_is_there() -> None:
    """It names the keyframe, what stands there and what is selected."""
    made = timeline(clip("a", 0, 24), clip("b", 0, 24), start=HOUR)
    with pytest.raises(SelectionError) as caught:
        look_at(made, "01:00:01:05=k1.png", select=("name:a",))
    said = str(caught.value)
    assert "01:00:01:05" in said
    assert "there is 'b' on V1 (not selected: name:a does not mean it)" in said
    assert "selected are 'a' 01:00:00:00-01:00:01:00 on V1" in said
    with pytest.raises(SelectionError, match="there is nothing"):
        look_at(made, "02:00:00:00=k1.png")


def test_a_signed_address_is_told_without_its_query() -> None:
    """What stands behind the question mark may be a secret."""
    with pytest.raises(SelectionError) as caught:
        look_at(timeline(clip("a", 0, 24)), "02:00:00:00=https://x.example.com/k.png?sig=secret")
    assert "https://x.example.com/k.png" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("at", ["00:00:00:24", "00:00:61:00"])
def test_a_timecode_of_another_rate_is_an_error(at: str) -> None:
    """Frame 24 does not exist at 24 frames a second."""
    with pytest.raises(SelectionError, match="no timecode at 24 frames per second"):
        look_at(timeline(clip("a", 0, 48)), f"{at}=k.png")


@pytest.mark.parametrize(
    "value",
    ["k1.png", "01:00:00:00", "01:00:00:00=", "noon=k.png", "01:00:00:00=data:image/png;base64,AAAA",
     7, [7], {"at": "01:00:00:00"},
     {"at": "01:00:00:00", "image": "k.png", "range": 3}, [["a", "b", "c"]], {"at": 3, "image": "k.png"}],
    ids=str,
)  # fmt: skip
def test_what_is_no_keyframe_is_refused_with_the_form(value: object) -> None:
    """Whatever is written, the message says where and how it is written right."""
    with pytest.raises(EditorialError, match=r"here: a keyframe is .*01:00:02:00=k1\.png"):
        checked_fields({"keyframes": value}, where="here", folder=Path("/f"))


def test_every_way_of_writing_a_keyframe_is_read() -> None:
    """Texts, lists in one text, tables and pairs mean the same; commas and equals signs may stand in names."""
    one = ("01:00:00:00", "/f/k,1=a.png")
    both = [one, ("01:00:01:00", "/f/k2.png")]
    for value in (
        "01:00:00:00=k,1=a.png,01:00:01:00=k2.png",
        "01:00:00:00=k,1=a.png | 01:00:01:00=k2.png",
        ["01:00:00:00=k,1=a.png", {"at": "01:00:01:00", "image": "k2.png"}],
        [("01:00:00:00", Path("k,1=a.png")), ("01:00:01:00", "k2.png")],
    ):
        found = keyframe_wishes(value, where="here", address=lambda text: f"/f/{text.strip()}")
        assert [(wish.at, wish.image) for wish in found] == both
    (single,) = keyframe_wishes(("01:00:00:00", "k.png"), where="here", address=str)
    assert str(single) == "01:00:00:00=k.png"


def test_a_look_file_gives_keyframes_to_the_clips_that_it_names(tmp_path: Path) -> None:
    """Its images lie beside it; a moment of a clip that is not selected today waits for its day."""
    looks = tmp_path / "looks.toml"
    looks.write_text(
        '[clips."sh0*"]\nkeyframes = [{at = "00:00:00:06", image = "k1.png"}, {at = "00:00:01:02", image = "k2.png"}]\n'
    )
    made = timeline(track(clip("sh010", 0, 24), clip("sh020", 100, 24)), track(clip("title", 0, 48)))
    found = look_at(made, look_file=read_look_file(looks))
    assert frames_of(found) == {"sh010": [("k1.png", 6)], "sh020": [("k2.png", 102)]}
    assert found.clips[0].keyframes[0].image == str(tmp_path / "k1.png")
    today = look_at(made, select=("name:sh010",), look_file=read_look_file(looks))
    assert frames_of(today) == {"sh010": [("k1.png", 6)]}


def test_a_table_gives_keyframes_too(tmp_path: Path) -> None:
    """A CSV's cell holds several with bars between."""
    looks = tmp_path / "looks.csv"
    looks.write_text("clip,keyframes\nsh010,00:00:00:06=k1.png|00:00:00:09=k2.png\n")
    found = look_at(timeline(clip("sh010", 0, 24)), look_file=read_look_file(looks))
    assert frames_of(found) == {"sh010": [("k1.png", 6), ("k2.png", 9)]}


def test_a_look_files_moment_over_nothing_is_an_error(tmp_path: Path) -> None:
    """A mistyped timecode is not passed over in silence."""
    looks = tmp_path / "looks.toml"
    looks.write_text('[clips."sh0*"]\nkeyframes = ["00:09:00:06=k1.png"]\n')
    with pytest.raises(SelectionError, match=r"looks\.toml \[clips.*there is nothing"):
        look_at(timeline(clip("sh010", 0, 24)), look_file=read_look_file(looks))


def test_keyframes_of_all_places_add_up() -> None:
    """A marker's, the metadata's and a flag's keyframe stand on one clip, each at its moment."""
    marked = marker('comet: snow | keyframe="00:00:00:03=k 1.png" keyframe=00:00:00:04=k2.png', 2)
    one = clip("a", 0, 24, markers=(marked,), metadata={"cometapi": {"keyframes": ["00:00:00:05=k3.png"]}})
    found = look_at(timeline(one), "00:00:00:06=k4.png", select=())
    assert frames_of(found) == {"a": [("k 1.png", 3), ("k2.png", 4), ("k3.png", 5), ("k4.png", 6)]}


def test_a_still_above_is_the_keyframe_of_what_it_starts_over() -> None:
    """Its media is the image, its start the moment; it is never selected, and markers see through it."""
    over = timeline(track(clip("sh010", 50, 48)), track(gap(10), still()), start=HOUR)
    over.tracks.markers.append(marker("comet: snow", 12))
    for select in (("all",), ()):
        found = look_at(over, select=select)
        assert frames_of(found) == {"sh010": [("k1.png", 60)]}
        assert found.clips[1].reason == "not selected: it is a keyframe of 'sh010' (its comet:key marker says so)"
        assert found.problems == ()
    assert found.clips[0].look is not None
    assert found.clips[0].look.prompt == "snow"


def test_a_still_of_one_image_of_a_sequence_is_its_file() -> None:
    """An image sequence of one file names that file."""
    one = otio.schema.ImageSequenceReference(
        "/media/", "k.", ".png", start_frame=12, rate=24, frame_zero_padding=4, available_range=span(12, 1)
    )
    made = clip("k", 12, 12, ref=one, markers=(marker("COMET: KEY", 12),))
    found = look_at(timeline(track(clip("sh010", 50, 48)), track(made)))
    assert frames_of(found) == {"sh010": [("k.0012.png", 50)]}


@pytest.mark.parametrize("select", [("all",), ("name:other",)], ids=["over a gap", "over a clip not selected"])
def test_a_still_over_no_selected_clip_is_said(select: tuple[str, ...]) -> None:
    """Its place and name are told, and what to do."""
    low = track(gap(24), clip("sh010", 0, 24)) if select == ("all",) else track(clip("sh010", 0, 24))
    found = look_at(timeline(low, track(still())), select=select)
    assert frames_of(found) == {}
    (problem,) = found.problems
    assert "The still 'k1' at 00:00:00:00 on V2" in problem
    assert "starts over no selected clip" in problem


def test_a_still_without_a_file_leaves_its_clip_out() -> None:
    """Nothing is sent without the keyframe that was asked for."""
    lost = clip("k", 0, 12, ref=otio.schema.MissingReference(), markers=(KEY,))
    found = look_at(timeline(track(clip("sh010", 0, 24)), track(lost)))
    assert found.clips[0].reason == "left out: the still 'k' above it is to be a keyframe and names no file"


@pytest.mark.parametrize("off", ["clip", "track"])
def test_a_still_that_is_switched_off_stays_a_keyframe(off: str) -> None:
    """Whoever disables it to see the shot does not ask for another take by that."""
    above = track(still(enabled=off != "clip"), enabled=off != "track")
    assert frames_of(look_at(timeline(track(clip("sh010", 0, 24)), above))) == {"sh010": [("k1.png", 0)]}


def test_a_bladed_copys_marker_makes_no_keyframe() -> None:
    """A marker outside of the used range is a copy's."""
    copy = look_at(timeline(track(clip("sh010", 0, 24)), track(still(markers=(marker("comet:key", 90),)))))
    assert frames_of(copy) == {}


def test_a_key_marker_on_no_still_is_said() -> None:
    """On the timeline it would mean the clip itself, which is no still."""
    made = timeline(clip("sh010", 0, 24))
    made.tracks.markers.append(marker("comet:key", 3))
    found = look_at(made)
    assert found.problems == (
        "The marker 'comet:key' stands on no still, so it makes no keyframe. Put it onto the still itself.",
    )
    assert [one.name for one in found.clips if one.selected] == ["sh010"]


@CALM
@given(
    first=st.integers(0, 400),
    start=st.integers(0, 100),
    count=st.integers(1, 100),
    at=st.integers(0, 99),
    speed=st.sampled_from([1, 2, Fraction(1, 2), Fraction(3, 2), -1]),
    rate=st.sampled_from([24.0, 25.0, NTSC_FILM]),
)
def test_a_keyframes_frame_is_among_the_frames_that_its_clip_shows(
    first: int, start: int, count: int, at: int, speed: Fraction, rate: float
) -> None:
    """Wherever it stands, through whatever speed: the source frame lies in the clip's visible span of its file."""
    source = reference("/media/a.mov", first, 1000, rate)
    one = clip("a", first + start, count, rate=rate, ref=source, metadata={"AAF": {}})
    if speed != 1:
        one.effects.append(otio.schema.LinearTimeWarp(time_scalar=float(speed)))
    frame = at % count
    moment = f"00:00:{frame // round(rate):02d}:{frame % round(rate):02d}"
    found = look_at(timeline(one, rate=rate), f"{moment}=k.png").clips[0]
    exact = Fraction(24000, 1001) if rate == NTSC_FILM else Fraction(rate)
    laid = placed(found, {"/media/a.mov": media_info(frames=1000, rate=exact)}, {})
    assert not isinstance(laid, str)
    (keyframe,) = source_keyframes(laid)
    assert laid.visible.first_frame <= keyframe.frame < laid.visible.end_frame
    steps = count - 1 - frame if speed < 0 else frame
    assert keyframe.frame == start + int(steps * abs(speed))


def test_the_new_reference_keeps_names_and_moments_and_no_paths() -> None:
    """Folders and signed addresses stay out of the timeline."""
    look = Look(
        "p",
        "aleph2",
        keyframes=(Keyframe("/home/me/secret/k1.png", 24), Keyframe("https://x.example.com/a/k2.png?sig=abc", 99)),
    )
    facts = reference_metadata(link(made=take(look=look, origin=HOUR)), source_url="")
    assert facts["keyframes"] == [
        {"image": "k1.png", "frame": 24, "timecode": "01:00:01:00"},
        {"image": "k2.png", "frame": 99, "timecode": "01:00:04:03"},
    ]
    assert "keyframes" not in reference_metadata(link(), source_url="")
