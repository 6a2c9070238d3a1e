"""Several takes of a clip: which one is shown is the editor's word, and none is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import opentimelineio as otio
import pytest

from support.flow import Desk, clips, desk, taken
from support.road import simulator


@pytest.fixture(scope="module")
def two_takes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Yield a desk where three clips have two takes, and the others none."""
    with simulator() as url:
        at_desk = desk(tmp_path_factory.mktemp("takes") / "desk", url)
        assert at_desk.run("--takes", "2", "--exclude", "name:sh04*,name:sh05*")["exit"] == 0
        yield at_desk


def relinked(at_desk: Desk, *flags: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Relink; return what was said, and the clips that have takes, by name."""
    ended = at_desk.comet("relink", "comet.cometjob", "-o", "chosen.otio", "--json", *flags)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout), {clip.name: clip for clip in clips(at_desk.folder / "chosen.otio") if taken(clip)}


def number(clip: Any) -> int:
    """Return the number of the take that a clip shows."""
    return int(clip.media_reference.metadata["cometapi"]["take"])


def keys(clip: Any) -> set[str]:
    """Return the keys of a clip's takes."""
    return {key for key in clip.media_references() if key.startswith("cometapi:")}


def test_the_first_take_is_shown_unless_another_is_asked_for(two_takes: Desk) -> None:
    """Both are references either way."""
    _, first = relinked(two_takes)
    _, second = relinked(two_takes, "--take", "2")
    assert {number(clip) for clip in first.values()} == {1}
    assert {number(clip) for clip in second.values()} == {2}
    for name, clip in second.items():
        assert keys(clip) == keys(first[name])
        assert len(keys(clip)) == 2


def test_one_clips_take_is_chosen_by_its_id(two_takes: Desk) -> None:
    """The beginning of the id is enough; the other clips show their first."""
    _, first = relinked(two_takes)
    (other,) = keys(first["sh020"]) - {taken(first["sh020"])}
    _, chosen = relinked(two_takes, "--take", other.removeprefix("cometapi:")[:12])
    assert taken(chosen["sh020"]) == other
    assert number(chosen["sh010"]) == number(chosen["sh030"]) == 1


def test_an_id_beats_a_number(two_takes: Desk) -> None:
    """Take 2 of all, but this one of that clip."""
    _, first = relinked(two_takes)
    kept = taken(first["sh030"])
    _, chosen = relinked(two_takes, "--take", "2", "--take", kept.removeprefix("cometapi:"))
    assert taken(chosen["sh030"]) == kept
    assert number(chosen["sh010"]) == number(chosen["sh020"]) == 2


def test_a_clip_without_that_take_says_so_and_shows_its_first(at_desk: Desk) -> None:
    """One clip with two takes, one with one."""
    marked = at_desk.edit.timeline.clone()
    track = marked.tracks[0]
    for name, text in (("sh010", "comet: snow | takes=2"), ("sh020", "comet: snow")):
        clip = next(each for each in track.find_clips() if each.name == name)
        clip.markers.append(otio.schema.Marker(text, clip.source_range))
    at_desk.save(marked, "marked.otio")
    ended = at_desk.comet(
        *("run", "marked.otio", "-o", "out.otio", "--exclude", "name:sh03*,name:sh04*,name:sh05*"),
        *("--yes", "--poll-interval", "0.05", "--json"),
    )
    assert ended.returncode == 0, ended.stderr
    said, chosen = relinked(at_desk, "--take", "2")
    assert (number(chosen["sh010"]), number(chosen["sh020"])) == (2, 1)
    assert any("'sh020' has no finished take 2" in warning for warning in said["warnings"])


@pytest.mark.parametrize("wish", ["3", "t1-ffffffffffff"])
def test_a_take_that_nobody_has_is_an_error(two_takes: Desk, wish: str) -> None:
    """Nothing is written, and what there is is named."""
    ended = two_takes.comet("relink", "comet.cometjob", "-o", "nothing.otio", "--take", wish)
    assert ended.returncode == 1
    assert wish in ended.stderr
    assert not (two_takes.folder / "nothing.otio").exists()


def test_the_takes_above_the_cut_follow_the_choice(two_takes: Desk) -> None:
    """On a COMET track too all takes are references of one clip."""
    relinked(two_takes, "--host", "resolve", "--take", "2")
    after = otio.adapters.read_from_file(str(two_takes.folder / "chosen.otio"))
    laid = [clip for clip in after.find_clips() if taken(clip)]
    assert {number(clip) for clip in laid} == {2}
    assert all(len(keys(clip)) == 2 for clip in laid)


def test_the_adapter_takes_the_same_words(two_takes: Desk) -> None:
    """`-a take=2` arrives as a number."""
    found = otio.adapters.read_from_file(str(two_takes.folder / "comet.cometjob"), adapter_name="cometapi", take=2)
    assert {number(clip) for clip in found.find_clips() if taken(clip)} == {2}
