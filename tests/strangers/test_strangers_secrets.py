"""The key and the queries that sign URLs: where they may be seen, and that they are seen nowhere else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.request import urlopen

import opentimelineio as otio
import pytest

from cometapi_mock.server import MockServer
from support import road, warm_scripts
from support.edits import three_tracks
from support.flow import FILM, fast
from support.gateway import Answering, Asked, Host, Said, hosts, passed_on

KEY = "sk-KEYKEYKEY-7f3a9d52c1"
SIGNATURES = ("SIGNEDONE0a1b2c", "SIGNEDTWO3d4e5f", "SIGNEDTHREE6a7b8c")
POISON = f"key {KEY} was sent as Authorization: Bearer {KEY} for https://cdn.example.com/x.mp4?sig={SIGNATURES[2]}"

# Logging as loud as it gets, the HTTP library's own printing included, before the command begins.
LOUD = """
import http.client, logging, os
logging.basicConfig(level=logging.DEBUG, filename=os.environ["LOUD_LOG"])
http.client.HTTPConnection.debuglevel = 9
logging.getLogger("loud").debug("begun")
"""


@dataclass
class Scene:
    """A road with many hosts at it, and everything that was printed on the way."""

    folder: Path
    simulator: MockServer
    service: Host
    files: Host
    mirror: Host
    stranger: Host
    printed: list[str] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)

    def command(self, *arguments: str) -> str:
        """Run `otiocomet` with the loudest logging; keep what it prints."""
        return self._run(["otiocomet", *arguments], first=LOUD)

    def tool(self, name: str, *arguments: str) -> str:
        """Run a stock OTIO tool; keep what it prints."""
        return self._run([name, *arguments])

    def _run(self, command: list[str], *, first: str = "") -> str:
        environment = {
            **road.environment(base_url=self.service.url, home=self.folder),
            "COMETAPI_KEY": KEY,
            "LOUD_LOG": str(self.folder / "loud.log"),
        }
        ended = warm_scripts.run(command, cwd=self.folder, env=environment, timeout_s=120, first=first)
        self.printed.append(ended.stdout + ended.stderr)
        self.codes.append(ended.returncode)
        return ended.stdout + ended.stderr


def service_before(simulator: MockServer, urls: dict[str, str]) -> Answering:
    """Return the service's answers: the simulator's, with outputs elsewhere, redirects and one poisoned failure."""
    first_poll: set[str] = set()
    outputs = re.compile(r'"http://127\.0\.0\.1:\d+(/[^"?]*)([^"]*)"')

    def elsewhere(found: re.Match[str]) -> str:
        urls[found[1]] = found[1] + found[2]  # the simulator signs its addresses too
        return f'"{urls["files"]}{found[1]}?sig={SIGNATURES[0]}"'

    def answering(asked: Asked) -> Said:
        if asked.method == "POST" and b"refuse this" in asked.body:
            return Said.json(400, {"error": {"message": POISON, "type": "x", "param": "", "code": "invalid_request"}})
        if asked.method == "POST" and b"move this" in asked.body:
            return Said.moved(f"{urls['stranger']}/runwayml/v1/video_to_video", 307)
        if asked.method == "GET" and asked.path not in first_poll:
            first_poll.add(asked.path)
            return Said.moved(f"{urls['stranger']}{asked.path}") if len(first_poll) == 2 else Said(502, POISON.encode())
        said = passed_on(asked, simulator.url)
        if asked.method == "GET" and b"FAILED" in said.body:
            failure = {
                "id": asked.path.rpartition("/")[2],
                "status": "FAILED",
                "failure": POISON,
                "failureCode": POISON,
            }
            return Said.json(200, failure)
        body = outputs.sub(elsewhere, said.body.decode()).encode() if asked.method == "GET" else said.body
        return Said(said.status, body, said.headers)

    return answering


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Go the whole road once, with everything on it that could give a secret away."""
    folder = tmp_path_factory.mktemp("secrets")
    edit = three_tracks(folder / "media", FILM)
    otio.adapters.write_to_file(edit.timeline, str(folder / "edit.otio"))
    urls: dict[str, str] = {}
    with MockServer() as simulator:
        simulator.use("failed_input_text", create=2)
        with hosts(
            service_before(simulator, urls),
            lambda asked: Said.moved(f"{mirror.url}{asked.path.partition('?')[0]}?sig={SIGNATURES[1]}"),
            lambda asked: passed_on(replace(asked, path=urls[asked.path.partition("?")[0]]), simulator.url),
            lambda _asked: Said(404),
        ) as (service, files, mirror, stranger):
            urls |= {"files": files.url, "stranger": stranger.url}
            made = Scene(folder, simulator, service, files, mirror, stranger)
            travel(made)
            yield made


def travel(scene: Scene) -> None:
    """Run every command that speaks with the service or shows what came of it."""
    pick = ("--select", "name:sh010,name:sh020,name:sh030", "--prompt")
    scene.command("plan", "edit.otio", *pick, "snow")
    scene.command("run", "edit.otio", "-o", "out.otio", *pick, "snow", "--yes", "--poll-interval", "0.05")
    scene.command("resume", "comet.cometjob", "-o", "out.otio", *fast())
    scene.command("status", "comet.cometjob")
    scene.command("status", "comet.cometjob", "--json")
    scene.command("run", "edit.otio", "-o", "b.otio", "--job", "b.cometjob", *pick, "refuse this", *fast())
    scene.command("run", "edit.otio", "-o", "c.otio", "--job", "c.cometjob", *pick, "move this", *fast())
    scene.tool(
        "otioconvert",
        "-i",
        "edit.otio",
        "-o",
        "d.cometjob",
        "-A",
        "select=all",
        "-A",
        "prompt=move this",
        "-A",
        "submit=1",
    )
    scene.tool("otioconvert", "-i", "comet.cometjob", "-o", "e.otio", "-a", "require=all", "-a", "collect=1")
    scene.command("review", "comet.cometjob", "--export", "page")
    scene.command("report", "comet.cometjob", "--csv", "-o", "list.csv")
    scene.command("resolve", "comet.cometjob")
    scene.command("doctor", "--json")
    scene.command("move", "comet.cometjob", "moved.cometjob", "--yes")
    scene.command("clean", "moved.cometjob", "--json")


def places_of(scene: Scene, text: str) -> list[str]:
    """Return every file below the scene's folder, and everything printed, in which a text stands."""
    raw = text.encode()
    found = [str(path) for path in scene.folder.rglob("*") if path.is_file() and raw in path.read_bytes()]
    return found + [printed for printed in scene.printed if text in printed]


def test_the_road_was_travelled_with_all_its_trouble(scene: Scene) -> None:
    """What follows is worth something: outputs came by a redirect, a task failed, one was refused, OTIO printed."""
    said = json.loads(scene.printed[4])
    assert sorted(take["state"] for take in said["takes"]) == ["FAILED", "READY", "READY"]
    assert len(scene.mirror.asked) == 2
    assert "[key]" in "".join(scene.printed)
    assert "Traceback" in scene.printed[7]
    assert "DEBUG:loud:begun" in (scene.folder / "loud.log").read_text()
    assert scene.codes[1] == 3
    assert (scene.folder / "page" / "index.html").is_file()
    assert (scene.folder / "list.csv").read_text().count("sh0") >= 3
    assert (scene.folder / "moved.cometjob").is_dir()


def test_the_key_is_in_no_file_and_in_nothing_printed(scene: Scene) -> None:
    """Job folders, ledgers, timelines, logs at debug level, tables, JSON and tracebacks are free of it."""
    assert places_of(scene, KEY) == []
    assert places_of(scene, KEY[3:-3]) == []


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_signed_query_is_in_no_file_and_in_nothing_printed(scene: Scene, signature: str) -> None:
    """What signs an output's address, or a redirect of it, or an address in a message, is kept nowhere."""
    assert places_of(scene, signature) == []


def test_the_key_goes_to_the_service_and_to_nobody_else(scene: Scene) -> None:
    """File hosts, and hosts that creates, polls and downloads are redirected to, never see it."""
    assert KEY in scene.service.everything
    for host in (scene.files, scene.mirror, scene.stranger):
        assert KEY not in host.everything
        assert "uthorization" not in host.everything


def test_a_redirected_create_or_poll_is_not_followed(scene: Scene) -> None:
    """The stranger that the service redirects to is not asked at all, with or without a key."""
    assert scene.stranger.asked == []


def test_the_simulators_page_and_journal_do_not_show_the_key(scene: Scene) -> None:
    """Whoever looks at the simulator sees that a key was sent, and not which."""
    for path in ("/", "/_mock/journal", "/_mock/tasks", "/_mock/verify"):
        with urlopen(f"{scene.simulator.url}{path}", timeout=30) as answer:  # noqa: S310 - the simulator on this machine
            shown = answer.read().decode()
        assert KEY not in shown
        assert shown
    assert {entry["key_sent"] for entry in scene.simulator.journal() if "runwayml" in entry["path"]} == {True}
