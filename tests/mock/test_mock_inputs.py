"""How the simulator fetches what a request names: by the service's rules."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.mock_client import MockClient, body_for


class Host(BaseHTTPRequestHandler):
    """A host of assets that breaks one rule for each path."""

    video = b""
    agents: tuple[str, ...] = ()

    def do_HEAD(self) -> None:
        """Answer HEAD."""
        self._answer(with_body=False)

    def do_GET(self) -> None:
        """Answer GET."""
        self._answer(with_body=True)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def _answer(self, *, with_body: bool) -> None:
        Host.agents = (*Host.agents, self.headers["User-Agent"])
        if self.path == "/moved.mp4":
            self.send_response(302)
            self.send_header("Location", "/good.mp4")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path == "/no-head.mp4" and not with_body:
            self.send_error(405)
            return
        self.send_response(404 if self.path == "/missing.mp4" else 200)
        types = {"/octets.mp4": "application/octet-stream", "/untyped.mp4": None}
        media_type = types.get(self.path, "video/mp4")
        if media_type:
            self.send_header("Content-Type", media_type)
        length = 33 * 1024 * 1024 if self.path == "/huge.mp4" else len(self.video)
        if self.path != "/endless.mp4":
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if with_body:
            self.wfile.write(self.video)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a running host."""
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_address[1]}"
    serving.shutdown()
    serving.server_close()
    thread.join()


def test_a_good_address_is_fetched_with_head_and_get(client: MockClient, host: str, clip_path: Path) -> None:
    """A host that keeps the rules is asked with HEAD and GET under the service's name, and the task succeeds."""
    Host.video, Host.agents = clip_path.read_bytes(), ()
    assert client.finished(client.created(body_for(f"{host}/good.mp4")))["status"] == "SUCCEEDED"
    assert len(Host.agents) == 2
    assert all(agent.startswith("RunwayML API/") for agent in Host.agents)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/moved.mp4", '"302"'),
        ("/no-head.mp4", '"405"'),
        ("/missing.mp4", '"404"'),
        ("/octets.mp4", "application/octet-stream"),
        ("/untyped.mp4", "Unsupported asset type"),
        ("/endless.mp4", "Content-Length"),
        ("/huge.mp4", "exceeds"),
    ],
)
def test_a_host_that_breaks_a_rule_is_refused(
    client: MockClient, host: str, clip_path: Path, path: str, words: str
) -> None:
    """HTTP 400 names the rule at videoUri, and no task is made."""
    Host.video = clip_path.read_bytes()
    answer = client.create(body_for(f"{host}{path}"))
    assert answer.status_code == 400
    assert answer.json()["issues"][0]["path"] == ["videoUri"]
    assert words in answer.json()["issues"][0]["message"]


def test_a_host_that_does_not_answer_is_refused(client: MockClient) -> None:
    """An address at which nothing listens gives HTTP 400."""
    answer = client.create(body_for("http://127.0.0.1:9/nothing.mp4"))
    assert answer.json()["issues"][0]["message"] == "Failed to fetch asset"
