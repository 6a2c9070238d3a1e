"""Export: cut the frames of every planned take, ready to be sent."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from otio_cometapi.comet.models import load_models, model_named
from otio_cometapi.comet.publish import largest_export_bytes
from otio_cometapi.comet.request_builder import nearest_ratio
from otio_cometapi.errors import MediaError
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs.states import PartState
from otio_cometapi.media.export import export_span
from otio_cometapi.media.memory import give_back
from otio_cometapi.media.raster import display_size
from otio_cometapi.pipeline.allowed import source_outside
from otio_cometapi.pipeline.job import Job, clips_of, part_of, parts_in
from otio_cometapi.pipeline.keyframes import keyframes_kept
from otio_cometapi.pipeline.options import Reuse, Trouble
from otio_cometapi.pipeline.publish import places
from otio_cometapi.pipeline.reuse import bring_in
from otio_cometapi.records import Export, ExportLimits, Model, PartRecord, TakeRecord, TimelineRecord
from otio_cometapi.settings import Settings

Uncut = list[tuple[TakeRecord, PartRecord]]
"""Parts that are to be cut, with their takes."""

EXPORTS = 2
"""Exports at a time; the codec library frees Python's lock while it works."""


def export(
    job: Job,
    *,
    settings: Settings,
    timeline: TimelineRecord | None = None,
    take_ids: tuple[str, ...] | None = None,
    refused_too: bool = False,
    reuse: Reuse = Reuse.ALL,
    listener: Listener = ignore,
) -> tuple[Trouble, ...]:
    """
    Cut the frames of every take that is planned and not exported yet; what other jobs paid for is brought in instead.

    Args:
        job: The job.
        settings: The models' table.
        timeline: Only the takes of this timeline; None: all of the job's.
        take_ids: Of those only these; None: all.
        refused_too: Make takes ready again that the service refused, since a person asks for them anew.
        reuse: What is done with takes that another job paid for.
        listener: Told of every export.

    Returns:
        What went wrong; the other takes went on.
    """
    models = load_models(settings.models_file)
    by_url = bool(places(job, settings))
    held = bring_in(job, settings=settings, timeline=timeline, reuse=reuse, listener=listener)
    held = {take_id: why for take_id, why in held.items() if take_ids is None or take_id in take_ids}
    ours = tuple(take for take in job.takes(timeline=timeline, take_ids=take_ids) if take.take_id not in held)
    found, troubled = keyframes_kept(job, ours)
    groups = _groups(_to_be_cut(found, models, refused_too=refused_too, by_url=by_url), models, by_url=by_url)

    def make(group: tuple[ExportLimits, Uncut]) -> list[Trouble]:
        limits, members = group
        take, part = members[0]
        names = ", ".join(dict.fromkeys(clips_of(each) for each, _ in members)) + part_of(take, part)
        listener(Event(Stage.EXPORT, "cutting", take_id=take.take_id, clip=names))
        try:
            made = _exported(job, take, part, limits, settings.allowed_media_roots)
        except MediaError as exc:
            exc.clip = exc.clip or names
            listener(Event(Stage.EXPORT, str(exc), take_id=take.take_id, clip=names, problem=True))
            return [Trouble(str(exc), each.take_id) for each, _ in members]
        give_back()
        for each, _ in members:
            job.ledger.export_made(each.take_id, made, part=part.number)
            listener(Event(Stage.EXPORT, "cut", take_id=each.take_id, clip=names, progress=1.0))
        return []

    with ThreadPoolExecutor(EXPORTS) as pool:
        made = [trouble for troubles in pool.map(make, groups) for trouble in troubles]
    return (*held.values(), *troubled, *made)


def _to_be_cut(found: tuple[TakeRecord, ...], models: Mapping[str, Model], *, refused_too: bool, by_url: bool) -> Uncut:
    """Return the parts that are not cut yet, or whose cut is gone, or too large for the way that it is sent now."""
    refused = (PartState.REFUSED,) if refused_too else ()
    gone = [
        (take, part)
        for take, part in parts_in(found, PartState.EXPORTED)
        if not _is_cut(part, largest_export_bytes(model_named(models, take.look.model), by_url=by_url))
    ]
    return [*parts_in(found, PartState.PLANNED, *refused), *gone]


def _groups(todo: Uncut, models: Mapping[str, Model], *, by_url: bool) -> list[tuple[ExportLimits, Uncut]]:
    """Put the parts together that are cut once."""
    groups: dict[tuple[str, int, ExportLimits], Uncut] = {}
    for take, part in todo:
        limits = export_limits(take, model_named(models, take.look.model), by_url=by_url)
        groups.setdefault((take.shot_id, part.number, limits), []).append((take, part))
    return [(limits, members) for (_, _, limits), members in groups.items()]


def _is_cut(part: PartRecord, largest: int) -> bool:
    """Tell whether the file that is to be sent is there, and no larger than it may be."""
    return part.export is not None and part.export.size_bytes <= largest and Path(part.export.path).is_file()


def _exported(job: Job, take: TakeRecord, part: PartRecord, limits: ExportLimits, roots: tuple[Path, ...]) -> Export:
    """Cut one part of a shot; the takes that share it, with the same limits, share the file."""
    problem = source_outside(take.info, roots)
    if problem:
        raise MediaError(f"nothing is cut: {problem}.")
    facts = ",".join(str(value) for value in dataclasses.astuple(limits))
    piece = f"_p{part.number}" if len(take.parts) > 1 else ""
    name = f"{take.shot_id}{piece}-{hashlib.sha256(facts.encode()).hexdigest()[:8]}.mp4"
    return export_span(
        take.info,
        take.span_of(part),
        into=job.folder.exports / name,
        limits=limits,
        pad_frames=take.pad_of(part),
        slowdown=take.slowdown,
    )


def export_limits(take: TakeRecord, model: Model, *, by_url: bool = False) -> ExportLimits:
    """Return what a take's export has to fit, by its model, inside the request or by URL."""
    info = take.info
    across, down = display_size(info)
    ratio = take.look.ratio or nearest_ratio(across, down, model)
    shape = None
    if ratio and ratio in model.ratios:
        width, height = (int(number) for number in ratio.split(":"))
        shape = (width, height)
    longest, landscape = model.max_width, across >= down
    largest = (longest, longest * 9 // 16) if landscape else (longest * 9 // 16, longest)
    return ExportLimits(
        max_bytes=largest_export_bytes(model, by_url=by_url),
        max_width=largest[0],
        max_height=largest[1],
        model_width=shape[0] if shape else largest[0],
        model_height=shape[1] if shape else largest[1],
        ratio=shape,
    )
