"""A create whose answer never came: shown with all that is known, never sent again but by a person's word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from cometapi_mock.clocks import EPOCH_S
from cometapi_mock.options import Options
from cometapi_mock.server import MockServer
from otio_cometapi.cli import cli
from otio_cometapi.errors import ApiError, SettingsError
from otio_cometapi.otio_entry import work
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import PlanOptions, RunOrder, SendOptions
from otio_cometapi.pipeline.resolve import Candidates, adopt, candidates
from otio_cometapi.pipeline.run import run
from otio_cometapi.pipeline.status import creates_of, state_of
from otio_cometapi.pipeline.submit import submit
from support.fake_clock import FakeClock
from support.tiny_road import KEY, TinyRoad, settings_for

TOKEN = "account-token-Very-Secret"
PROMPTS = ["make it snow", "make it rain"]


@pytest.fixture
def tiny(tmp_path: Path) -> TinyRoad:
    """Return a tiny road in the simulator's own time."""
    return TinyRoad(tmp_path / "road", FakeClock(EPOCH_S + 10.0))


def test_no_door_sends_an_unknown_create_again(tiny: TinyRoad, monkeypatch: pytest.MonkeyPatch) -> None:
    """`resume`, `submit`, `run` and the adapter leave it; the service sees one create of it in all."""
    with MockServer(Options(scenario="lost_reset")) as server:
        monkeypatch.setenv("COMETAPI_BASE_URL", server.url)
        monkeypatch.setenv("COMETAPI_KEY", KEY)
        monkeypatch.setenv("COMETAPI_CONFIG_DIR", str(tiny.folder))
        path = tiny.job(PROMPTS[:1])
        tiny.resume(path, server)
        server.use("ok")
        tiny.resume(path, server)
        with Job(path) as job:
            assert submit(job, settings=settings_for(server)) == ()
        cut = tiny.timeline(PROMPTS[:1])
        options = PlanOptions(select=("all",), handles=0, media_root=tiny.folder)
        order = RunOrder(tiny.folder / "out.otio", path, options=options, send=SendOptions(wait_s=1.0))
        again = run(cut, order, settings=settings_for(server))
        work.write(cut, str(path), {"select": "all", "handles": 0, "media_root": ""}, submit=True, budget="")
        assert server.verify()["creates"] == 1
        assert sum(entry["method"] == "POST" for entry in server.journal()) == 1
    assert [state_of(take).value for take in again.takes] == ["SUBMIT_UNKNOWN"]
    assert "otiocomet resolve" in " ".join(again.problems)


def test_status_shows_time_body_and_answer(tiny: TinyRoad) -> None:
    """`status`, its JSON and `resolve` without a decision tell when it was sent, which body, and what came back."""
    with MockServer(Options(scenario="lost_502")) as server:
        path = tiny.job(PROMPTS[:1])
        tiny.resume(path, server)
    with Job(path) as job:
        ((create,),) = creates_of(job).values()
    told = f"sent 2026-05-01 00:00 UTC, body {create.body_sha256[:16]}, HTTP 502"
    assert told in CliRunner().invoke(cli, ["status", str(path)]).output
    assert told in CliRunner().invoke(cli, ["resolve", str(path)]).output
    said = CliRunner().invoke(cli, ["status", str(path), "--json"]).output
    assert f'"body_sha256": "{create.body_sha256}"' in said
    assert f'"opened_at": {create.opened_at}' in said
    assert '"http_status": 502' in said


def found_by(tiny: TinyRoad, server: MockServer, path: Path, token: str = TOKEN) -> tuple[Candidates, ...]:
    """Look into the account's list with a token."""
    with Job(path, clock=tiny.clock) as job:
        return candidates(job, settings=replace(settings_for(server), access_token=token))


def test_the_accounts_list_proposes_tasks_and_decides_nothing(tiny: TinyRoad) -> None:
    """Tasks of that time and model that no take has are named, others are not; nothing moves until a person says so."""
    with MockServer() as server:
        server.use("lost_504", create=1)
        path = tiny.job(PROMPTS)
        result = tiny.resume(path, server)
        unknown = next(take for take in result.takes if state_of(take).value == "SUBMIT_UNKNOWN")
        (lost, taken) = (row["id"] for row in server.tasks())
        (found,) = found_by(tiny, server, path)
        assert [task.task_id for task in found.tasks] == [lost]
        assert taken not in [task.task_id for task in found.tasks]
        assert (found.take.take_id, found.tasks[0].model, found.complete) == (unknown.take_id, "gen4_aleph", True)
        with Job(path, clock=tiny.clock) as job:
            assert state_of(job.take(unknown.take_id)).value == "SUBMIT_UNKNOWN"
            adopt(job, unknown.take_id, task_id=lost)
        assert tiny.resume(path, server).exit == 0
        assert server.verify()["creates"] == 2


def test_a_task_of_another_time_is_no_candidate(tiny: TinyRoad) -> None:
    """What was made an hour later is not proposed."""
    with MockServer() as server:
        server.use("create_reset", create=1)
        path = tiny.job(PROMPTS[:1])
        tiny.resume(path, server)
        server.advance(3600)
        other = tiny.job([PROMPTS[1], PROMPTS[0]], name="other.cometjob")
        tiny.resume(other, server)
        (found,) = found_by(tiny, server, path)
    assert found.tasks == ()


@pytest.mark.parametrize("token", ["sk-an-api-key", "invalid"])
def test_a_wrong_token_is_named_and_not_shown(tiny: TinyRoad, token: str) -> None:
    """The list stays closed to an API key or a wrong token, and the message holds neither."""
    with MockServer(Options(scenario="lost_500")) as server:
        path = tiny.job(PROMPTS[:1])
        tiny.resume(path, server)
        with pytest.raises(ApiError, match="closed to this access token") as caught:
            found_by(tiny, server, path, token)
    assert token not in str(caught.value)


def test_without_a_token_the_way_to_one_is_told(tiny: TinyRoad) -> None:
    """`--list` names the variable."""
    with MockServer(Options(scenario="lost_500")) as server:
        path = tiny.job(PROMPTS[:1])
        tiny.resume(path, server)
        with pytest.raises(SettingsError, match="COMETAPI_ACCESS_TOKEN"):
            found_by(tiny, server, path, "")


def test_the_command_shows_candidates_and_what_the_list_cannot_tell(
    tiny: TinyRoad, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`resolve JOB --list` asks with the token alone, tells its limits, and prints neither token nor key."""
    with MockServer(Options(scenario="lost_empty")) as server:
        monkeypatch.setenv("COMETAPI_BASE_URL", server.url)
        monkeypatch.setenv("COMETAPI_KEY", KEY)
        monkeypatch.setenv("COMETAPI_ACCESS_TOKEN", TOKEN)
        monkeypatch.setenv("COMETAPI_CONFIG_DIR", str(tiny.folder))
        path = tiny.job(PROMPTS[:1])
        tiny.resume(path, server)
        (task,) = server.tasks()
        shown = CliRunner().invoke(cli, ["resolve", str(path), "--list"])
        as_json = CliRunner().invoke(cli, ["resolve", str(path), "--list", "--json"])
    assert (shown.exit_code, as_json.exit_code) == (0, 0)
    for output in (shown.output, as_json.output):
        assert task["id"] in output
        assert "not of which picture" in output
        assert TOKEN not in output
        assert KEY not in output
