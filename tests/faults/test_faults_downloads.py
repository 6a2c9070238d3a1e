"""Outputs on their way home when this machine, or the file itself, is the trouble."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import BinaryIO

import pytest

from cometapi_mock.server import MockServer
from otio_cometapi.comet import download as downloading
from otio_cometapi.comet.partial_file import PartialFile, UnfitError
from otio_cometapi.pipeline import homecoming
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import Exit
from otio_cometapi.pipeline.status import state_of
from support.tiny_road import TinyRoad

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
