"""Run: the verbs in a row, and `resume`, which is the same row from wherever the job stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from otio_cometapi.clock import SystemClock
from otio_cometapi.comet.models import load_models, model_named
from otio_cometapi.editorial.outputs import rehearse
from otio_cometapi.errors import BudgetError, EditorialError
from otio_cometapi.events import Listener, ignore
from otio_cometapi.jobs import attempts
from otio_cometapi.jobs.attempts import Spending
from otio_cometapi.jobs.states import PartState, TakeState
from otio_cometapi.pipeline.budgets import DayLimit, spending_of
from otio_cometapi.pipeline.collect import fetch_again_what_is_lost
from otio_cometapi.pipeline.conform import finish_for
from otio_cometapi.pipeline.deliver import remembered_delivery
from otio_cometapi.pipeline.executor import Executor
from otio_cometapi.pipeline.export import to_cut
from otio_cometapi.pipeline.hints import NOTHING_SELECTED, selection_hints
from otio_cometapi.pipeline.homecoming import homecomings
from otio_cometapi.pipeline.job import Job, parts_in
from otio_cometapi.pipeline.options import FinishWish, RunOrder, RunResult, SendOptions, Trouble
from otio_cometapi.pipeline.parts import stuck_part
from otio_cometapi.pipeline.plan import planned
from otio_cometapi.pipeline.publish import Places, check_places
from otio_cometapi.pipeline.relink import relink, write
from otio_cometapi.pipeline.reuse import tell_others
from otio_cometapi.pipeline.rounds import sent_and_collected
from otio_cometapi.pipeline.submit import require_key
from otio_cometapi.pipeline.to_come import GOING_ON, tell_to_come
from otio_cometapi.pipeline.written import remember_written
from otio_cometapi.records import Plan, TimelineRecord
from otio_cometapi.settings import Settings

_AS_BEFORE = FinishWish()

Agreement = Callable[[Plan], bool]
"""Asks a person whether a plan's estimate may be spent."""


def nothing_selected(plan: Plan, select: Sequence[str] = ()) -> tuple[str, ...]:
    """Say why a plan has nothing to send, and how to select; what of *select* means nothing there comes first."""
    unfit = [
        f"clip '{clip.name}' at {clip.record_timecode} on {clip.track}: {clip.reason}"
        for clip in plan.clips
        if clip.reason.startswith("left out")
    ]
    return (*selection_hints(plan, select), NOTHING_SELECTED, *unfit[:5])


def check_estimate(plan: Plan, job_path: Path, send: SendOptions, settings: Settings) -> None:
    """
    See, before anything is made, that a plan's estimate fits the budget.

    Raises:
        BudgetError: It does not; nothing was sent.
    """
    more = Spending(plan.seconds, plan.usd)
    DayLimit.of(settings, clock=SystemClock()).check(more)
    if send.budget is None:
        return
    before = Spending()
    standing = Job.opened(job_path, settings=settings)
    if standing:
        with standing:
            before = attempts.spent(standing.ledger)
    attempts.check(send.budget, before=before, more=more)


def run(
    timeline: Any,
    order: RunOrder,
    *,
    settings: Settings,
    agree: Agreement | None = None,
    executor: Executor | None = None,
    listener: Listener = ignore,
) -> RunResult:
    """
    Go the whole road: plan, export, submit, collect, relink.

    Args:
        timeline: An OTIO timeline; it is not changed, unless the order says that it may be.
        order: What is wanted, and where it goes.
        settings: Key and address of the service.
        agree: Asks a person before anything is spent; None: nobody is asked.
        executor: Cuts and makes media; None: threads of this machine.
        listener: Told of everything.

    Raises:
        BudgetError: The estimate is above the budget, or the person said no; nothing was sent.
        CometError: Nothing could be done.
    """
    made = planned(timeline, order.job, options=order.options, settings=settings, listener=listener)
    if not made.takes:
        return RunResult(
            order.job, None, None, made, (), (), made.problems or nothing_selected(made, order.options.select)
        )
    if made.new_takes:
        require_key(settings)
        check_places(Places(settings.publish, settings.publish_map))
        rehearse(timeline, order.output)
        check_estimate(made, order.job, order.send, settings)
        if agree is not None and not agree(made):
            raise BudgetError("nothing was sent, as you wished.")
    with Job.with_plan(order.job, made, timeline=timeline, source_path=order.source_path, settings=settings) as job:
        remembered_delivery(job, order.delivery)
        result = finish(
            job,
            order.output,
            send=order.send,
            settings=settings,
            wish=order.finish,
            refused_too=True,
            executor=executor,
            original=job.entered if order.in_place else None,
            listener=listener,
        )
    return replace(result, plan=made, problems=(*made.problems, *result.problems))


def finish(  # noqa: PLR0913 - keyword-only, and each is a flag of the command line
    job: Job,
    output: Path,
    *,
    send: SendOptions,
    settings: Settings,
    timeline: TimelineRecord | None = None,
    wish: FinishWish = _AS_BEFORE,
    refused_too: bool = False,
    executor: Executor | None = None,
    original: Any = None,
    listener: Listener = ignore,
) -> RunResult:
    """
    Go on from wherever a job stands, to the end of the road.

    The stages overlap: the first take is sent when it is cut, and what is finished comes home while others are sent.
    What was sent is never sent again, and what is unknown waits for a person. On a finished job this relinks: a copy of
    the timeline, or *original*, which is that timeline and may be changed.

    Raises:
        BudgetError: What is still to be sent is above the budget; nothing was sent.
        CometError: Nothing could be done.
    """
    which = timeline or job.timeline()
    attempts.settle_dead_owners(job.ledger)
    made = finish_for(job, wish)
    fetch_again_what_is_lost(job, which, made)  # what comes next may go by it
    states = GOING_ON | {TakeState.REFUSED} if refused_too else GOING_ON
    tell_to_come(job, which, states=states, finish=made, listener=listener)
    tell_others(job, settings=settings, listener=listener)
    with homecomings(job, settings, wish=_AS_BEFORE, executor=executor, listener=listener) as home:
        cutting = to_cut(
            job,
            settings=settings,
            timeline=which,
            refused_too=refused_too,
            reuse=send.reuse,
            executor=home.executor,
            listener=listener,
        )
        troubles = sent_and_collected(home, which, cutting=cutting, send=send)
        return relinked_and_written(
            job,
            output,
            which,
            troubles=troubles,
            original=original,
            executor=home.executor,
            listener=listener,
        )


def relinked_and_written(
    job: Job,
    output: Path,
    timeline: TimelineRecord,
    *,
    troubles: Sequence[Trouble],
    original: Any = None,
    executor: Executor | None = None,
    listener: Listener = ignore,
) -> RunResult:
    """Write a timeline with the takes that are finished, after what went wrong with them."""
    delivery = remembered_delivery(job)
    shown = relink(
        job,
        timeline=timeline,
        delivery=delivery,
        output=output,
        original=original,
        executor=executor,
        listener=listener,
    )
    problems = _told_once(troubles, shown.missing)
    written, warnings = None, shown.notes
    takes = job.takes(timeline=timeline)
    if shown.clips or (takes and not shown.missing):  # the second: every take is rejected
        try:
            warnings += write(shown, output, listener=listener)
            written = output
            remember_written(job, output, timeline, delivery=delivery)
        except EditorialError as exc:  # everything is paid and home: only the file is missing
            problems.append(Trouble(f"{exc} Then `otiocomet relink {job.path} -o OUT` writes it."))
    return RunResult(
        job=job.path,
        output=written,
        timeline=shown.timeline,
        plan=None,
        takes=takes,
        relinked=shown.clips if written else (),
        problems=tuple(dict.fromkeys(trouble.message for trouble in problems)),
        warnings=warnings,
    )


def _told_once(troubles: Sequence[Trouble], missing: Sequence[Trouble]) -> list[Trouble]:
    """Return what went wrong, and of takes of which nothing was told yet why they are missing."""
    told = {trouble.take_id for trouble in troubles}
    return [*troubles, *(trouble for trouble in missing if trouble.take_id not in told)]


def unsent(job: Job, settings: Settings, timeline: TimelineRecord | None = None) -> Spending:
    """Return what was planned, is not sent yet and waits for no person, at the assumed prices."""
    models = load_models(settings.models_file)
    total = Spending()
    for take, part in parts_in(job.takes(timeline=timeline), PartState.PLANNED, PartState.EXPORTED):
        if stuck_part(take) is None:
            total = total.plus(spending_of(take, part, model_named(models, take.look.model)))
    return total
