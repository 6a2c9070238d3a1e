"""The template for render farms: checked and run by Open Job Description's own program, against a simulator."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import road
from support.flow import Desk, clips, desk, taken
from support.host_process import script
from support.road import simulator

pytestmark = pytest.mark.proof

TAKES = 2
PICK = ("--job", "comet.cometjob", "--select", "name:sh010,name:sh020", "--prompt", "make it snow", "--no-cut")
"""Two clips of the edit, and each becomes a take."""


@pytest.fixture
def at_desk(tmp_path: Path) -> Iterator[Desk]:
    """Yield an edit in a folder of its own, and a simulator of its own."""
    with simulator() as url:
        yield desk(tmp_path / "desk", url)


def openjd(at_desk: Desk, *arguments: str, key: bool) -> subprocess.CompletedProcess[str]:
    """Run Open Job Description's program at a desk, with or without the key."""
    variables = road.environment(base_url=at_desk.url, home=at_desk.folder)
    variables["PATH"] = f"{Path(script('otiocomet')).parent}:{variables['PATH']}"
    if not key:
        del variables["COMETAPI_KEY"]
    return subprocess.run(
        [script("openjd"), *arguments],
        cwd=at_desk.folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )


def step(at_desk: Desk, name: str, *, key: bool = False) -> str:
    """Run one step of the template; return what it printed."""
    ended = openjd(at_desk, "run", "farm.json", "--step", name, "--no-run-dependencies", key=key)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_a_farm_takes_a_job_down_the_road(at_desk: Desk) -> None:
    """The template is valid; its four steps relink every clip, and only the one that sends has the key."""
    assert at_desk.comet("export", "edit.otio", *PICK).returncode == 0
    written = at_desk.comet("farm", "template", "comet.cometjob", "-o", "farm.json", "--output", "out.otio")
    assert written.returncode == 0, written.stderr
    checked = openjd(at_desk, "check", "farm.json", key=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert not list((at_desk.folder / "comet.cometjob" / "private" / "exports").glob("*.mp4"))

    assert step(at_desk, "Export").count(".mp4 is there.") == TAKES
    assert at_desk.creates() == 0
    cut_at = {path: path.stat().st_mtime_ns for path in at_desk.folder.rglob("private/exports/*.mp4")}
    step(at_desk, "Send", key=True)
    assert at_desk.creates() == TAKES
    assert {path: path.stat().st_mtime_ns for path in cut_at} == cut_at
    assert not list(at_desk.folder.glob("comet.cometjob/media/*"))

    assert step(at_desk, "Conform").count(".mp4 is there.") == TAKES
    made_at = {path: path.stat().st_mtime_ns for path in at_desk.folder.glob("comet.cometjob/media/*")}
    step(at_desk, "Relink")
    assert len(made_at) == TAKES
    assert {path: path.stat().st_mtime_ns for path in at_desk.folder.glob("comet.cometjob/media/*")} == made_at
    assert [bool(taken(clip)) for clip in clips(at_desk.folder / "out.otio")].count(True) == TAKES
    assert at_desk.verify()["duplicates"] == []


def test_the_template_holds_no_secret_and_spends_in_one_place(at_desk: Desk) -> None:
    """Template and dockets hold neither key nor address of a database, and one step alone calls what spends."""
    assert at_desk.comet("export", "edit.otio", *PICK).returncode == 0
    printed = at_desk.comet("farm", "template", "comet.cometjob", "--output", "out.otio").stdout
    steps = {each["name"]: each for each in json.loads(printed)["steps"]}
    called = {name: each["script"]["actions"]["onRun"]["args"][1] for name, each in steps.items()}
    assert called == {"Export": "export", "Send": "send", "Conform": "conform", "Relink": "relink"}
    assert "hostRequirements" not in steps["Export"]
    assert "hostRequirements" not in steps["Conform"]
    dockets = list(at_desk.folder.glob("comet.cometjob/private/farm/*.json"))
    assert len(dockets) == TAKES
    for text in (printed, *(each.read_text() for each in dockets)):
        assert "COMETAPI" not in text
        assert at_desk.url not in text
