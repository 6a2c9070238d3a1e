"""Run: the verbs in a row, and `resume`, which is the same row from wherever the job stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from otio_cometapi.editorial.outputs import rehearse
from otio_cometapi.errors import BudgetError, EditorialError, RunStoppedError
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs import attempts
from otio_cometapi.jobs.attempts import Spending
from otio_cometapi.jobs.states import PartState
from otio_cometapi.pipeline.collect import collect
from otio_cometapi.pipeline.conform import finish_for
from otio_cometapi.pipeline.deliver import remembered_delivery
from otio_cometapi.pipeline.export import export
from otio_cometapi.pipeline.job import Job, parts_in
from otio_cometapi.pipeline.options import FinishWish, PlanOptions, RunOrder, RunResult, SendOptions, Trouble
from otio_cometapi.pipeline.plan import plan
from otio_cometapi.pipeline.relink import relink, write
from otio_cometapi.pipeline.submit import require_key, submit
from otio_cometapi.records import Plan, TimelineRecord
from otio_cometapi.settings import Settings

NOTHING_SELECTED = (
    "no clip was selected. Give --select (such as --select all, track:V2 or marker:GREEN) and --prompt, "
    "or mark clips with `comet: what you want`."
)

_AS_BEFORE = FinishWish()

Agreement = Callable[[Plan], bool]
"""Asks a person whether a plan's estimate may be spent."""


def nothing_selected(plan: Plan) -> tuple[str, ...]:
    """Say why a plan has nothing to send, and how to select."""
    unfit = [
        f"clip '{clip.name}' at {clip.record_timecode} on {clip.track}: {clip.reason}"
        for clip in plan.clips
        if clip.reason.startswith("left out")
    ]
    return (NOTHING_SELECTED, *unfit[:5])


def planned(
    timeline: Any, job_path: Path, *, options: PlanOptions, settings: Settings, listener: Listener = ignore
) -> Plan:
    """Plan a timeline with the takes of the job at *job_path*, if there is one. Nothing is written."""
    standing = Job.opened(job_path)
    try:
        return plan(timeline, options=options, settings=settings, job=standing, listener=listener)
    finally:
        if standing:
            standing.close()


def check_estimate(plan: Plan, job_path: Path, send: SendOptions) -> None:
    """
    See, before anything is made, that a plan's estimate fits the budget.

    Raises:
        BudgetError: It does not; nothing was sent.
    """
    if send.budget is None:
        return
    before = Spending()
    standing = Job.opened(job_path)
    if standing:
        with standing:
            before = attempts.spent(standing.ledger)
    attempts.check(send.budget, before=before, more=Spending(plan.seconds, plan.usd))


def run(
    timeline: Any,
    order: RunOrder,
    *,
    settings: Settings,
    agree: Agreement | None = None,
    listener: Listener = ignore,
) -> RunResult:
    """
    Go the whole road: plan, export, submit, collect, relink.

    Args:
        timeline: An OTIO timeline; it is not changed.
        order: What is wanted, and where it goes.
        settings: Key and address of the service.
        agree: Asks a person before anything is spent; None: nobody is asked.
        listener: Told of everything.

    Raises:
        BudgetError: The estimate is above the budget, or the person said no; nothing was sent.
        CometError: Nothing could be done.
    """
    made = planned(timeline, order.job, options=order.options, settings=settings, listener=listener)
    if not made.takes:
        return RunResult(order.job, None, None, made, (), (), made.problems or nothing_selected(made))
    if made.new_takes:
        require_key(settings)
        rehearse(timeline, order.output)
        check_estimate(made, order.job, order.send)
        if agree is not None and not agree(made):
            raise BudgetError("nothing was sent, as you wished.")
    with Job.with_plan(order.job, made, timeline=timeline, source_path=order.source_path) as job:
        remembered_delivery(job, order.delivery)
        result = finish(
            job,
            order.output,
            send=order.send,
            settings=settings,
            wish=order.finish,
            refused_too=True,
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
    listener: Listener = ignore,
) -> RunResult:
    """
    Go on from wherever a job stands, to the end of the road.

    What was sent is never sent again, and what is unknown waits for a person. On a finished job this relinks.

    Raises:
        BudgetError: What is still to be sent is above the budget; nothing was sent.
        CometError: Nothing could be done.
    """
    which = timeline or job.timeline()
    finish_for(job, wish)
    attempts.settle_dead_owners(job.ledger)
    troubles = [*export(job, settings=settings, timeline=which, refused_too=refused_too, listener=listener)]
    troubles += _sent_and_collected(job, which, send=send, settings=settings, listener=listener)
    shown = relink(job, timeline=which, delivery=remembered_delivery(job), output=output, listener=listener)
    told = {trouble.take_id for trouble in troubles}
    troubles += [trouble for trouble in shown.missing if trouble.take_id not in told]
    written, warnings = None, shown.notes
    if shown.clips:
        try:
            warnings += write(shown, output, listener=listener)
            written = output
        except EditorialError as exc:  # everything is paid and home: only the file is missing
            troubles.append(Trouble(f"{exc} Then `otiocomet relink {job.path} -o OUT` writes it."))
    return RunResult(
        job=job.path,
        output=written,
        timeline=shown.timeline,
        plan=None,
        takes=job.takes(timeline=which),
        relinked=shown.clips if written else (),
        problems=tuple(dict.fromkeys(trouble.message for trouble in troubles)),
        warnings=warnings,
    )


def _sent_and_collected(
    job: Job, timeline: TimelineRecord, *, send: SendOptions, settings: Settings, listener: Listener
) -> list[Trouble]:
    """Send what is ready and bring home what is finished; a service that refuses us stops neither what is known."""
    troubles: list[Trouble] = []
    try:
        troubles += submit(job, settings=settings, budget=send.budget, timeline=timeline, listener=listener)
    except RunStoppedError as exc:
        if not parts_in(job.takes(timeline=timeline), *_WORTH_GOING_ON):
            raise
        troubles.append(_stopped(exc, Stage.SUBMIT, listener))
    try:
        troubles += collect(
            job,
            settings=settings,
            timeline=timeline,
            wait_s=send.wait_s,
            poll_interval_s=send.poll_interval_s,
            listener=listener,
        )
    except RunStoppedError as exc:  # the tasks go on without us, and what is home can be shown
        troubles.append(_stopped(exc, Stage.WATCH, listener))
    return troubles


def _stopped(error: RunStoppedError, stage: Stage, listener: Listener) -> Trouble:
    listener(Event(stage, str(error), problem=True))
    return Trouble(str(error))


def unsent_seconds(job: Job, timeline: TimelineRecord | None = None) -> Fraction:
    """Return how many seconds of video were planned and not sent yet."""
    waiting = parts_in(job.takes(timeline=timeline), PartState.PLANNED, PartState.EXPORTED)
    return sum((take.seconds for take, _ in waiting), Fraction(0))


_WORTH_GOING_ON = (PartState.SUBMITTED, PartState.SUCCEEDED, PartState.HOME)
