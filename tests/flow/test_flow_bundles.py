"""Timelines in `.otioz` and `.otiod`: sent from inside, written back with every reference inside."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from support.flow import Desk, clips, numbers_shown, taken
from support.numbered import numbers_of


@pytest.fixture
def bundled(at_desk: Desk, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Desk, Path]:
    """Return a desk, and its edit as a bundle that the stock writer made; the media outside is gone."""
    path = tmp_path / "in" / f"edit.{request.param}"
    path.parent.mkdir()
    otio.adapters.write_to_file(at_desk.edit.timeline, str(path))
    for medium in at_desk.edit.media:
        medium.path.unlink()
    return at_desk, path


kinds = pytest.mark.parametrize("bundled", ["otioz", "otiod"], indirect=True)


def everything_under(path: Path) -> set[Path]:
    """Return every file of a folder, with its size."""
    return {each for each in path.rglob("*") if each.is_file()}


def unpacked(path: Path, folder: Path) -> Any:
    """Open a bundle with the stock reader, media addresses made absolute; return its timeline."""
    if path.suffix == ".otiod":
        return otio.adapters.read_from_file(str(path))
    folder.mkdir()
    return otio.adapters.read_from_file(str(path), extract_to_directory=str(folder))


@kinds
def test_a_bundle_is_sent_from_inside(bundled: tuple[Desk, Path]) -> None:
    """Media that is only in the bundle is found, sent and relinked; nothing is written beside the bundle."""
    at_desk, path = bundled
    before = everything_under(path.parent)
    said = at_desk.run(timeline=str(path), output="out.otio")
    assert said["exit"] == 0, said["problems"]
    assert everything_under(path.parent) == before
    for clip in clips(at_desk.folder / "out.otio"):
        assert taken(clip)
        shown = numbers_shown(clip)
        clip.active_media_reference_key = clip.media_reference.metadata["cometapi"]["source_key"]
        assert shown == numbers_shown(clip), clip.name


@kinds
def test_a_bundle_costs_nothing_the_second_time(bundled: tuple[Desk, Path]) -> None:
    """Identity is by content: another run on the same bundle finds its takes."""
    at_desk, path = bundled
    at_desk.run(timeline=str(path), output="out.otio")
    paid = at_desk.creates()
    moved = path.rename(path.with_name(f"renamed{path.suffix}"))
    assert at_desk.run(timeline=str(moved), output="again.otio")["exit"] == 0
    assert at_desk.creates() == paid


@kinds
def test_a_bundle_comes_back_with_every_reference_inside(bundled: tuple[Desk, Path], tmp_path: Path) -> None:
    """The stock reader opens it; original and take of every clip are in it, with the frames that they had."""
    at_desk, path = bundled
    output = f"out{path.suffix}"
    said = at_desk.run(timeline=str(path), output=output)
    assert said["exit"] == 0, said["problems"]
    assert not (at_desk.folder / f"{output}.comet.otio").exists()
    folder = tmp_path / "unpacked"
    timeline = unpacked(at_desk.folder / output, folder)
    inside = folder if path.suffix == ".otioz" else at_desk.folder / output
    for old, clip in zip(at_desk.edit.timeline.find_clips(), timeline.find_clips(), strict=True):
        assert taken(clip)
        assert len(clip.media_references()) == 2
        medium = at_desk.edit.medium_of(old.media_reference.target_url)
        used = clip.source_range
        for reference in clip.media_references().values():
            assert reference.target_url.startswith("media/")
            first = round((used.start_time - reference.available_range.start_time).value)
            number = round(used.start_time.value) - medium.clip_space_start + medium.first_number
            numbers = numbers_of(inside / reference.target_url)
            assert numbers[first] == {medium.row: number}, clip.name


@pytest.mark.parametrize("kind", ["otioz", "otiod"])
def test_media_of_one_name_from_two_folders_share_a_bundle(at_desk: Desk, tmp_path: Path, kind: str) -> None:
    """The stock writer refuses that; here the second gets a name of its own."""
    timeline = at_desk.edit.timeline.clone()
    for number, clip in enumerate(timeline.tracks[0].find_clips()):
        source = Path(clip.media_reference.target_url)
        folder = at_desk.folder / f"card {number}"
        folder.mkdir()
        copy = folder / "A001.mp4"
        copy.write_bytes(source.read_bytes())
        reference = clip.media_reference.clone()
        reference.target_url = str(copy)
        clip.media_reference = reference
    del timeline.tracks[1:]
    at_desk.save(timeline, "cards.otio")
    said = at_desk.run(timeline="cards.otio", output=f"out.{kind}")
    assert said["exit"] == 0, said["problems"]
    found = unpacked(at_desk.folder / f"out.{kind}", tmp_path / "unpacked")
    urls = {reference.target_url for clip in found.find_clips() for reference in clip.media_references().values()}
    assert len(urls) == 6
    assert {"media/A001.mp4", "media/A001_2.mp4", "media/A001_3.mp4"} <= urls


def test_media_that_is_gone_stays_outside_and_is_named(at_desk: Desk) -> None:
    """An offline reference keeps its address, and the bundle is written."""
    timeline = at_desk.edit.timeline.clone()
    clip = timeline.find_clips()[0]
    gone = otio.schema.ExternalReference("/offline/proxy.mov", clip.media_reference.available_range)
    clip.set_media_references({**clip.media_references(), "proxy": gone}, clip.active_media_reference_key)
    at_desk.save(timeline, "two.otio")
    said = at_desk.run(timeline="two.otio", output="out.otioz")
    assert said["exit"] == 0, said["problems"]
    assert any("/offline/proxy.mov" in warning for warning in said["warnings"])


@pytest.mark.parametrize("member", ["media/../../evil.mp4", "/etc/evil.mp4", "media\\..\\evil.mp4"])
def test_names_that_lead_out_of_a_bundle_are_never_followed(at_desk: Desk, tmp_path: Path, member: str) -> None:
    """A hostile bundle writes nothing outside of the cache, and its clip is left out with a reason."""
    clip = at_desk.edit.timeline.find_clips()[0].clone()
    reference = clip.media_reference.clone()
    reference.target_url = member
    clip.media_reference = reference
    timeline = otio.schema.Timeline("hostile")
    timeline.tracks.append(otio.schema.Track("V1", kind="Video"))
    timeline.tracks[0].append(clip)
    path = tmp_path / "hostile.otioz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("version.txt", "1.0.0")
        archive.writestr("content.otio", timeline.to_json_string())
        archive.writestr(member, b"evil")
    said = at_desk.run(timeline=str(path), output="out.otio")
    assert said["exit"] == 1
    assert not said["clips"][0]["selected"]
    assert not list(tmp_path.rglob("evil*"))


def test_a_damaged_bundle_is_a_clear_error(at_desk: Desk, tmp_path: Path) -> None:
    """Half of a zip file is named, and nothing is sent."""
    path = tmp_path / "edit.otioz"
    otio.adapters.write_to_file(at_desk.edit.timeline, str(path))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    said = at_desk.run(timeline=str(path), output="out.otio")
    assert said["exit"] == 1
    assert "edit.otioz" in said["problems"][0]
    assert at_desk.creates() == 0
