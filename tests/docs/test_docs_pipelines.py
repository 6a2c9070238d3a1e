"""The example programs for pipelines run, each against the simulator, and a stand-in of whom they talk to."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import opentimelineio as otio
import pytest

from cometapi_mock.server import MockServer
from support.doc_desks import Desk, shoot
from support.doc_pages import ROOT
from support.doc_reader import QUICK, Reader

PIPELINES = ROOT / "docs" / "examples" / "pipelines"


def example(name: str) -> ModuleType:
    """Load one of the programs."""
    spec = importlib.util.spec_from_file_location(name, PIPELINES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass
class StandIn:
    """A service on this machine that remembers what it was asked and gives prepared answers."""

    answers: dict[str, Any]
    """What it answers, by the beginning of the path."""
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    """Method, path and JSON body of every request."""
    tokens: set[str] = field(default_factory=set)
    """What stood in the header ``Authorization``."""
    url: str = ""
    """Its address."""


@contextmanager
def standing_in(answers: dict[str, Any]) -> Iterator[StandIn]:
    """Run a stand-in for as long as the block lasts."""
    found = StandIn(answers)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            found.asked.append((self.command, self.path, body))
            found.tokens.add(self.headers.get("Authorization", ""))
            text = json.dumps(next(answer for path, answer in answers.items() if self.path.startswith(path))).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the edit and its films once; return the edit's file."""
    return shoot(tmp_path_factory.mktemp("pipelines") / "media")


@pytest.fixture
def desk(tmp_path: Path, films: Path, cometapi_mock: MockServer, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a desk with an edit of two marked clips, and a simulator."""
    shutil.copy(films, tmp_path / "edit.otio")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMETAPI_BASE_URL", cometapi_mock.url)
    monkeypatch.setenv("COMETAPI_KEY", "practice")
    monkeypatch.setenv("TRACKER_TOKEN", "token of the tracker")
    return Desk(Reader(tmp_path, monkeypatch), cometapi_mock)


def restyled(path: str) -> set[str]:
    """Return the names of the clips of a timeline that show a take."""
    clips = otio.adapters.read_from_file(path).find_clips()
    return {clip.name for clip in clips if clip.active_media_reference_key.startswith("cometapi:")}


def test_the_studios_manifest_lays_takes_and_notes_them(desk: Desk) -> None:
    """A stock tool that reads the edit, in an environment with the manifest, shows the takes and the studio's notes."""
    desk.run()
    environment = {
        **os.environ,
        "OTIO_PLUGIN_MANIFEST_PATH": str(PIPELINES / "plugin_manifest.json"),
        "COMETAPI_JOB": str(desk.folder / "comet.cometjob"),
    }
    program = "from opentimelineio.console.otioconvert import main; main()"
    words = [sys.executable, "-c", program, "-i", "edit.otio", "-o", "hooked.otio"]
    subprocess.run(words, check=True, env=environment, cwd=desk.folder, timeout=120)
    assert restyled("hooked.otio") == {"window", "insert"}
    clips = otio.adapters.read_from_file("hooked.otio").find_clips()
    notes = {clip.name: clip.metadata["studio"]["prompt"] for clip in clips if "studio" in clip.metadata}
    assert notes == {"window": "heavy snow falls, blue evening light", "insert": "an oil painting in warm colours"}


def test_the_farm_gets_steps_that_take_an_edit_down_the_road(desk: Desk) -> None:
    """The steps, run in the order of their dependencies and each of them twice, restyle the edit and pay once."""
    with standing_in({"/jobs": {"id": "farm-1"}}) as farm:
        words = ["edit.otio", "out.otio", "--job", "farm.cometjob", "--farm", f"{farm.url}/jobs"]
        assert example("farm_submit").main(words) == 0
    ((method, _, template),) = farm.asked
    assert (method, template["specificationVersion"]) == ("POST", "jobtemplate-2023-09")
    done: set[str] = set()
    for step in template["steps"]:
        assert {each["dependsOn"] for each in step.get("dependencies", [])} <= done
        run = step["script"]["actions"]["onRun"]
        for _ in range(2):
            desk.reader.types(" ".join([run["command"], *run["args"]]))
        done.add(step["name"])
    assert restyled("out.otio") == {"window", "insert"}
    assert desk.mock.verify()["creates"] == 2
    desk.mock.check()


def test_the_night_goes_on_after_an_edit_that_cannot_be_read(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """One edit is restyled, a damaged one is named; the next night pays nothing and writes the edit again."""
    edits, out = desk.folder / "edits", desk.folder / "out"
    edits.mkdir()
    shutil.move(desk.folder / "edit.otio", edits / "good.otio")
    (edits / "damaged.otio").write_text("{")
    words = [str(edits), "--out", str(out), "--poll-interval", QUICK]
    nightly = example("nightly")
    assert nightly.main(words) == 3
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["damaged.otio"]
    assert restyled(str(out / "good.otio")) == {"window", "insert"}
    (edits / "damaged.otio").unlink()
    (out / "good.otio").unlink()
    assert nightly.main(words) == 0
    assert restyled(str(out / "good.otio")) == {"window", "insert"}
    assert desk.mock.verify()["creates"] == 2


def test_the_night_leaves_what_passes_its_limit_for_the_next(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """Above the limit nothing is sent, and the edit is named with the reason."""
    words = [str(desk.folder), "--out", str(desk.folder / "out"), "--limit", "1s"]
    assert example("nightly").main(words) == 3
    assert "edit.otio: for the next night: " in capsys.readouterr().out
    assert desk.mock.verify()["creates"] == 0


def test_shotgrid_is_told_where_every_shot_stands(desk: Desk) -> None:
    """A finished shot waits for review, one that failed is on hold; the token goes along, and our key does not."""
    desk.run()
    desk.reader.ends = {"run": [1, 3]}
    desk.run("--select", "name:hands", "--prompt", "'[[scenario:failed_input_text]] snow'")
    shots = {"/api/v1.1/entity/shots/_search": {"data": [{"id": 7}]}, "/api/v1.1/entity/shots/7": {"data": {}}}
    with standing_in(shots) as tracker:
        assert example("tracker_status").main(["comet.cometjob", "--shotgrid", tracker.url]) == 0
    asked = [body["filters"][0][2] for _, path, body in tracker.asked if path.endswith("_search")]
    told = [body["sg_status_list"] for method, _, body in tracker.asked if method == "PUT"]
    assert dict(zip(asked, told, strict=True)) == {"hands": "hld", "insert": "rev", "window": "rev"}
    assert tracker.tokens == {"Bearer token of the tracker"}


def test_kitsu_gets_a_comment_with_the_status(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """Each task of a shot gets the status by Kitsu's own id; an unknown shot is named, and the code is 3."""
    desk.run()
    answers = {
        "/api/data/shots?name=insert": [],
        "/api/data/shots?name=": [{"id": "s1"}],
        "/api/data/shots/s1/tasks": [{"id": "t1"}],
        "/api/actions/tasks/t1/comment": {},
    }
    with standing_in(answers) as tracker:
        words = ["comet.cometjob", "--kitsu", tracker.url, "--task-status", "rev=8f2"]
        assert example("tracker_status").main(words) == 3
    ((method, _, comment),) = [each for each in tracker.asked if each[1].endswith("/comment")]
    assert (method, comment["task_status_id"]) == ("POST", "8f2")
    assert comment["comment"].endswith("is READY")
    assert capsys.readouterr().out == "insert: the tracker has no such shot\n"
