"""A URL is looked at before it is paid for: what the service's fetcher would refuse is told first."""

from __future__ import annotations

import pytest

from otio_cometapi.comet.addresses import AddressPolicy
from otio_cometapi.comet.preflight import preflight, preflight_problems
from support.raw_http import CLOSED, RawServer, Reply, reply

LOCAL = AddressPolicy(allow_loopback=True)
FINE = {"content-type": "video/mp4", "content-length": "5000000"}


def asked(server: RawServer, kind: str = "video") -> tuple[str, ...]:
    """Ask for a signed URL of the server."""
    return preflight_problems(f"{server.url}/a.mp4?sig=SECRET", kind=kind, policy=LOCAL)


def test_a_fine_url_has_no_problems() -> None:
    """One HEAD request without the key, and nothing to say."""
    with RawServer(reply(200, headers=FINE)) as server:
        assert asked(server) == ()
        seen = server.requests[0]
    assert (seen.method, server.connections, "authorization" in seen.headers) == ("HEAD", 1, False)


@pytest.mark.parametrize(
    ("server_reply", "said"),
    [
        (reply(403), "HEAD"),
        (reply(405), "HEAD"),
        (reply(302, headers={"location": "/b"}), "redirects"),
        (reply(200, headers=FINE | {"content-type": "application/octet-stream"}), "octet-stream"),
        (reply(200, headers=FINE | {"content-length": "32000001"}), "32,000,000"),
        (Reply(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n", end="close"), "without its length"),
        (CLOSED, "does not answer"),
    ],
    ids=["denied", "no HEAD", "redirect", "octet-stream", "too large", "no length", "closed"],
)
def test_what_the_fetcher_would_refuse_is_told(server_reply: Reply, said: str) -> None:
    """Each reason of the provider's inputs page is found, and the signature is not shown."""
    with RawServer(server_reply) as server:
        problems = asked(server)
    assert len(problems) == 1
    assert said in problems[0]
    assert "SECRET" not in problems[0]


def test_an_image_is_measured_as_one() -> None:
    """Images have their own type and limit."""
    with RawServer(reply(200, headers={"content-type": "image/png", "content-length": "16000001"})) as server:
        assert "16,000,000" in asked(server, "image")[0]


def test_a_private_address_is_not_asked() -> None:
    """The look before the create does not become a way into a private network."""
    assert "not opened" in preflight_problems("https://10.0.0.1/a.mp4", kind="video", policy=AddressPolicy())[0]


def test_a_length_other_than_the_files_is_told() -> None:
    """What lies under the URL has to be as long as the file that is meant."""
    with RawServer(reply(200, headers=FINE), reply(200, headers=FINE)) as server:
        url = f"{server.url}/a.mp4"
        assert preflight(url, kind="video", policy=LOCAL, size_bytes=5_000_000).problems == ()
        assert "5,000,001" in preflight(url, kind="video", policy=LOCAL, size_bytes=5_000_001).problems[0]


@pytest.mark.parametrize(
    ("first_byte", "problem"),
    [
        (reply(206, b"\0", headers={"content-type": "video/mp4", "content-range": "bytes 0-0/5000000"}), ""),
        (reply(206, b"\0", headers={"content-type": "text/html", "content-range": "bytes 0-0/5000000"}), "text/html"),
        (reply(403), "GET request with HTTP 403"),
    ],
    ids=["fine", "another type", "expired"],
)
def test_a_signature_for_get_is_tried_as_one(first_byte: Reply, problem: str) -> None:
    """Where HEAD is refused for a URL signed for GET, its first byte tells type and length, and a person is told."""
    with RawServer(reply(403), first_byte) as server:
        seen = preflight(f"{server.url}/a.mp4?sig=S", kind="video", policy=LOCAL, size_bytes=5_000_000, signed=True)
        asked = [(each.method, each.headers.get("range")) for each in server.requests]
    assert asked == [("HEAD", None), ("GET", "bytes=0-0")]
    assert (problem in "".join(seen.problems)) if problem else seen.problems == ()
    assert bool(seen.note) is not bool(problem)
