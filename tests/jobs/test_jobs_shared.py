"""A ledger on a server: whose it is, what time it is, and who lives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from otio_cometapi.clock import SystemClock
from otio_cometapi.errors import JobError, MissingExtraError, SettingsError
from otio_cometapi.jobs import attempts, making, postgres, schema
from otio_cometapi.jobs.folder import JobFolder, folder_at
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.states import PartState
from otio_cometapi.jobs.takes import takes
from support.ledgers import accepted, again, new_job, only_take, opened, planned, ready_ledger, shot, state, url_of
from support.postgres_server import PASSWORD, Server

HOLD = """
import os, sys
from pathlib import Path
from otio_cometapi.jobs.folder import folder_at
from otio_cometapi.jobs.ledger import Ledger
ledger = Ledger(folder_at(Path(sys.argv[1])), url=sys.argv[2])
owner = ledger.new_owner()
print(owner.id, flush=True)
if len(sys.argv) > 3 and os.fork() == 0:
    owner.release()
sys.stdin.readline()
"""


@pytest.mark.parametrize(
    "text",
    ["sqlite:///x", "postgresql://host", "mysql://host/db", "not a url", "postgresql://u:s3cret@host:port/db"],
)
def test_what_is_no_address_of_a_server_is_refused_without_repeating_it(text: str) -> None:
    """It may hold a password."""
    with pytest.raises(SettingsError, match="COMETAPI_LEDGER_URL") as caught:
        postgres.parsed(text)
    assert text not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("postgresql://anna:s3cret@db.studio/comet", "postgresql://db.studio:5432/comet"),
        ("postgres://db.studio:6432/comet?password=s3cret", "postgresql://db.studio:6432/comet"),
        ("postgresql:///comet?host=/run/postgresql&port=5433", "postgresql://%2Frun%2Fpostgresql:5433/comet"),
    ],
)
def test_what_is_written_down_of_an_address_has_no_password(url: str, address: str) -> None:
    """Nor a user: every editor has one of their own."""
    assert postgres.address_of(postgres.parsed(url)) == address


def test_a_shared_ledger_without_its_url_says_what_to_set(tmp_path: Path) -> None:
    """The job names the database; the variable brings user and password."""
    folder = new_job(tmp_path / "edit.cometjob", planned())
    card = {"schema": 2, "ledger": "postgresql://db.studio:5432/comet", "job_id": "0123456789abcdef"}
    folder.card.write_text(json.dumps(card))
    with pytest.raises(JobError, match=r"lies at postgresql://db\.studio:5432/comet\. Set COMETAPI_LEDGER_URL"):
        Ledger(folder_at(folder.path))


@pytest.mark.parametrize("job_id", ["", "x; DROP SCHEMA public", "../..", 7])
def test_a_job_with_a_made_up_name_is_not_opened(tmp_path: Path, job_id: object) -> None:
    """The name becomes the name of tables, so it has one form only."""
    folder = new_job(tmp_path / "edit.cometjob", planned())
    folder.card.write_text(json.dumps({"schema": 2, "ledger": "postgresql://h:1/d", "job_id": job_id}))
    with pytest.raises(JobError, match="newer version"):
        folder_at(folder.path)


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the line that installs it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"otio-cometapi\[shared\]"):
        postgres.engine_for(postgres.parsed("postgresql://h/d"), "job_0")


def test_a_server_that_does_not_answer_is_an_error_of_ours(tmp_path: Path) -> None:
    """The message names the place and the variable, and no password."""
    with pytest.raises(JobError, match=r"postgresql://127\.0\.0\.1:1/d cannot be used.*COMETAPI_LEDGER_URL") as caught:
        new_job(tmp_path / "edit.cometjob", planned(), url="postgresql://u:s3cret@127.0.0.1:1/d")
    assert "s3cret" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.proof
def test_a_job_that_is_not_made_leaves_no_tables(tmp_path: Path, jobs_database: str) -> None:
    """Whatever ends the making, its tables go with its folder; those of a job that stands stay."""
    address = postgres.address_of(postgres.parsed(jobs_database))
    path = tmp_path / "a.cometjob"
    names: list[str] = []

    def broken_off() -> None:
        with making.new_job(path, address=address, url=jobs_database) as ledger:
            names.append(ledger.folder.namespace())
            raise KeyError

    with pytest.raises(KeyError):
        broken_off()
    assert not path.exists()
    standing = ready_ledger(tmp_path / "b.cometjob", url=jobs_database)
    with standing as other, other.reading() as connection:
        assert not sa.inspect(connection).has_schema(names[0])
        assert sa.inspect(connection).has_schema(other.folder.namespace())


@pytest.mark.proof
def test_tables_that_cannot_be_removed_stop_nothing_else(
    tmp_path: Path, jobs_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that another role owns, or somebody holds, stay with the reason; the ledger can be written all the same."""
    monkeypatch.setattr(postgres, "drop_unused", lambda connection, _: connection.execute(sa.text("DROP SCHEMA none")))
    with (
        ready_ledger(tmp_path / "a.cometjob", url=jobs_database) as dead,
        ready_ledger(tmp_path / "b.cometjob", url=jobs_database) as other,
    ):
        part = noted(tmp_path / ".b.cometjob.12345678.part", dead.folder)
        with other.writing() as connection:
            why = making.forget_half_made(connection, other.folder, part)
            assert 'cannot be removed: schema "none" does not exist' in why
            assert connection.execute(sa.select(sa.literal(1))).scalar_one() == 1


@pytest.mark.proof
def test_tables_that_know_of_a_create_are_never_dropped(tmp_path: Path, jobs_database: str) -> None:
    """An unfinished folder whose note names a job from which something was sent keeps both."""
    with (
        ready_ledger(tmp_path / "a.cometjob", url=jobs_database) as paid,
        ready_ledger(tmp_path / "b.cometjob", url=jobs_database) as other,
    ):
        owner = paid.new_owner()
        attempts.close_attempt(paid, opened(paid, owner), accepted())
        owner.release()
        part = noted(tmp_path / ".b.cometjob.12345678.part", paid.folder)
        with other.writing() as connection:
            assert "something that was sent" in making.forget_half_made(connection, other.folder, part)
        assert state(paid) is PartState.SUBMITTED


def test_a_note_of_another_folder_says_nothing(tmp_path: Path) -> None:
    """A copy of a job has the note of the folder that it was made in, by another name; it names no tables."""
    folder = JobFolder(tmp_path / "a.cometjob", "postgresql://host:5432/jobs", "0123456789abcdef")
    part = noted(tmp_path / ".a.cometjob.12345678.part", folder)
    found = making.half_made(part)
    assert found is not None
    assert found.namespace() == "job_0123456789abcdef"
    copy = part.rename(tmp_path / ".a.cometjob.87654321.part")
    assert making.half_made(copy) is None
    assert making.half_made(tmp_path) is None


def noted(part: Path, folder: JobFolder) -> Path:
    """Make an unfinished folder with the note of a job; return it."""
    (part / "private").mkdir(parents=True)
    note = {"part": part.name, "ledger": folder.address, "job_id": folder.job_id}
    (part / "private" / "making.json").write_text(json.dumps(note), "utf-8")
    return part


@pytest.mark.proof
def test_jobs_of_one_database_do_not_see_each_others_books(tmp_path: Path, jobs_database: str) -> None:
    """Each job has its own tables; two with the same take have a row each."""
    with (
        ready_ledger(tmp_path / "a.cometjob", url=jobs_database) as first,
        ready_ledger(tmp_path / "b.cometjob", planned(), planned(shot(300)), url=jobs_database) as second,
    ):
        owner = first.new_owner()
        attempts.close_attempt(first, opened(first, owner), accepted())
        owner.release()
        assert state(first) is PartState.SUBMITTED
        assert {part.state for take in takes(second) for part in take.parts} == {"EXPORTED"}
        assert attempts.spent(second).seconds == 0


@pytest.mark.proof
def test_a_job_is_not_opened_in_another_database(tmp_path: Path, postgres: Server, jobs_database: str) -> None:
    """Where its tables are not, it is not begun anew: everything would be paid again."""
    folder = new_job(tmp_path / "a.cometjob", planned(), url=jobs_database)
    other = postgres.new_database()
    with pytest.raises(JobError, match=r"gone or empty.*Set COMETAPI_LEDGER_URL to the database that has it"):
        Ledger(folder, url=other)
    assert postgres.sql("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'job%'", database=other[-14:]) == "0"


@pytest.mark.proof
def test_the_time_is_the_servers(tmp_path: Path, jobs_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose clock is a year ahead enters the same times as all others."""
    with Ledger(new_job(tmp_path / "a.cometjob", planned(), url=jobs_database), url=jobs_database) as ledger:
        real = SystemClock().now()
        monkeypatch.setattr(SystemClock, "now", lambda _: real + 365 * 86400)
        assert abs(ledger.clock.now() - real) < 60
        owner = ledger.new_owner()
        opened(ledger, owner)
        (attempt,) = attempts.attempts_of(ledger, only_take(ledger).take_id)
        owner.release()
    assert abs(attempt["opened_at"] - real) < 60


def holder(ledger: Ledger, *more: str) -> tuple[subprocess.Popen[str], str]:
    """Start a process that owns something in a ledger; return it with its owner's id."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(ledger.folder.path), url_of(ledger), *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def gone(ledger: Ledger, owner_id: str, host: str) -> bool:
    """Tell whether an owner is dead within ten seconds: the server buries a session as soon as it notices."""
    for _ in range(100):
        if ledger.owner_lives(owner_id, host) is False:
            return True
        SystemClock().sleep(0.1)
    return False


@pytest.mark.proof
@pytest.mark.parametrize("more", [(), ("fork",)], ids=["alone", "with a forked child that goes on"])
def test_a_killed_owner_is_dead_on_every_machine(tmp_path: Path, jobs_database: str, more: tuple[str, ...]) -> None:
    """The lock goes with the process, wherever the looker is; a child of it neither keeps nor loses it."""
    with ready_ledger(tmp_path / "a.cometjob", url=jobs_database) as ledger:
        process, owner_id = holder(ledger, *more)
        with process:
            SystemClock().sleep(0.5)
            assert ledger.owner_lives(owner_id, "another machine") is True
            process.send_signal(signal.SIGKILL)
            process.wait(10)
            assert gone(ledger, owner_id, "another machine")


@pytest.mark.proof
def test_an_owner_survives_a_restart_of_the_server(tmp_path: Path, postgres: Server, jobs_database: str) -> None:
    """Before it pays, an owner sees that its lock stands, and takes it anew where the session was cut."""
    with ready_ledger(tmp_path / "a.cometjob", url=jobs_database) as ledger:
        owner = ledger.new_owner()
        postgres.restart()
        assert ledger.owner_lives(owner.id, owner.host) is False
        opened(ledger, owner)
        assert ledger.owner_lives(owner.id, owner.host) is True
        owner.release()


@pytest.mark.proof
def test_an_answer_after_a_cut_session_still_enters_its_id(
    tmp_path: Path, postgres: Server, jobs_database: str
) -> None:
    """Whoever took the cut owner for dead made its create unknown; the late id makes it a task again."""
    with ready_ledger(tmp_path / "a.cometjob", url=jobs_database) as ledger:
        owner = ledger.new_owner()
        attempt = opened(ledger, owner)
        postgres.restart()
        with again(ledger) as other:
            assert attempts.settle_dead_owners(other) == (only_take(other).take_id,)
        assert state(ledger) is PartState.SUBMIT_UNKNOWN
        attempts.close_attempt(ledger, attempt, accepted("late"))
        assert (state(ledger), only_take(ledger).parts[0].task_id) == (PartState.SUBMITTED, "late")
        owner.release()


@pytest.mark.proof
def test_a_ledger_of_a_newer_version_is_not_touched(tmp_path: Path, jobs_database: str) -> None:
    """On a server as in a folder."""
    with ready_ledger(tmp_path / "a.cometjob", url=jobs_database) as ledger:
        newer = str(schema.LEDGER_SCHEMA + 1)
        with ledger.writing() as connection:
            connection.execute(sa.update(schema.card).where(schema.card.c.name == "schema").values(value=newer))
        with pytest.raises(JobError, match=r"newer version.*Install"):
            again(ledger)


@pytest.mark.proof
def test_no_file_of_a_shared_job_holds_the_password(tmp_path: Path, jobs_database: str) -> None:
    """The card says where the ledger is and not how to get in."""
    folder = new_job(tmp_path / "a.cometjob", planned(), url=jobs_database)
    assert not any(PASSWORD.encode() in path.read_bytes() for path in folder.path.rglob("*") if path.is_file())
    assert not folder.ledger.exists()
    assert os.stat(folder.private).st_mode & 0o777 == 0o700  # noqa: PTH116 - as a second user would see it
