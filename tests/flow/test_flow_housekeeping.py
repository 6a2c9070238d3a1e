"""Clean and move through the console script: nothing that is needed goes, and everything still links."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from support.flow import Desk, clips, fast, numbers_shown, taken

ONE = ("--exclude", "name:sh02*,name:sh03*,name:sh04*,name:sh05*")
LONG_AGO = 1_000_000_000


def said(at_desk: Desk, *arguments: str) -> dict[str, Any]:
    """Run a command with --json and return what it said."""
    ended = at_desk.comet(*arguments, "--json")
    assert ended.stdout.startswith("{"), ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def kinds(found: dict[str, Any]) -> set[str]:
    """Return the kinds of what could go."""
    return {item["kind"] for item in found["items"]}


def old(path: Path) -> Path:
    """Make a file or folder look untouched for years."""
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def test_clean_offers_by_kind_and_removes_by_word_alone(at_desk: Desk) -> None:
    """Exports, superseded media and leftovers; first said, then removed; the job goes on, and nothing is paid again."""
    assert at_desk.run(*ONE)["exit"] == 0
    job = at_desk.folder / "comet.cometjob"
    assert at_desk.comet("relink", "comet.cometjob", "-o", "prores.otio", "--codec", "prores").returncode == 0
    assert at_desk.comet("relink", "comet.cometjob", "-o", "again.otio", "--codec", "h264").returncode == 0
    (left, fresh) = (job / "private" / "outputs" / f".{name * 16}.part" for name in "ab")
    for each in (left, fresh):
        each.write_bytes(b"half")
    beside = at_desk.folder / ".comet.cometjob.0123abcd.part"
    beside.mkdir()
    old(left), old(beside)
    outputs = sorted((job / "private" / "outputs").glob("*.mp4"))

    spared = said(at_desk, "clean", "comet.cometjob")
    assert kinds(spared) == {"exports", "leftovers"}, "prores.otio points to the other media"
    (at_desk.folder / "prores.otio").unlink()
    offered = said(at_desk, "clean", "comet.cometjob")
    assert kinds(offered) == {"exports", "media", "leftovers"}
    assert offered["removed"] == []
    paths = {Path(item["path"]) for item in offered["items"]}
    assert {left, beside} < paths
    assert all(path.exists() for path in paths)
    assert offered["bytes"]["exports"] == sum(path.stat().st_size for path in (job / "private" / "exports").iterdir())

    done = said(at_desk, "clean", "comet.cometjob", "--yes")
    assert {Path(path) for path in done["removed"]} == paths
    assert not any(path.exists() for path in paths)
    assert fresh.exists(), "somebody may be writing it"
    assert sorted((job / "private" / "outputs").glob("*.mp4")) == outputs
    assert all(Path(clip.media_reference.target_url).is_file() for clip in clips(at_desk.folder / "again.otio"))
    assert at_desk.run(*ONE)["exit"] == 0
    assert at_desk.creates() == 1


def test_what_an_open_take_needs_stays_and_outputs_go_by_name_only(at_desk: Desk) -> None:
    """An export that is still to be sent is not offered; an abandoned take's output is, with --outputs alone."""
    prompt = "[[scenario:output_truncated_file]] snow"
    ended = at_desk.comet("run", "edit.otio", "-o", "out.otio", "--select", "name:sh010", "--prompt", prompt, *fast())
    assert ended.returncode == 1, ended.stderr
    exported = at_desk.comet(
        "export", "edit.otio", "--job", "comet.cometjob", "--select", "name:sh020", "--prompt", "rain"
    )
    assert exported.returncode == 0, exported.stderr
    takes = {take["state"]: take["id"] for take in said(at_desk, "status", "comet.cometjob")["takes"]}
    outputs = list((at_desk.folder / "comet.cometjob" / "private" / "outputs").glob("*.mp4"))
    assert outputs, "what could not be read is kept"
    assert kinds(said(at_desk, "clean", "comet.cometjob", "--outputs")) == {"exports"}, (
        "a failed take may be decided on"
    )
    assert at_desk.comet("resolve", "comet.cometjob", takes["FAILED"], "--abandon").returncode == 0
    assert kinds(said(at_desk, "clean", "comet.cometjob")) == {"exports"}
    found = said(at_desk, "clean", "comet.cometjob", "--outputs", "--yes")
    assert kinds(found) == {"exports", "outputs"}
    assert not any(path.exists() for path in outputs)
    exports = list((at_desk.folder / "comet.cometjob" / "private" / "exports").iterdir())
    assert len(exports) == 1, "the one that is still to be sent"


@pytest.mark.proof
def test_an_export_whose_source_is_gone_stays(at_desk: Desk) -> None:
    """What cannot be cut again is not offered, and the note says why."""
    assert at_desk.run(*ONE)["exit"] == 0
    source = Path(said(at_desk, "status", "comet.cometjob")["takes"][0]["source"])
    source.rename(source.with_suffix(".offline"))
    found = said(at_desk, "clean", "comet.cometjob")
    assert kinds(found) == set()
    assert str(source) in found["kept"][0]


@pytest.mark.parametrize(
    "flags", [pytest.param(("--copy",), id="copy"), pytest.param((), id="rename", marks=pytest.mark.proof)]
)
def test_after_a_move_everything_links(at_desk: Desk, flags: tuple[str, ...]) -> None:
    """Timelines that the job wrote show the media at its new place, frame for frame; the next run pays nothing."""
    assert at_desk.run(*ONE)["exit"] == 0
    shown = {clip.name: numbers_shown(clip) for clip in clips(at_desk.folder / "out.otio") if taken(clip)}
    shutil.copy(at_desk.folder / "out.otio", at_desk.folder / "changed.otio")
    assert at_desk.comet("relink", "comet.cometjob", "-o", "changed.otio").returncode == 0
    (at_desk.folder / "changed.otio").write_text((at_desk.folder / "changed.otio").read_text("utf-8") + "\n", "utf-8")

    waits = said(at_desk, "move", "comet.cometjob", "archive/edit", *flags)
    assert waits["job"] == str(at_desk.folder / "archive" / "edit.cometjob")
    assert waits["written"] == []
    assert {Path(each["path"]).name: bool(each["why"]) for each in waits["stale"]} == {
        "out.otio": False,
        "changed.otio": True,
    }
    assert not (at_desk.folder / "comet.cometjob").exists()

    moved = said(at_desk, "move", "archive/edit.cometjob", "comet.cometjob", "--yes", *flags)
    assert [Path(path).name for path in moved["written"]] == ["out.otio"]
    again = said(at_desk, "move", "comet.cometjob", "archive", "--yes", *flags)
    assert again["job"] == str(at_desk.folder / "archive" / "comet.cometjob")
    after = [clip for clip in clips(at_desk.folder / "out.otio") if taken(clip)]
    assert {clip.name: numbers_shown(clip) for clip in after} == shown
    assert all("archive" in clip.media_reference.target_url for clip in after)
    found = at_desk.run(*ONE, "--job", "archive/comet.cometjob", output="next.otio")
    assert found["exit"] == 0
    assert at_desk.creates() == 1
