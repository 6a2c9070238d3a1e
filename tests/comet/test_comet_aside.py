"""What a download does beside receiving: hashing, and having the disk take what came."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from otio_cometapi.comet import partial_file
from otio_cometapi.comet.addresses import AddressPolicy
from otio_cometapi.comet.aside import Aside
from otio_cometapi.comet.download import download
from otio_cometapi.comet.partial_file import PartialFile
from otio_cometapi.comet.unfinished import Progress
from otio_cometapi.errors import DownloadError
from otio_cometapi.records import Output
from support.fake_clock import FakeClock
from support.raw_http import RawServer, reply

STEP = 65_536
VIDEO = b"\x00\x00\x00\x18ftypisom" + random.Random(1).randbytes(5_000_001)
HEADS = {"Content-Length": str(len(VIDEO)), "ETag": '"v1"'}


def fetched(server: RawServer, into: Path) -> Output:
    """Download the one URL of a server."""
    policy = AddressPolicy(allow_loopback=True)
    return download((f"{server.url}/o.mp4",), into=into, task_id="t-1", policy=policy, clock=FakeClock())


@pytest.fixture
def aside() -> Iterator[Aside]:
    """Return one that may be two pieces behind."""
    found = Aside(2)
    yield found
    found.close()


def test_work_aside_is_done_in_order_and_waited_for(aside: Aside) -> None:
    """Once settled, all of it is done, first things first."""
    done: list[int] = []
    for number in range(50):
        aside.do(lambda number=number: done.append(number))  # type: ignore[misc]
    aside.settle()
    assert (done, aside.idle) == (list(range(50)), True)


def test_work_aside_falls_no_further_behind_than_was_said(aside: Aside) -> None:
    """Whoever gives a third piece waits for the first, so that memory stays bounded."""
    go, given = threading.Event(), threading.Event()

    def waiting() -> None:
        go.wait(10)

    def giver() -> None:
        for _ in range(3):
            aside.do(waiting)
        given.set()

    thread = threading.Thread(target=giver)
    thread.start()
    assert not given.wait(0.2)
    go.set()
    thread.join(10)
    assert given.is_set()


def test_an_error_aside_comes_to_whoever_gave_the_work(aside: Aside) -> None:
    """It is raised once, by the next who gives or waits."""

    def fail() -> None:
        raise OSError(errno.EIO, "broken")

    aside.do(fail)
    with pytest.raises(OSError, match="broken"):
        aside.settle()
    aside.settle()


def test_a_large_output_comes_home_whole(tmp_path: Path) -> None:
    """What comes in pieces larger than a step is hashed and written byte for byte, as is an odd rest."""
    with RawServer(reply(200, VIDEO, headers={"etag": '"v1"'})) as server:
        output = fetched(server, tmp_path / "o.mp4")
    assert (output.sha256, output.size_bytes) == (hashlib.sha256(VIDEO).hexdigest(), len(VIDEO))
    assert (tmp_path / "o.mp4").read_bytes() == VIDEO


def test_notes_are_true_however_the_wire_cuts_the_pieces(tmp_path: Path) -> None:
    """Each names a whole number of steps and the hash of just those bytes, which are in the file by then."""
    cut = random.Random(2)
    noted: list[Progress] = []
    path = tmp_path / "part"

    def note(progress: Progress | None) -> None:
        if progress is not None:
            file.flush()
            assert path.read_bytes()[: progress.size] == VIDEO[: progress.size]
            noted.append(progress)

    with path.open("wb") as file:
        target = PartialFile(file, max_bytes=len(VIDEO), note=note)
        target.accept(200, HEADS)
        while target.size < len(VIDEO):
            target.write(VIDEO[target.size :][: cut.choice((1, 1000, STEP - 1, STEP, 3 * STEP + 5, 1_000_000))])
        target.finish()
        target.settle()
        target.close()
    assert len(noted) > 5
    assert all(each.size % STEP == 0 for each in noted)
    assert [each.sha256 for each in noted] == [hashlib.sha256(VIDEO[: each.size]).hexdigest() for each in noted]
    assert target.sha256 == hashlib.sha256(VIDEO).hexdigest()


def test_the_disk_takes_what_came_while_more_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long before the end the disk was asked, and at the end it is asked again."""
    asked: list[int] = []
    monkeypatch.setattr(partial_file, "_SETTLED_EVERY", 1_000_000)
    monkeypatch.setattr(partial_file, "_on_disk", asked.append)
    ended: list[int] = []
    monkeypatch.setattr(os, "fsync", ended.append)
    with RawServer(reply(200, VIDEO)) as server:
        fetched(server, tmp_path / "o.mp4")
    assert asked
    assert ended[0] == asked[0]


def test_a_disk_that_failed_early_is_not_forgotten_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system tells a lost write only once: the one who heard of it early says so, and nothing gets the name."""

    def failing(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(partial_file, "_SETTLED_EVERY", len(VIDEO) - STEP)
    monkeypatch.setattr(partial_file, "_on_disk", failing)
    with RawServer(reply(200, VIDEO)) as server, pytest.raises(DownloadError, match="Input/output error"):
        fetched(server, tmp_path / "o.mp4")
    assert list(tmp_path.iterdir()) == []


def test_what_a_disk_has_lost_is_not_left_for_the_next_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks after the system has told of a lost write is told of none: what broke off after that is begun anew."""

    def failing(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(partial_file, "_on_disk", failing)
    monkeypatch.setattr(partial_file, "_SETTLED_EVERY", 5 * STEP)
    with (tmp_path / "part").open("wb") as file:
        target = PartialFile(file, max_bytes=len(VIDEO))
        target.accept(200, HEADS)
        target.write(VIDEO[: 5 * STEP])
        with pytest.raises(OSError, match="Input/output error"):
            target.leave()
        target.close()


def test_no_thread_outlives_a_download(tmp_path: Path) -> None:
    """Neither one that came home nor one that broke off leaves a thread."""
    before = set(threading.enumerate())
    with RawServer(reply(200, VIDEO), reply(200, b"<html>" + VIDEO)) as server:
        fetched(server, tmp_path / "a.mp4")
        with pytest.raises(DownloadError):
            fetched(server, tmp_path / "b.mp4")
    assert {thread for thread in set(threading.enumerate()) - before if "aside" in thread.name} == set()
