"""Who may talk to the review server, and what its answers forbid the browser."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from otio_cometapi.errors import WrongUsageError
from support.review_desk import Browser, served

DECISION = {"take": "t1-0", "clip": 0, "word": "approve", "text": ""}


def test_the_address_is_good_once(job: Path) -> None:
    """The first browser gets a cookie and the plain address; a second one gets nothing, not even the page's title."""
    with served(job) as server:
        first, second = Browser(server), Browser(server)
        answer = first.enter()
        assert (answer.status, answer.headers["location"]) == (303, "/")
        assert "HttpOnly" in answer.headers["set-cookie"]
        assert "SameSite=Strict" in answer.headers["set-cookie"]
        assert second.enter().status == 403
        assert first.ask("/").status == 200
        assert b"tiny" not in second.ask("/").body


@pytest.mark.parametrize(
    "path",
    ["/", "/sheet.json", "/assets/page.js", "/take/x.mp4", "/thumbnail/x.jpg", "/nothing", "/?token=", "/?token=x"],
)
def test_without_the_cookie_nothing_is_shown(job: Path, path: str) -> None:
    """Whatever is asked for, there or not, the answer is the same refusal."""
    with served(job) as server:
        answer = Browser(server).ask(path)
    assert answer.status == 403
    assert "used before" in answer.json["problem"]


@pytest.mark.parametrize("host", ["attacker.example", "127.0.0.1", "attacker.example:80", "127.0.0.1:1", "[::1]", " "])
def test_another_name_is_refused(browser: Browser, host: str) -> None:
    """A name that leads to this machine (DNS rebinding) is not the server's own, even with the cookie."""
    assert browser.ask("/", Host=host).status in (400, 403)
    assert browser.ask("/sheet.json", Host=host).status in (400, 403)


def test_the_machines_usual_name_is_let_in(browser: Browser) -> None:
    """`localhost` with the port is this server too."""
    assert browser.ask("/", Host=f"localhost:{browser.server.port}").status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://attacker.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "https://127.0.0.1"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content_Type": ""}, 415),
        ({"Cookie": ""}, 403),
        ({"Cookie": "otiocomet_review=guess"}, 403),
    ],
)
def test_a_decision_from_elsewhere_is_refused(browser: Browser, headers: dict[str, str], status: int) -> None:
    """Another site's form, script or frame cannot decide, and nothing is written down."""
    assert browser.post("/decide", DECISION, **headers).status == status
    assert all(take["review"]["verdict"] == "" for clip in browser.sheet()["clips"] for take in clip["takes"])


def test_another_site_may_lead_here_and_nothing_else(browser: Browser) -> None:
    """A link to the page opens it; a picture, a script or a fetch of another site gets nothing."""
    link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert browser.ask("/", **link).status == 200
    assert browser.ask("/sheet.json", **link).status == 403
    assert browser.ask("/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors").status == 403


@pytest.mark.parametrize("path", ["/", "/sheet.json", "/assets/review.css", "/nothing"])
def test_every_answer_forbids_what_the_page_does_not_need(browser: Browser, path: str) -> None:
    """Nothing inline, nothing from elsewhere, no guessing of types, no frames, no referrer."""
    headers = browser.ask(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "img-src", "media-src", "connect-src")} == {"'self'"}
    assert {policy[name] for name in ("base-uri", "form-action", "frame-ancestors")} == {"'none'"}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers or "waitress" not in headers["server"].lower()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"approve"',
        b"{" * 10_000,
        json.dumps({**DECISION, "clip": "0"}).encode(),
        json.dumps({**DECISION, "clip": True}).encode(),
        json.dumps({**DECISION, "more": 1}).encode(),
        json.dumps({"take": 1}).encode(),
        b"\xff\xfe",
    ],
)
def test_what_the_page_does_not_send_is_refused(browser: Browser, body: bytes) -> None:
    """A body of another form is a refusal in words, never a crash."""
    port = browser.server.port
    answer = browser.ask(
        "/decide", method="POST", body=body, Origin=f"http://127.0.0.1:{port}", Content_Type="application/json"
    )
    assert answer.status == 400
    assert "page sends" in answer.json["problem"]


def test_an_endless_decision_is_cut_off(browser: Browser) -> None:
    """More than a note and a prompt can be is not read."""
    assert browser.post("/decide", {**DECISION, "text": "x" * 100_000}).status == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_do_nothing(browser: Browser, method: str) -> None:
    """Only reading and the three posts are answered."""
    origin = f"http://127.0.0.1:{browser.server.port}"
    assert browser.ask("/decide", method=method, Origin=origin, Content_Type="application/json").status in (
        403,
        405,
        415,
    )


def test_the_server_listens_on_this_machine_only(job: Path) -> None:
    """The address is loopback, and the secret in it is long."""
    with served(job) as server:
        parts = urlsplit(server.url)
        assert parts.hostname == "127.0.0.1"
        assert re.fullmatch(r"token=[\w-]{43}", parts.query)


def test_a_taken_port_is_named(job: Path) -> None:
    """A port that another program has is refused in words."""
    from otio_cometapi.pipeline.job import Job
    from otio_cometapi.review_app.room import Opening
    from otio_cometapi.review_app.server import ReviewServer
    from otio_cometapi.settings import Settings

    with served(job) as server, Job(job) as opened:
        opening = Opening(opened, opened.timeline(), Settings(), "mia")
        with pytest.raises(WrongUsageError, match=f"port {server.port} of this machine"):
            ReviewServer(opening, port=server.port)
