"""The money rule: one create at a time, on the books before it is sent, and its task right after."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from otio_cometapi.errors import BudgetError, JobError
from otio_cometapi.jobs import attempts, decisions, schema
from otio_cometapi.jobs.attempts import DAY_S, LEASE_S, Budget, EqualRequestError, Spending
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.owner import Owner
from otio_cometapi.jobs.states import PartState
from otio_cometapi.jobs.takes import takes
from otio_cometapi.records import SubmitAnswer, SubmitOutcome
from support.ledgers import (
    SPENDING,
    accepted,
    again,
    answered,
    clock_of,
    only_take,
    opened,
    planned,
    ready_ledger,
    shot,
    state,
    tried,
    url_of,
)


def outcomes(ledger: Ledger) -> list[str]:
    """Return how the attempts of the one take ended, oldest first."""
    return [each["outcome"] for each in attempts.attempts_of(ledger, only_take(ledger).take_id)]


# -- the intention


def test_the_intention_is_on_disk_before_anything_is_sent(ledger: Ledger, owner: Owner) -> None:
    """Another process sees the open attempt with its owner, its body and its money as soon as it is entered."""
    opened(ledger, owner)
    with again(ledger) as other:
        (entry,) = attempts.attempts_of(other, only_take(other).take_id)
        assert state(other) is PartState.SUBMITTING
    expected = {
        "outcome": "open",
        "owner": owner.id,
        "host": owner.host,
        "body_sha256": only_take(ledger).take_id,
        "seconds": "2",
    }
    assert {name: entry[name] for name in expected} == expected


def test_a_second_one_cannot_claim_what_is_on_the_wire(ledger: Ledger, owner: Owner) -> None:
    """While a create is on the wire the same part is nobody else's, and nothing is entered for the other."""
    opened(ledger, owner)
    assert tried(ledger, owner) is None
    assert outcomes(ledger) == ["open"]


CLAIM = """
import sys
from fractions import Fraction
from pathlib import Path
from otio_cometapi.jobs import attempts, takes
from otio_cometapi.jobs.folder import folder_at
from otio_cometapi.jobs.ledger import Ledger
folder = folder_at(Path(sys.argv[1]))
with Ledger(folder, url=sys.argv[2]) as ledger:
    owner = ledger.new_owner()
    (take,) = takes.takes(ledger)
    print("ready", flush=True)
    sys.stdin.readline()
    claim = attempts.open_attempt(
        ledger, take.parts[0], owner=owner, body_sha256="b",
        spending=attempts.Spending(Fraction(1)), budget=attempts.Budget(),
    )
    print("mine" if claim else "not mine", flush=True)
    sys.stdin.readline()
"""


def test_of_many_processes_one_claims_a_part(ledger: Ledger) -> None:
    """Four processes that want to send the same part at the same moment: one may."""
    where = (str(ledger.folder.path), url_of(ledger))
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIM, *where], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    try:
        assert {line(racer) for racer in racers} == {"ready"}
        for racer in racers:
            go_on(racer)
        assert sorted(line(racer) for racer in racers) == ["mine", "not mine", "not mine", "not mine"]
        assert outcomes(ledger) == ["open"]
    finally:
        for racer in racers:
            racer.kill()
            racer.communicate()


def line(process: subprocess.Popen[str]) -> str:
    """Return the next line that a process says."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go_on(process: subprocess.Popen[str]) -> None:
    """Let a waiting process go on."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_the_database_itself_refuses_two_creates_on_the_wire(ledger: Ledger, owner: Owner) -> None:
    """Even a state set wrongly does not allow a second open attempt of a part."""
    opened(ledger, owner)
    with ledger.writing() as connection:
        connection.execute(sa.update(schema.parts).values(state="EXPORTED"))
    with pytest.raises(JobError, match=r"(?i)unique constraint"):
        tried(ledger, owner)


@pytest.mark.parametrize("wrong", sorted(set(PartState) - {PartState.EXPORTED}))
def test_only_an_exported_part_may_be_sent(ledger: Ledger, owner: Owner, wrong: PartState) -> None:
    """Whatever the caller remembers: the ledger's state decides."""
    found = only_take(ledger)
    with ledger.writing() as connection:
        connection.execute(sa.update(schema.parts).values(state=wrong.value))
    assert tried(ledger, owner, take=found) is None
    assert outcomes(ledger) == []


def test_a_part_that_must_wait_is_not_sent(ledger: Ledger, owner: Owner) -> None:
    """Before its not-before time a part is not free; at it, it is."""
    attempts.close_attempt(ledger, opened(ledger, owner), answered(SubmitOutcome.REFUSED_FOR_NOW, retry_after_s=30.0))
    clock_of(ledger).sleep(29.5)
    assert tried(ledger, owner) is None
    clock_of(ledger).sleep(0.5)
    assert tried(ledger, owner) is not None


# -- the answer


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (accepted(), PartState.SUBMITTED),
        (answered(SubmitOutcome.REFUSED), PartState.REFUSED),
        (answered(SubmitOutcome.REFUSED_FOR_NOW), PartState.EXPORTED),
        (answered(SubmitOutcome.STOP_RUN), PartState.EXPORTED),
        (answered(SubmitOutcome.AMBIGUOUS), PartState.SUBMIT_UNKNOWN),
    ],
    ids=lambda value: getattr(value, "outcome", ""),
)
def test_every_outcome_has_its_effect(ledger: Ledger, owner: Owner, answer: SubmitAnswer, expected: PartState) -> None:
    """What an answer means for money decides where the part stands; the attempt keeps the outcome and the words."""
    clock_of(ledger).sleep(1)
    attempts.close_attempt(ledger, opened(ledger, owner), replace(answer, http_status=418))
    part = only_take(ledger).parts[0]
    (entry,) = attempts.attempts_of(ledger, part.take_id)
    assert part.state == expected
    assert part.message == answer.message
    assert (part.task_id, part.submitted_at) == ((answer.task_id, ledger.clock.now()) if answer.task_id else ("", 0.0))
    assert (entry["outcome"], entry["message"], entry["task_id"], entry["http_status"], entry["closed_at"]) == (
        answer.outcome.value,
        answer.message,
        answer.task_id,
        418,
        ledger.clock.now(),
    )


def test_an_accepted_create_without_an_id_is_unknown(ledger: Ledger, owner: Owner) -> None:
    """Without an id nothing can be followed, and something may be charged."""
    attempts.close_attempt(ledger, opened(ledger, owner), accepted(""))
    assert state(ledger) is PartState.SUBMIT_UNKNOWN
    assert outcomes(ledger) == ["ambiguous"]


@pytest.mark.parametrize("ledger_url", [""], ids=["a file"])
def test_the_tasks_id_is_named_when_the_ledger_cannot_be_written(ledger: Ledger, owner: Owner) -> None:
    """A disk that is full in the one wrong moment does not lose the id: the error tells it and what to do."""
    attempt = opened(ledger, owner)

    @sa.event.listens_for(ledger.engine, "connect")
    def _read_only(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA query_only=ON").close()

    with pytest.raises(JobError, match=r"readonly.*\(task task-77\).*resolve .* --task-id task-77") as caught:
        attempts.close_attempt(ledger, attempt, accepted("task-77"))
    assert caught.value.task_id == "task-77"
    assert f"{only_take(ledger).take_id[:11]} --part 1 --task-id task-77" in caught.value.next_step


def test_nobody_but_the_answer_moves_what_is_on_the_wire(ledger: Ledger, owner: Owner) -> None:
    """Another process that finds the request wrong does not take a part from under its create."""
    before = only_take(ledger).parts[0]
    opened(ledger, owner)
    with pytest.raises(JobError, match="is being sent by another process"):
        ledger.part_moved(before, PartState.REFUSED, message="a reference is gone")
    assert state(ledger) is PartState.SUBMITTING


# -- owners that died


def settled(ledger: Ledger) -> tuple[str, ...]:
    """Settle the intentions of the dead."""
    return attempts.settle_dead_owners(ledger)


def test_a_dead_owners_intention_becomes_unknown(ledger: Ledger, owner: Owner) -> None:
    """Its create may have been sent: it is shown, counted as spent, and not sent again."""
    opened(ledger, owner)
    owner.release()
    found = only_take(ledger)
    assert settled(ledger) == (found.take_id,)
    assert state(ledger) is PartState.SUBMIT_UNKNOWN
    assert "may exist and be charged" in only_take(ledger).parts[0].message
    assert outcomes(ledger) == ["ambiguous"]
    assert attempts.spent(ledger) == SPENDING
    assert tried(ledger, owner) is None


def test_only_the_open_intention_of_the_dead_is_touched(tmp_path: Path) -> None:
    """What the dead owner closed before, and what is ready, stays as it is."""
    takes_ = [planned(shot(first)) for first in (0, 100, 200)]
    with ready_ledger(tmp_path / "edit.cometjob", *takes_) as ledger:
        sent, lost, ready = (found for found in everything(ledger))
        owner = Owner(ledger.folder.owners)
        attempts.close_attempt(ledger, opened(ledger, owner, take=sent), accepted())
        opened(ledger, owner, take=lost)
        owner.release()
        assert settled(ledger) == (lost.take_id,)
        states = [found.parts[0].state for found in everything(ledger)]
        assert states == ["SUBMITTED", "SUBMIT_UNKNOWN", "EXPORTED"]
        assert everything(ledger)[2] == ready


def everything(ledger: Ledger) -> list[Any]:
    """Return the ledger's takes by the span's start."""
    return sorted(takes(ledger), key=lambda found: found.span.first_frame)


def test_a_live_owners_intention_is_left_alone(ledger: Ledger, owner: Owner) -> None:
    """A create that takes an hour is still on the wire as long as its process lives, whatever its lease says."""
    opened(ledger, owner)
    clock_of(ledger).sleep(3600)
    assert settled(ledger) == ()
    assert state(ledger) is PartState.SUBMITTING


@pytest.mark.parametrize("ledger_url", [""], ids=["a file"])
def test_another_machines_intention_is_believed_until_its_lease_ends(ledger: Ledger, owner: Owner) -> None:
    """A lock proves nothing across machines; the lease does."""
    owner.host = "elsewhere"
    opened(ledger, owner)
    owner.release()
    clock_of(ledger).sleep(LEASE_S - 1)
    assert settled(ledger) == ()
    clock_of(ledger).sleep(1)
    assert settled(ledger) == (only_take(ledger).take_id,)
    assert state(ledger) is PartState.SUBMIT_UNKNOWN


def test_settling_twice_finds_nothing_more(ledger: Ledger, owner: Owner) -> None:
    """The second look changes nothing."""
    opened(ledger, owner)
    owner.release()
    settled(ledger)
    before = only_take(ledger)
    assert settled(ledger) == ()
    assert only_take(ledger) == before


# -- answers that come late


@pytest.fixture
def declared_dead(ledger: Ledger, owner: Owner) -> int:
    """Return an attempt whose owner was taken for dead while its create was on the wire."""
    owner.host = "elsewhere"
    attempt = opened(ledger, owner)
    owner.release()
    clock_of(ledger).sleep(LEASE_S)
    settled(ledger)
    return attempt


def test_a_late_answer_still_enters_its_id(ledger: Ledger, declared_dead: int) -> None:
    """The task is followed as if nothing had happened."""
    attempts.close_attempt(ledger, declared_dead, accepted("late"))
    assert state(ledger) is PartState.SUBMITTED
    assert only_take(ledger).parts[0].task_id == "late"
    assert outcomes(ledger) == ["accepted"]


def test_a_late_refusal_frees_the_take(ledger: Ledger, declared_dead: int) -> None:
    """A late word that no task exists gives the money back and lets it be sent."""
    attempts.close_attempt(ledger, declared_dead, answered(SubmitOutcome.STOP_RUN))
    assert state(ledger) is PartState.EXPORTED
    assert attempts.spent(ledger) == Spending()


def test_a_late_id_saves_the_second_create(ledger: Ledger, declared_dead: int) -> None:
    """A take that a person let be sent again follows the late task, if it was not sent yet."""
    decisions.resubmit(ledger, only_take(ledger))
    attempts.close_attempt(ledger, declared_dead, accepted("late"))
    assert state(ledger) is PartState.SUBMITTED
    assert only_take(ledger).parts[0].task_id == "late"


@pytest.mark.parametrize("outcome", [outcome for outcome in SubmitOutcome if outcome is not SubmitOutcome.ACCEPTED])
def test_a_late_refusal_does_not_free_a_newer_create(
    ledger: Ledger, declared_dead: int, outcome: SubmitOutcome
) -> None:
    """While the second create is on the wire, the first one's late refusal must not let a third be sent."""
    decisions.resubmit(ledger, only_take(ledger))
    with_new_owner = Owner(ledger.folder.owners)
    second = opened(ledger, with_new_owner)
    attempts.close_attempt(ledger, declared_dead, answered(outcome))
    assert state(ledger) is PartState.SUBMITTING
    assert tried(ledger, with_new_owner) is None
    attempts.close_attempt(ledger, second, accepted("second"))
    assert only_take(ledger).parts[0].task_id == "second"
    with_new_owner.release()


def test_a_late_id_beside_a_newer_create_stays_on_the_books(ledger: Ledger, declared_dead: int) -> None:
    """The part follows the create that is on the wire; the other task's id is kept and told."""
    decisions.resubmit(ledger, only_take(ledger))
    with_new_owner = Owner(ledger.folder.owners)
    second = opened(ledger, with_new_owner)
    attempts.close_attempt(ledger, second, accepted("second"))
    attempts.close_attempt(ledger, declared_dead, accepted("late"))
    part = only_take(ledger).parts[0]
    assert (part.state, part.task_id) == ("SUBMITTED", "second")
    assert "late" in part.message
    assert [each["task_id"] for each in attempts.attempts_of(ledger, part.take_id)] == ["late", "second"]
    with_new_owner.release()


def test_a_late_id_does_not_end_a_newer_create(ledger: Ledger, declared_dead: int) -> None:
    """While the second create is on the wire the part stays there, so that its own answer finds it."""
    decisions.resubmit(ledger, only_take(ledger))
    with_new_owner = Owner(ledger.folder.owners)
    second = opened(ledger, with_new_owner)
    attempts.close_attempt(ledger, declared_dead, accepted("late"))
    assert state(ledger) is PartState.SUBMITTING
    attempts.close_attempt(ledger, second, accepted("second"))
    assert only_take(ledger).parts[0].task_id == "second"
    assert outcomes(ledger) == ["accepted", "accepted"]
    with_new_owner.release()


def test_a_late_id_is_followed_when_the_newer_create_brought_nothing(ledger: Ledger, declared_dead: int) -> None:
    """What was paid first is followed once the second create was refused."""
    decisions.resubmit(ledger, only_take(ledger))
    with_new_owner = Owner(ledger.folder.owners)
    attempts.close_attempt(ledger, opened(ledger, with_new_owner), answered(SubmitOutcome.REFUSED))
    attempts.close_attempt(ledger, declared_dead, accepted("late"))
    assert state(ledger) is PartState.SUBMITTED
    with_new_owner.release()


def test_a_late_id_of_a_take_that_was_given_up_is_told(ledger: Ledger, declared_dead: int) -> None:
    """A person's word stands, and the paid task's id is kept and shown."""
    decisions.abandon(ledger, only_take(ledger))
    attempts.close_attempt(ledger, declared_dead, accepted("late"))
    part = only_take(ledger).parts[0]
    assert part.state == "ABANDONED"
    assert "task late exists" in part.message
    assert outcomes(ledger) == ["accepted"]


@pytest.mark.parametrize("outcome", SubmitOutcome)
def test_a_late_answer_does_not_undo_a_persons_word(ledger: Ledger, declared_dead: int, outcome: SubmitOutcome) -> None:
    """A take whose task a person named keeps following it, and its money stays on the books."""
    decisions.adopt(ledger, only_take(ledger), "named")
    attempts.close_attempt(
        ledger, declared_dead, replace(answered(outcome), task_id="named" if outcome == "accepted" else "")
    )
    part = only_take(ledger).parts[0]
    assert (part.state, part.task_id, part.message) == ("SUBMITTED", "named", "")
    assert attempts.spent(ledger) == SPENDING


# -- the budget


def test_money_is_reserved_with_the_intention(tmp_path: Path) -> None:
    """The second of two creates that fit only one at a time is refused before it is entered."""
    with ready_ledger(tmp_path / "edit.cometjob", planned(shot(0)), planned(shot(100))) as ledger:
        first, second = everything(ledger)
        owner = Owner(ledger.folder.owners)
        budget = Budget(seconds=Fraction(3))
        opened(ledger, owner, take=first, budget=budget)
        with pytest.raises(BudgetError, match=r"2\.0 s of video, with 2\.0 s sent.*limit is 3\.0 s.*--budget 4s"):
            tried(ledger, owner, take=second, budget=budget)
        assert everything(ledger)[1] == second
        assert attempts.attempts_of(ledger, second.take_id) == ()
        owner.release()


def test_threads_cannot_pass_the_budget_together(tmp_path: Path) -> None:
    """Six creates at once with money for two: two are entered."""
    takes_ = [planned(shot(first)) for first in range(0, 600, 100)]
    with ready_ledger(tmp_path / "edit.cometjob", *takes_) as ledger:
        owner = Owner(ledger.folder.owners)
        refusals = []

        def send(found: Any) -> None:
            try:
                opened(ledger, owner, take=found, budget=Budget(seconds=Fraction(5)))
            except BudgetError as exc:
                refusals.append(exc)

        threads = [threading.Thread(target=send, args=(found,)) for found in everything(ledger)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(refusals) == 4
        assert attempts.spent(ledger).seconds == 4
        owner.release()


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (accepted(), 2),
        (answered(SubmitOutcome.AMBIGUOUS), 2),
        (answered(SubmitOutcome.REFUSED), 0),
        (answered(SubmitOutcome.REFUSED_FOR_NOW), 0),
        (answered(SubmitOutcome.STOP_RUN), 0),
    ],
    ids=lambda value: getattr(value, "outcome", ""),
)
def test_what_was_refused_is_not_spent(ledger: Ledger, owner: Owner, answer: SubmitAnswer, seconds: int) -> None:
    """Unknown creates count as spent, refused ones give their money back."""
    attempts.close_attempt(ledger, opened(ledger, owner), answer)
    assert attempts.spent(ledger).seconds == seconds


def test_an_open_create_counts_as_spent(ledger: Ledger, owner: Owner) -> None:
    """Money is gone from the moment the intention is entered."""
    opened(ledger, owner)
    assert attempts.spent(ledger) == SPENDING


def test_a_resubmitted_unknown_counts_twice(ledger: Ledger, owner: Owner) -> None:
    """A person's word does not make the first create unspent."""
    attempts.close_attempt(ledger, opened(ledger, owner), answered(SubmitOutcome.AMBIGUOUS))
    decisions.resubmit(ledger, only_take(ledger))
    opened(ledger, owner)
    assert attempts.spent(ledger) == SPENDING.plus(SPENDING)


def test_the_budget_looks_back_a_day(ledger: Ledger, owner: Owner) -> None:
    """What was opened 24 hours ago is free again, a second earlier it is not."""
    attempts.close_attempt(ledger, opened(ledger, owner), accepted())
    clock_of(ledger).sleep(DAY_S - 1)
    assert attempts.spent(ledger) == SPENDING
    clock_of(ledger).sleep(1)
    assert attempts.spent(ledger) == Spending()


def test_money_is_counted_exactly(ledger: Ledger, owner: Owner) -> None:
    """Thirds of a second and of a cent survive the database."""
    third = Spending(Fraction(1001, 24000), Fraction(1, 300))
    opened(ledger, owner, spending=third)
    assert attempts.spent(ledger) == third


def test_a_create_without_a_price_makes_the_sum_unknown(ledger: Ledger, owner: Owner) -> None:
    """Unknown is not nothing."""
    opened(ledger, owner, spending=Spending(Fraction(2), None))
    assert attempts.spent(ledger) == Spending(Fraction(2), None)


def spending(seconds: int, usd: Fraction | None = None) -> Spending:
    """Return a spending."""
    return Spending(Fraction(seconds), usd)


@pytest.mark.parametrize(
    ("budget", "before", "more"),
    [
        pytest.param(Budget(), spending(10**6), spending(10**6), id="no limit"),
        pytest.param(Budget(seconds=Fraction(120)), spending(100), spending(20), id="exactly the limit in seconds"),
        pytest.param(
            Budget(usd=Fraction(3)),
            spending(9, Fraction(2)),
            spending(9, Fraction(1)),
            id="exactly the limit in dollars",
        ),
    ],
)
def test_what_fits_the_budget_is_allowed(budget: Budget, before: Spending, more: Spending) -> None:
    """Up to the limit and no error."""
    attempts.check(budget, before=before, more=more)


@pytest.mark.parametrize(
    ("budget", "more", "words"),
    [
        (Budget(seconds=Fraction(120)), Spending(Fraction(201, 10)), r"nothing was sent\. Allow it with --budget 121s"),
        (Budget(usd=Fraction(2)), spending(20, Fraction(1)), r"3\.00 USD.*2\.00 USD.*nothing was sent.*--budget 3usd"),
        (Budget(usd=Fraction(2)), spending(20, None), r"no price is known.*nothing was sent.*--budget 120s"),
    ],
    ids=["seconds", "dollars", "no price"],
)
def test_what_does_not_fit_is_refused_with_the_option_that_allows_it(
    budget: Budget, more: Spending, words: str
) -> None:
    """The error says what is over which limit, and what to pass."""
    with pytest.raises(BudgetError, match=words):
        attempts.check(budget, before=spending(100, Fraction(2)), more=more)


@pytest.mark.parametrize("outcome", [SubmitOutcome.ACCEPTED, SubmitOutcome.AMBIGUOUS, None])
def test_two_takes_never_send_equal_bodies(tmp_path: Path, owner: Owner, outcome: SubmitOutcome | None) -> None:
    """A body that was sent, may have been, or is on the wire is refused for another take; both are named."""
    with ready_ledger(tmp_path / "two.cometjob", planned(), planned(shot(50))) as ledger:
        first, second = takes(ledger)
        attempt = with_body(ledger, owner, first)
        if outcome is not None:
            attempts.close_attempt(ledger, attempt, SubmitAnswer(outcome, task_id="t" if outcome == "accepted" else ""))
        with pytest.raises(EqualRequestError) as caught:
            with_body(ledger, owner, second)
        assert first.take_id in str(caught.value)
        assert second.take_id in str(caught.value)
        assert attempts.attempts_of(ledger, second.take_id) == ()


def test_a_body_that_was_refused_may_be_sent_for_another_take(tmp_path: Path, owner: Owner) -> None:
    """Where no task stands behind it, nothing would be paid twice."""
    with ready_ledger(tmp_path / "two.cometjob", planned(), planned(shot(50))) as ledger:
        first, second = takes(ledger)
        attempt = with_body(ledger, owner, first)
        attempts.close_attempt(ledger, attempt, SubmitAnswer(SubmitOutcome.REFUSED))
        assert with_body(ledger, owner, second) > attempt


def with_body(ledger: Ledger, owner: Owner, take: Any) -> int:
    """Enter an intention to send the one body of this test."""
    attempt = attempts.open_attempt(
        ledger, take.parts[0], owner=owner, body_sha256="one body", spending=SPENDING, budget=Budget()
    )
    assert attempt is not None
    return attempt
