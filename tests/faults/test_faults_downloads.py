"""Outputs on their way home when this machine, or the file itself, is the trouble."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import BinaryIO
from urllib.request import Request, urlopen

import pytest

from cometapi_mock.server import MockServer
from otio_cometapi.comet import download as downloading
from otio_cometapi.comet.partial_file import PartialFile, UnfitError
from otio_cometapi.events import Event, Stage
from otio_cometapi.pipeline import homecoming
from otio_cometapi.pipeline.collect import collect
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import Exit
from otio_cometapi.pipeline.status import state_of
from otio_cometapi.pipeline.submit import submit
from support.fake_clock import FakeClock
from support.flow import fast, journal_of
from support.host_process import script
from support.road import answer, environment, otiocomet, simulator
from support.tiny_road import FRAMES, TinyRoad, settings_for, write_noise

PROMPTS = ["make it snow"]


class FullFile(PartialFile):
    """A file on a disk that is full, or broken, after the first bytes."""

    code = errno.ENOSPC

    def write(self, piece: bytes) -> None:
        """Fail as the system does."""
        raise OSError(self.code, os.strerror(self.code))


class BrokenFile(FullFile):
    """The same for a disk that is broken."""

    code = errno.EIO


@pytest.mark.parametrize(("kind", "words"), [(FullFile, "No space left"), (BrokenFile, "Input/output error")])
def test_a_disk_that_cannot_take_an_output_is_named_and_nothing_is_lost(
    kind: type[FullFile], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names file and cause; no file stays, whole or not; with room again `resume` brings it home."""
    road = TinyRoad(tmp_path / "road")
    with MockServer() as server:
        path = road.job(PROMPTS)
        with monkeypatch.context() as patched:
            patched.setattr(downloading, "PartialFile", kind)
            result = road.resume(path, server)
        assert result.exit is Exit.PARTLY
        (problem,) = result.problems
        assert words in problem
        assert "Make room or correct the rights" in problem
        with Job(path) as job:
            assert list(job.folder.outputs.iterdir()) == []
        assert road.resume(path, server).exit is Exit.DONE
        assert server.verify()["creates"] == 1


SLOW = """
[slow]
faults = [{on = "file", wire = "drip", methods = ["GET"], seconds = 6}]
[slow_and_changed]
faults = [
  {on = "file", wire = "drip", methods = ["GET"], seconds = 6},
  {on = "file", wire = "changed", methods = ["GET"], after = 1, times = 0},
]
"""


@pytest.mark.parametrize(("scenario", "status"), [("slow", 206), ("slow_and_changed", 200)])
def test_a_killed_download_goes_on_in_the_next_process(scenario: str, status: int, tmp_path: Path) -> None:
    """After `kill -9` `resume` asks for the rest alone, and gets the whole of a file that has changed; no byte off."""
    tiny = TinyRoad(tmp_path / "road")
    write_noise(tiny.folder / f"tiny_{FRAMES}.mp4", FRAMES)
    (tmp_path / "scenarios.toml").write_text(SLOW)
    with simulator("--scenarios", str(tmp_path / "scenarios.toml")) as url:
        job = tiny.job([f"[[scenario:{scenario}]] snow"])
        words = ("resume", str(job), "-o", str(tmp_path / "out.otio"), *fast())
        environment_ = environment(base_url=url, home=tmp_path)
        with subprocess.Popen([script("otiocomet"), *words], env=environment_, stdout=subprocess.DEVNULL) as process:
            came = noted(job / "private" / "outputs")
            process.send_signal(signal.SIGKILL)
        ended = otiocomet(*words, base_url=url, home=tmp_path)
        assert ended.returncode == 0, ended.stderr
        first, second = journal_of(url, "/files/")
        assert (first["headers"].get("range"), second["status"]) == (None, status)
        assert int(second["headers"]["range"].removeprefix("bytes=").removesuffix("-")) >= came >= 65_536
        (task,) = answer(f"{url}/_mock/tasks")
        whole = output_of(url, task["id"])
        assert answer(f"{url}/_mock/verify")["creates"] == 1
    (output,) = (job / "private" / "outputs").iterdir()
    assert output.read_bytes() == whole


def noted(outputs: Path) -> int:
    """Wait until half an output lies there; return how much is noted."""
    for _ in range(1500):
        for notes in outputs.glob(".*.part.json"):
            if lines := notes.read_bytes().splitlines():
                return int(json.loads(lines[0])["size"])
        time.sleep(0.02)
    raise AssertionError(f"no download began: {list(outputs.iterdir())}")


def output_of(url: str, task_id: str) -> bytes:
    """Return what the simulator delivers for a task."""
    asked = Request(f"{url}/runwayml/v1/tasks/{task_id}", headers={"Authorization": "Bearer test"})  # noqa: S310
    with urlopen(asked, timeout=30) as told:  # noqa: S310 - a loopback URL that the simulator printed
        (address,) = json.load(told)["output"]
    with urlopen(address, timeout=30) as file:  # noqa: S310
        content: bytes = file.read()
    return content


class Waiting(FakeClock):
    """A clock that looks, a minute after the start and between two polls, whether an output has come home."""

    def __init__(self) -> None:
        super().__init__()
        self.home = threading.Event()
        self.came: bool | None = None
        self.begun = self.time

    def sleep(self, seconds: float) -> None:
        """Wait for it, once."""
        if self.came is None and self.time > self.begun + 60:
            self.came = self.home.wait(20)
        super().sleep(seconds)

    def heard(self, event: Event) -> None:
        """Hear of an output that is home."""
        if event.stage is Stage.DOWNLOAD and event.progress == 1.0:
            self.home.set()


def test_an_output_comes_home_while_other_tasks_run(tmp_path: Path) -> None:
    """Addresses expire: what has succeeded is fetched at once, and not when the last task has ended."""
    clock = Waiting()
    tiny = TinyRoad(tmp_path / "road", clock)
    with MockServer() as server, Job(tiny.job(["snow", "[[scenario:never_ends]] rain"]), clock=clock) as job:
        submit(job, settings=settings_for(server))
        collect(job, settings=settings_for(server), wait_s=300.0, listener=clock.heard)
        assert clock.came is True
        assert sorted(state_of(take).value for take in job.takes()) == ["READY", "SUBMITTED"]


def test_the_original_output_is_kept(tmp_path: Path) -> None:
    """What the task delivered stays in the job, byte for byte, beside the media made of it."""
    road = TinyRoad(tmp_path / "road")
    with MockServer() as server:
        path = road.job(PROMPTS)
        road.resume(path, server)
        (task,) = server.service.tasks.values()
        delivered = server.service.outputs.finished(task).read_bytes()
    with Job(path) as job:
        (output,) = job.folder.outputs.iterdir()
        assert output.read_bytes() == delivered


@pytest.mark.parametrize("name", ["LARGEST_SIDE", "MOST_FRAMES_LONGER"])
def test_a_video_that_unpacks_to_any_size_is_left_to_a_person(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A raster or a length that no model makes is named before anything of it is made to fit; the file is kept."""
    monkeypatch.setattr(homecoming, name, 0)
    road = TinyRoad(tmp_path / "road")
    with MockServer() as server:
        result = road.resume(road.job(PROMPTS), server)
    assert [state_of(take).value for take in result.takes] == ["FAILED"]
    assert "it claims 12 frames of 64x36, where 12 frames were sent" in " ".join(result.problems)
    with Job(result.job) as job:
        assert len(list(job.folder.outputs.iterdir())) == 1


@pytest.mark.parametrize("text", [b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", b"ffconcat version 1.0\n"])
def test_a_list_of_other_files_is_no_output(text: bytes, tmp_path: Path) -> None:
    """The codec library would open what it names; it is refused by its first bytes."""
    file: BinaryIO
    with (tmp_path / "o.mp4").open("xb") as file, pytest.raises(UnfitError, match="list of other files"):
        PartialFile(file, max_bytes=1000).write(text)
