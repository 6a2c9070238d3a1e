"""The Python door: the road on OpenTimelineIO objects, a function a stage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from otio_cometapi import settings as settings_module
from otio_cometapi.events import Listener, ignore
from otio_cometapi.pipeline import collect as collecting
from otio_cometapi.pipeline import export as exporting
from otio_cometapi.pipeline import relink as relinking
from otio_cometapi.pipeline import restore as restoring
from otio_cometapi.pipeline import submit as submitting
from otio_cometapi.pipeline.budgets import budget_of, job_budget
from otio_cometapi.pipeline.executor import executor_for
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import (
    TAKE_DEADLINE_S,
    Delivery,
    FinishWish,
    PlanOptions,
    Reuse,
    SourceWish,
    Trouble,
)
from otio_cometapi.pipeline.plan import plan as make_plan
from otio_cometapi.pipeline.relink import Relinked
from otio_cometapi.pipeline.restore import Restored
from otio_cometapi.records import Plan
from otio_cometapi.settings import Settings

_AS_BEFORE = FinishWish()
_AS_STORED = SourceWish()
_GENERIC = Delivery()


def plan(  # noqa: PLR0913 - keyword-only, and each is a flag of the command line
    timeline: Any,
    *,
    select: Iterable[str] = (),
    exclude: Iterable[str] = (),
    look_file: Path | str | None = None,
    prompts_from: str = "",
    handles: int | None = None,
    parts: bool = False,
    overlap: int | None = None,
    media_root: Path | str = "",
    source: SourceWish = _AS_STORED,
    reuse: Reuse = Reuse.ALL,
    job: Job | None = None,
    settings: Settings | None = None,
    listener: Listener = ignore,
    **look: object,
) -> Plan:
    """
    Decide what would be sent for a timeline. Nothing is made, sent or written, and *timeline* is not changed.

    Args:
        timeline: An `opentimelineio.schema.Timeline`.
        select: Such as ``["marker:GREEN", "track:V2"]`` or ``["all"]``; empty: clips with ``comet:`` markers.
        exclude: The same, for clips to leave out.
        look_file: A TOML or CSV file of looks.
        prompts_from: A studio's prompt source, ``"NAME"`` or ``"NAME:ARGUMENT"``.
        handles: Frames to add on both sides of what a clip shows; None: 8.
        parts: Whether a shot that is longer than its model takes is sent in parts; else it is left out.
        overlap: Frames that neighbouring parts share, and that are cross-faded; at least 1. None: 8.
        media_root: Where relative media URLs begin; default: the current directory.
        source: What may be done to media that cannot be sent as it is: interlaced, of varying frame rate, log.
        reuse: What is done with takes that another job paid for.
        job: A job whose takes may serve again, for nothing.
        settings: Default: `otio_cometapi.settings.load()`.
        listener: Told of events as they happen, possibly from other threads.
        look: ``prompt``, ``model``, ``seed``, ``ratio``, ``references``, ``moderation``, ``takes`` and
            ``keyframes`` (such as ``{"at": "01:00:02:00", "image": "k1.png"}``, a list of them).

    Returns:
        Every clip with its reason, the takes, and the estimate in seconds of video and assumed dollars.

    Raises:
        EditorialError: The selection or a look cannot be understood.
        SettingsError: The configuration is wrong.
    """
    options = PlanOptions(
        select=tuple(select),
        exclude=tuple(exclude),
        look=look,
        look_file=Path(look_file) if look_file else None,
        prompts_from=prompts_from,
        handles=handles,
        parts=parts,
        overlap=overlap,
        media_root=Path(media_root).absolute(),
        source=source,
        reuse=Reuse(reuse),
    )
    return make_plan(timeline, options=options, settings=settings or settings_module.load(), job=job, listener=listener)


def submit(  # noqa: PLR0913 - keyword-only, and each is a flag of the command line
    timeline: Any,
    plan: Plan,
    *,
    job: Path | str,
    budget: str = "",
    reuse: Reuse = Reuse.ALL,
    past_refusals: bool = False,
    cluster: str = "",
    settings: Settings | None = None,
    listener: Listener = ignore,
) -> tuple[Job, tuple[Trouble, ...]]:
    """
    Enter a plan into a job, cut its frames and send them, each take once. This spends.

    Args:
        timeline: The timeline that was planned.
        plan: What `plan` returned.
        job: The job's folder, made where there is none.
        budget: ``"120s"`` of video or ``"20usd"``, for this job within 24 hours; default: the
            settings' ``budget``, else 120 s.
        reuse: What is done with takes that another job paid for; as it was planned.
        past_refusals: Send although moderation refused the job's last takes, since a person has seen why.
        cluster: A Dask cluster that cuts, such as ``"tcp://farm:8786"``; empty: threads of this machine.
        settings: Default: `otio_cometapi.settings.load()`.
        listener: Told of events as they happen.

    Returns:
        The job, open, and what went wrong; the other takes went on.

    Raises:
        BudgetError: The estimate is above the budget; nothing was sent.
        CometError: Nothing could be done.
    """
    known = settings or settings_module.load()
    submitting.require_key(known)
    opened = Job.with_plan(job, plan, timeline=timeline, settings=known)
    which, word = opened.timeline(), Reuse(reuse)
    with executor_for(cluster, listener=listener) as executor:
        cutting = exporting.to_cut(
            opened,
            settings=known,
            timeline=which,
            refused_too=True,
            reuse=word,
            executor=executor,
            listener=listener,
        )
        try:
            troubles = submitting.submit(
                opened,
                settings=known,
                budget=budget_of(budget) if budget else job_budget(known, asked=False),
                timeline=which,
                reuse=word,
                past_refusals=past_refusals,
                cutting=cutting,
                listener=listener,
            )
        finally:
            cutting.stop()
    return opened, (*cutting.troubles, *troubles)


def collect(  # noqa: PLR0913 - keyword-only, and each is a flag of the command line
    job: Job,
    *,
    wait_s: float | None = None,
    take_deadline_s: float = TAKE_DEADLINE_S,
    poll_interval_s: float = 5.0,
    media: FinishWish = _AS_BEFORE,
    cluster: str = "",
    settings: Settings | None = None,
    listener: Listener = ignore,
) -> tuple[Trouble, ...]:
    """
    Follow a job's tasks, bring finished outputs home and make them fit. Spends nothing.

    Args:
        job: The job.
        wait_s: Seconds to wait; 0: one look; None: until every task is final.
        take_deadline_s: A task whose create is older than so many seconds gets one look and is waited for no more.
        poll_interval_s: Seconds between two looks at one task, at least 5 unless the service is a simulator.
        media: Conform policy, codec, sound and alignment of the media; the job remembers what is said.
        cluster: A Dask cluster that makes media, such as ``"tcp://farm:8786"``; empty: threads of this machine.
        settings: Default: `otio_cometapi.settings.load()`.
        listener: Told of events as they happen.

    Returns:
        What went wrong or still goes on.

    Raises:
        RunStoppedError: The service refuses the key.
        SettingsError: There is no key, and tasks are open; or there is no such policy, codec or sound.
    """
    with executor_for(cluster, listener=listener) as executor:
        return collecting.collect(
            job,
            settings=settings or settings_module.load(),
            wait_s=wait_s,
            take_deadline_s=take_deadline_s,
            poll_interval_s=poll_interval_s,
            wish=media,
            executor=executor,
            listener=listener,
        )


def relink(  # noqa: PLR0913 - keyword-only, and each is a flag of the command line
    job: Job,
    *,
    timeline: str | None = None,
    media: FinishWish = _AS_BEFORE,
    delivery: Delivery = _GENERIC,
    output: Path | str | None = None,
    take: Sequence[str] = (),
    cluster: str = "",
    listener: Listener = ignore,
) -> Relinked:
    """
    Lay a job's finished takes onto a copy of its timeline. Offline, and free.

    Args:
        job: The job.
        timeline: One of its timelines, by name; default: the latest.
        media: Conform policy, codec, sound and alignment of the media; the job remembers what is said.
        delivery: The host that it is for, and how takes are laid.
        output: Where you will write it: formats differ in what they hold, and relative addresses begin there.
        take: Which takes are shown, by number (``"2"``) or id; without it the first of every clip. All are references.
        cluster: A Dask cluster that makes media that is missing; empty: threads of this machine.
        listener: Told of events as they happen.

    Returns:
        The timeline as an OTIO object, the clips that show a take, and what is missing.

    Raises:
        JobError: The job has no such timeline or take.
        WrongUsageError: There is no such host, or the format cannot hold what is asked for.
    """
    with executor_for(cluster, listener=listener) as executor:
        return relinking.relink(
            job,
            timeline=job.timeline(timeline),
            wish=media,
            delivery=delivery,
            output=Path(output) if output else None,
            wanted_takes=tuple(take),
            executor=executor,
            listener=listener,
        )


def restore(timeline: Any, job: Job, *, media_root: Path | str = "") -> Restored:
    """
    Put the originals back in a timeline that shows a job's media. Offline, and free.

    Args:
        timeline: An `opentimelineio.schema.Timeline`, as it came out of a host; it is not changed.
        job: The job whose media it shows.
        media_root: Where relative media URLs begin; default: the current directory.

    Returns:
        The timeline with its originals, the clips that show them again, the takes that lay above them and are gone, and
        what could not be restored.

    Raises:
        JobError: The job cannot be read.
    """
    return restoring.restore(timeline, job, media_root=Path(media_root).absolute())
