"""Exports that are put into a real S3 server: fetched from there, killed in between, taken away, no secret left."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import road
from support.crash_desk import TASKS, CrashDesk, Strike
from support.crash_points import KILL
from support.flow import Desk, fast
from support.s3_server import CREDENTIALS, KEY_ID, SECRET, S3Server, s3_server

pytestmark = pytest.mark.proof

FOREIGN = "show/ep1/not-ours.mp4"
RUN = ("run", "edit.otio", "-o", "out.otio", "--select", "all", "--prompt", "make it snow")


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    """Yield a server with one bucket, in which a file of somebody else lies below the very prefix."""
    with s3_server() as server:
        server.put(FOREIGN, b"somebody else's")
        yield server


def comet(desk: Desk, *arguments: str, **more: str) -> tuple[int, str]:
    """Run one command with the storage's credentials; return its code and all that it printed."""
    environment = more or CREDENTIALS
    ended = road.otiocomet(*arguments, base_url=desk.url, home=desk.folder, cwd=desk.folder, more=environment)
    return ended.returncode, ended.stdout + ended.stderr


def secrets_in(folder: Path) -> list[str]:
    """Return the files in which a credential or a signature stands."""
    words = [word.encode() for word in (SECRET, KEY_ID, "X-Amz-")]
    return [
        str(path) for path in folder.rglob("*") if path.is_file() and any(word in path.read_bytes() for word in words)
    ]


def videos(url: str) -> list[str]:
    """Return what the creates that the simulator was sent name as their videos."""
    rows = [row for row in road.answer(f"{url}/_mock/journal") if row["method"] == "POST" and row.get("task_id")]
    return [row["body"]["videoUri"] for row in rows]


def test_a_run_publishes_and_takes_away(at_desk: Desk, s3: S3Server) -> None:
    """Every clip goes by a signed URL for 25 hours, the bucket is as before at the end, and no secret was written."""
    code, said = comet(at_desk, *RUN, "--publish", s3.address, *fast())
    assert code == 0, said
    sent = videos(at_desk.url)
    assert len(sent) == len({url.partition("?")[0] for url in sent}) == 5
    assert all(url.startswith(f"{s3.url}/{s3.bucket}/show/ep1/") and "X-Amz-Expires=90000&" in url for url in sent)
    assert s3.names() == [FOREIGN]
    assert secrets_in(at_desk.folder) == []
    assert not any(word in said for word in (SECRET, KEY_ID, "X-Amz-"))
    assert at_desk.verify()["problems"] == []


def test_a_clip_too_large_for_a_request_is_sent_by_url(at_desk: Desk, s3: S3Server) -> None:
    """Where nothing fits into a request, the message names --publish; with it, `run` in the same job sends all."""
    models = at_desk.folder / ".config" / "otio-cometapi" / "models.toml"
    models.parent.mkdir(parents=True)
    models.write_text("[gen4_aleph]\ndata_uri_bytes = 900\n")
    code, said = comet(at_desk, *RUN, *fast())
    assert (code, videos(at_desk.url)) == (3, [])
    assert "--publish" in said
    code, said = comet(at_desk, *RUN, "--publish", s3.address, *fast())
    assert code == 0, said
    assert (len(videos(at_desk.url)), s3.names()) == (5, [FOREIGN])


def test_a_storage_that_refuses_stops_before_anything_is_spent(at_desk: Desk, s3: S3Server) -> None:
    """A bucket that is not there ends the run with its name, the storage's code and the next step; nothing is sent."""
    code, said = comet(at_desk, *RUN, "--publish", s3.address.replace(s3.bucket, "no-such-bucket"), *fast())
    assert (code, videos(at_desk.url)) == (1, [])
    assert "s3://no-such-bucket/show/ep1" in said
    assert "NoSuchBucket" in said
    assert not any(word in said for word in (SECRET, KEY_ID, "Traceback"))


def test_what_cannot_be_taken_away_stays_on_the_books(at_desk: Desk, s3: S3Server) -> None:
    """Without credentials the finished run still ends well and says what is left; `clean` removes it later."""
    code, said = comet(at_desk, *RUN, "--publish", s3.address, *fast(), "--wait", "0")
    assert code == 3, said
    kept = s3.names()
    assert len(kept) == 6
    nothing = {"AWS_METADATA_ENDPOINT": "http://127.0.0.1:9"}
    code, said = comet(
        at_desk, "resume", "comet.cometjob", "-o", "out.otio", "--yes", "--poll-interval", "0.05", **nothing
    )
    assert code == 0, said
    assert "no credentials were found" in said
    assert "otiocomet clean" in said
    assert s3.names() == kept
    code, said = comet(at_desk, "clean", "comet.cometjob", "--yes", "--json")
    assert code == 0, said
    assert [item["kind"] for item in json.loads(said)["items"]].count("published") == 5
    assert s3.names() == [FOREIGN]


def test_what_was_published_and_is_cancelled_is_taken_away(at_desk: Desk, s3: S3Server) -> None:
    """Published, then stopped before the create by a key that is refused: `cancel` leaves nothing in the bucket."""
    code, said = comet(at_desk, *RUN, "--publish", s3.address, *fast(), **CREDENTIALS, COMETAPI_KEY="invalid")
    assert (code, len(s3.names())) == (1, 2), said
    code, said = comet(at_desk, "cancel", "comet.cometjob")
    assert code == 0, said
    assert s3.names() == [FOREIGN]


class PublishingDesk(CrashDesk):
    """A desk whose commands publish, and are killed."""

    address = ""

    @property
    def environment(self) -> dict[str, str]:
        """What a command finds in its environment."""
        return {**super().environment, **CREDENTIALS, "COMETAPI_PUBLISH": self.address}

    def books(self) -> list[tuple[str, int, int]]:
        """Return what was published: its name, whether it was put, whether it was removed."""
        connection = sqlite3.connect(f"file:{self.job / 'private' / 'ledger.sqlite'}?mode=ro", uri=True)
        try:
            return connection.execute(
                "SELECT name, put_at IS NOT NULL, removed_at IS NOT NULL FROM published ORDER BY entered_at"
            ).fetchall()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, s3: S3Server) -> Iterator[PublishingDesk]:
    """Yield a desk whose commands publish into the server."""
    desk = PublishingDesk(tmp_path_factory.mktemp("killed"))
    desk.address = s3.address
    try:
        yield desk
    finally:
        desk.close()


@pytest.mark.parametrize(
    "point", ["before ledger update published", "before HEAD", "before POST"], ids=["put", "entered", "looked at"]
)
def test_killed_between_put_and_create_nothing_is_forgotten(killed: PublishingDesk, s3: S3Server, point: str) -> None:
    """The export that was put serves the create after the kill, is on the books, and is gone in the end."""
    killed.fresh()
    ended = killed.run(Strike(KILL, 1, point))
    assert ended.code == -9, ended
    assert killed.creates() == []
    (first,) = killed.books()
    assert s3.names() == sorted([FOREIGN, f"show/ep1/{first[0]}"])
    ended = killed.resume()
    if point == "before POST":  # its intention stood: a person says that nothing was sent
        assert killed.resume().code == 3
        take = killed.unknown()[0]["id"]
        assert f"show/ep1/{first[0]}" in s3.names()
        assert killed.comet("resolve", "comet.cometjob", take, "--resubmit").code == 0
        ended = killed.resume()
    assert ended.code == 0, ended
    sent = [row["body"]["videoUri"] for row in killed.creates()]
    assert len(sent) == TASKS
    assert any(f"/{first[0]}?" in url for url in sent)
    assert all((put, removed) == (1, 1) for _, put, removed in killed.books())
    assert s3.names() == [FOREIGN]
    assert secrets_in(killed.desk) == []


def test_killed_before_taking_away_the_next_command_does(killed: PublishingDesk, s3: S3Server) -> None:
    """Killed when the first export was removed and not crossed out yet, resume removes all and is done."""
    killed.fresh()
    ended = killed.run(Strike(KILL, 1 + TASKS, "before ledger update published"))
    assert ended.code == -9, ended
    assert len(s3.names()) > 1
    assert killed.resume().code == 0
    assert s3.names() == [FOREIGN]
