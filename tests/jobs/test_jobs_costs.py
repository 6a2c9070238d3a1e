"""What creates really cost: entered with the create, shown beside what was assumed, and given back when refunded."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from otio_cometapi.errors import BudgetError
from otio_cometapi.jobs import attempts, decisions, tasks
from otio_cometapi.jobs.attempts import Budget, Spending
from otio_cometapi.jobs.budget import DAY_S
from otio_cometapi.jobs.costs import costs, total
from otio_cometapi.jobs.daybook import Daybook
from otio_cometapi.jobs.folder import folder_at
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.owner import Owner
from otio_cometapi.records import SubmitOutcome, TaskSnapshot, TaskStatus
from support.fake_clock import FakeClock
from support.ledgers import SPENDING, accepted, answered, only_take, opened, ready_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Yield a ledger with one take ready to be sent."""
    with ready_ledger(tmp_path / "edit.cometjob") as found:
        yield found


@pytest.fixture
def owner(ledger: Ledger) -> Iterator[Owner]:
    """Yield this process as an owner."""
    found = Owner(ledger.folder.owners)
    yield found
    found.release()


def sent(ledger: Ledger, owner: Owner, *, task: str = "task-1") -> None:
    """Send the one take; the service makes that task."""
    attempts.close_attempt(ledger, opened(ledger, owner), accepted(task))


def told(ledger: Ledger, status: TaskStatus, cost: float | None, *, task: str = "task-1") -> None:
    """Hear of the take's task."""
    part = only_take(ledger).parts[0]
    tasks.heard(ledger, part, TaskSnapshot(task, status, cost_credits=cost), failure="it failed")


@pytest.mark.parametrize(
    ("status", "cost", "usd"),
    [
        pytest.param(TaskStatus.SUCCEEDED, None, Fraction(3, 10), id="nothing told: as assumed"),
        pytest.param(TaskStatus.SUCCEEDED, 21.0, Fraction(3, 10), id="less than assumed: the reservation stands"),
        pytest.param(TaskStatus.SUCCEEDED, 63.5, Fraction(635, 1000), id="more than assumed counts"),
        pytest.param(TaskStatus.SUCCEEDED, 0.0, Fraction(3, 10), id="an output for nothing is no refund"),
        pytest.param(TaskStatus.FAILED, 30.0, Fraction(3, 10), id="a failure may cost"),
        pytest.param(TaskStatus.FAILED, None, Fraction(3, 10), id="a failure of unknown cost counts"),
    ],
)
def test_what_a_task_costs_counts_against_the_budget(
    ledger: Ledger, owner: Owner, status: TaskStatus, cost: float | None, usd: Fraction
) -> None:
    """Never less than what was reserved, unless it is a refund."""
    sent(ledger, owner)
    told(ledger, status, cost)
    assert attempts.spent(ledger) == Spending(SPENDING.seconds, usd)


@pytest.mark.parametrize("status", [TaskStatus.FAILED, TaskStatus.CANCELLED])
def test_a_refund_releases_the_reservation(ledger: Ledger, owner: Owner, status: TaskStatus) -> None:
    """A task that ended without an output and cost nothing is not spent, and stands on the books."""
    sent(ledger, owner)
    told(ledger, status, 0.0)
    assert attempts.spent(ledger) == Spending()
    cost = costs(ledger)[only_take(ledger).take_id]
    assert (cost.sent, cost.refunded, cost.told, cost.credits) == (1, 1, 1, 0)
    assert cost.difference_usd == -SPENDING.usd  # type: ignore[operator]


def test_every_create_keeps_its_own_cost(ledger: Ledger, owner: Owner) -> None:
    """A take that was sent again costs the sum, and shows the later task's cost alone until that is told."""
    sent(ledger, owner)
    told(ledger, TaskStatus.FAILED, 30.0)
    decisions.resubmit(ledger, only_take(ledger))
    sent(ledger, owner, task="task-2")
    assert only_take(ledger).parts[0].cost_credits is None
    told(ledger, TaskStatus.SUCCEEDED, 45.0, task="task-2")
    cost = costs(ledger)[only_take(ledger).take_id]
    assert (cost.sent, cost.told, cost.credits) == (2, 2, 75)
    assert cost.task_ids == ("task-1", "task-2")
    assert cost.real_usd == Fraction(3, 4)
    assert cost.difference_usd == Fraction(3, 4) - 2 * Fraction(3, 10)


def test_credits_are_counted_as_they_were_written(ledger: Ledger, owner: Owner) -> None:
    """A tenth of a credit is a tenth, not the nearest binary number."""
    sent(ledger, owner)
    told(ledger, TaskStatus.SUCCEEDED, 0.1)
    assert total(costs(ledger).values()).credits == Fraction(1, 10)


def test_the_services_own_estimate_is_kept(ledger: Ledger, owner: Owner) -> None:
    """What the create's answer estimates stands with the attempt."""
    attempts.close_attempt(ledger, opened(ledger, owner), replace(accepted(), estimated_credits=63.0))
    (found,) = attempts.attempts_of(ledger, only_take(ledger).take_id)
    assert found["estimated_credits"] == 63


def test_a_ledger_of_version_2_learns_of_costs(tmp_path: Path, ledger: Ledger, owner: Owner) -> None:
    """Columns and tables that are missing are added, and what stands stays."""
    sent(ledger, owner)
    before = attempts.attempts_of(ledger, only_take(ledger).take_id)
    connection = sqlite3.connect(ledger.folder.ledger)
    for column in ("estimated_credits", "cost_credits", "ended"):
        connection.execute(f"ALTER TABLE attempts DROP COLUMN {column}")
    connection.execute("DROP TABLE written")
    connection.execute("ALTER TABLE parts DROP COLUMN export")
    connection.execute("ALTER TABLE takes ADD COLUMN export JSON")
    connection.execute("UPDATE card SET value = '2' WHERE name = 'schema'")
    connection.commit()
    connection.close()
    with Ledger(folder_at(tmp_path / "edit.cometjob"), clock=FakeClock()) as old:
        assert attempts.attempts_of(old, only_take(old).take_id) == before
        told(old, TaskStatus.SUCCEEDED, 30.0)
        assert costs(old)[only_take(old).take_id].credits == 30


# -- the day's book


@pytest.fixture
def book(tmp_path: Path) -> Daybook:
    """Return a person's book."""
    return Daybook(tmp_path / "state" / "spending.sqlite", clock=FakeClock())


@pytest.mark.parametrize("outcome", list(SubmitOutcome))
def test_a_refused_create_is_given_back_and_others_are_not(
    tmp_path: Path, book: Daybook, outcome: SubmitOutcome
) -> None:
    """Unknown counts as spent here too."""
    entry = book.reserve(SPENDING, limit=Budget(), job=tmp_path)
    book.settle(entry, answered(outcome, task_id="t"))
    kept = outcome in (SubmitOutcome.ACCEPTED, SubmitOutcome.AMBIGUOUS)
    assert book.spent() == (SPENDING if kept else Spending())


def test_the_book_looks_back_a_day_over_all_jobs(tmp_path: Path) -> None:
    """Two jobs count together; what is a day old is free again."""
    clock = FakeClock()
    book = Daybook(tmp_path / "spending.sqlite", clock=clock)
    limit = Budget(seconds=Fraction(4))
    book.reserve(SPENDING, limit=limit, job=tmp_path / "a")
    Daybook(tmp_path / "spending.sqlite", clock=clock).reserve(SPENDING, limit=limit, job=tmp_path / "b")
    with pytest.raises(BudgetError, match=r"4\.0 s sent by all your jobs.*--day-limit 6s"):
        book.reserve(SPENDING, limit=limit, job=tmp_path / "c")
    clock.sleep(DAY_S)
    book.reserve(SPENDING, limit=limit, job=tmp_path / "c")


def test_a_refunded_task_is_given_back(tmp_path: Path, book: Daybook) -> None:
    """Only that task's entry."""
    for task in ("one", "two"):
        book.settle(book.reserve(SPENDING, limit=Budget(), job=tmp_path), accepted(task))
    book.refunded("one")
    assert book.spent() == SPENDING


def test_the_book_is_its_owners_alone(tmp_path: Path, book: Daybook) -> None:
    """Nobody else reads what a person spends."""
    assert (tmp_path / "state" / "spending.sqlite").stat().st_mode & 0o077 == 0
