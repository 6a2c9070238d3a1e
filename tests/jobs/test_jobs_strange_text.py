"""Text that a database cannot hold: NUL, and halves of characters. Money is on the books all the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from otio_cometapi.jobs import attempts, tasks
from otio_cometapi.jobs.database import Holder
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.states import PartState
from otio_cometapi.jobs.takes import takes
from otio_cometapi.records import Look, SubmitOutcome, TaskSnapshot, TaskStatus
from support.ledgers import accepted, again, answered, new_job, only_take, opened, plan_of, planned, shot, state

STRANGE = "sh\x00010 \ud800 end"


def test_names_and_prompts_come_back_as_they_were(tmp_path: Path, ledger_url: str) -> None:
    """What identifies a take is kept to the letter; a clip's name is shown without what cannot be kept."""
    what = shot(look=Look(f"snow {STRANGE}", "gen4_aleph"))
    what = replace(what, uses=(replace(what.uses[0], clip_name=STRANGE),))
    take = planned(what)
    folder = new_job(tmp_path / "a.cometjob", planned(shot(300)), url=ledger_url)
    with Ledger(folder, url=ledger_url) as ledger:
        ledger.add_plan(plan_of(take, name=STRANGE), timeline_text="{}", source_path="/edits/edit.otio")
        (kept,) = [each for each in takes(ledger) if each.take_id == take.take_id]
        assert kept.look.prompt == f"snow {STRANGE}"
        assert kept.clip_names == ("sh\ufffd010 \ufffd end",)
        assert ledger.timeline().name == "sh\ufffd010 \ufffd end"


@pytest.mark.parametrize("outcome", [SubmitOutcome.AMBIGUOUS, SubmitOutcome.REFUSED, SubmitOutcome.ACCEPTED])
def test_an_answer_is_entered_whatever_it_says(ledger: Ledger, owner: Holder, outcome: SubmitOutcome) -> None:
    """A message that cannot be kept to the letter does not keep an outcome or a task's id off the books."""
    answer = accepted() if outcome is SubmitOutcome.ACCEPTED else answered(outcome)
    attempts.close_attempt(ledger, opened(ledger, owner), replace(answer, message=STRANGE))
    (attempt,) = attempts.attempts_of(ledger, only_take(ledger).take_id)
    assert (attempt["outcome"], attempt["task_id"]) == (outcome.value, answer.task_id)
    assert attempt["message"] == "sh\ufffd010 \ufffd end"


def test_a_poll_is_entered_whatever_it_says(ledger: Ledger, owner: Holder) -> None:
    """The same for what a task's status and failure are called."""
    attempts.close_attempt(ledger, opened(ledger, owner), accepted())
    told = TaskSnapshot("task-1", TaskStatus.FAILED, remote_word=STRANGE, failure=STRANGE)
    with again(ledger) as other:
        tasks.heard(other, only_take(other).parts[0], told, failure=STRANGE)
    assert state(ledger) is PartState.FAILED
