"""Two editors on one shared ledger, and two processes on one job: as processes, at once, against a simulator."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from support import road
from support.file_systems import on_another_file_system
from support.flow import Desk, clips, desk, fast, numbers_shown, taken
from support.host_process import script
from support.postgres_server import PASSWORD, Server, running_server
from support.road import simulator

TAKES = 5
"""The edit has five clips, and each becomes a take."""


@dataclass
class Editor:
    """A person with a home, an environment and a desk of their own."""

    at_desk: Desk
    """The edit and the simulator."""
    home: Path
    """Where this person's own folders lie."""
    variables: dict[str, str]
    """What is set besides."""

    def comet(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one `otiocomet` command."""
        where = self.at_desk
        return road.otiocomet(*arguments, base_url=where.url, home=self.home, cwd=where.folder, more=self.variables)

    def started(self, job: str, output: str) -> subprocess.Popen[str]:
        """Start a run of the whole edit and do not wait for it."""
        return subprocess.Popen(
            [script("otiocomet"), *run_words(job, output)],
            cwd=self.at_desk.folder,
            env={**road.environment(base_url=self.at_desk.url, home=self.home), **self.variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def run_words(job: str, output: str) -> tuple[str, ...]:
    """Return the arguments of a run of every clip."""
    return ("run", "edit.otio", "-o", output, "--job", job, "--select", "all", "--prompt", "make it snow", *fast())


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Yield a PostgreSQL server."""
    with running_server() as found:
        yield found


@pytest.fixture
def editors(tmp_path: Path, server: Server) -> Iterator[tuple[Editor, Editor]]:
    """Yield two editors who share a ledger and a store, and nothing else of their own."""
    variables = {"COMETAPI_LEDGER_URL": server.new_database(), "COMETAPI_STORE": str(tmp_path / "store")}
    with simulator() as url:
        at_desk = desk(tmp_path / "desk", url)
        yield Editor(at_desk, tmp_path / "anna", variables), Editor(at_desk, tmp_path / "bert", variables)


def said(ended: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return what a command printed with `--json`."""
    assert ended.stdout.startswith("{"), ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@pytest.mark.proof
def test_two_editors_at_once_create_every_take_once(editors: tuple[Editor, Editor]) -> None:
    """Both send the same edit at the same moment; every take is created once, and both end with all of it."""
    anna, bert = editors
    running = [anna.started("anna.cometjob", "anna.otio"), bert.started("bert.cometjob", "bert.otio")]
    ends = [(*process.communicate(timeout=150), process.returncode) for process in running]
    assert anna.at_desk.verify()["creates"] == TAKES
    assert anna.at_desk.verify()["duplicates"] == []
    for (_, errors, code), editor, name in zip(ends, editors, ("anna", "bert"), strict=True):
        assert code in (0, 3), errors
        again = editor.comet("resume", f"{name}.cometjob", "-o", f"{name}.otio", *fast())
        assert again.returncode == 0, again.stdout
        assert all(taken(clip) for clip in clips(editor.at_desk.folder / f"{name}.otio"))
    assert anna.at_desk.verify()["creates"] == TAKES


@pytest.mark.proof
def test_what_one_editor_paid_another_gets_from_the_store(editors: tuple[Editor, Editor]) -> None:
    """The plan names job and person; with the first job's folder out of reach the outputs come from the store."""
    anna, bert = editors
    assert anna.comet(*run_words("anna.cometjob", "anna.otio")).returncode == 0
    shutil.rmtree(anna.at_desk.folder / "anna.cometjob")  # as on another machine
    planned = said(bert.comet("plan", "edit.otio", "--select", "all", "--prompt", "make it snow", "--json"))
    assert planned["estimate"]["seconds"] == 0
    assert all("anna.cometjob (by " in take["paid_in"] for take in planned["takes"])
    ended = bert.comet(*run_words("bert.cometjob", "bert.otio"))
    assert ended.returncode == 0, ended.stdout
    assert all(taken(clip) for clip in clips(bert.at_desk.folder / "bert.otio"))
    assert bert.at_desk.verify()["creates"] == TAKES
    kept = list((bert.home.parent / "store").rglob("*.mp4"))
    assert len(kept) == TAKES
    assert all(path.stat().st_mode & 0o044 for path in kept)


@pytest.mark.proof
def test_what_another_editor_paid_for_and_nobody_can_read_is_named_and_not_bought(
    editors: tuple[Editor, Editor],
) -> None:
    """With job, store and task out of reach every take is told with whose it is; only --pay-again creates it again."""
    anna, bert = editors
    assert anna.comet(*run_words("anna.cometjob", "anna.otio")).returncode == 0
    shutil.rmtree(anna.at_desk.folder / "anna.cometjob")
    shutil.rmtree(bert.home.parent / "store")
    forget = Request(f"{bert.at_desk.url}/_mock/reset", data=b"{}", method="POST")  # noqa: S310 - our own simulator
    forget.add_header("Content-Type", "application/json")
    urlopen(forget, timeout=10).close()  # noqa: S310
    ended = bert.comet(*run_words("bert.cometjob", "bert.otio"), "--json")
    problems = said(ended)["problems"]
    assert ended.returncode in (1, 3)
    assert len([each for each in problems if "anna.cometjob" in each and "--pay-again" in each]) == TAKES, problems
    assert bert.at_desk.verify()["creates"] == 0
    assert bert.comet(*run_words("bert.cometjob", "bert.otio"), "--pay-again").returncode == 0
    assert bert.at_desk.verify()["creates"] == TAKES


@pytest.mark.proof
def test_who_does_not_share_is_not_used(editors: tuple[Editor, Editor]) -> None:
    """Consent is two words: what is paid with sharing off stays unseen, and use off sees nothing of others'."""
    anna, bert = editors
    alone = Editor(anna.at_desk, anna.home, {**anna.variables, "COMETAPI_SHARE_PAID": "0"})
    assert alone.comet(*run_words("anna.cometjob", "anna.otio")).returncode == 0
    plan = ("plan", "edit.otio", "--select", "all", "--prompt", "make it snow", "--json")
    assert said(bert.comet(*plan))["estimate"]["seconds"] > 0
    assert not (bert.home.parent / "store").exists()
    assert bert.comet(*run_words("bert.cometjob", "bert.otio")).returncode == 0
    assert bert.at_desk.verify()["creates"] == 2 * TAKES
    third = Editor(bert.at_desk, bert.home.parent / "carl", bert.variables)
    assert said(third.comet(*plan))["estimate"]["seconds"] == 0
    unwilling = Editor(bert.at_desk, third.home, {**bert.variables, "COMETAPI_USE_PAID": "off"})
    assert said(unwilling.comet(*plan))["estimate"]["seconds"] > 0


@pytest.mark.proof
def test_a_shared_job_says_where_its_ledger_is_and_keeps_no_password(editors: tuple[Editor, Editor]) -> None:
    """Without the URL the job names the database and the variable; the password stands in no file of it."""
    anna, _ = editors
    assert anna.comet(*run_words("anna.cometjob", "anna.otio")).returncode == 0
    ended = Editor(anna.at_desk, anna.home, {}).comet("status", "anna.cometjob")
    assert ended.returncode == 1
    assert "Set COMETAPI_LEDGER_URL" in ended.stderr
    assert "postgresql://127.0.0.1:" in ended.stderr
    folder = anna.at_desk.folder / "anna.cometjob"
    assert not any(PASSWORD.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert not (folder / "private/ledger.sqlite").exists()


KILLED = """
import os, signal
from otio_cometapi.cli import main
os.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
main()
"""
"""A command that is killed where it would give a new job its name."""


@pytest.mark.proof
def test_the_tables_of_a_job_that_was_killed_in_the_making_go_with_its_folder(
    editors: tuple[Editor, Editor], server: Server
) -> None:
    """`clean` of the job that was made after it offers the folder, and removes it with its tables and no others."""
    anna, _ = editors
    export = ("export", "edit.otio", "--job", "anna.cometjob", "--select", "all", "--prompt", "x", "--no-cut")
    environment = {**road.environment(base_url=anna.at_desk.url, home=anna.home), **anna.variables}
    dead = subprocess.run(
        [sys.executable, "-c", KILLED, *export], cwd=anna.at_desk.folder, env=environment, check=False
    )
    assert (dead.returncode, namespaces(server, anna)) == (-signal.SIGKILL, 1)
    assert anna.comet(*export).returncode == 0
    (half,) = anna.at_desk.folder.glob(".anna.cometjob.*.part")
    assert not (anna.at_desk.folder / "anna.cometjob/private/making.json").exists()
    for path in (*half.rglob("*"), half):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    offered = said(anna.comet("clean", "anna.cometjob", "--json"))["items"]
    assert [each["why"] for each in offered if each["path"] == str(half)] == [
        "a folder of this job's name that was never finished, with its tables on the server"
    ]
    assert namespaces(server, anna) == 2
    gone = said(anna.comet("clean", "anna.cometjob", "--yes", "--json"))
    assert (gone["removed"], gone["kept"]) == ([str(half)], [])
    assert (half.exists(), namespaces(server, anna)) == (False, 1)
    assert len(said(anna.comet("status", "anna.cometjob", "--json"))["takes"]) == TAKES


def namespaces(server: Server, editor: Editor) -> int:
    """Return how many jobs have tables in an editor's database."""
    database = editor.variables["COMETAPI_LEDGER_URL"].rpartition("/")[2]
    query = "SELECT count(*) FROM information_schema.schemata WHERE schema_name LIKE 'job%'"
    return int(server.sql(query, database=database))


@pytest.mark.proof
def test_a_look_that_no_database_column_holds_goes_down_the_road(editors: tuple[Editor, Editor]) -> None:
    """A NUL in a prompt, from a look file, is kept to the letter on the server: the next run finds its take."""
    anna, _ = editors
    (anna.at_desk.folder / "look.toml").write_text('[defaults]\nprompt = "snow\\u0000fall"\n')
    words = ("run", "edit.otio", "--job", "nul.cometjob", "--select", "name:sh010", "--look", "look.toml", *fast())
    for output in ("one.otio", "two.otio"):
        ended = said(anna.comet(*words, "-o", output))
        assert (ended["exit"], ended["problems"]) == (0, [])
    assert anna.at_desk.verify()["creates"] == 1


@pytest.mark.proof
@pytest.mark.parametrize("far", [False, True], ids=["rename", "another file system"])
def test_a_job_on_a_server_moves_and_everything_links(editors: tuple[Editor, Editor], far: bool) -> None:
    """Timelines show the same frames from the new place, other editors find it there, and nobody pays again."""
    anna, bert = editors
    here = anna.at_desk.folder
    assert anna.comet(*run_words("anna.cometjob", "anna.otio")).returncode == 0
    shown = [numbers_shown(clip) for clip in clips(here / "anna.otio")]
    shutil.rmtree(bert.home.parent / "store")  # bert must find the outputs where they lie
    with ExitStack() as stack:
        place = stack.enter_context(on_another_file_system(here)) if far else here / "there"
        moved = said(anna.comet("move", "anna.cometjob", str(place / "new.cometjob"), "--yes", "--json"))
        assert moved["job"] == str(place / "new.cometjob")
        assert [Path(path).name for path in moved["written"]] == ["anna.otio"]
        assert not (here / "anna.cometjob").exists()
        assert not (place / "new.cometjob/private/ledger.sqlite").exists()
        assert [numbers_shown(clip) for clip in clips(here / "anna.otio")] == shown
        assert all(str(place) in clip.media_reference.target_url for clip in clips(here / "anna.otio"))
        assert anna.comet("relink", moved["job"], "-o", "again.otio").returncode == 0
        assert [numbers_shown(clip) for clip in clips(here / "again.otio")] == shown
        planned = said(bert.comet("plan", "edit.otio", "--select", "all", "--prompt", "make it snow", "--json"))
        assert all(f"{moved['job']} (by " in take["paid_in"] for take in planned["takes"])
        assert bert.comet(*run_words("bert.cometjob", "bert.otio")).returncode == 0
        assert anna.comet(*run_words(moved["job"], "next.otio")).returncode == 0
    assert anna.at_desk.verify()["creates"] == TAKES


@pytest.mark.parametrize("ledger", ["sqlite", pytest.param("postgresql", marks=pytest.mark.proof)])
def test_two_processes_on_one_job_create_every_take_once(
    tmp_path: Path, request: pytest.FixtureRequest, ledger: str
) -> None:
    """Both run the same edit into the same job at once; each take is created once, and one `resume` ends it."""
    variables: dict[str, str] = {}
    if ledger == "postgresql":
        variables["COMETAPI_LEDGER_URL"] = request.getfixturevalue("server").new_database()
    with simulator() as url:
        editor = Editor(desk(tmp_path / "desk", url), tmp_path / "home", variables)
        running = [editor.started("one.cometjob", name) for name in ("a.otio", "b.otio")]
        ends = [(*process.communicate(timeout=150), process.returncode) for process in running]
        for _, errors, code in ends:
            assert code in (0, 3), errors
            assert "Traceback" not in errors
        assert editor.at_desk.verify()["creates"] == TAKES
        assert editor.comet("resume", "one.cometjob", "-o", "c.otio", *fast()).returncode == 0
        assert editor.at_desk.verify()["creates"] == TAKES
        assert all(taken(clip) for clip in clips(editor.at_desk.folder / "c.otio"))


def test_two_jobs_of_one_person_at_once_create_every_take_once(tmp_path: Path) -> None:
    """Without any database the person's own index keeps two jobs from paying for the same take at the same moment."""
    with simulator() as url:
        editor = Editor(desk(tmp_path / "desk", url), tmp_path / "home", {})
        running = [editor.started(f"{name}.cometjob", f"{name}.otio") for name in ("a", "b")]
        ends = [(*process.communicate(timeout=150), process.returncode) for process in running]
        assert editor.at_desk.verify()["creates"] == TAKES
        for (_, errors, code), name in zip(ends, ("a", "b"), strict=True):
            assert code in (0, 3), errors
            assert editor.comet("resume", f"{name}.cometjob", "-o", f"{name}.otio", *fast()).returncode == 0
            assert all(taken(clip) for clip in clips(editor.at_desk.folder / f"{name}.otio"))
        assert editor.at_desk.verify()["creates"] == TAKES
