"""Takes of several parts: each has a row, an export, a task, and a person's decision of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import attempts, decisions
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.owner import Owner
from otio_cometapi.jobs.states import PartState, TakeState
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.records import PartRecord, Shot, Span, SubmitAnswer, SubmitOutcome
from support.ledgers import RATE, SPENDING, accepted, answered, export_in, only_take, planned, ready_ledger, shot

SPANS = (Span(100, 72, RATE), Span(164, 72, RATE), Span(228, 72, RATE))


def long_shot() -> Shot:
    """Return a shot of 200 frames in three parts that share 8 with the next."""
    return replace(shot(frame_count=200), parts=SPANS, guided=True)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Yield a ledger with one take of three parts, all exported."""
    with ready_ledger(tmp_path / "long.cometjob", planned(long_shot())) as opened:
        take_id = only_take(opened).take_id
        for number, span in enumerate(SPANS, start=1):
            export = replace(export_in(opened.folder), path=str(opened.folder.exports / f"{number}.mp4"), span=span)
            opened.export_made(take_id, export, part=number)
        yield opened


def part(ledger: Ledger, number: int) -> PartRecord:
    """Return a part as it stands now."""
    return only_take(ledger).parts[number - 1]


def states(ledger: Ledger) -> list[str]:
    """Return where the parts stand."""
    return [each.state for each in only_take(ledger).parts]


def sent(ledger: Ledger, owner: Owner, number: int, answer: SubmitAnswer) -> None:
    """Send a part's create and enter its answer."""
    attempt = attempts.open_attempt(
        ledger,
        part(ledger, number),
        owner=owner,
        body_sha256=f"b{number}",
        spending=SPENDING,
        budget=attempts.Budget(),
    )
    assert attempt is not None
    attempts.close_attempt(ledger, attempt, answer)


@pytest.fixture
def owner(ledger: Ledger) -> Iterator[Owner]:
    """Yield an owner of creates."""
    found = Owner(ledger.folder.owners)
    yield found
    found.release()


def test_every_part_has_its_row_its_frames_and_its_export(ledger: Ledger) -> None:
    """What goes in comes out: frames, seconds and file of each part."""
    take = only_take(ledger)
    assert [each.number for each in take.parts] == [1, 2, 3]
    assert take.spans == SPANS
    assert take.guided
    assert [each.export.span for each in take.parts if each.export] == list(SPANS)
    assert [take.span_of(each) for each in take.parts] == list(SPANS)
    assert sum(take.seconds_of(each) for each in take.parts) == take.seconds == 216 / RATE
    assert [seam.first_frame for seam in take.seams] == [164, 228]


def test_a_part_that_was_sent_keeps_its_export(ledger: Ledger, owner: Owner) -> None:
    """Cutting anew changes the parts that were not sent, and no other."""
    sent(ledger, owner, 1, accepted())
    before = part(ledger, 1).export
    again = replace(export_in(ledger.folder), sha256="cd" * 32)
    for number in (1, 2):
        ledger.export_made(only_take(ledger).take_id, again, part=number)
    assert part(ledger, 1).export == before
    assert part(ledger, 2).export == again


def test_a_take_stands_where_its_least_advanced_part_does(ledger: Ledger, owner: Owner) -> None:
    """A part that waits for another keeps the take EXPORTED; one that needs a person comes before all."""
    sent(ledger, owner, 1, accepted())
    assert state_of(only_take(ledger)) is TakeState.EXPORTED
    sent(ledger, owner, 2, answered(SubmitOutcome.AMBIGUOUS))
    assert state_of(only_take(ledger)) is TakeState.SUBMIT_UNKNOWN


def test_a_person_decides_on_one_part(ledger: Ledger, owner: Owner) -> None:
    """Of two unknown parts, one is sent again and the other follows its task."""
    sent(ledger, owner, 1, answered(SubmitOutcome.AMBIGUOUS))
    sent(ledger, owner, 2, answered(SubmitOutcome.AMBIGUOUS))
    with pytest.raises(JobError, match=r"several parts without a task: 1, 2") as caught:
        decisions.adopt(ledger, only_take(ledger), "task-9")
    assert "--part" in caught.value.next_step
    decisions.adopt(ledger, only_take(ledger), "task-9", part=2)
    decisions.resubmit(ledger, only_take(ledger), part=1)
    assert states(ledger) == ["EXPORTED", "SUBMITTED", "EXPORTED"]
    assert part(ledger, 2).task_id == "task-9"


def test_a_part_that_waits_for_no_decision_is_left_alone(ledger: Ledger, owner: Owner) -> None:
    """Neither one that goes on nor one that does not exist."""
    sent(ledger, owner, 1, answered(SubmitOutcome.AMBIGUOUS))
    with pytest.raises(JobError, match=r"part 2 of take .* waits for no decision \(it is EXPORTED\)"):
        decisions.resubmit(ledger, only_take(ledger), part=2)
    with pytest.raises(JobError, match="no part 7"):
        decisions.resubmit(ledger, only_take(ledger), part=7)


def test_a_task_of_another_part_is_refused(ledger: Ledger, owner: Owner) -> None:
    """One task cannot be two parts."""
    sent(ledger, owner, 1, accepted("task-1"))
    sent(ledger, owner, 2, answered(SubmitOutcome.AMBIGUOUS))
    with pytest.raises(JobError, match="belongs to part 1 of it already"):
        decisions.adopt(ledger, only_take(ledger), "task-1")


def test_a_take_is_given_up_with_the_parts_that_were_not_sent(ledger: Ledger, owner: Owner) -> None:
    """Nothing of it is paid for any more; what runs is not touched; a person may take it up again as a whole."""
    sent(ledger, owner, 1, accepted())
    sent(ledger, owner, 2, answered(SubmitOutcome.AMBIGUOUS))
    decisions.abandon(ledger, only_take(ledger))
    assert states(ledger) == ["SUBMITTED", "ABANDONED", "ABANDONED"]
    decisions.resubmit(ledger, only_take(ledger))
    assert states(ledger) == ["SUBMITTED", "EXPORTED", "EXPORTED"]


def test_only_one_create_of_a_part_is_on_the_wire(ledger: Ledger, owner: Owner) -> None:
    """Another part of the same take may be; the same one may not."""
    first, second = part(ledger, 1), part(ledger, 2)
    said = {"owner": owner, "spending": SPENDING, "budget": attempts.Budget()}
    assert attempts.open_attempt(ledger, first, body_sha256="1", **said) is not None  # type: ignore[arg-type]
    assert attempts.open_attempt(ledger, first, body_sha256="1", **said) is None  # type: ignore[arg-type]
    assert attempts.open_attempt(ledger, second, body_sha256="2", **said) is not None  # type: ignore[arg-type]
    assert states(ledger) == [PartState.SUBMITTING, PartState.SUBMITTING, PartState.EXPORTED]
