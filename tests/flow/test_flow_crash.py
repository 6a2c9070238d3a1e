"""`kill -9` in the middle of `run`, then `resume`: nothing is paid twice, nothing paid is lost."""

from __future__ import annotations

import json
import signal
import subprocess

import pytest

from support import road
from support.flow import Desk, clips, fast, taken
from support.host_process import script

TAKES = 5
"""The edit has five clips, and each becomes a take."""


def killed_at(at_desk: Desk, line: str) -> None:
    """Start a run and kill it as soon as it says something that begins with *line*."""
    process = subprocess.Popen(
        [
            *(script("otiocomet"), "run", "edit.otio", "-o", "out.otio", "--select", "all"),
            *("--prompt", "make it snow", "--yes", "--poll-interval", "0.2"),
        ],
        cwd=at_desk.folder,
        env=road.environment(base_url=at_desk.url, home=at_desk.folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = []
    for each in process.stderr:
        said.append(each)
        if each.startswith(line):
            break
    else:
        pytest.fail(f"the run never said '{line}': {said}")
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    process.stderr.close()


@pytest.mark.parametrize(
    "line",
    ["export: sh010: cutting", "export: sh040: cut", "submit: ", "watch: sh010: running", "download: ", "conform: "],
    ids=["while cutting", "when cut", "while sending", "while waiting", "while downloading", "while conforming"],
)
def test_a_killed_run_is_resumed_without_paying_twice(at_desk: Desk, line: str) -> None:
    """After `kill -9`, `resume` finishes or names the takes it holds for a person; no body was created twice."""
    killed_at(at_desk, line)
    resumed = at_desk.comet("resume", "comet.cometjob", "-o", "out.otio", *fast())
    said = json.loads(resumed.stdout)
    unknown = [take for take in said["takes"] if take["state"] == "SUBMIT_UNKNOWN"]
    ready = [take for take in said["takes"] if take["state"] == "READY"]
    assert len(ready) + len(unknown) == TAKES, said
    assert resumed.returncode == (3 if unknown else 0)
    assert all(any(take["id"][:11] in problem for problem in said["problems"]) for take in unknown)
    checked = at_desk.verify()
    assert checked["duplicates"] == []
    assert len(ready) <= checked["creates"] <= TAKES
    for take in unknown:
        decided = at_desk.comet("resolve", "comet.cometjob", take["id"], "--resubmit")
        assert decided.returncode == 0, decided.stderr
    assert at_desk.comet("resume", "comet.cometjob", "-o", "out.otio", *fast()).returncode == 0
    assert all(taken(clip) for clip in clips(at_desk.folder / "out.otio"))


def test_a_job_appears_only_when_resume_can_go_on_from_it(at_desk: Desk) -> None:
    """At the first word of the first export the job stands under its name and `status` reads it."""
    killed_at(at_desk, "export: ")
    status = at_desk.comet("status", "comet.cometjob", "--json")
    assert status.returncode == 0, status.stderr
    assert len(json.loads(status.stdout)["takes"]) == TAKES


def test_an_interrupted_run_says_how_to_go_on(at_desk: Desk) -> None:
    """Ctrl-C ends with 130 and names the command that goes on, which then finishes."""
    process = subprocess.Popen(
        [
            *(script("otiocomet"), "run", "edit.otio", "-o", "out.otio", "--select", "all"),
            *("--prompt", "make it snow", "--yes", "--poll-interval", "4"),
        ],
        cwd=at_desk.folder,
        env=road.environment(base_url=at_desk.url, home=at_desk.folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a shell's background job begins with SIGINT ignored, and so would its children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one thread runs here
    )
    assert process.stderr is not None
    for each in process.stderr:
        if each.startswith("watch: "):
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "otiocomet resume comet.cometjob -o out.otio" in errors
    assert at_desk.comet("resume", "comet.cometjob", "-o", "out.otio", *fast()).returncode == 0
    assert at_desk.verify()["duplicates"] == []
