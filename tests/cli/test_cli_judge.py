"""`otiocomet judge`: decisions from a script are those of the review page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from jsonschema import Draft202012Validator

from otio_cometapi.pipeline.job import Job
from support.help_pages import output_schema
from support.review_desk import finished_job

Called = Callable[..., Result]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a finished job of two clips with two takes each."""
    return finished_job(tmp_path_factory.mktemp("judged"))


def takes_of(job: Path) -> list[str]:
    """Return the ids of a job's takes."""
    with Job(job) as opened:
        return [take.take_id for take in opened.takes()]


def test_a_decision_holds(called: Called, job: Path) -> None:
    """What is said is printed as it now holds, as the schema says, and stands in the job's status."""
    take = takes_of(job)[0]
    done = called("judge", str(job), take, "--approve", "--note", "the snow is good", "--by", "Ada", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    Draft202012Validator({**output_schema(), "$ref": "#/commands/judge"}).validate(told)
    (review,) = told["reviews"]
    assert (review["take"], review["verdict"], review["by"]) == (take, "approved", "Ada")
    assert review["note"] == "the snow is good"
    assert json.loads(called("status", str(job), "--json").stdout)["reviews"] == told["reviews"]


def test_a_rejected_take_leaves_the_timeline(called: Called, job: Path, tmp_path: Path) -> None:
    """`relink` goes by the decision; `--clear` takes it back."""
    take = takes_of(job)[1]
    said = called("judge", str(job), take[:11], "--reject")
    assert "rejected" in said.stdout
    called("relink", str(job), "-o", str(tmp_path / "without.otio"))
    called("judge", str(job), take, "--clear")
    called("relink", str(job), "-o", str(tmp_path / "with.otio"))
    assert take not in (tmp_path / "without.otio").read_text("utf-8")
    assert take in (tmp_path / "with.otio").read_text("utf-8")


@pytest.mark.parametrize("words", [(), ("--approve", "--clip", "99")], ids=["nothing said", "no such clip"])
def test_what_says_nothing_is_refused(called: Called, job: Path, words: tuple[str, ...]) -> None:
    """Without a word, or about a clip that does not have the take, nothing is written down."""
    done = called("judge", str(job), takes_of(job)[2], *words)
    assert done.exit_code != 0
    assert "Say one of" in done.stderr or "no such clip" in done.stderr
