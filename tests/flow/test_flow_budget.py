"""Limits through the console script: what a job and a day may spend, what counts, and what is said."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from otio_cometapi.clock import SystemClock
from otio_cometapi.events import Event
from otio_cometapi.jobs.attempts import Budget, Spending
from otio_cometapi.jobs.daybook import Daybook
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.submit import submit
from otio_cometapi.settings import Settings
from support import road
from support.flow import Desk, desk, fast
from support.host_process import script
from support.road import simulator

ALL = ("--select", "all", "--prompt", "make it snow")


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Yield a desk where nothing is ever sent, since every limit is too low."""
    with simulator() as url:
        yield desk(tmp_path_factory.mktemp("limits") / "desk", url)


def comet(at_desk: Desk, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run one command in the folder, with variables of the environment beside."""
    folder = at_desk.folder
    return road.otiocomet(*arguments, base_url=at_desk.url, home=folder, cwd=folder, more=variables)


@pytest.mark.parametrize(
    ("flags", "variables", "words"),
    [
        (("--budget", "3s"), {}, "--budget 9s"),
        (("--budget", "0.5usd"), {}, "--budget 2usd"),
        ((), {"COMETAPI_BUDGET": "3s"}, "--budget 9s"),
        (("--day-limit", "3s"), {}, "--day-limit 9s"),
        ((), {"COMETAPI_DAY_LIMIT": "0.5usd"}, "--day-limit 2usd"),
        (("--budget", "500s", "--day-limit", "0s"), {}, "--day-limit 9s"),
        (("--model", "nobody-knows", "--budget", "5usd"), {}, "--budget 9s"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_above_a_limit_nothing_is_sent_and_the_option_is_named(
    planned: Desk, flags: tuple[str, ...], variables: dict[str, str], words: str
) -> None:
    """Exit 4, nobody asked, nothing created, no job made; the message has the option that allows it."""
    ended = comet(planned, "run", "edit.otio", "-o", "out.otio", *ALL, "--yes", *flags, **variables)
    assert ended.returncode == 4, ended.stderr
    assert "nothing was sent" in ended.stderr
    assert words in ended.stderr
    assert planned.creates() == 0
    assert not (planned.folder / "comet.cometjob").exists()


def test_nobody_at_the_prompt_is_a_no(planned: Desk) -> None:
    """Without --yes and without a person: exit 4, and --yes is named."""
    ended = comet(planned, "run", "edit.otio", "-o", "out.otio", *ALL)
    assert ended.returncode == 4
    assert "--yes" in ended.stderr
    assert planned.creates() == 0


@pytest.mark.parametrize("name", ["COMETAPI_BUDGET", "COMETAPI_DAY_LIMIT"])
def test_a_limit_that_cannot_be_read_stops_everything(planned: Desk, name: str) -> None:
    """A typing error in a limit never means that there is none."""
    ended = comet(planned, "run", "edit.otio", "-o", "out.otio", *ALL, "--yes", **{name: "lots"})
    assert ended.returncode == 1
    assert "lots" in ended.stderr
    assert planned.creates() == 0


@pytest.mark.parametrize("command", [("plan", "edit.otio", *ALL), ("models",)])
def test_a_price_without_a_source_is_said_to_have_none(planned: Desk, tmp_path: Path, command: tuple[str, ...]) -> None:
    """Where the user's own table takes the source away, that is said in words."""
    table = '[gen4_aleph]\nusd_per_second = "0.50"\n[gen4_aleph.sources]\nusd_per_second = ""\n'
    (tmp_path / "models.toml").write_text(table, "utf-8")
    said = comet(planned, *command, COMETAPI_CONFIG_DIR=str(tmp_path)).stdout
    assert "price of gen4_aleph: 0.5 USD/s, assumed; your model table names no source for it." in said


def test_the_users_price_is_used_and_named(planned: Desk, tmp_path: Path) -> None:
    """`plan` shows the price of the user's own table as assumed, with the table as its source."""
    (tmp_path / "models.toml").write_text('[gen4_aleph]\nusd_per_second = "0.50"\n', "utf-8")
    own = {"COMETAPI_CONFIG_DIR": str(tmp_path)}
    said = comet(planned, "plan", "edit.otio", *ALL, **own).stdout
    assert f"price of gen4_aleph: 0.5 USD/s, assumed from your table {tmp_path / 'models.toml'}." in said
    found = json.loads(comet(planned, "plan", "edit.otio", *ALL, "--json", **own).stdout)
    assert found["estimate"]["usd"] == pytest.approx(found["estimate"]["seconds"] * 0.5)
    assert found["estimate"]["usd"] == pytest.approx(sum(take["usd"] for take in found["takes"]))
    assert found["prices"] == [
        {
            "model": "gen4_aleph",
            "usd_per_second": "1/2",
            "min_usd": None,
            "source": f"your table {tmp_path / 'models.toml'}",
        }
    ]


def test_two_runs_at_once_cannot_pass_a_jobs_budget_together(at_desk: Desk) -> None:
    """Two processes race for the last seconds of one job: what was sent fits the budget, whoever wins."""
    assert at_desk.comet("export", "edit.otio", "--job", "comet.cometjob", *ALL).returncode == 0
    halves = [("name:sh010", "name:sh020", "name:sh030"), ("name:sh030", "name:sh040", "name:sh050")]
    runs = [
        subprocess.Popen(
            [
                *(script("otiocomet"), "run", "edit.otio", "-o", f"out{number}.otio", "--job", "comet.cometjob"),
                *("--prompt", "make it rain", *(word for name in half for word in ("--select", name))),
                *(*fast(), "--budget", "6s"),
            ],
            cwd=at_desk.folder,
            env=road.environment(base_url=at_desk.url, home=at_desk.folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number, half in enumerate(halves)
    ]
    ended = [(run.communicate(timeout=road.RUN_LIMIT_S), run.returncode) for run in runs]
    assert {code for _, code in ended} <= {0, 3, 4}, "".join(said for (_, said), _ in ended)
    cost = status(at_desk)["cost"]
    assert 0 < cost["seconds"] <= 6
    assert cost["sent"] == at_desk.creates()
    assert at_desk.verify()["duplicates"] == []


def test_a_day_counts_all_jobs_of_a_person(at_desk: Desk) -> None:
    """What one job sent is gone for the next one; a refused create is given back."""
    limit = ("--day-limit", "8s")
    first = at_desk.run("--select", "name:sh010", "--exclude", "name:sh02*,name:sh03*,name:sh04*,name:sh05*", *limit)
    assert first["exit"] == 0
    sent = status(at_desk)["cost"]["seconds"]
    other = at_desk.comet("run", "edit.otio", "-o", "other.otio", "--job", "other.cometjob", *ALL, *fast(), *limit)
    assert other.returncode == 4
    assert f"with {sent:.1f} s sent by all your jobs" in other.stderr
    assert at_desk.creates() == 1


def status(at_desk: Desk, job: str = "comet.cometjob") -> dict[str, Any]:
    """Return what `status` says of a job."""
    said: dict[str, Any] = json.loads(at_desk.comet("status", job, "--json").stdout)
    return said


def test_a_limit_that_is_reached_in_the_middle_stops_the_rest_alone(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another job spends while this one sends: what was sent goes on, the rest is named and waits."""
    monkeypatch.setenv("COMETAPI_STATE_DIR", str(at_desk.folder / "state"))
    assert at_desk.comet("export", "edit.otio", "--job", "comet.cometjob", *ALL).returncode == 0
    book = Daybook(at_desk.folder / "state" / "spending.sqlite", clock=SystemClock())
    spent_elsewhere: list[int] = []

    def listen(event: Event) -> None:
        if event.message.startswith("sent, ") and not spent_elsewhere:
            elsewhere = Spending(Fraction(7))
            spent_elsewhere.append(book.reserve(elsewhere, limit=Budget(), job=at_desk.folder / "other.cometjob"))

    settings = Settings(base_url=at_desk.url, key="test", day_limit="9s")
    with Job(at_desk.folder / "comet.cometjob") as job:
        (trouble,) = submit(job, settings=settings, budget=Budget(), listener=listen)
        states = [part.state for take in job.takes() for part in take.parts]
    assert "the rest was not sent" in trouble.message
    assert "--day-limit" in trouble.message
    assert at_desk.creates() == states.count("SUBMITTED") == 1
    assert states.count("EXPORTED") == len(states) - 1
