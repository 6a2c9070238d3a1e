"""`otiocomet run`: the whole road through the real command, against the simulator as a process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from support.flow import Desk, clips, fast, numbers_shown, taken


def test_every_frame_of_the_relinked_timeline_is_the_frame_of_the_original(at_desk: Desk) -> None:
    """After the road every clip shows, frame for frame, the source frames that it showed before."""
    said = at_desk.run()
    relinked = clips(at_desk.folder / "out.otio")
    assert said["exit"] == 0, said["problems"]
    assert all(taken(clip) for clip in relinked)
    for clip in relinked:
        shown = numbers_shown(clip)
        key = clip.media_reference.metadata["cometapi"]["source_key"]
        clip.active_media_reference_key = key
        assert shown == numbers_shown(clip), clip.name


def test_the_input_file_and_every_reference_stay(at_desk: Desk) -> None:
    """The input file is byte-identical afterwards, and the output has all that the input had, under its own keys."""
    before = at_desk.timeline.read_bytes()
    at_desk.run()
    assert at_desk.timeline.read_bytes() == before
    for old, new in zip(clips(at_desk.timeline), clips(at_desk.folder / "out.otio"), strict=True):
        kept = new.media_references()
        assert {key: reference.to_json_string() for key, reference in old.media_references().items()} == {
            key: kept[key].to_json_string() for key in old.media_references()
        }
        assert new.source_range == (old.source_range or old.available_range())
        assert [marker.to_json_string() for marker in old.markers] == [mark.to_json_string() for mark in new.markers]


def test_the_new_reference_says_what_it_is(at_desk: Desk) -> None:
    """The new reference carries take, task, look, span and conform policy, in the source's numbers."""
    at_desk.run("--seed", "7")
    for clip in clips(at_desk.folder / "out.otio"):
        reference = clip.media_reference
        facts = dict(reference.metadata["cometapi"])
        source = clip.media_references()[facts["source_key"]]
        medium = at_desk.edit.medium_of(source.target_url)
        assert taken(clip) == f"cometapi:{facts['take_id']}"
        assert facts["prompt"] == "make it snow"
        assert facts["model"] == "gen4_aleph"
        assert facts["seed"] == 7
        assert facts["task_id"]
        assert facts["conform"] == "index"
        assert facts["source_url"] == source.target_url
        assert facts["span"]["rate"] == "24000/1001"
        assert reference.available_range.start_time.value == medium.clip_space_start + facts["span"]["first_frame"]
        assert reference.available_range.duration.value == facts["span"]["frame_count"]
        assert Path(reference.target_url).is_absolute()
        assert Path(reference.target_url).is_file()


def test_a_trimmed_and_reordered_cut_costs_nothing(at_desk: Desk) -> None:
    """The next version of a cut, trimmed and reordered in the same folder, is served by the takes of the first."""
    at_desk.run()
    paid = at_desk.creates()
    second = at_desk.edit.timeline.clone()
    track = second.tracks[0]
    clips_of_track = [child.clone() for child in track if isinstance(child, otio.schema.Clip)]
    del track[:]
    for clip in reversed(clips_of_track):
        clip.source_range = otio.opentime.TimeRange(
            clip.source_range.start_time + otio.opentime.RationalTime(5, clip.source_range.start_time.rate),
            clip.source_range.duration - otio.opentime.RationalTime(9, clip.source_range.duration.rate),
        )
        track.append(clip)
    at_desk.save(second, "edit_v2.otio")
    said = at_desk.run(timeline="edit_v2.otio", output="out_v2.otio")
    assert said["exit"] == 0, said["problems"]
    assert at_desk.creates() == paid
    for clip in clips(at_desk.folder / "out_v2.otio"):
        shown = numbers_shown(clip)
        assert taken(clip)
        clip.active_media_reference_key = clip.media_reference.metadata["cometapi"]["source_key"]
        assert shown == numbers_shown(clip), clip.name


def test_a_timeline_that_came_back_is_not_sent_again(at_desk: Desk) -> None:
    """Running on a timeline that shows our takes traces them to their originals and sends nothing."""
    at_desk.run()
    paid = at_desk.creates()
    said = at_desk.run(timeline="out.otio", output="again.otio")
    assert said["exit"] == 0, said["problems"]
    assert at_desk.creates() == paid
    assert all(taken(clip) for clip in clips(at_desk.folder / "again.otio"))


def test_resume_on_a_finished_job_relinks_again(at_desk: Desk) -> None:
    """`resume` on a finished job writes the same timeline again, asks nothing of the service and ends with 0."""
    at_desk.run()
    asked = len(list(_journal(at_desk)))
    ended = at_desk.comet("resume", "comet.cometjob", "-o", "again.otio", *fast())
    assert ended.returncode == 0, ended.stderr
    assert len(list(_journal(at_desk))) == asked
    first = [clip.to_json_string() for clip in clips(at_desk.folder / "out.otio")]
    assert [clip.to_json_string() for clip in clips(at_desk.folder / "again.otio")] == first


def _journal(at_desk: Desk) -> list[dict[str, Any]]:
    from support.flow import journal_of

    return list(journal_of(at_desk.url, "/runwayml/"))


def test_the_verbs_one_by_one_end_where_run_ends(at_desk: Desk) -> None:
    """export, submit, collect and relink in a row make what `run` makes, and only submit spends."""
    picks = ("--select", "all", "--prompt", "make it snow", "--json")
    steps: list[tuple[tuple[str, ...], int]] = [
        (("export", "edit.otio", "--job", "job.cometjob", *picks), 0),
        (("submit", "job.cometjob", "--yes", "--json"), 5),
        (("collect", "job.cometjob", "--poll-interval", "0.05", "--json"), 5),
        (("relink", "job.cometjob", "-o", "out.otio", "--json"), 5),
    ]
    for arguments, creates in steps:
        ended = at_desk.comet(*arguments)
        assert ended.returncode == 0, (arguments, ended.stderr, ended.stdout)
        assert at_desk.creates() == creates, arguments
    assert all(taken(clip) for clip in clips(at_desk.folder / "out.otio"))


def test_several_takes_are_references_side_by_side(at_desk: Desk) -> None:
    """With --takes 2 every clip has two takes of other seeds, each its own reference, and shows the first."""
    at_desk.run("--takes", "2", "--select", "name:sh020", "--exclude", "name:sh01*,name:sh03*,name:sh04*,name:sh05*")
    (clip,) = [each for each in clips(at_desk.folder / "out.otio") if taken(each)]
    takes = {key: reference for key, reference in clip.media_references().items() if key.startswith("cometapi:")}
    seeds = {reference.metadata["cometapi"]["seed"] for reference in takes.values()}
    assert len(takes) == len(seeds) == 2
    assert clip.media_reference.metadata["cometapi"]["take"] == 1


def test_status_tells_takes_with_tasks_and_clips(at_desk: Desk) -> None:
    """`status --json` lists every take with its id, state, clips and task ids."""
    at_desk.run()
    ended = at_desk.comet("status", "comet.cometjob", "--json")
    takes = json.loads(ended.stdout)["takes"]
    assert {name for take in takes for name in take["clips"]} == {"sh010", "sh020", "sh030", "sh040", "sh050"}
    assert {take["state"] for take in takes} == {"READY"}
    assert all(len(take["task_ids"]) == 1 and take["id"] for take in takes)


@pytest.mark.proof
def test_a_collection_of_timelines_goes_down_the_road_whole(at_desk: Desk) -> None:
    """Two timelines in one file come back as two, each clip with its own frames; what both show is paid once."""
    first, second = at_desk.edit.timeline.clone(), at_desk.edit.timeline.clone()
    second.name = "second reel"
    del first.tracks[1:]
    del second.tracks[2:]
    collection = otio.schema.SerializableCollection("reels", [first, second])
    otio.adapters.write_to_file(collection, str(at_desk.folder / "reels.otio"))
    said = at_desk.run(timeline="reels.otio")
    assert said["exit"] == 0, said["problems"]
    assert at_desk.creates() == 4
    made = otio.adapters.read_from_file(str(at_desk.folder / "out.otio"))
    assert [child.name for child in made] == [first.name, "second reel"]
    relinked = [clip for child in made for clip in child.find_clips()]
    assert [clip.name for clip in relinked] == ["sh010", "sh020", "sh030", "sh010", "sh020", "sh030", "sh040"]
    for clip in relinked:
        assert taken(clip), clip.name
        shown = numbers_shown(clip)
        clip.active_media_reference_key = clip.media_reference.metadata["cometapi"]["source_key"]
        assert shown == numbers_shown(clip), clip.name
