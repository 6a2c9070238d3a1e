"""A download that was killed in the middle: the next process asks for the rest, and for all where that is not sure."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from otio_cometapi.comet.addresses import AddressPolicy
from otio_cometapi.comet.download import download
from otio_cometapi.errors import DownloadError
from otio_cometapi.records import Output
from support.fake_clock import FakeClock
from support.raw_http import RawServer, Reply, Seen, reply

VIDEO = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(range(256)) * 3000
ETAG = {"etag": '"v1"', "content-type": "video/mp4"}
CAME = 4 * 65_536
"""Bytes of whole pieces in what comes before the kill."""
STUCK = reply(200, VIDEO[: CAME + 1000], headers=ETAG, length=len(VIDEO), end="hang")
CUT = reply(200, VIDEO[:CAME], headers=ETAG, length=len(VIDEO), end="close")
EXPIRED = reply(403)
WHOLE = reply(200, VIDEO, headers=ETAG)

CHILD = """
import sys
from pathlib import Path
from otio_cometapi.clock import SystemClock
from otio_cometapi.comet.addresses import AddressPolicy
from otio_cometapi.comet.download import download
download((sys.argv[1],), into=Path(sys.argv[2]), task_id="t-1", policy=AddressPolicy(allow_loopback=True),
         clock=SystemClock())
"""


def rest(start: int = CAME, *, tag: str = '"v1"', total: int = len(VIDEO)) -> Reply:
    """Return the part from *start* on."""
    return reply(206, VIDEO[start:], headers={"etag": tag, "content-range": f"bytes {start}-{total - 1}/{total}"})


def fetching(server: RawServer, into: Path) -> subprocess.Popen[bytes]:
    """Start a process that downloads; return it when it has noted all pieces that will come."""
    process = subprocess.Popen([sys.executable, "-c", CHILD, f"{server.url}/o.mp4?_jwt=ONE", str(into)])
    for _ in range(1000):
        notes = list(into.parent.glob(".*.part.json"))
        if notes and f'"size": {CAME}' in notes[0].read_text():
            return process
        time.sleep(0.02)
    process.kill()
    process.wait(10)
    raise AssertionError(f"nothing came: {list(into.parent.iterdir())}")


def killed(server: RawServer, into: Path) -> Path:
    """Let a process fetch the beginning and kill it; return the file that it leaves."""
    with fetching(server, into) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    (left,) = into.parent.glob(".*.part")
    return left


def fetched(server: RawServer, into: Path, *, path: str = "/o.mp4?_jwt=TWO", task_id: str = "t-1") -> Output:
    """Download in this process, by a fresh address."""
    policy = AddressPolicy(allow_loopback=True)
    return download((f"{server.url}{path}",), into=into, task_id=task_id, policy=policy, clock=FakeClock())


def left(server: RawServer, into: Path) -> Path:
    """Let the address expire after the beginning, which leaves what a kill leaves; return the file."""
    with pytest.raises(DownloadError):
        fetched(server, into)
    (found,) = into.parent.glob(".*.part")
    return found


def asked(server: RawServer) -> list[Seen]:
    """Return the requests after those that brought the beginning and told that the address has expired."""
    return server.requests[2:]


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """Name where the output is to lie, in an empty folder."""
    return tmp_path / "out.mp4"


def test_the_next_process_asks_for_the_rest_alone(into: Path) -> None:
    """Under a new signature of the same address, with the tag of what came before; the whole is right to a byte."""
    with RawServer(STUCK, rest()) as server:
        killed(server, into)
        output = fetched(server, into)
        (_, second) = server.requests
    assert (second.headers["range"], second.headers["if-range"]) == (f"bytes={CAME}-", '"v1"')
    assert into.read_bytes() == VIDEO
    assert (output.size_bytes, output.content_type) == (len(VIDEO), "application/octet-stream")
    assert list(into.parent.iterdir()) == [into]


def test_another_version_begins_anew(into: Path) -> None:
    """A host that answers the rest with the whole has another file by now, and nothing is glued to it."""
    other = VIDEO[::-1].replace(b"<", b"-")
    with RawServer(CUT, EXPIRED, reply(200, other, headers={"etag": '"v2"'})) as server:
        left(server, into)
        fetched(server, into)
    assert into.read_bytes() == other
    assert list(into.parent.iterdir()) == [into]


@pytest.mark.parametrize(
    "wrong",
    [rest(tag='"v2"'), rest(total=len(VIDEO) + 7), rest(1000), reply(416)],
    ids=["another tag", "another length", "another part", "416"],
)
def test_a_rest_that_does_not_fit_begins_anew(into: Path, wrong: Reply) -> None:
    """Also where a host does not know `If-Range`."""
    with RawServer(CUT, EXPIRED, wrong, WHOLE) as server:
        left(server, into)
        fetched(server, into)
        assert "range" in asked(server)[0].headers
        assert "range" not in asked(server)[1].headers
    assert into.read_bytes() == VIDEO


@pytest.mark.parametrize("harm", ["zeros", "short", "notes gone", "notes of a stranger"])
def test_what_is_not_as_it_was_noted_begins_anew(into: Path, harm: str) -> None:
    """After a loss of power bytes may be missing; nobody can make us glue a file to another beginning."""
    with RawServer(CUT, EXPIRED, WHOLE) as server:
        half = left(server, into)
        notes = half.with_name(f"{half.name}.json")
        if harm == "zeros":
            half.write_bytes(VIDEO[:1000] + bytes(CAME - 1000))
        elif harm == "short":
            os.truncate(half, 100)
        elif harm == "notes gone":
            notes.unlink()
        else:
            lines: list[object] = [[], {"size": "9"}, {**json.loads(notes.read_bytes().splitlines()[-1]), "size": -1}]
            notes.write_text("\n".join(json.dumps(line) for line in lines) + "\n{" + "[" * 10_000)
        fetched(server, into)
        (second,) = asked(server)
    assert "range" not in second.headers
    assert into.read_bytes() == VIDEO
    assert list(into.parent.iterdir()) == [into]


@pytest.mark.parametrize("other", [{"path": "/another.mp4"}, {"task_id": "t-2"}], ids=["address", "task"])
def test_another_output_is_not_taken_for_the_rest(into: Path, other: dict[str, str]) -> None:
    """What was begun belongs to its task and its address, whatever tags two hosts give."""
    with RawServer(CUT, EXPIRED, WHOLE) as server:
        half = left(server, into)
        fetched(server, into, **other)
        assert "range" not in asked(server)[0].headers
    assert into.read_bytes() == VIDEO
    assert half.exists(), "`otiocomet clean` takes it away"


def test_a_file_that_a_living_process_fetches_is_its_own(into: Path) -> None:
    """Two at once: the second fetches the whole for itself, and the first one's file stays in its hand."""
    with RawServer(STUCK, WHOLE) as server, fetching(server, into) as process:
        (theirs,) = into.parent.glob(".*.part")
        before = theirs.read_bytes()
        fetched(server, into)
        assert "range" not in server.requests[1].headers
        assert theirs.read_bytes() == before
        process.kill()
    assert into.read_bytes() == VIDEO


def test_a_link_in_the_place_of_the_file_leads_nowhere(into: Path, tmp_path: Path) -> None:
    """A job may come from a stranger: what a link points to is neither read nor written."""
    precious = tmp_path / "elsewhere" / "precious"
    precious.parent.mkdir()
    precious.write_bytes(b"precious")
    with RawServer(CUT, EXPIRED, WHOLE) as server:
        half = left(server, into)
        half.unlink()
        half.symlink_to(precious)
        fetched(server, into)
    assert precious.read_bytes() == b"precious"
    assert into.read_bytes() == VIDEO
