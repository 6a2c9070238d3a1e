"""A create is one request, and every way it can end says what it means for money."""

from __future__ import annotations

import json
import logging
import socket
from pathlib import Path

import pytest

from otio_cometapi.comet.client import Client, Timeouts
from otio_cometapi.comet.models import load_models
from otio_cometapi.comet.request_builder import CreateRequest, VideoInput, create_request
from otio_cometapi.errors import SettingsError
from otio_cometapi.records import Look, SubmitAnswer, SubmitOutcome
from support.fake_clock import FakeClock
from support.raw_http import CLOSED, RESET, RESET_EARLY, SILENT, RawServer, Reply, reply

GOLDEN = Path(__file__).resolve().parents[2] / "fixtures" / "api"
KEY = "sk-Very-Secret-0123456789"
ACCEPTED, REFUSED = SubmitOutcome.ACCEPTED, SubmitOutcome.REFUSED
FOR_NOW, STOP, AMBIGUOUS = SubmitOutcome.REFUSED_FOR_NOW, SubmitOutcome.STOP_RUN, SubmitOutcome.AMBIGUOUS
PAGE = "<html><head><title>Hello</title></head></html>"


def a_request(prompt: str = "make it snow") -> CreateRequest:
    """Return a request that needs no file."""
    return create_request(
        Look(prompt=prompt, model="gen4_aleph", seed=7),
        video=VideoInput(url="https://media.example.com/a.mp4"),
        model=load_models()["gen4_aleph"],
        ratio="1280:720",
        allow_loopback=False,
    )


def a_client(base_url: str, **more: object) -> Client:
    """Return a client that gives up soon."""
    given = {"timeouts": Timeouts(connect_s=2.0, create_s=0.5, poll_s=0.5)} | more
    return Client(base_url, key=KEY, clock=FakeClock(), **given)  # type: ignore[arg-type]


def submitted(server: RawServer, request: CreateRequest | None = None) -> SubmitAnswer:
    """Submit once."""
    with a_client(server.url) as client:
        return client.submit(request or a_request())


def gateway(code: str, message: str = "no") -> dict[str, object]:
    """Return the gateway's error body."""
    return {"error": {"message": message, "type": "comet_api_error", "param": "", "code": code}}


ANSWERS = [
    ("200 with an id", reply(200, {"id": "t-1"}), ACCEPTED),
    ("200 with an id and an estimate", reply(200, {"id": "t-1", "estimatedCost": {"credits": 63}}), ACCEPTED),
    ("200 wrapped", reply(200, {"code": "success", "message": "", "data": {"task_id": "t-1"}}), ACCEPTED),
    ("201 with an id", reply(201, {"id": "t-1"}), ACCEPTED),
    ("200 whole JSON, then cut short", reply(200, {"id": "t-1"}, length=500, end="close"), ACCEPTED),
    ("200 empty object", reply(200, {}), AMBIGUOUS),
    ("200 web page", reply(200, PAGE), AMBIGUOUS),
    ("200 broken JSON", reply(200, b'{"id": "t-'), AMBIGUOUS),
    ("200 without a body", reply(200), AMBIGUOUS),
    ("200 cut short", reply(200, b'{"id"', length=500, end="close"), AMBIGUOUS),
    ("200 with an error", reply(200, gateway("busy") | {"id": "request-1"}), AMBIGUOUS),
    ("204", reply(204), AMBIGUOUS),
    ("301", reply(301, PAGE, headers={"location": "/elsewhere"}), STOP),
    ("302", reply(302, headers={"location": "/elsewhere"}), STOP),
    ("307", reply(307, headers={"location": "/elsewhere"}), STOP),
    ("308", reply(308, headers={"location": "/elsewhere"}), STOP),
    ("400", reply(400, gateway("invalid_request")), REFUSED),
    ("400 out of credit", reply(400, {"error": "You do not have enough credits to run this task."}), STOP),
    ("400 model_not_found", reply(400, gateway("model_not_found")), REFUSED),
    ("401", reply(401, gateway("", "Invalid token")), STOP),
    ("402", reply(402, gateway("")), STOP),
    ("403", reply(403, gateway("insufficient_user_quota")), STOP),
    ("404", reply(404, gateway("", "Invalid URL (POST /x)")), STOP),
    ("405", reply(405, PAGE), STOP),
    ("408", reply(408, gateway("")), AMBIGUOUS),
    ("409", reply(409, gateway("")), AMBIGUOUS),
    ("413", reply(413, PAGE), REFUSED),
    ("422", reply(422, gateway("")), REFUSED),
    ("425", reply(425), AMBIGUOUS),
    ("429", reply(429, gateway("rate_limit_exceeded"), headers={"retry-after": "7"}), FOR_NOW),
    ("499", reply(499), AMBIGUOUS),
    ("500", reply(500, gateway("")), AMBIGUOUS),
    ("500 invalid_request", reply(500, gateway("invalid_request")), REFUSED),
    ("500 do_request_failed", reply(500, {"code": "do_request_failed", "message": "x", "data": None}), AMBIGUOUS),
    ("502", reply(502, PAGE), AMBIGUOUS),
    ("502 invalid_request", reply(502, gateway("invalid_request")), AMBIGUOUS),
    ("503", reply(503, gateway("")), AMBIGUOUS),
    ("503 model_not_found", reply(503, gateway("model_not_found")), REFUSED),
    ("504", reply(504, PAGE), AMBIGUOUS),
    ("504 with an id", reply(504, {"id": "t-1"}), AMBIGUOUS),
    ("524", reply(524, PAGE), AMBIGUOUS),
    ("418", reply(418), AMBIGUOUS),
    ("reset after the request", RESET, AMBIGUOUS),
    ("closed without an answer", CLOSED, AMBIGUOUS),
    ("no answer in time", SILENT, AMBIGUOUS),
    ("half a status line", Reply(b"HTTP/1.1 2", end="close"), AMBIGUOUS),
    ("not HTTP at all", Reply(b"SSH-2.0-hello\r\n\r\n", end="close"), AMBIGUOUS),
    ("packed badly", reply(200, b"no gzip", headers={"content-encoding": "gzip"}), AMBIGUOUS),
]


@pytest.mark.parametrize(("server_reply", "expected"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_every_answer_to_a_create_has_its_meaning_and_one_request(server_reply: Reply, expected: SubmitOutcome) -> None:
    """Each answer means what the contract's table says, and exactly one request is on the wire."""
    with RawServer(server_reply) as server:
        answer = submitted(server)
        assert (expected, 1, 1) == (answer.outcome, len(server.requests), server.connections)
    assert answer.message
    assert bool(answer.task_id) == (expected is ACCEPTED)
    assert bool(answer.next_step) == (expected is not ACCEPTED)


GOLDEN_OUTCOMES = {
    "unauthorized": STOP,
    "forbidden": STOP,
    "no_credits": STOP,
    "moved": STOP,
    "path_not_found": STOP,
    "method_not_allowed": STOP,
    "gateway_bad_request": REFUSED,
    "gateway_bad_request_old": REFUSED,
    "billing_blocked": REFUSED,
    "too_large": REFUSED,
    "too_large_page": REFUSED,
    "unprocessable": REFUSED,
    "server_error_invalid_request": REFUSED,
    "model_not_found": REFUSED,
    "validation": REFUSED,
    "validation_missing_model": REFUSED,
    "validation_many": REFUSED,
    "upstream_validation": REFUSED,
    "rate_limited": FOR_NOW,
    "rate_limited_retry_after": FOR_NOW,
    "daily_limit": FOR_NOW,
    "page": AMBIGUOUS,
    "garbage": AMBIGUOUS,
    "request_timeout": AMBIGUOUS,
    "conflict": AMBIGUOUS,
    "server_error": AMBIGUOUS,
    "do_request_failed": AMBIGUOUS,
    "bad_gateway": AMBIGUOUS,
    "unavailable": AMBIGUOUS,
    "gateway_timeout": AMBIGUOUS,
    "origin_timeout": AMBIGUOUS,
}


@pytest.mark.parametrize("name", sorted(GOLDEN_OUTCOMES))
def test_every_golden_error_has_its_meaning(name: str) -> None:
    """Each golden error answer to a create means what the contract's table says."""
    golden = json.loads((GOLDEN / "errors" / f"{name}.json").read_text("utf-8"))
    with RawServer(reply(golden["http_status"], golden["body"], headers=golden["headers"])) as server:
        answer = submitted(server)
        assert (GOLDEN_OUTCOMES[name], 1) == (answer.outcome, len(server.requests))


@pytest.mark.parametrize("name", sorted(path.stem for path in (GOLDEN / "create").glob("*.json")))
def test_every_golden_create_is_accepted_unless_it_has_no_id(name: str) -> None:
    """Each golden answer to a create gives its id; the one without an id is ambiguous."""
    with RawServer(reply(200, json.loads((GOLDEN / "create" / f"{name}.json").read_text()))) as server:
        assert submitted(server).outcome is (AMBIGUOUS if name == "empty" else ACCEPTED)


def test_a_masked_validation_is_a_refusal() -> None:
    """An upstream validation that a gateway answers as 500 is known for what it is by its inner body."""
    inner = json.dumps({"error": "Validation of body failed", "issues": [{"message": "too long", "path": ["seed"]}]})
    with RawServer(reply(500, {"code": "fail_to_fetch_task", "message": inner, "data": None})) as server:
        answer = submitted(server)
    assert (answer.outcome, "seed: too long" in answer.message) == (REFUSED, True)


def test_a_refusal_tells_all_issues() -> None:
    """Every finding of the service's validator is in the message."""
    golden = json.loads((GOLDEN / "errors" / "validation_many.json").read_text("utf-8"))
    with RawServer(reply(400, golden["body"])) as server:
        message = submitted(server).message
    assert all(word in message for word in ("promptText", "seed", "duration"))


def test_an_unknown_model_names_another() -> None:
    """Where the service has no gen4_aleph, the next step names its successor."""
    with RawServer(reply(503, gateway("model_not_found"))) as server:
        answer = submitted(server)
    assert "aleph2" in answer.next_step
    assert answer.code == "model_not_found"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "Thu, 28 May 2026 20:27:10 GMT"}, 30.0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "99999999"}, 86_400.0),
        ({}, None),
    ],
    ids=["seconds", "milliseconds", "date", "negative", "words", "endless", "years", "none"],
)
def test_retry_after_is_told(headers: dict[str, str], expected: float | None) -> None:
    """The time that a busy service asks for is told in seconds, whatever way it says it."""
    with RawServer(reply(429, {"error": "busy"}, headers=headers)) as server:
        assert expected == submitted(server).retry_after_s


def test_a_refused_connection_means_nothing_was_sent() -> None:
    """Nobody listens: nothing was sent, and the same request may be sent later."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with a_client(f"http://127.0.0.1:{port}") as client:
        answer = client.submit(a_request())
    assert (answer.outcome, answer.message[:16]) == (FOR_NOW, "nothing was sent")


def test_a_connection_that_never_stands_means_nothing_was_sent() -> None:
    """A full backlog lets no connection stand: nothing was sent."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        with a_client(f"http://127.0.0.1:{address[1]}", timeouts=Timeouts(connect_s=0.3)) as client:
            answer = client.submit(a_request())
        for each in waiting:
            each.close()
    assert answer.outcome is FOR_NOW


def test_an_unknown_host_stops_the_run() -> None:
    """A host name that does not resolve is a wrong address: every other request would fail too."""
    with a_client("https://service.invalid") as client:
        answer = client.submit(a_request())
    assert (answer.outcome, "cannot be resolved" in answer.message) == (STOP, True)


def test_a_failed_tls_handshake_stops_the_run_before_anything_is_sent() -> None:
    """A server that speaks no TLS gets no request, and the run stops."""
    with RawServer(Reply(b"HTTP/1.1 400 Bad Request\r\n\r\n", end="close", read_request=False)) as server:
        with a_client(server.url.replace("http:", "https:")) as client:
            answer = client.submit(a_request())
        assert (answer.outcome, server.requests) == (STOP, [])


def test_a_reset_while_the_body_is_sent_is_ambiguous() -> None:
    """A connection that stood and was cut at once may have brought the request through: nobody knows."""
    with RawServer(RESET_EARLY) as server:
        assert submitted(server).outcome is AMBIGUOUS
        assert server.connections == 1


def test_a_file_that_changed_since_is_not_sent(tmp_path: Path) -> None:
    """When the export changed after the request was made, nothing is sent."""
    video = tmp_path / "a.mp4"
    video.write_bytes(b"\x00\x00\x00\x18ftypisom" + bytes(500))
    request = create_request(
        Look(prompt="x", model="gen4_aleph", seed=1),
        video=VideoInput(path=video),
        model=load_models()["gen4_aleph"],
        ratio="1280:720",
        allow_loopback=False,
    )
    video.write_bytes(b"\x00\x00\x00\x18ftypisom" + bytes(501))
    with RawServer(reply(200, {"id": "t"})) as server:
        answer = submitted(server, request)
        assert (answer.outcome, server.connections) == (REFUSED, 0)


def test_a_create_carries_what_the_service_asks_for() -> None:
    """Path, bearer key, version and content type are those of the service's page; the body is the request's."""
    request = a_request("雪を降らせて ☃")
    with RawServer(reply(200, {"id": "t"})) as server:
        submitted(server, request)
        seen = server.requests[0]
    assert (seen.method, seen.path) == ("POST", "/runwayml/v1/video_to_video")
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.headers["x-runway-version"] == "2024-11-06"
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["content-length"] == str(request.size)
    assert "transfer-encoding" not in seen.headers
    assert seen.body == b"".join(request.body)
    assert seen.json()["promptText"] == "雪を降らせて ☃"


def test_every_create_has_a_connection_of_its_own() -> None:
    """Two creates use two connections, so that no stale one can swallow a request."""
    with RawServer(reply(200, {"id": "t"})) as server, a_client(server.url) as client:
        client.submit(a_request())
        client.submit(a_request())
        assert (server.connections, len(server.requests)) == (2, 2)


def test_a_redirect_is_not_followed_and_the_key_goes_nowhere() -> None:
    """The host that a create is redirected to never hears of us."""
    with RawServer(reply(200, {"id": "t"})) as other:
        moved = reply(307, headers={"location": f"{other.url}/runwayml/v1/video_to_video"})
        with RawServer(moved) as server:
            assert submitted(server).outcome is STOP
        assert (other.connections, other.bytes_received) == (0, 0)


def test_the_key_shows_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    """Not in a repr, not in an answer that repeats it, not in a log."""
    caplog.set_level(logging.DEBUG)
    with RawServer(reply(401, gateway("", f"Invalid token {KEY}"))) as server, a_client(server.url) as client:
        answer = client.submit(a_request())
        shown = f"{client!r} {client} {answer!r} {caplog.text}"
    assert KEY not in shown
    assert "Invalid token" in answer.message


def test_a_netrc_does_not_replace_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A netrc entry for the host leaves the key as it is."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with RawServer(reply(200, {"id": "t"})) as server:
        submitted(server)
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_this_machine_is_reached_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment is not asked for a server on this machine."""
    with RawServer(reply(502)) as proxy, RawServer(reply(200, {"id": "t"})) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        assert submitted(server).outcome is ACCEPTED
        assert proxy.connections == 0


def test_a_proxy_that_refuses_the_tunnel_means_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a proxy that opens no tunnel, nothing was sent; the proxy never sees the key."""
    with RawServer(reply(503, end="close")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with a_client("https://service.example.com") as client:
            answer = client.submit(a_request())
        assert (answer.outcome, proxy.requests[0].method) == (STOP, "CONNECT")
        assert "authorization" not in proxy.requests[0].headers


@pytest.mark.parametrize(
    "base_url",
    [
        "http://api.cometapi.com",
        "http://192.168.0.7:5000",
        "http://127.0.0.1.example.com",
        "ftp://api.cometapi.com",
        "api.cometapi.com",
        "",
        "https://",
        "https://user:pass@api.cometapi.com",
        "https://api.cometapi.com?x=1",
        "https://api.cometapi.com:99999",
        "https://[::1",
    ],
)
def test_a_base_url_that_would_show_the_key_is_refused(base_url: str) -> None:
    """Plain http is for this machine only, and what is no URL is no base URL."""
    with pytest.raises(SettingsError):
        Client(base_url, key=KEY, clock=FakeClock())


@pytest.mark.parametrize("suffix", ["", "/", "/runwayml", "/runwayml/"])
def test_both_base_urls_work(suffix: str) -> None:
    """The bare host and the one with /runwayml lead to the same path."""
    with RawServer(reply(200, {"id": "t"})) as server:
        with a_client(server.url + suffix) as client:
            client.submit(a_request())
        assert server.requests[0].path == "/runwayml/v1/video_to_video"


@pytest.mark.parametrize("key", ["", "  ", "two words", "line\nbreak", "schlüssel"])
def test_a_key_that_cannot_be_sent_is_refused_without_being_shown(key: str) -> None:
    """A key that is no header value is refused, and the message does not repeat it."""
    with pytest.raises(SettingsError) as caught:
        Client("https://api.cometapi.com", key=key, clock=FakeClock())
    assert not key.strip() or key not in str(caught.value)


def test_extra_headers_are_sent() -> None:
    """A header that an account needs goes along with a create."""
    with RawServer(reply(200, {"id": "t"})) as server:
        with a_client(server.url, extra_headers={"X-Runway-On-Behalf-Of": "studio"}) as client:
            client.submit(a_request())
        assert server.requests[0].headers["x-runway-on-behalf-of"] == "studio"


@pytest.mark.parametrize(
    "headers", [{"Authorization": "x"}, {"Host": "x"}, {"X-A": "a\r\nB: c"}, {"X A": "b"}, {"x-runway-version": "1"}]
)
def test_extra_headers_cannot_replace_ours_or_break_the_request(headers: dict[str, str]) -> None:
    """Headers that the client sets itself, and those that would split the request, are refused."""
    with pytest.raises(SettingsError):
        Client("https://api.cometapi.com", key=KEY, clock=FakeClock(), extra_headers=headers)
