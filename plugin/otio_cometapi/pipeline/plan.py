"""Plan: which clips would be sent, as what takes, at what price, and why the others are left out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from otio_cometapi.comet.models import load_models
from otio_cometapi.editorial.criteria import Criteria
from otio_cometapi.editorial.look_file import read_look_file
from otio_cometapi.editorial.looks import LookSources
from otio_cometapi.editorial.selection import Survey, survey
from otio_cometapi.events import Listener, ignore
from otio_cometapi.jobs.folder import exists, register_in
from otio_cometapi.jobs.states import UNSENT, TakeState, state_of
from otio_cometapi.pipeline import extensions
from otio_cometapi.pipeline.budgets import price_assumptions
from otio_cometapi.pipeline.collecting import uncollected
from otio_cometapi.pipeline.draft import Draft
from otio_cometapi.pipeline.keyframes import with_keyframes
from otio_cometapi.pipeline.measure import measured
from otio_cometapi.pipeline.options import PlanOptions
from otio_cometapi.pipeline.treatment import treatment_of
from otio_cometapi.records import Plan, SpanIndex, TakeRecord
from otio_cometapi.settings import DEFAULT_MODEL, Settings

if TYPE_CHECKING:
    from otio_cometapi.pipeline.job import Job

_BEST_FIRST = (
    TakeState.READY,
    TakeState.HOME,
    TakeState.SUCCEEDED,
    TakeState.SUBMITTED,
    TakeState.SUBMITTING,
    TakeState.SUBMIT_UNKNOWN,
    TakeState.EXPORTED,
    TakeState.PLANNED,
    TakeState.REFUSED,
    TakeState.FAILED,
    TakeState.ABANDONED,
)


def plan(
    timeline: Any,
    *,
    options: PlanOptions,
    settings: Settings,
    job: Job | None = None,
    listener: Listener = ignore,
) -> Plan:
    """
    Decide what would be sent for a timeline. Nothing is made, sent or written.

    Args:
        timeline: An OTIO timeline, or a collection of clips.
        options: Which clips, with what looks.
        settings: Defaults, and the models' table.
        job: A job whose takes may serve again, for nothing.
        listener: Told of files that are measured.

    Raises:
        EditorialError: The selection or the look file cannot be understood.
        SettingsError: The user's model table is wrong.
    """
    models = load_models(settings.models_file)
    draft = Draft(models, settings.allowed_media_roots)
    own = job.takes() if job else ()
    with uncollected():
        seen = _surveyed(timeline, options, settings, job, own)
        ready = draft.with_sound_looks(clip for clip in seen.clips if clip.selected)
    media = measured(ready, treatment_of(options.source, options.look_file), settings, listener)
    laid = with_keyframes(draft, draft.laid_onto_media(ready, media.infos, media.troubles), settings)
    prints = {info.path: media.print_of(info) for info in {clip.info.path: clip.info for clip in laid}.values()}
    others = _elsewhere(job, prints.values(), options, settings, listener)
    with uncollected():
        draft.gather_takes(laid, prints, options, _known_takes(own, others))
        return Plan(
            timeline_name=seen.name,
            clips=tuple(draft.line(clip) for clip in seen.clips),
            takes=tuple(draft.takes),
            problems=(*seen.problems, *draft.problems(seen.clips)),
            prices=price_assumptions(models, (take.look.model for take in draft.takes if take.seconds)),
        )


def _surveyed(
    timeline: Any, options: PlanOptions, settings: Settings, job: Job | None, own: tuple[TakeRecord, ...]
) -> Survey:
    tree, actives = _traced(timeline, job, options.media_root, own) if job else (timeline, None)
    return survey(
        tree,
        criteria=Criteria(options.select, options.exclude, extensions.Selectors()),
        looks=_look_sources(options, settings),
        media_root=options.media_root,
        own_media_dirs=(job.folder.media,) if job else (),
        actives=actives,
    )


def _look_sources(options: PlanOptions, settings: Settings) -> LookSources:
    return LookSources(
        flags=options.look,
        environment=settings.look_environment,
        look_file=read_look_file(options.look_file) if options.look_file else None,
        user_config=settings.look_defaults,
        prompts=extensions.prompt_source(options.prompts_from) if options.prompts_from else None,
        default_model=DEFAULT_MODEL,
    )


def planned(
    timeline: Any, job_path: Path, *, options: PlanOptions, settings: Settings, listener: Listener = ignore
) -> Plan:
    """Plan a timeline with the takes of the job at *job_path*, if there is one. Nothing is written."""
    if not exists(job_path):
        return plan(timeline, options=options, settings=settings, listener=listener)
    from otio_cometapi.pipeline.job import Job  # noqa: PLC0415 - loads the database library, which a first plan needs not

    with Job(job_path, settings=settings) as standing:
        return plan(timeline, options=options, settings=settings, job=standing, listener=listener)


def _traced(timeline: Any, job: Job, media_root: Path, known: Iterable[TakeRecord]) -> tuple[Any, Any]:
    from otio_cometapi.pipeline.trace import homes_of, traced_by  # noqa: PLC0415 - as above

    return traced_by(homes_of(job, media_root=media_root, known=known), timeline)


def _elsewhere(
    job: Job | None, prints: Iterable[str], options: PlanOptions, settings: Settings, listener: Listener
) -> list[TakeRecord]:
    """Return the takes of some media that other jobs paid for; without a register there is nothing to ask."""
    kept = settings.data_dir is not None and register_in(settings.data_dir).exists()
    if not kept and not settings.ledger_url:
        return []
    from otio_cometapi.pipeline.elsewhere import Elsewhere  # noqa: PLC0415 - as above

    folder = job.folder if job else None
    return Elsewhere(settings, folder=folder, reuse=options.reuse, listener=listener).standing(prints)


def _known_takes(
    takes: Iterable[TakeRecord], elsewhere: Iterable[TakeRecord]
) -> dict[tuple[str, str], SpanIndex[TakeRecord]]:
    """Return takes by media, look and span, the most advanced first: a job's own, and what other jobs paid for."""
    own = {take.take_id: take for take in takes}
    others = [
        take
        for take in elsewhere
        if take.take_id not in own or all(part.state in UNSENT for part in own[take.take_id].parts)
    ]
    known: dict[tuple[str, str], list[TakeRecord]] = {}
    for take in (*own.values(), *others):
        known.setdefault((take.fingerprint, take.look_id), []).append(take)
    for found in known.values():
        found.sort(key=lambda take: (_BEST_FIRST.index(state_of(take)), bool(take.paid_in)))
    return {key: SpanIndex((take.span, take) for take in found) for key, found in known.items()}
