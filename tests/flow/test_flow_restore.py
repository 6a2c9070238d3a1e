"""Timelines that come back out of a host with our media in them: restored, re-cut and linked, never sent again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from support import road, warm_scripts
from support.flow import FILM, Desk, clips, desk, numbers_shown, taken
from support.road import simulator


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Yield a desk whose edit has gone down the road once, into `comet.cometjob`."""
    with simulator() as url:
        at_desk = desk(tmp_path_factory.mktemp("restore") / "desk", url)
        assert at_desk.run()["exit"] == 0
        yield at_desk


def written(at_desk: Desk, output: str, *flags: str) -> Path:
    """Write the relinked edit under another name; return its path."""
    ended = at_desk.comet("relink", "comet.cometjob", "-o", output, "--timeline", "edit.otio", *flags)
    assert ended.returncode == 0, ended.stderr
    return at_desk.folder / output


def restored(at_desk: Desk, timeline: str, output: str, *flags: str) -> dict[str, Any]:
    """Restore a timeline and return what the command said."""
    ended = at_desk.comet("restore", timeline, "--job", "comet.cometjob", "-o", output, "--json", *flags)
    assert ended.stdout.startswith("{"), ended.stderr
    said: dict[str, Any] = json.loads(ended.stdout)
    assert said["exit"] == ended.returncode
    return said


def forgetful(path: Path, *, keep_names: bool = True) -> Path:
    """Rewrite a timeline as a host does that keeps one reference, and neither metadata nor our keys."""
    timeline = otio.adapters.read_from_file(str(path))
    for clip in timeline.find_clips():
        # a reference set anew under another key crashes OTIO 0.18.1
        reference = clip.media_reference.clone()
        reference.metadata.clear()
        clip.metadata.clear()
        clip.set_media_references({"DEFAULT_MEDIA": reference}, "DEFAULT_MEDIA")
    for number, track in enumerate(timeline.tracks, start=1):
        track.metadata.clear()
        if not keep_names:
            track.name = f"Video {number}"
    otio.adapters.write_to_file(timeline, str(path))
    return path


def same_cut(at_desk: Desk, path: Path) -> None:
    """Assert that a file shows the originals of the desk's edit, in their numbers."""
    before = {clip.name: clip for clip in at_desk.edit.timeline.find_clips()}
    after = clips(path)
    assert {clip.name for clip in after} == set(before)
    for clip in after:
        old = before[clip.name]
        assert not taken(clip)
        assert clip.media_reference.target_url == old.media_reference.target_url
        assert clip.media_reference.available_range == old.media_reference.available_range
        assert clip.source_range == old.trimmed_range(), clip.name


@pytest.mark.parametrize(
    "flags",
    [(), ("--rebase-to-file",), ("--url-style", "file-uri")],
    ids=["as it is", "from zero", "file URIs"],
)
def test_originals_come_back_into_a_timeline_whose_host_forgot_them(done: Desk, flags: tuple[str, ...]) -> None:
    """Media URLs of ours are enough, in whatever numbers and style the host wrote them."""
    forgetful(written(done, "host.otio", *flags))
    said = restored(done, "host.otio", "originals.otio")
    assert (said["exit"], said["problems"]) == (0, [])
    assert sorted(said["restored"]) == sorted(clip.name for clip in done.edit.timeline.find_clips())
    same_cut(done, done.folder / "originals.otio")


def test_media_that_moved_is_known_by_file_name_and_numbers(done: Desk) -> None:
    """A host that copied the media elsewhere still names the file."""
    path = written(done, "moved.otio")
    timeline = otio.adapters.read_from_file(str(forgetful(path)))
    for clip in timeline.find_clips():
        clip.media_reference.target_url = f"file:///Volumes/Host/{Path(clip.media_reference.target_url).name}"
    otio.adapters.write_to_file(timeline, str(path))
    assert restored(done, "moved.otio", "originals.otio")["exit"] == 0
    same_cut(done, done.folder / "originals.otio")


def test_originals_that_are_still_there_are_shown_again(done: Desk) -> None:
    """Our own output needs no ledger for it; the takes stay as references, and our note goes."""
    written(done, "ours.otio")
    assert restored(done, "ours.otio", "originals.otio")["exit"] == 0
    same_cut(done, done.folder / "originals.otio")
    for clip in clips(done.folder / "originals.otio"):
        assert sum(key.startswith("cometapi:") for key in clip.media_references()) == 1
        assert "cometapi" not in clip.metadata


@pytest.mark.parametrize("names", [True, False], ids=["names kept", "names lost"])
def test_takes_above_the_cut_are_taken_away(done: Desk, names: bool) -> None:
    """The COMET tracks go, by name or by what lies under them, and the cut is what it was."""
    path = written(done, "above.otio", "--host", "resolve")
    forgetful(path, keep_names=names)
    said = restored(done, "above.otio", "originals.otio")
    assert (said["exit"], said["restored"]) == (0, [])
    assert sorted(said["removed"]) == sorted(clip.name for clip in done.edit.timeline.find_clips())
    after = otio.adapters.read_from_file(str(done.folder / "originals.otio"))
    assert len(after.tracks) == len(done.edit.timeline.tracks)
    for old, new in zip(done.edit.timeline.find_clips(), after.find_clips(), strict=True):
        assert new.media_reference.is_equivalent_to(old.media_reference)
        assert new.source_range == old.source_range


def test_an_fcp_xml_round_trip_is_restored(done: Desk) -> None:
    """Relinked as FCP XML, read and written again by its adapter, restored: the originals in their numbers."""
    written(done, "cut.xml")
    timeline = otio.adapters.read_from_file(str(done.folder / "cut.xml"))
    otio.adapters.write_to_file(timeline, str(done.folder / "back.xml"))
    assert restored(done, "back.xml", "originals.otio")["exit"] == 0
    same_cut(done, done.folder / "originals.otio")


def test_an_fcp_xml_with_takes_above_loses_them_again(done: Desk) -> None:
    """FCP XML keeps no track names; the takes are known by their originals below."""
    written(done, "above.xml", "--host", "premiere")
    said = restored(done, "above.xml", "originals.otio")
    assert (said["exit"], said["restored"]) == (0, [])
    assert len(said["removed"]) == 5
    assert len(clips(done.folder / "originals.otio")) == 5


@pytest.fixture(scope="module")
def one_track(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Yield a desk with an edit of one track that has gone down the road, and as an EDL."""
    with simulator() as url:
        at_desk = desk(tmp_path_factory.mktemp("edl") / "desk", url)
        del at_desk.edit.timeline.tracks[1:]
        at_desk.timeline = at_desk.save(at_desk.edit.timeline, "edit.otio")
        assert at_desk.run(output="cut.edl")["exit"] == 0
        yield at_desk


@pytest.fixture(scope="module")
def dissolved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Yield a desk with an edit of one track, a dissolve in it, that has gone down the road."""
    with simulator() as url:
        at_desk = desk(tmp_path_factory.mktemp("dissolved") / "desk", url)
        del at_desk.edit.timeline.tracks[1:]
        six = otio.opentime.RationalTime(6, float(FILM))
        at_desk.edit.timeline.tracks[0].insert(3, otio.schema.Transition("fade", "SMPTE_Dissolve", six, six))
        at_desk.timeline = at_desk.save(at_desk.edit.timeline, "edit.otio")
        assert at_desk.run(output="relinked.otio")["exit"] == 0
        yield at_desk


RATE = ("--rate", "23.976")


def seen(track: Any) -> list[tuple[str, str, int, int]]:
    """Return of every clip its name, its media, and the frames that it shows, those of its dissolves too."""
    found = []
    for clip in track.find_clips():
        shown = clip.visible_range()
        first, last = shown.start_time.value, shown.end_time_inclusive().value
        found.append((clip.name, clip.media_reference.target_url, round(first), round(last)))
    return found


@pytest.mark.parametrize("host", ["generic", "avid"])
def test_an_edl_round_trip_is_restored(one_track: Desk, host: str) -> None:
    """Relinked as EDL, read and written again by its adapter, restored: the originals' timecodes."""
    path = written(one_track, "cut.edl", "--host", host)
    if host == "avid":
        reels = {line.split()[1] for line in path.read_text().splitlines() if line[:3].isdigit()}
        assert len(reels) == 3
        assert all(len(reel) == 8 for reel in reels)
    timeline = otio.adapters.read_from_file(str(path), rate=float(FILM))
    otio.adapters.write_to_file(timeline, str(one_track.folder / "back.edl"), rate=float(FILM))
    assert restored(one_track, "back.edl", "originals.otio", *RATE)["exit"] == 0
    same_cut(one_track, one_track.folder / "originals.otio")


def test_an_avid_edl_is_known_by_its_reels_alone(one_track: Desk) -> None:
    """Media Composer writes its own comments; reel and timecode are what stays."""
    path = written(one_track, "avid.edl", "--host", "avid")
    lines = [line for line in path.read_text().splitlines() if not line.startswith("*")]
    path.write_text("\n".join(lines) + "\n")
    assert restored(one_track, "avid.edl", "originals.otio", *RATE)["exit"] == 0
    for old, new in zip(one_track.edit.timeline.find_clips(), clips(one_track.folder / "originals.otio"), strict=True):
        assert new.media_reference.target_url == old.media_reference.target_url
        assert new.source_range == old.source_range


@pytest.mark.parametrize("kept", [True, False], ids=["after its own road", "written again by the adapter"])
def test_an_edl_take_after_a_dissolve_is_known_by_its_reel(dissolved: Desk, kept: bool) -> None:
    """The stock adapter gives such a clip the address of the clip before; what it shows comes back all the same."""
    path = written(dissolved, "cut.edl", "--host", "avid")
    if not kept:
        timeline = otio.adapters.read_from_file(str(path), rate=float(FILM))
        otio.adapters.write_to_file(timeline, str(path), rate=float(FILM))
    assert restored(dissolved, "cut.edl", "originals.otio", *RATE)["exit"] == 0
    after = otio.adapters.read_from_file(str(dissolved.folder / "originals.otio"))
    assert seen(after.tracks[0]) == seen(dissolved.edit.timeline.tracks[0])


def test_a_clip_after_a_dissolve_of_an_edl_is_sent_from_its_own_media(dissolved: Desk) -> None:
    """It is planned with the film that the EDL names for it, at the frames that the EDL shows."""
    written(dissolved, "cut.edl", "--host", "generic")
    assert restored(dissolved, "cut.edl", "own.edl", *RATE)["exit"] == 0
    ended = dissolved.comet("plan", "own.edl", "--select", "all", "--prompt", "x", "--json", *RATE)
    said = json.loads(ended.stdout)
    films = {clip.name: clip.media_reference.target_url for clip in dissolved.edit.timeline.find_clips()}
    assert {name: take["source"] for take in said["takes"] for name in take["clips"]} == {
        name: films[name] for name in ("sh010", "sh030")
    }
    (line,) = (clip for clip in said["clips"] if clip["name"] == "sh030")
    assert (line["source_timecode"], line["frame_count"]) == ("01:00:03:23", 34)


def test_a_borrowed_address_is_refused_where_the_stock_reader_left_it(dissolved: Desk) -> None:
    """Another program read the list: the clip after the dissolve is left out by name, not sent from the wrong film."""
    written(dissolved, "cut.edl", "--host", "generic")
    assert restored(dissolved, "cut.edl", "own.edl", *RATE)["exit"] == 0
    stock = otio.adapters.read_from_file(str(dissolved.folder / "own.edl"), rate=float(FILM))
    otio.adapters.write_to_file(stock, str(dissolved.folder / "stock.otio"))
    ended = dissolved.comet("plan", "stock.otio", "--select", "all", "--prompt", "x", "--json")
    lines = {clip["name"]: clip for clip in json.loads(ended.stdout)["clips"]}
    assert [name for name, clip in lines.items() if clip["selected"]] == ["sh010"]
    assert "the media of the clip before" in lines["sh030"]["reason"]


def test_an_edl_at_the_wrong_rate_is_named_and_stays(one_track: Desk) -> None:
    """Without --rate the frames are those of 24 frames a second, which the media has not: no guess."""
    written(one_track, "cut.edl")
    said = restored(one_track, "cut.edl", "nothing.otio")
    assert said["exit"] == 1
    assert len(said["problems"]) == 3
    assert all("--rate" in problem for problem in said["problems"])
    assert not (one_track.folder / "nothing.otio").exists()


def test_a_timeline_without_our_media_has_nothing_to_restore(done: Desk) -> None:
    """Exit 1, the reason, and no file."""
    said = restored(done, "edit.otio", "nothing.otio")
    assert said["exit"] == 1
    assert "nothing to restore" in said["problems"][0]
    assert not (done.folder / "nothing.otio").exists()


def test_takes_of_another_job_are_named(done: Desk) -> None:
    """A take that this job does not know stays, by name; the others come back."""
    path = written(done, "foreign.otio", "--rebase-to-file")
    timeline = otio.adapters.read_from_file(str(path))
    first = timeline.find_clips()[0]
    reference = first.media_reference.clone()
    reference.target_url = "/elsewhere/media/other_t01_ffffffff.mp4"
    first.set_media_references({"cometapi:t1-ffffffffffffffff": reference}, "cometapi:t1-ffffffffffffffff")
    otio.adapters.write_to_file(timeline, str(path))
    said = restored(done, "foreign.otio", "originals.otio")
    assert said["exit"] == 3
    assert len(said["restored"]) == 4
    assert "t1-ffffffff" in said["problems"][0]
    assert first.name in said["problems"][0]


@pytest.mark.parametrize("output", ["edit.otio", "comet.cometjob"])
def test_restore_never_writes_over_its_input_or_a_job(done: Desk, output: str) -> None:
    """Both are refused, and stay as they are."""
    before = done.timeline.read_bytes()
    ended = done.comet("restore", "edit.otio", "--job", "comet.cometjob", "-o", output)
    assert ended.returncode in (1, 2)
    assert done.timeline.read_bytes() == before


@pytest.mark.parametrize("kind", ["otio", "xml", "zero"])
def test_a_run_on_a_cut_that_came_back_is_served_by_its_takes(done: Desk, kind: str) -> None:
    """With our media active and the originals forgotten, nothing is sent; originals and takes stand side by side."""
    paid = done.creates()
    if kind == "xml":
        written(done, "back.xml")
    else:
        forgetful(written(done, "back.otio", *(("--rebase-to-file",) if kind == "zero" else ())))
    said = done.run(timeline="back.xml" if kind == "xml" else "back.otio", output="recut.otio")
    assert said["exit"] == 0, said["problems"]
    assert done.creates() == paid
    before = {clip.name: clip for clip in done.edit.timeline.find_clips()}
    for clip in clips(done.folder / "recut.otio"):
        assert taken(clip)
        assert clip.source_range == before[clip.name].trimmed_range()
        shown = numbers_shown(clip)
        clip.active_media_reference_key = clip.media_reference.metadata["cometapi"]["source_key"]
        assert clip.media_reference.target_url == before[clip.name].media_reference.target_url
        assert shown == numbers_shown(clip), clip.name


def test_a_clip_slipped_beyond_its_take_is_sent_from_its_original(at_desk: Desk) -> None:
    """Out of the host comes a cut that needs frames no take has: the original is sent, never our own media."""
    at_desk.run("--handles", "4", "--exclude", "name:sh02*,name:sh03*,name:sh04*,name:sh05*")
    paid = at_desk.creates()
    path = forgetful(at_desk.folder / "out.otio")
    timeline = otio.adapters.read_from_file(str(path))
    clip = timeline.find_clips()[0]
    five = otio.opentime.RationalTime(5, clip.source_range.duration.rate)
    clip.source_range = otio.opentime.TimeRange(clip.source_range.start_time + five, clip.source_range.duration)
    otio.adapters.write_to_file(timeline, str(path))
    said = at_desk.run("--exclude", "name:sh02*,name:sh03*,name:sh04*,name:sh05*", timeline=path.name, output="2.otio")
    assert said["exit"] == 0, said["problems"]
    assert at_desk.creates() == paid + 1
    assert {take["source"] for take in said["takes"]} == {str(at_desk.edit.media[0].path)}
    after = clips(at_desk.folder / "2.otio")[0]
    assert taken(after)
    assert after.source_range.start_time.value == at_desk.edit.media[0].clip_space_start + 36
    shown = numbers_shown(after)
    after.active_media_reference_key = "DEFAULT_MEDIA"
    assert shown == numbers_shown(after)


@pytest.mark.parametrize("suffix", ["otio", "xml"])
def test_the_linker_traces_our_media_to_the_takes_it_stands_for(done: Desk, suffix: str) -> None:
    """`otioconvert -m cometapi` on a cut that came back: originals beside the takes, in their numbers."""
    path = written(done, f"linked.{suffix}")
    if suffix == "otio":
        forgetful(path)
    words = ("-i", path.name, "-m", "cometapi", "-M", "job=comet.cometjob", "-o", "linked_out.otio")
    ended = warm_scripts.run(
        ["otioconvert", *words],
        cwd=done.folder,
        env=road.environment(base_url=done.url, home=done.folder),
        timeout_s=120,
    )
    assert ended.returncode == 0, ended.stderr
    before = {clip.name: clip for clip in done.edit.timeline.find_clips()}
    for clip in clips(done.folder / "linked_out.otio"):
        assert taken(clip)
        assert clip.source_range == before[clip.name].trimmed_range()
        assert any(
            reference.target_url == before[clip.name].media_reference.target_url
            for reference in clip.media_references().values()
        )


def test_relative_addresses_stay_on_their_files_in_every_folder(at_desk: Desk) -> None:
    """Read beside the media, written elsewhere, restored elsewhere again: the originals are found from each place."""
    timeline = at_desk.edit.timeline.clone()
    for clip in timeline.find_clips():
        reference = clip.media_reference.clone()
        reference.target_url = Path(reference.target_url).relative_to(at_desk.folder).as_posix()
        clip.media_reference = reference
    at_desk.save(timeline, "relative.otio")
    for folder in ("out", "deep/er"):
        (at_desk.folder / folder).mkdir(parents=True)
    job = ("--job", "comet.cometjob")
    assert at_desk.run(*job, timeline="relative.otio", output="out/relinked.otio")["exit"] == 0
    for clip in clips(at_desk.folder / "out" / "relinked.otio"):
        url = clip.media_references()["DEFAULT_MEDIA"].target_url
        assert url.startswith("../media/")
        assert (at_desk.folder / "out" / url).is_file()
    paid = at_desk.creates()
    assert at_desk.run(*job, timeline="out/relinked.otio", output="deep/er/again.otio")["exit"] == 0
    assert at_desk.creates() == paid
    assert restored(at_desk, "deep/er/again.otio", "out/originals.otio")["exit"] == 0
    forgetful(at_desk.folder / "out" / "relinked.otio")
    assert restored(at_desk, "out/relinked.otio", "deep/er/originals.otio")["exit"] == 0
    for place in ("out/originals.otio", "deep/er/originals.otio"):
        path = at_desk.folder / place
        for clip in clips(path):
            assert not taken(clip)
            assert (path.parent / clip.media_reference.target_url).is_file()


def test_our_media_is_never_sent_whatever_job_made_it(at_desk: Desk) -> None:
    """With another job, or in numbers that the media has not, clips that show our media are left out by name."""
    at_desk.run()
    paid = at_desk.creates()
    path = forgetful(at_desk.folder / "out.otio")
    other = at_desk.run("--job", "other.cometjob", timeline="out.otio", output="other.otio")
    assert other["exit"] == 1
    assert all("otiocomet restore" in clip["reason"] for clip in other["clips"])
    timeline = otio.adapters.read_from_file(str(path))
    for clip in timeline.find_clips():
        clip.media_reference.target_url = f"/Volumes/Host/{Path(clip.media_reference.target_url).name}"
        clip.media_reference.available_range = None
        start = otio.opentime.RationalTime(5_000_000, clip.source_range.duration.rate)
        clip.source_range = otio.opentime.TimeRange(start, clip.source_range.duration)
    otio.adapters.write_to_file(timeline, str(path))
    lost = at_desk.run(timeline="out.otio", output="lost.otio")
    assert lost["exit"] == 1
    assert all("already shows a take" in clip["reason"] for clip in lost["clips"])
    assert at_desk.creates() == paid


def test_takes_above_the_cut_are_never_sent_even_when_their_media_moved(done: Desk) -> None:
    """A host copied the media and lost track names: the originals below are served, and nothing is sent."""
    path = forgetful(written(done, "above.otio", "--host", "resolve"), keep_names=False)
    timeline = otio.adapters.read_from_file(str(path))
    for clip in timeline.find_clips():
        name = Path(clip.media_reference.target_url).name
        if "_t01_" in name:
            clip.media_reference.target_url = f"/Volumes/Host/{name}"
    otio.adapters.write_to_file(timeline, str(path))
    paid = done.creates()
    said = done.run(timeline="above.otio", output="served.otio")
    assert said["exit"] == 0, said["problems"]
    assert done.creates() == paid
    assert len(said["relinked"]) == 5
    assert sum(clip["selected"] for clip in said["clips"]) == 5
