"""Long shots through the real doors: `kill -9` between parts, what the commands print, and the adapter."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import opentimelineio as otio
import pytest

from support import road
from support.flow import fast
from support.host_process import script
from support.long_shots import long_cut, long_medium

ASKED = ("--select", "all", "--prompt", "make it snow", "--parts")


@pytest.fixture(scope="module")
def medium(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the medium of all tests."""
    return long_medium(tmp_path_factory.mktemp("long"))


@pytest.fixture
def folder(tmp_path: Path, medium: Path) -> Path:
    """Return a folder with an edit of one long clip."""
    otio.adapters.write_to_file(long_cut(medium), str(tmp_path / "edit.otio"))
    return tmp_path


@pytest.fixture
def url() -> Iterator[str]:
    """Run a simulator for one test."""
    with road.simulator() as found:
        yield found


def comet(folder: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command in the folder."""
    return road.otiocomet(*arguments, base_url=url, home=folder, cwd=folder)


def killed_at(folder: Path, url: str, line: str) -> None:
    """Start a run and kill it as soon as it says something that begins with *line*."""
    process = subprocess.Popen(
        [script("otiocomet"), "run", "edit.otio", "-o", "out.otio", *ASKED, "--yes", "--poll-interval", "0.2"],
        cwd=folder,
        env=road.environment(base_url=url, home=folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    found = any(each.startswith(line) for each in process.stderr)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    process.stderr.close()
    assert found, f"the run never said '{line}'"


@pytest.mark.parametrize(
    "line",
    ["export: long, part 1 of 3: cut", "download: long, part 1 of 3: home", "submit: long, part 2 of 3: sent"],
    ids=["before the first", "between two", "while the second runs"],
)
def test_a_killed_run_is_resumed_part_by_part(folder: Path, url: str, line: str) -> None:
    """After `kill -9` between parts, `resume` goes on; no part is created twice, and none is forgotten."""
    killed_at(folder, url, line)
    resumed = comet(folder, url, "resume", "comet.cometjob", "-o", "out.otio", *fast())
    (take,) = json.loads(resumed.stdout)["takes"]
    checked = road.answer(f"{url}/_mock/verify")
    assert checked["duplicates"] == []
    if take["state"] == "SUBMIT_UNKNOWN":  # it was killed with a create on the wire
        assert resumed.returncode == 3
        return
    assert (resumed.returncode, take["state"], checked["creates"]) == (0, "READY", 3), resumed.stdout
    assert [part["state"] for part in take["parts"]] == ["HOME"] * 3


def test_what_the_commands_say_of_parts(folder: Path, url: str) -> None:
    """`plan` shows parts, seconds and seams; `status` shows every part with its task."""
    planned = comet(folder, url, "plan", "edit.otio", *ASKED)
    assert "13.33 s in 3 parts" in planned.stdout
    assert "Seams between parts at 01:00:04:11, 01:00:08:14." in planned.stdout
    told = json.loads(comet(folder, url, "plan", "edit.otio", *ASKED, "--json").stdout)
    assert [part["span"]["frame_count"] for part in told["takes"][0]["parts"]] == [107, 107, 106]
    assert [seam["timecode"] for seam in told["clips"][0]["seams"]] == ["01:00:04:11", "01:00:08:14"]
    assert told["takes"][0]["guided"] is True
    left = json.loads(comet(folder, url, "plan", "edit.otio", *ASKED[:-1], "--json").stdout)
    assert left["takes"] == []
    assert "--parts" in left["clips"][0]["reason"]
    sent = comet(folder, url, "export", "edit.otio", "--job", "comet.cometjob", *ASKED)
    assert sent.returncode == 0, sent.stderr
    assert comet(folder, url, "submit", "comet.cometjob", "--yes").returncode == 3
    lines = [line.split("\t") for line in comet(folder, url, "status", "comet.cometjob").stdout.splitlines()]
    parts = [(line[2], line[4]) for line in lines[1:4]]
    assert parts[0][0] == "SUBMITTED"
    assert parts[0][1].startswith("part 1 of 3: ")
    assert parts[1:] == [("EXPORTED", "part 2 of 3: no task yet"), ("EXPORTED", "part 3 of 3: no task yet")]


def test_the_adapter_sends_parts(folder: Path, url: str) -> None:
    """`-A parts=1` is the same as the flag; without it the long shot is left out."""
    environment = road.environment(base_url=url, home=folder)
    program = "import sys, opentimelineio as otio; t = otio.adapters.read_from_file('edit.otio'); "
    program += "otio.adapters.write_to_file(t, 'edit.cometjob', select='all', prompt='snow', parts=1, overlap=10)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = comet(folder, url, "status", "edit.cometjob", "--json")
    (take,) = json.loads(said.stdout)["takes"]
    assert [part["state"] for part in take["parts"]] == ["EXPORTED"] * 3
    spans = [part["span"] for part in take["parts"]]
    assert spans[0]["first_frame"] + spans[0]["frame_count"] - spans[1]["first_frame"] == 10
