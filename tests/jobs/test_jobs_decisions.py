"""Decisions: what a person says about a take, and what nobody may say."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import attempts, decisions, schema
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.owner import Owner
from otio_cometapi.jobs.states import PartState
from otio_cometapi.jobs.takes import takes
from otio_cometapi.records import SubmitOutcome
from support.ledgers import (
    SPENDING,
    accepted,
    answered,
    only_take,
    opened,
    planned,
    ready_ledger,
    shot,
    state,
)

STUCK = ["ABANDONED", "FAILED", "REFUSED", "SUBMIT_UNKNOWN"]
NOT_STUCK = sorted(set(PartState) - set(STUCK))


@pytest.fixture
def unknown(ledger: Ledger, owner: Owner) -> Ledger:
    """Return a ledger whose take was sent without an answer."""
    attempts.close_attempt(ledger, opened(ledger, owner), answered(SubmitOutcome.AMBIGUOUS))
    return ledger


def put(ledger: Ledger, state: str, **values: object) -> None:
    """Set the take's state by hand."""
    with ledger.writing() as connection:
        connection.execute(sa.update(schema.parts).values(state=state, **values))


def history(ledger: Ledger) -> list[tuple[str, str]]:
    """Return every attempt's outcome and task."""
    found = attempts.attempts_of(ledger, only_take(ledger).take_id)
    return [(each["outcome"], each["task_id"]) for each in found]


@pytest.mark.parametrize("stuck", STUCK)
def test_resubmit_makes_a_stuck_take_ready(ledger: Ledger, stuck: str) -> None:
    """A take that waits for a person is ready to be sent once more, at once and without an old task."""
    put(ledger, stuck, task_id="old", not_before=9e12, message="why", progress=0.5, remote_status="FAILED")
    decisions.resubmit(ledger, only_take(ledger))
    part = only_take(ledger).parts[0]
    assert (part.state, part.task_id, part.not_before, part.message, part.progress, part.remote_status) == (
        "EXPORTED",
        "",
        0.0,
        "",
        None,
        "",
    )


@pytest.mark.parametrize("stuck", ["ABANDONED", "REFUSED"])
def test_resubmit_of_a_take_without_export_plans_it_anew(ledger: Ledger, stuck: str) -> None:
    """What was never cut is cut first."""
    put(ledger, stuck)
    with ledger.writing() as connection:
        connection.execute(sa.update(schema.parts).values(export=None))
    decisions.resubmit(ledger, only_take(ledger))
    assert state(ledger) is PartState.PLANNED


def test_resubmit_keeps_the_books(unknown: Ledger) -> None:
    """The first create stays on the books as unknown, and as spent."""
    decisions.resubmit(unknown, only_take(unknown))
    assert history(unknown) == [("ambiguous", "")]
    assert attempts.spent(unknown) == SPENDING


@pytest.mark.parametrize("stuck", STUCK)
def test_adopt_follows_a_task(ledger: Ledger, stuck: str) -> None:
    """A take that waits for a person follows the task that the person names."""
    put(ledger, stuck, message="why")
    decisions.adopt(ledger, only_take(ledger), "named")
    part = only_take(ledger).parts[0]
    assert (part.state, part.task_id, part.submitted_at, part.message) == (
        "SUBMITTED",
        "named",
        ledger.clock.now(),
        "",
    )


def test_adopt_answers_the_unknown_create(unknown: Ledger) -> None:
    """The create whose answer was lost has its task now, and no other money is counted."""
    decisions.adopt(unknown, only_take(unknown), "named")
    assert history(unknown) == [("accepted", "named")]
    assert attempts.spent(unknown) == SPENDING


def test_adopt_does_not_rewrite_what_other_creates_brought(ledger: Ledger, owner: Owner) -> None:
    """The task that failed stays on the books beside the one that a person names."""
    attempts.close_attempt(ledger, opened(ledger, owner), accepted("failed"))
    put(ledger, "FAILED")
    decisions.adopt(ledger, only_take(ledger), "named")
    assert history(ledger) == [("accepted", "failed"), ("accepted", "named")]
    assert attempts.spent(ledger) == SPENDING


def test_adopt_of_the_takes_own_task_changes_no_history(ledger: Ledger, owner: Owner) -> None:
    """A task that was lost from sight is followed again."""
    attempts.close_attempt(ledger, opened(ledger, owner), accepted("task-1"))
    put(ledger, "FAILED")
    decisions.adopt(ledger, only_take(ledger), "task-1")
    assert state(ledger) is PartState.SUBMITTED
    assert history(ledger) == [("accepted", "task-1")]


@pytest.mark.parametrize("where", ["parts", "attempts"])
def test_the_task_of_another_take_is_refused(tmp_path: Path, where: str) -> None:
    """One task is one take's, also when the other take has left it behind."""
    with ready_ledger(tmp_path / "edit.cometjob", planned(shot(0)), planned(shot(100))) as ledger:
        one, other = takes(ledger)
        owner = Owner(ledger.folder.owners)
        attempts.close_attempt(ledger, opened(ledger, owner, take=one), accepted("ones"))
        attempts.close_attempt(ledger, opened(ledger, owner, take=other), answered(SubmitOutcome.AMBIGUOUS))
        if where == "attempts":
            with ledger.writing() as connection:
                connection.execute(sa.update(schema.parts).values(task_id=""))
        with pytest.raises(JobError, match=rf"the task ones belongs to take {one.take_id} already"):
            decisions.adopt(ledger, other, "ones")
        assert [found.parts[0].state for found in takes(ledger)] == ["SUBMITTED", "SUBMIT_UNKNOWN"]
        owner.release()


def test_no_task_id_is_no_decision(unknown: Ledger) -> None:
    """An empty id is refused."""
    with pytest.raises(JobError, match="no task id was given"):
        decisions.adopt(unknown, only_take(unknown), "")
    assert state(unknown) is PartState.SUBMIT_UNKNOWN


@pytest.mark.parametrize("stuck", STUCK)
def test_abandon_gives_a_stuck_take_up(ledger: Ledger, stuck: str) -> None:
    """A take that waits for a person is given up; one that is given up stays so."""
    put(ledger, stuck)
    decisions.abandon(ledger, only_take(ledger))
    assert state(ledger) is PartState.ABANDONED


def test_abandon_keeps_the_books(unknown: Ledger) -> None:
    """What may have been spent stays spent."""
    decisions.abandon(unknown, only_take(unknown))
    assert attempts.spent(unknown) == SPENDING


@pytest.mark.parametrize("decision", ["resubmit", "adopt", "abandon"])
@pytest.mark.parametrize("going_on", NOT_STUCK)
def test_a_take_that_waits_for_nobody_is_left_alone(ledger: Ledger, going_on: str, decision: str) -> None:
    """A decision on a take that goes on by itself is refused, and changes nothing."""
    put(ledger, going_on)
    before = only_take(ledger)
    with pytest.raises(JobError, match=rf"waits for no decision \(it is {going_on}\).*resume"):
        decide(ledger, before, decision)
    assert only_take(ledger) == before


@pytest.mark.parametrize("decision", ["resubmit", "adopt", "abandon"])
@pytest.mark.parametrize("meanwhile", ["EXPORTED", "SUBMITTING", "SUBMITTED", "HOME"])
def test_a_decision_on_what_has_moved_meanwhile_is_refused(unknown: Ledger, meanwhile: str, decision: str) -> None:
    """Two people decide: the second one's take is older than the first one's word, and must not be sent twice."""
    seen = only_take(unknown)
    put(unknown, meanwhile)
    with pytest.raises(JobError, match=rf"waits for no decision \(it is {meanwhile}\)"):
        decide(unknown, seen, decision)
    assert state(unknown) == meanwhile


def decide(ledger: Ledger, take: object, decision: str) -> None:
    """Say one of the three words."""
    more = ("a-task",) if decision == "adopt" else ()
    getattr(decisions, decision)(ledger, take, *more)
