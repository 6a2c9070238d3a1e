"""Outputs come home whole, checked and without the key, or not at all."""

from __future__ import annotations

import hashlib
import logging
import os
import socket
from pathlib import Path

import pytest
import requests

from otio_cometapi.comet.addresses import AddressPolicy
from otio_cometapi.comet.download import download
from otio_cometapi.errors import DownloadError
from otio_cometapi.records import Output
from support.fake_clock import FakeClock
from support.raw_http import CLOSED, RESET, RawServer, Reply, reply

LOCAL = AddressPolicy(allow_loopback=True)
PUBLIC = AddressPolicy()
VIDEO = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(range(256)) * 3000
ETAG = {"etag": '"v1"', "content-type": "video/mp4"}


def fetched(server: RawServer, into: Path, *, clock: FakeClock | None = None, **more: object) -> Output:
    """Download the one URL of a server."""
    given = {"policy": LOCAL} | more
    url = f"{server.url}/o.mp4?_jwt=SECRET"
    return download((url,), into=into, task_id="t-1", clock=clock or FakeClock(), **given)  # type: ignore[arg-type]


def refused(server: RawServer, into: Path, **more: object) -> DownloadError:
    """Download and return the error; nothing is left behind."""
    with pytest.raises(DownloadError) as caught:
        fetched(server, into, **more)  # type: ignore[arg-type]
    assert list(into.parent.iterdir()) == []
    assert "SECRET" not in str(caught.value)
    assert caught.value.task_id == "t-1"
    return caught.value


def cut(sent: int, headers: dict[str, str] | None = None, end: str = "close") -> Reply:
    """Return an answer that announces all and sends only the first bytes."""
    return reply(200, VIDEO[:sent], headers=headers, length=len(VIDEO), end=end)


def rest(start: int, headers: dict[str, str] | None = None, total: int = len(VIDEO)) -> Reply:
    """Return the part from *start* on."""
    given = {"content-range": f"bytes {start}-{total - 1}/{total}"} | (headers if headers is not None else ETAG)
    return reply(206, VIDEO[start:], headers=given)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """Name where the output is to lie, in an empty folder."""
    return tmp_path / "out.mp4"


def test_an_output_comes_home_whole(into: Path) -> None:
    """Bytes, size, hash and type are those of the host; nothing else is left in the folder."""
    with RawServer(reply(200, VIDEO, headers=ETAG)) as server:
        output = fetched(server, into)
    assert into.read_bytes() == VIDEO
    assert Output(str(into), len(VIDEO), hashlib.sha256(VIDEO).hexdigest(), "video/mp4") == output
    assert [into] == list(into.parent.iterdir())


def test_the_file_host_learns_nothing_but_the_path(into: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, no netrc, no cookie goes to a file host."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with RawServer(cut(1000, ETAG | {"set-cookie": "a=b"}), rest(1000)) as server:
        fetched(server, into)
        for seen in server.requests:
            assert not {"authorization", "cookie", "x-runway-version", "referer"} & set(seen.headers)


def test_a_disk_that_fails_at_tidying_up_takes_no_output_back(into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came home whole is home, though its passing name cannot be looked for any more."""

    def failing(_path: Path, *, missing_ok: bool = False) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "unlink", failing)
    with RawServer(reply(200, VIDEO, headers=ETAG)) as server:
        assert fetched(server, into).size_bytes == len(VIDEO)
    assert into.read_bytes() == VIDEO


def test_the_file_follows_the_umask(into: Path) -> None:
    """An output is a file like any other."""
    previous = os.umask(0o027)
    try:
        with RawServer(reply(200, VIDEO)) as server:
            fetched(server, into)
    finally:
        os.umask(previous)
    assert into.stat().st_mode & 0o777 == 0o640


def test_a_broken_transfer_goes_on_where_it_broke_off(into: Path) -> None:
    """The rest is asked for with Range and If-Range, and the whole has the right hash."""
    clock = FakeClock()
    with RawServer(cut(300_000, ETAG), rest(300_000)) as server:
        output = fetched(server, into, clock=clock)
        second = server.requests[1].headers
    assert (second["range"], second["if-range"]) == ("bytes=300000-", '"v1"')
    assert (hashlib.sha256(VIDEO).hexdigest(), VIDEO) == (output.sha256, into.read_bytes())
    assert clock.sleeps == [1.0]


def test_a_date_will_do_where_there_is_no_etag(into: Path) -> None:
    """Last-Modified vouches for the rest where no strong tag does."""
    when = {"last-modified": "Thu, 28 May 2026 20:27:10 GMT", "etag": 'W/"weak"'}
    with RawServer(cut(300_000, when), rest(300_000, when)) as server:
        fetched(server, into)
        assert server.requests[1].headers["if-range"] == when["last-modified"]
    assert into.read_bytes() == VIDEO


def test_without_a_voucher_it_starts_again(into: Path) -> None:
    """Where nothing says that the rest belongs to the beginning, the whole is fetched again."""
    with RawServer(cut(300_000, {}), reply(200, VIDEO)) as server:
        fetched(server, into)
        assert "range" not in server.requests[1].headers
    assert into.read_bytes() == VIDEO


def test_a_file_that_changed_starts_again(into: Path) -> None:
    """A 200 to a request for the rest is another file, and replaces what had arrived."""
    other = b"\x00\x00\x00\x18ftypmp42" + b"other" * 1000
    with RawServer(cut(300_000, ETAG), reply(200, other, headers={"etag": '"v2"'})) as server:
        output = fetched(server, into)
    assert into.read_bytes() == other
    assert output.sha256 == hashlib.sha256(other).hexdigest()


@pytest.mark.parametrize(
    "wrong",
    [
        rest(1000),
        reply(206, VIDEO[300_000:], headers=ETAG),
        reply(206, VIDEO[300_000:], headers=ETAG | {"content-range": "bytes x-y/z"}),
        rest(300_000, total=len(VIDEO) + 7),
        rest(300_000, headers={"etag": '"v2"'}),
        reply(416, headers={"content-range": f"bytes */{len(VIDEO)}"}),
    ],
    ids=["another start", "no range", "nonsense", "another total", "another tag", "416"],
)
def test_a_part_that_was_not_asked_for_starts_again(wrong: Reply, into: Path) -> None:
    """A part that does not fit is thrown away, never glued on."""
    with RawServer(cut(300_000, ETAG), wrong, reply(200, VIDEO)) as server:
        fetched(server, into)
    assert into.read_bytes() == VIDEO


@pytest.mark.parametrize(
    "trouble",
    [RESET, CLOSED, reply(500), reply(502, "<html>"), reply(503), reply(429), reply(408), cut(1000, {}, end="reset")],
    ids=["reset", "closed", "500", "502", "503", "429", "408", "reset in the middle"],
)
def test_passing_trouble_is_borne(trouble: Reply, into: Path) -> None:
    """Trouble of hosts and networks costs a pause, nothing more."""
    clock = FakeClock()
    with RawServer(trouble, trouble, reply(200, VIDEO)) as server:
        fetched(server, into, clock=clock)
    assert into.read_bytes() == VIDEO
    assert clock.sleeps == [1.0, 2.0]


def test_the_hosts_wish_is_honoured_within_a_bound(into: Path) -> None:
    """Retry-After lengthens the pause, half a minute at most."""
    clock = FakeClock()
    busy = [reply(503, headers={"retry-after": "12"}), reply(503, headers={"retry-after": "9999"})]
    with RawServer(*busy, reply(200, VIDEO)) as server:
        fetched(server, into, clock=clock)
    assert clock.sleeps == [12.0, 30.0]


def test_trouble_that_lasts_ends_the_attempt(into: Path) -> None:
    """After some attempts without a byte of progress it is given up, and is not called expired."""
    clock = FakeClock()
    with RawServer(reply(503)) as server:
        error = refused(server, into, clock=clock)
        assert len(server.requests) == 6
    assert not error.expired
    assert sum(clock.sleeps) < 120


def test_a_file_that_stays_too_short_is_not_taken(into: Path) -> None:
    """A host that always sends less than it announces brings an error with both numbers."""
    with RawServer(cut(len(VIDEO) - 1, {})) as server:
        assert f"{len(VIDEO) - 1:,} of {len(VIDEO):,} bytes" in str(refused(server, into))


def test_a_chunked_answer_that_breaks_off_is_not_taken_as_whole(into: Path) -> None:
    """Without a length, the last chunk tells the end; missing, it is a broken transfer."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n" % len(VIDEO) + VIDEO + b"\r\n"
    with RawServer(Reply(head + chunk, end="close"), Reply(head + chunk + b"0\r\n\r\n")) as server:
        fetched(server, into)
        assert len(server.requests) == 2
    assert into.read_bytes() == VIDEO


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_an_expired_url_says_so_at_once(status: int, into: Path) -> None:
    """A URL that ran out is told apart, so that a new poll can bring a new one."""
    with RawServer(reply(status, "<Error>expired</Error>")) as server:
        error = refused(server, into)
        assert (error.expired, len(server.requests)) == (True, 1)


def test_an_expiry_in_the_middle_says_so(into: Path) -> None:
    """A URL may run out between two parts; a fresh one, with another signature, goes on where it ended."""
    with RawServer(cut(300_000, ETAG), reply(403), rest(300_000)) as server:
        with pytest.raises(DownloadError) as caught:
            fetched(server, into)
        assert caught.value.expired
        assert not into.exists()
        url = f"{server.url}/o.mp4?_jwt=ANOTHER"
        download((url,), into=into, task_id="t-1", policy=LOCAL, clock=FakeClock())
        assert server.requests[2].headers["range"] == "bytes=300000-"
    assert into.read_bytes() == VIDEO
    assert list(into.parent.iterdir()) == [into]


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><html>",
        b"  \n<html>",
        b"\xef\xbb\xbf<?xml version='1.0'?>",
        b'{"error": "x"}',
        b"[]",
        b"{}",
        b"",
    ],
    ids=["page", "page after spaces", "xml after a mark", "json", "list", "object", "empty"],
)
def test_what_is_no_video_is_refused_by_its_content(body: bytes, into: Path) -> None:
    """Whatever the header says, a page, JSON or nothing is no output."""
    with RawServer(reply(200, body, headers={"content-type": "video/mp4"})) as server:
        error = refused(server, into)
        assert (error.expired, len(server.requests)) == (False, 1)


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(into: Path) -> None:
    """An announced size above the limit ends it at once."""
    with RawServer(reply(200, VIDEO)) as server:
        assert "bytes" in str(refused(server, into, max_bytes=1000))


def test_a_file_that_grows_beyond_the_limit_is_refused(into: Path) -> None:
    """Without an announced size the limit holds all the same."""
    raw = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + VIDEO
    with RawServer(Reply(raw, end="close")) as server:
        assert "most that is taken" in str(refused(server, into, max_bytes=len(VIDEO) - 1))


def test_a_packed_answer_is_refused(into: Path) -> None:
    """An encoding that was not asked for is not unpacked."""
    with RawServer(reply(200, VIDEO, headers={"content-encoding": "gzip"})) as server:
        assert "packs it as gzip" in str(refused(server, into))
        assert server.requests[0].headers["accept-encoding"] == "identity"


def test_redirects_are_followed_with_the_same_checks(into: Path) -> None:
    """A redirect to a fine place is followed, a relative one too."""
    with RawServer(reply(200, VIDEO)) as cdn:
        hops = [reply(302, headers={"location": "/other"}), reply(307, headers={"location": f"{cdn.url}/x"})]
        with RawServer(*hops) as server:
            fetched(server, into)
            assert [seen.path for seen in server.requests] == ["/o.mp4?_jwt=SECRET", "/other"]
    assert into.read_bytes() == VIDEO


@pytest.mark.parametrize(
    "location",
    [
        "http://192.168.0.1/o.mp4",
        "https://10.0.0.1/o.mp4",
        "https://169.254.169.254/latest",
        "http://cdn.example.com/o.mp4",
        "file:///etc/passwd",
        "https://u:p@cdn.example.com/",
        "https://2130706433.1/",
    ],
)
def test_a_redirect_to_a_place_that_is_not_fine_is_not_followed(location: str, into: Path) -> None:
    """Every hop is checked as the first one is."""
    with RawServer(reply(302, headers={"location": location})) as server:
        assert "was not opened" in str(refused(server, into))
        assert len(server.requests) == 1


def test_redirects_without_an_end_are_left(into: Path) -> None:
    """Five redirects are followed, not six."""
    with RawServer(reply(302, headers={"location": "/again"})) as server:
        assert "redirected more than 5 times" in str(refused(server, into))
        assert len(server.requests) == 6


def test_a_name_that_leads_to_this_machine_gets_not_one_byte(into: Path) -> None:
    """A host name that resolves to loopback is noticed on the connected socket, before TLS says hello."""
    with RawServer(reply(200, VIDEO)) as server:
        url = f"https://localhost:{server.port}/o.mp4"
        with pytest.raises(DownloadError, match="not a public address"):
            download((url,), into=into, task_id="t-1", policy=PUBLIC, clock=FakeClock())
        assert server.bytes_received == 0
    assert not into.exists()


def test_behind_a_proxy_names_pass_and_private_literals_do_not(into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy resolves names, so that only what the URL spells can be checked; that is."""
    with RawServer(reply(403, end="close")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(DownloadError):
            download(("https://10.0.0.1/o.mp4",), into=into, task_id="t-1", policy=PUBLIC, clock=FakeClock())
        assert proxy.connections == 0
        with pytest.raises(DownloadError):
            download(("https://cdn.example.com/o.mp4",), into=into, task_id="t-1", policy=PUBLIC, clock=FakeClock())
        assert proxy.requests[0].method == "CONNECT"
        assert proxy.requests[0].path == "cdn.example.com:443"


def test_a_certificate_that_cannot_be_trusted_is_not_tried_again(into: Path) -> None:
    """A host without TLS where https is named ends it at once."""
    clock = FakeClock()
    with RawServer(Reply(b"HTTP/1.1 400 Bad\r\n\r\n", end="close", read_request=False)) as server:
        url = f"https://127.0.0.1:{server.port}/o.mp4"
        with pytest.raises(DownloadError, match="secure connection"):
            download((url,), into=into, task_id="t-1", policy=LOCAL, clock=clock)
    assert clock.sleeps == []


def test_the_next_url_is_tried_when_one_cannot_be_had(into: Path) -> None:
    """A list of outputs is a list of chances."""
    with RawServer(reply(418)) as bad, RawServer(reply(200, VIDEO)) as good:
        urls = (f"{bad.url}/a", f"{good.url}/b")
        download(urls, into=into, task_id="t-1", policy=LOCAL, clock=FakeClock())
    assert into.read_bytes() == VIDEO


def test_no_urls_is_an_error(into: Path) -> None:
    """A task without an output brings nothing home."""
    with pytest.raises(DownloadError, match="names no output"):
        download((), into=into, task_id="t-1", policy=LOCAL, clock=FakeClock())


def test_a_refused_connection_is_told(into: Path) -> None:
    """A host that is not there is tried a few times, then told."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(DownloadError, match="connection is refused"):
        download((f"http://127.0.0.1:{port}/o",), into=into, task_id="t-1", policy=LOCAL, clock=FakeClock())


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A missing folder is an error of this machine, named with its path."""
    into = tmp_path / "missing" / "out.mp4"
    with RawServer(reply(200, VIDEO)) as server, pytest.raises(DownloadError, match="could not be written"):
        fetched(server, into)


def test_an_older_file_stays_until_the_new_one_is_whole(into: Path) -> None:
    """A failed transfer leaves what was there; a good one replaces it."""
    into.write_bytes(b"old")
    with RawServer(reply(404)) as server, pytest.raises(DownloadError):
        fetched(server, into)
    assert into.read_bytes() == b"old"
    with RawServer(reply(200, VIDEO)) as server:
        fetched(server, into)
    assert into.read_bytes() == VIDEO


def test_a_signed_query_is_in_no_message_and_no_log(into: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What signs a URL is neither in the error nor in a log, at no level."""
    caplog.set_level(logging.DEBUG)
    with RawServer(reply(403)) as server:
        refused(server, into)
    assert "SECRET" not in caplog.text


def test_other_peoples_logs_are_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    """What a host application logs of its own requests still appears."""
    caplog.set_level(logging.DEBUG)
    with RawServer(reply(200, b"x")) as server, requests.Session() as theirs:
        theirs.get(f"{server.url}/theirs").close()
    assert "/theirs" in caplog.text
