"""A finished job under review: two clips with two takes each, so small that a copy costs nothing."""

from __future__ import annotations

import http.client
import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cometapi_mock.server import MockServer
from otio_cometapi.pipeline.job import Job
from otio_cometapi.review_app.room import Opening
from otio_cometapi.review_app.server import ReviewServer
from otio_cometapi.settings import Settings
from support.tiny_road import TinyRoad, settings_for

if TYPE_CHECKING:
    from collections.abc import Iterator

PROMPTS = ["<script>alert(1)</script> & 'snow'", "an oil painting"]


def finished_job(folder: Path) -> Path:
    """Take two clips with two takes each down the road; return the job."""
    road = TinyRoad(folder)
    job = road.job(PROMPTS, takes=2, name="finished.cometjob")
    with MockServer() as server:
        assert road.resume(job, server).problems == ()
    return job


def copied(job: Path, folder: Path) -> Path:
    """Return a copy of a job that a test may decide on."""
    target = folder / "edit.cometjob"
    shutil.copytree(job, target)
    return target


@dataclass
class Answer:
    """What the server said."""

    status: int
    """HTTP status."""
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes
    """All of it."""

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Browser:
    """Speaks to the review server as a browser does, or as one that does not keep the rules."""

    server: ReviewServer
    """The server."""
    cookie: str = ""
    """What it keeps."""

    def ask(self, path: str, *, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """Send one request; header names are written with underscores. An empty value leaves the header out."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        sent = {"Host": f"127.0.0.1:{self.server.port}", "Cookie": self.cookie}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, path, skip_host=True)
        for name, value in sent.items():
            if value:
                connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        found = Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        connection.close()
        return found

    def enter(self) -> Answer:
        """Open the address that the server printed, and keep the cookie."""
        parts = urlsplit(self.server.url)
        answer = self.ask(f"/?{parts.query}")
        self.cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        return answer

    def post(self, path: str, values: object, **headers: str) -> Answer:
        """Send JSON as the page does."""
        usual = {"Origin": f"http://127.0.0.1:{self.server.port}", "Content_Type": "application/json"}
        return self.ask(path, method="POST", body=json.dumps(values).encode(), **{**usual, **headers})

    def sheet(self) -> Any:
        """Return what the page's script knows."""
        return self.ask("/sheet.json").json


@contextmanager
def served(job: Path, *, by: str = "mia", settings: Settings | None = None) -> Iterator[ReviewServer]:
    """Serve a job's page as `otiocomet review` does."""
    with Job(job) as opened:
        opening = Opening(opened, opened.timeline(), settings or Settings(), by)
        with ReviewServer(opening) as server:
            yield server


__all__ = ["PROMPTS", "Answer", "Browser", "copied", "finished_job", "served", "settings_for"]
