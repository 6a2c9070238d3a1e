"""Another take: the same frames with other words, for one clip, by a person's word and at a price that was shown."""

from __future__ import annotations

from dataclasses import replace

from otio_cometapi.comet.models import load_models
from otio_cometapi.comet.request_builder import look_problems
from otio_cometapi.errors import JobError, WrongUsageError
from otio_cometapi.events import Listener, ignore
from otio_cometapi.pipeline.allowed import source_outside
from otio_cometapi.pipeline.budgets import job_budget, price_assumptions
from otio_cometapi.pipeline.collect import collect
from otio_cometapi.pipeline.draft import Draft
from otio_cometapi.pipeline.export import export
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import SendOptions, Trouble
from otio_cometapi.pipeline.parts import sendable
from otio_cometapi.pipeline.run import check_estimate
from otio_cometapi.pipeline.submit import require_key, submit
from otio_cometapi.records import Plan, Shot, ShotUse, TakeRecord, TimelineRecord
from otio_cometapi.settings import DEFAULT_POLL_INTERVAL_S, Settings

WAIT_S = 3600.0
"""How long a take is followed before `resume` has to go on with it; generations take minutes."""


def another_take(
    job: Job, take_id: str, prompt: str, *, clip_index: int, timeline: TimelineRecord, settings: Settings
) -> Plan:
    """
    Plan one more take of the frames that a take has, with another prompt and a seed of its own. Nothing is written.

    Args:
        job: The job.
        take_id: The take whose frames, model and images are taken.
        prompt: What the model is asked to do now.
        clip_index: The clip that is to show it.
        timeline: The timeline of that clip.
        settings: The models' table, and what may be sent.

    Raises:
        JobError: The clip has no such take.
        WrongUsageError: The service would refuse the look, or the source may not be sent.
    """
    take, use = _take_and_use(job, take_id, clip_index, timeline)
    draft = Draft(load_models(settings.models_file), settings.allowed_media_roots)
    look = replace(take.look, prompt=prompt.strip(), seed=None)
    problems = look_problems(look, draft.model(look.model))
    outside = source_outside(take.info, settings.allowed_media_roots)
    if not look.prompt or problems or outside:
        said = outside or "; ".join(problems) or "there is no prompt"
        raise WrongUsageError(f"this cannot be sent: {said}.", next_step="Correct it and ask again.")
    shot = Shot(
        info=take.info,
        span=take.span,
        look=look,
        uses=(use,),
        pad_frames=take.pad_frames,
        slowdown=take.slowdown,
        parts=take.spans,
    )
    known = {each.take_id for each in job.takes()}
    number = max(each.number for each in _takes_of_clip(job, clip_index, timeline)) + 1
    made = draft.new_take(shot, take.fingerprint, number)
    while made.take_id in known:
        number += 1
        made = draft.new_take(shot, take.fingerprint, number)
    return Plan(
        timeline_name=timeline.name,
        clips=(),
        takes=(made,),
        prices=price_assumptions(draft.models, (look.model,)),
    )


def price_words(plan: Plan) -> str:
    """Say what a plan of one take would cost, and what that rests on."""
    (take,) = plan.takes
    price = "its price is not known" if plan.usd is None else f"about {float(plan.usd):.2f} USD (assumed)"
    return (
        f"Take {take.number}: {float(plan.seconds):.2f} s of video through {take.look.model}, {price}. "
        "Nothing has been sent yet."
    )


def order(
    job: Job, plan: Plan, *, timeline: TimelineRecord, settings: Settings, listener: Listener = ignore
) -> tuple[Trouble, ...]:
    """
    Enter a take that a person has agreed to, cut its frames and send it, once. This spends.

    Nothing else that the job has still to send is sent.

    Returns:
        What went wrong.

    Raises:
        BudgetError: The estimate is above a limit; nothing was sent.
        SettingsError: There is no key.
        JobError: The ledger cannot be written.
    """
    require_key(settings)
    send = SendOptions(budget=job_budget(settings, asked=True))
    check_estimate(plan, job.path, send, settings)
    job.ledger.add_takes(plan.takes, timeline_id=timeline.timeline_id)
    only = tuple(take.take_id for take in plan.takes)
    cut = export(job, settings=settings, timeline=timeline, take_ids=only, listener=listener)
    sent = submit(job, settings=settings, budget=send.budget, timeline=timeline, take_ids=only, listener=listener)
    return tuple(each for each in (*cut, *sent) if not each.waits)


def follow(
    job: Job, take_ids: tuple[str, ...], *, timeline: TimelineRecord, settings: Settings, listener: Listener = ignore
) -> tuple[Trouble, ...]:
    """
    Follow takes that were sent until they are home and fit; parts that wait for a part before are sent in their turn.

    Raises:
        CometError: The service refuses everything.
    """
    tried: frozenset[tuple[str, int]] = frozenset()
    interval = 0.5 if settings.loopback else DEFAULT_POLL_INTERVAL_S
    while True:
        found = collect(
            job, settings=settings, timeline=timeline, wait_s=WAIT_S, poll_interval_s=interval, listener=listener
        )
        ready = frozenset(each for each in sendable(job, timeline) if each[0] in take_ids) - tried
        if not ready:
            return tuple(each for each in found if each.take_id in take_ids)
        tried |= ready
        limit = job_budget(settings, asked=True)
        submit(job, settings=settings, budget=limit, timeline=timeline, take_ids=take_ids, listener=listener)


def _takes_of_clip(job: Job, clip_index: int, timeline: TimelineRecord) -> list[TakeRecord]:
    uses = job.ledger.uses_by_take(timeline_id=timeline.timeline_id)
    return [
        take
        for take in job.takes(timeline=timeline)
        if any(use.clip_index == clip_index for use in uses.get(take.take_id, ()))
    ]


def _take_and_use(job: Job, take_id: str, clip_index: int, timeline: TimelineRecord) -> tuple[TakeRecord, ShotUse]:
    take = job.take(take_id)
    for use in job.ledger.uses_by_take(timeline_id=timeline.timeline_id).get(take.take_id, ()):
        if use.clip_index == clip_index:
            return take, use
    raise JobError(
        f"no such clip of the timeline '{timeline.name}' has the take {take.take_id[:11]}.",
        next_step=f"`otiocomet review {job.path}` shows which there are.",
    )
