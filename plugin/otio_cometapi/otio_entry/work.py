"""What the adapter does: read their arguments, call the pipeline, log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

from otio_cometapi import settings as settings_module
from otio_cometapi.errors import CometError, EditorialError, JobError, SettingsError, tame
from otio_cometapi.events import Event
from otio_cometapi.otio_entry import arguments
from otio_cometapi.pipeline.budgets import budget_of, job_budget
from otio_cometapi.pipeline.collect import collect as collect_tasks
from otio_cometapi.pipeline.export import export
from otio_cometapi.pipeline.for_otio import otio_errors
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import FinishWish, SendOptions, Trouble
from otio_cometapi.pipeline.plan import planned
from otio_cometapi.pipeline.publish import Places, check_places, unmapped
from otio_cometapi.pipeline.relink import relink
from otio_cometapi.pipeline.run import check_estimate, nothing_selected
from otio_cometapi.pipeline.submit import require_key
from otio_cometapi.pipeline.submit import submit as submit_takes
from otio_cometapi.records import TimelineRecord

log = logging.getLogger("otio_cometapi")


def write(timeline: Any, filepath: str, values: Mapping[str, Any], *, submit: Any, budget: str) -> None:
    """Plan and export a timeline into a job, and send it when asked to."""
    with otio_errors():
        settings = arguments.with_places(settings_module.load(), values)
        send = settings.adapter_submits if submit is None else arguments.truth("submit", submit)
        if send:
            require_key(settings)
        limit = budget_of(str(budget)) if budget else job_budget(settings, asked=False)
        path = Path(filepath)
        options = arguments.plan_options(values)
        check_places(Places(settings.publish, settings.publish_map))
        for sentence in unmapped(settings, path):
            log.warning("%s", tame(sentence))
        found = planned(timeline, path, options=options, settings=settings, listener=_logged)
        for problem in found.problems:
            log.warning("%s", tame(problem))
        if not found.takes:
            raise EditorialError(" ".join(found.problems or nothing_selected(found)))
        if send:
            check_estimate(found, path, SendOptions(budget=limit), settings)
        with Job.with_plan(path, found, timeline=timeline, settings=settings) as job:
            which, word = job.timeline(), options.reuse
            _log(export(job, settings=settings, timeline=which, refused_too=True, reuse=word, listener=_logged))
            if send:
                sent = submit_takes(job, settings=settings, budget=limit, timeline=which, reuse=word, listener=_logged)
                _log(sent)


def read(  # noqa: PLR0913 - keyword-only, and each is an argument of the adapter
    filepath: str,
    *,
    timeline: str,
    collect: Any,
    wait: float | None,
    require: str,
    poll_interval: float,
    media: Mapping[str, Any],
    delivery: Mapping[str, Any],
    take: Any,
) -> Any:
    """Return a job's timeline with its finished takes."""
    with otio_errors(), Job(filepath) as job:
        wish = arguments.finish_wish(media)
        which = job.timeline(str(timeline) or None)
        if arguments.truth("collect", collect) or wait is not None:
            _collect(job, which, wish, wait_s=float(wait or 0.0), poll_interval_s=float(poll_interval))
        shown = relink(
            job,
            timeline=which,
            wish=wish,
            delivery=arguments.delivery(delivery),
            wanted_takes=arguments.takes(take),
            listener=_logged,
        )
        for sentence in (*shown.notes, *shown.shown.notes, *shown.shown.preset.loses):
            log.warning("%s", tame(sentence))
        _log(shown.missing)
        if require not in ("", "all"):
            raise SettingsError(f"require={require} is not known.", next_step="Say require=all, or leave it out.")
        if require == "all" and shown.missing:
            raise JobError("not every take is ready: " + "; ".join(trouble.message for trouble in shown.missing))
        return shown.timeline


def refuse_unknown(given: Mapping[str, Any], reader: Callable[..., Any]) -> None:
    """
    Refuse arguments that a reading function does not have.

    Raises:
        CometJobError: Always; names the argument that was probably meant, and all that there are.
    """
    known = [each.name for each in signature(reader).parameters.values() if each.kind is not each.VAR_KEYWORD]
    with otio_errors():
        arguments.check_names(given, known[1:])  # the first is the path, which OTIO gives


def _collect(job: Job, which: TimelineRecord, wish: FinishWish, *, wait_s: float, poll_interval_s: float) -> None:
    """Bring home what is finished; no key or no network is a note here, since what is home can be shown."""
    try:
        troubles = collect_tasks(
            job,
            settings=settings_module.load(),
            timeline=which,
            wait_s=wait_s,
            poll_interval_s=poll_interval_s,
            wish=wish,
            listener=_logged,
        )
        _log(troubles)
    except CometError as exc:
        log.warning("%s", exc)


def _log(troubles: tuple[Trouble, ...]) -> None:
    for trouble in troubles:
        log.warning("%s", tame(trouble.message))


def _logged(event: Event) -> None:
    if not event.problem:
        log.info("%s: %s", event.stage.value, tame(f"{event.clip}: {event.message}" if event.clip else event.message))
