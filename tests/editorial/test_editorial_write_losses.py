"""Write round trips of every adapter: what a format loses is told, and nothing is told that is not lost."""

from __future__ import annotations

import contextlib
import io
import warnings
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from otio_cometapi.editorial.timeline_io import read_timeline, write_timeline
from otio_cometapi.editorial.write_losses import losses_of
from otio_cometapi.errors import EditorialError
from support.losing_timelines import FEATURES, fractional, plain, with_feature

READ_BACK = ["edl", "ale", "xml", "fcpxml", "xges", pytest.param("kdenlive", marks=pytest.mark.proof)]
"""Formats that OpenTimelineIO reads again; Kdenlive's adapter is no part of the extra `formats`."""

REFUSED = {
    ("edl", "second video track"),
    ("edl", "disabled track"),
    ("xml", "generator"),
    ("xml", "image sequence"),
    ("fcpxml", "generator"),
    ("fcpxml", "image sequence"),
}
"""What an adapter fails to write at all: an error before anything is sent."""


def written(timeline: Any, path: Path) -> tuple[str, ...]:
    """Write a timeline and return what was told; adapters that print or warn keep it to themselves."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return write_timeline(timeline, path)


def read_again(path: Path) -> Any:
    """Read a file that was written just now."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_timeline(path, rate=24)


def is_told(words: str, told: tuple[str, ...]) -> bool:
    """Tell whether one of some words, set apart by bars, stands in what was told."""
    return any(word in sentence for word in words.split("|") for sentence in told)


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize("suffix", READ_BACK)
def test_what_a_round_trip_loses_is_told_and_nothing_else(suffix: str, name: str, tmp_path: Path) -> None:
    """A feature that is not there, or not as it was, when the file is read again is told; one that is there is not."""
    feature, made = FEATURES[name], with_feature(name)
    path = tmp_path / f"cut.{suffix}"
    if (suffix, name) in REFUSED:
        with pytest.raises(EditorialError, match="could not write"):
            written(made, path)
        return
    told = written(made, path)
    is_lost = feature.seen(read_again(path)) != feature.seen(made)
    assert is_told(feature.words, told) is is_lost, (feature.seen(made), feature.seen(read_again(path)), told)


@pytest.mark.parametrize(
    ("suffix", "name", "what"),
    [
        ("xml", "generator", "a title or generator"),
        ("fcpxml", "generator", "a title or generator"),
        ("xml", "image sequence", "an image sequence"),
    ],
)
def test_the_clip_that_a_format_cannot_hold_is_named(suffix: str, name: str, what: str, tmp_path: Path) -> None:
    """The clip, what it shows and a next step stand in the error, not what the adapter's code tripped over."""
    made = with_feature(name)
    kinds = (otio.schema.GeneratorReference, otio.schema.ImageSequenceReference)
    (clip,) = [each for each in made.find_clips() if isinstance(each.media_reference, kinds)]
    with pytest.raises(EditorialError) as caught:
        written(made, tmp_path / f"cut.{suffix}")
    assert f"clip '{clip.name}' ({what})" in caught.value.message
    assert "url" not in str(caught.value)
    assert "ends with .otio" in caught.value.next_step
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["edl", "ale", "xml", "xges"])
def test_a_plain_cut_comes_back_with_its_clips(suffix: str, tmp_path: Path) -> None:
    """Names, order, files and used ranges are those that were written."""
    made = plain()
    written(made, tmp_path / f"cut.{suffix}")
    again = read_again(tmp_path / f"cut.{suffix}")

    def shown(timeline: Any) -> list[tuple[str, str, float, float]]:
        return [
            (
                clip.name,
                clip.media_reference.target_url,
                round(clip.source_range.start_time.to_seconds(), 4),
                round(clip.source_range.duration.to_seconds(), 4),
            )
            for clip in timeline.find_clips()
        ]

    assert shown(again) == shown(made)


def test_fcpx_at_fractional_rates_is_told_to_be_unreadable(tmp_path: Path) -> None:
    """At 23.976 the FCP X adapter writes a file that it does not read again."""
    told = written(fractional(), tmp_path / "cut.fcpxml")
    assert is_told("cannot be read again", told)
    with pytest.raises(EditorialError):
        read_again(tmp_path / "cut.fcpxml")
    assert not is_told("cannot be read again", written(plain(), tmp_path / "whole.fcpxml"))


def test_the_rate_of_a_ges_track_is_told(tmp_path: Path) -> None:
    """The document has 30/1 at any rate, which the note says."""
    told = written(fractional(), tmp_path / "cut.xges")
    assert is_told("30/1", told)
    assert "30/1" in (tmp_path / "cut.xges").read_text(encoding="utf-8")


MLT_LOSES = [
    "two references",
    "disabled clip",
    "effect",
    "clip marker",
    "track marker",
    "timeline marker",
    "clip metadata",
    "timeline metadata",
]
"""What changes nothing in an MLT document, which nothing reads again."""


@pytest.mark.proof
@pytest.mark.parametrize("name", MLT_LOSES)
def test_what_changes_nothing_in_an_mlt_document_is_told(name: str, tmp_path: Path) -> None:
    """The document with the feature is the document without it, and the loss is told."""
    made, without = with_feature(name), plain()
    if name == "two references":
        without.find_clips()[0].media_reference = made.find_clips()[0].media_reference.clone()
    told = written(made, tmp_path / "with.mlt")
    written(without, tmp_path / "without.mlt")
    assert (tmp_path / "with.mlt").read_bytes() == (tmp_path / "without.mlt").read_bytes()
    assert is_told(FEATURES[name].words, told)


@pytest.mark.proof
@pytest.mark.parametrize(
    "name",
    ["speed", "freeze", "dissolve", "gap", "sound", "generator", "second video track", "image sequence", "track name"],
)
def test_what_an_mlt_document_has_is_not_told_as_lost(name: str, tmp_path: Path) -> None:
    """The document differs from the one without it."""
    told = written(with_feature(name), tmp_path / "with.mlt")
    written(plain(), tmp_path / "without.mlt")
    assert (tmp_path / "with.mlt").read_bytes() != (tmp_path / "without.mlt").read_bytes()
    assert not is_told(FEATURES[name].words, told)


@pytest.mark.proof
def test_a_start_timecode_gives_an_mlt_document_its_rate_and_nothing_else(tmp_path: Path) -> None:
    """The start is told as lost; without one it is told that the document has no rate."""
    told = {
        name: written(made, tmp_path / f"{name}.mlt")
        for name, made in (("with", with_feature("start")), ("without", plain()))
    }
    documents = {name: (tmp_path / f"{name}.mlt").read_text(encoding="utf-8") for name in told}
    assert documents["with"].replace(' frame_rate_den="1" frame_rate_num="24"', "") == documents["without"]
    assert is_told("start timecode", told["with"])
    assert is_told("has no frame rate", told["without"])
    assert not is_told("has no frame rate", told["with"])


@pytest.mark.proof
def test_an_mlt_document_names_nothing_of_a_nested_stacks_trim(tmp_path: Path) -> None:
    """Nested stacks are told as lost."""
    assert is_told("nested stacks", written(with_feature("nested stack"), tmp_path / "cut.mlt"))


@pytest.mark.parametrize("suffix", [".otio", ".otioz", ".otiod"])
@pytest.mark.parametrize("name", FEATURES)
def test_formats_that_keep_all_tell_nothing(suffix: str, name: str) -> None:
    """OTIO's own formats lose nothing of what any other format loses."""
    assert losses_of(with_feature(name), suffix) == ()


def test_avids_format_refuses_what_has_no_mob(tmp_path: Path) -> None:
    """An AAF is not written halfway: the adapter's refusal is an error, and no file is left."""
    with pytest.raises(EditorialError, match="mob"):
        written(plain(), tmp_path / "cut.aaf")
    assert list(tmp_path.iterdir()) == []


def test_a_drawing_is_told_to_be_one(tmp_path: Path) -> None:
    """SVG holds a picture of the timeline."""
    told = written(plain(), tmp_path / "cut.svg")
    assert told == ("SVG is a drawing of the timeline: no program reads it back.",)


def test_an_unknown_format_is_told_to_be_unmeasured() -> None:
    """A studio's own adapter may lose anything; that is said instead of nothing."""
    made = with_feature("two references")
    told = losses_of(made, ".studio")
    assert is_told("only the active reference", told)
    assert is_told("was not measured", told)


def test_a_collection_tells_of_all_its_timelines() -> None:
    """Several timelines in one file lose what any of them loses."""
    both = otio.schema.SerializableCollection(children=[plain(), with_feature("disabled clip")])
    assert is_told("disabled", losses_of(both, ".xml"))
    assert not is_told("disabled", losses_of(otio.schema.SerializableCollection(children=[plain()]), ".xml"))
