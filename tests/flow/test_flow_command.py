"""The command line's manners: help, JSON, mistakes, exit codes, the demonstration."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import opentimelineio as otio
import pytest

from support import road, warm_scripts
from support.flow import Desk, clips, fast, taken


def test_plan_lists_every_clip_in_order_with_a_reason(at_desk: Desk) -> None:
    """`plan --json` has every clip that find_clips() finds on video tracks, in that order, each with a reason."""
    ended = at_desk.comet("plan", "edit.otio", "--select", "track:V1", "--prompt", "x", "--json")
    said = json.loads(ended.stdout)
    assert ended.returncode == 0
    names = [clip.name for track in at_desk.edit.timeline.video_tracks() for clip in track.find_clips()]
    assert [clip["name"] for clip in said["clips"]] == names
    assert all(clip["reason"] for clip in said["clips"])
    assert [clip["selected"] for clip in said["clips"]] == [True, True, True, False, False]
    assert said["problems"] == []
    assert said["estimate"]["seconds"] > 0


def test_plan_writes_nothing_and_asks_nothing(at_desk: Desk) -> None:
    """`plan` leaves the folder as it was, sends no request, and keeps what it measured where caches lie."""
    before = {path.name for path in at_desk.folder.rglob("*")}
    at_desk.comet("plan", "edit.otio", "--select", "all", "--prompt", "x")
    cache = at_desk.folder / ".cache"  # the folder is this person's home too
    assert {path.name for path in at_desk.folder.rglob("*") if not path.is_relative_to(cache)} == before
    kept = {path.parent.relative_to(cache).as_posix() for path in cache.rglob("*.json")}
    assert kept == {"otio-cometapi/known-media"}
    assert [entry for entry in road.answer(f"{at_desk.url}/_mock/journal") if "runwayml" in entry["path"]] == []


def test_plan_says_what_is_served_by_takes_that_stand(at_desk: Desk) -> None:
    """After a run, planning the same cut shows its takes as ready and an estimate of nothing."""
    at_desk.run()
    picks = ("--select", "all", "--prompt", "make it snow", "--json")
    ended = at_desk.comet("plan", "edit.otio", "-o", "out.otio", *picks)
    said = json.loads(ended.stdout)
    assert {take["state"] for take in said["takes"]} == {"READY"}
    assert said["estimate"] == {"seconds": 0.0, "usd": 0.0}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("plna",), "Did you mean 'plan'"),
        (("run", "edit.otio"), "--output"),
        (("run", "edit.otio", "-o", "out.otio", "--budget", "plenty"), "budget"),
        (("plan", "edit.otio", "--select", "colour:red"), "marker:GREEN"),
        (("plan", "edit.otio", "-a", "novalue"), "key=value"),
        (("plan", "edit.otio", "--seed", "-4"), "0<=x<=4294967295"),
        (("resolve", "comet.cometjob", "t1"), "--resubmit"),
    ],
    ids=["a typing error", "no output", "no budget", "no selection", "no argument", "no seed", "no decision"],
)
def test_wrong_usage_ends_with_2_and_says_what_is_right(at_desk: Desk, arguments: tuple[str, ...], words: str) -> None:
    """A command that cannot be meant ends with 2, and its message holds the way out."""
    ended = at_desk.comet(*arguments)
    assert ended.returncode == 2, ended.stderr
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_plan_says_once_why_a_chosen_clip_cannot_go(at_desk: Desk) -> None:
    """A clip whose media is offline stands with its problem in the table; with --quiet, which has none, in a line."""
    timeline = at_desk.edit.timeline.clone()
    next(iter(timeline.find_clips())).media_reference.target_url = "/offline/sh010.mp4"
    at_desk.save(timeline, "edit.otio")
    choice = ("plan", "edit.otio", "--select", "name:sh010", "--prompt", "x")
    for quiet, words in (((), "problem: '/offline/sh010.mp4'"), (("--quiet",), "problem: clip 'sh010'")):
        said = at_desk.comet(*choice, *quiet).stdout
        assert (said.count("/offline/sh010.mp4"), words in said) == (1, True), said


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ((), "No clip was selected. Give --select"),
        (("--select", "track:V9"), "track:V9: there is no such track with clips"),
    ],
)
def test_a_plan_without_a_chosen_clip_says_what_to_do(at_desk: Desk, flags: tuple[str, ...], words: str) -> None:
    """Where no marker and no flag means any clip, the last lines say how clips are chosen, and what missed; exit 1."""
    ended = at_desk.comet("plan", "edit.otio", *flags)
    assert (ended.returncode, words in ended.stdout) == (1, True), ended.stdout


@pytest.mark.parametrize(("chosen", "code"), [("name:sh010", 1), ("all", 3)])
def test_a_plan_ends_as_its_run_would(at_desk: Desk, chosen: str, code: int) -> None:
    """Where every chosen clip is broken, `plan` ends with 1, where some can go, with 3; `--json` says the same."""
    timeline = at_desk.edit.timeline.clone()
    next(iter(timeline.find_clips())).media_reference.target_url = "/offline/sh010.mp4"
    at_desk.save(timeline, "edit.otio")
    for form in ((), ("--json",)):
        ended = at_desk.comet("plan", "edit.otio", "--select", chosen, "--prompt", "x", *form)
        assert ended.returncode == code, ended.stdout
    assert json.loads(ended.stdout)["exit"] == code


def test_a_plan_says_what_is_paid_and_what_is_to_be_sent(at_desk: Desk) -> None:
    """Takes that stand are headed as paid; a plan of nothing else says that nothing is sent and nothing is paid."""
    at_desk.run()
    asked = ("plan", "edit.otio", "-o", "out.otio", "--prompt", "make it snow")
    same = at_desk.comet(*asked, "--select", "all").stdout.splitlines()
    assert {row.split("\t")[0] for row in same if "\t" in row} == {"Already paid"}
    assert same[-1] == "Nothing to send and nothing to pay: 5 takes of this job are paid already and serve again."
    more = at_desk.comet(*asked, "--select", "name:sh010", "--takes", "2").stdout.splitlines()
    assert [row.split("\t")[0] for row in more[:2]] == ["To be sent", "Already paid"]
    estimate = next(row for row in more if row.startswith("1 new take, "))
    assert estimate.endswith("; 1 take of this job is paid already and serves again.")


def test_a_plan_says_what_waits_for_a_person(at_desk: Desk) -> None:
    """A take without an answer is neither to be sent nor paid: it waits, the last line names the command, exit 3."""
    asked = ("edit.otio", "-o", "out.otio", "--select", "name:sh010", "--prompt", "make it snow")
    at_desk.comet("run", *asked, *fast())
    database = sqlite3.connect(at_desk.folder / "comet.cometjob" / "private" / "ledger.sqlite")
    with closing(database), database:
        database.execute("update parts set state = 'FAILED'")
    ended = at_desk.comet("plan", *asked)
    assert ended.returncode == 3
    rows = ended.stdout.splitlines()
    assert (rows[0].split("\t")[0], rows[0].split("\t")[-1]) == ("Waiting for you", "failed")
    assert "1 take waits for you (`otiocomet resolve`)." in ended.stdout


def test_a_job_that_is_not_there_is_named(at_desk: Desk) -> None:
    """`status` of nothing ends with 1 and names the path."""
    ended = at_desk.comet("status", "nothing.cometjob")
    assert ended.returncode == 1
    assert "nothing.cometjob" in ended.stderr


def test_models_lists_the_default_and_its_successor(at_desk: Desk) -> None:
    """`models` shows gen4_aleph with what is reported of its end, aleph2 beside it, and no price as the service's."""
    ended = at_desk.comet("models", "--json")
    found = {model["id"]: model for model in json.loads(ended.stdout)["models"]}
    assert {"gen4_aleph", "aleph2"} <= set(found)
    assert "2026-07-30" in found["gen4_aleph"]["reported_retired"]


def test_piped_tables_are_plain_lines(at_desk: Desk) -> None:
    """In a pipe there are no frames and no colours, and each row is a line with tabs."""
    ended = at_desk.comet("plan", "edit.otio", "--select", "all", "--prompt", "x")
    rows = [line.split("\t") for line in ended.stdout.splitlines() if "\t" in line]
    assert len(rows) == 5
    assert "\x1b" not in ended.stdout
    assert rows[0][1] == "01:00:00:00"


def test_a_strangers_clip_name_cannot_steer_the_terminal(at_desk: Desk) -> None:
    """Escape sequences and direction marks in names are not printed, and names never leave the media folder."""
    timeline = at_desk.edit.timeline.clone()
    first = next(iter(timeline.find_clips()))
    first.name = "../../\x1b[2Jevil\u202e/\x00"
    at_desk.save(timeline, "edit.otio")
    at_desk.run()
    ended = at_desk.comet("plan", "edit.otio", "-o", "out.otio", "--select", "all", "--prompt", "make it snow")
    assert "\x1b" not in ended.stdout
    assert "\u202e" not in ended.stdout
    media = at_desk.folder / "comet.cometjob" / "media"
    for clip in clips(at_desk.folder / "out.otio"):
        assert Path(clip.media_reference.target_url).parent == media


def test_the_demonstration_leaves_a_job_and_a_timeline_that_otio_opens(tmp_path: Path) -> None:
    """`otiocomet demo` runs offline, twice in a row, and relinks the two marked clips of an edit of three tracks."""
    for _ in range(2):
        ended = warm_scripts.run(
            ["otiocomet", "demo", "demo"],
            cwd=tmp_path,
            env=road.environment(base_url="https://api.example.com", home=tmp_path),
            timeout_s=120,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
    edit = otio.adapters.read_from_file(str(tmp_path / "demo" / "edit.otio"))
    assert [track.name for track in edit.tracks] == ["V1", "V2", "V3"]
    assert edit.global_start_time.to_timecode() == "01:00:00:00"
    assert any(isinstance(child, otio.schema.Transition) for child in edit.tracks[0])
    shown = [clip.name for clip in clips(tmp_path / "demo" / "relinked.otio") if taken(clip)]
    assert sorted(shown) == ["insert", "window"]
    job = otio.adapters.read_from_file(str(tmp_path / "demo" / "demo.cometjob"))
    assert sorted(clip.name for clip in job.find_clips() if taken(clip)) == ["insert", "window"]
    for words in ("01:00:02:00", "USD", "relinked.otio", "demo.cometjob"):
        assert words in ended.stdout


@pytest.mark.parametrize(("answer", "code", "creates"), [("y\n", 0, 1), ("n\n", 4, 0), ("", 4, 0)])
def test_without_yes_the_estimate_is_shown_and_asked_about(at_desk: Desk, answer: str, code: int, creates: int) -> None:
    """Without --yes nothing is sent before somebody has seen the estimate and said yes; no answer is a no."""
    picks = ("--select", "name:sh010", "--prompt", "x")
    ended = warm_scripts.run(
        ["otiocomet", "run", "edit.otio", "-o", "out.otio", *picks, "--poll-interval", "0.05"],
        cwd=at_desk.folder,
        env=road.environment(base_url=at_desk.url, home=at_desk.folder),
        timeout_s=120,
        typed=answer,
    )
    assert ended.returncode == code, ended.stderr
    assert "s of video" in ended.stdout
    assert "Send this now?" in ended.stderr
    assert at_desk.creates() == creates


def test_a_format_that_cannot_hold_the_timeline_is_refused_before_anything_is_sent(at_desk: Desk) -> None:
    """An EDL holds one video track: an edit of three is refused by name, and nothing is paid."""
    ended = at_desk.comet("run", "edit.otio", "-o", "out.edl", "--select", "all", "--prompt", "x", *fast())
    assert ended.returncode == 1
    assert "out.edl" in ended.stderr
    assert "nothing was sent" in ended.stderr
    assert at_desk.creates() == 0


def test_a_chosen_clip_that_cannot_be_sent_is_explained(at_desk: Desk) -> None:
    """When nothing of a selection can be sent, the message says why, not only how to select."""
    timeline = at_desk.edit.timeline.clone()
    first = next(iter(timeline.find_clips()))
    first.media_reference = otio.schema.GeneratorReference("Title", "title", first.source_range)
    at_desk.save(timeline, "edit.otio")
    ended = at_desk.comet("run", "edit.otio", "-o", "out.otio", "--select", "name:sh010", "--prompt", "x", *fast())
    assert ended.returncode == 1
    assert "generator" in ended.stderr


@pytest.mark.parametrize("before", [("export",), ("export", "submit")])
def test_progress_counts_the_takes_of_the_whole_run_from_its_first_line(at_desk: Desk, before: tuple[str, ...]) -> None:
    """Wherever a job stood, every line that counts says "of 5", and the last one 5."""
    job = ("comet.cometjob",)
    asked = {
        "export": ("export", "edit.otio", "--job", *job, "--select", "all", "--prompt", "make it snow"),
        "submit": ("submit", *job, "--yes"),
    }
    for name in before:
        at_desk.comet(*asked[name])
    said = at_desk.comet("resume", *job, "-o", "out.otio", *fast()[:-1]).stderr
    counted = [tuple(map(int, found)) for found in re.findall(r"^(\d+) of (\d+) takes done", said, re.MULTILINE)]
    assert {of for _, of in counted} == {5}, said
    assert counted[-1] == (5, 5)
