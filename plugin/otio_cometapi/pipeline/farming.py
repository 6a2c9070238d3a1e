"""Farming: the road in four steps for a render farm, two of them on one coordinator that has the ledger and the key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from otio_cometapi.errors import WrongUsageError
from otio_cometapi.events import Listener, ignore
from otio_cometapi.farm.template import job_template
from otio_cometapi.jobs import attempts
from otio_cometapi.pipeline import dockets
from otio_cometapi.pipeline.collect import fetch_again_what_is_lost
from otio_cometapi.pipeline.conform import finish_for
from otio_cometapi.pipeline.executor import Executor, at_hand
from otio_cometapi.pipeline.export import to_cut
from otio_cometapi.pipeline.homecoming import homecomings
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import FinishWish, SendOptions, Trouble
from otio_cometapi.pipeline.reuse import tell_others
from otio_cometapi.pipeline.rounds import sent_and_collected
from otio_cometapi.records import TimelineRecord
from otio_cometapi.settings import Settings


def prepared(
    job: Job,
    timeline: TimelineRecord,
    *,
    output: Path,
    beside: Path,
    budget: str,
    settings: Settings,
    listener: Listener = ignore,
) -> tuple[dict[str, Any], tuple[Trouble, ...]]:
    """
    Write down what is to be cut, for machines without a ledger; return the template of the farm's job.

    Args:
        job: The job, with its takes planned.
        timeline: The timeline whose takes go to the farm.
        output: Where the relinked timeline goes, absolute.
        beside: The folder that the template will lie in, absolute.
        budget: What may be spent, as the template's default.
        settings: The models' table.
        listener: Told of takes that other jobs have paid for.

    Returns:
        The template, and what cannot be cut.

    Raises:
        WrongUsageError: The timeline has no takes.
    """
    with at_hand(None) as executor:
        cutting = _cutting(job, timeline, SendOptions(), settings, executor, listener)
        takes, _ = dockets.write_cuts(job, timeline, cutting)
    if not takes:
        raise WrongUsageError("the job has no takes.", next_step="Plan some with `otiocomet plan` and `export`.")
    return job_template(job.path, output, beside=beside, takes=takes, budget=budget), tuple(cutting.troubles)


def sent(
    job: Job, timeline: TimelineRecord, *, send: SendOptions, settings: Settings, listener: Listener = ignore
) -> tuple[Trouble, ...]:
    """
    Send what the farm has cut and bring home what comes back; write down what media is to be made. This spends.

    What no machine has cut is cut here.

    Raises:
        BudgetError: It is above the budget; nothing was sent.
        RunStoppedError: The service refuses everything.
        SettingsError: There is no key.
    """
    attempts.settle_dead_owners(job.ledger)
    troubles = dockets.taken_in(job)
    fetch_again_what_is_lost(job, timeline, finish_for(job))
    tell_others(job, settings=settings, listener=listener)
    with homecomings(job, settings, wish=FinishWish(), executor=None, media=False, listener=listener) as home:
        cutting = _cutting(job, timeline, send, settings, home.executor, listener)
        troubles += tuple(sent_and_collected(home, timeline, cutting=cutting, send=send))
    _, unfit = dockets.write_fits(job, timeline, listener=listener)
    told = {each.take_id for each in troubles}
    return (*troubles, *(each for each in unfit if each.take_id not in told))


def _cutting(
    job: Job, timeline: TimelineRecord, send: SendOptions, settings: Settings, executor: Executor, listener: Listener
) -> Any:
    return to_cut(
        job,
        settings=settings,
        timeline=timeline,
        refused_too=False,
        reuse=send.reuse,
        executor=executor,
        listener=listener,
    )
