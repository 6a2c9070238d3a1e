"""Export: cut the frames of every planned take, ready to be sent."""

from __future__ import annotations

import dataclasses
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from otio_cometapi.comet.models import load_models, model_named
from otio_cometapi.comet.publish import largest_export_bytes
from otio_cometapi.comet.request_builder import nearest_ratio
from otio_cometapi.errors import MediaError
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs.states import PartState
from otio_cometapi.media.export import export_span
from otio_cometapi.media.raster import display_size
from otio_cometapi.pipeline.job import Job, clips_of, parts_in
from otio_cometapi.pipeline.options import Trouble
from otio_cometapi.records import Export, ExportLimits, Model, TakeRecord, TimelineRecord
from otio_cometapi.settings import Settings

EXPORTS = 2
"""Exports at a time; the codec library frees Python's lock while it works."""


def export(
    job: Job,
    *,
    settings: Settings,
    timeline: TimelineRecord | None = None,
    refused_too: bool = False,
    listener: Listener = ignore,
) -> tuple[Trouble, ...]:
    """
    Cut the frames of every take that is planned and not exported yet.

    Args:
        job: The job.
        settings: The models' table.
        timeline: Only the takes of this timeline; None: all of the job's.
        refused_too: Make takes ready again that the service refused, since a person asks for them anew.
        listener: Told of every export.

    Returns:
        What went wrong; the other takes went on.
    """
    models = load_models(settings.models_file)
    found = job.takes(timeline=timeline)
    refused = (PartState.REFUSED,) if refused_too else ()
    todo = [take for take, part in parts_in(found, PartState.PLANNED, *refused) if part.number == 1]
    todo += [
        take
        for take, _ in parts_in(found, PartState.EXPORTED)
        if take.export is None or not Path(take.export.path).is_file()
    ]

    groups: dict[tuple[str, ExportLimits], list[TakeRecord]] = {}
    for take in todo:
        limits = export_limits(take, model_named(models, take.look.model))
        groups.setdefault((take.shot_id, limits), []).append(take)

    def make(group: tuple[tuple[str, ExportLimits], list[TakeRecord]]) -> list[Trouble]:
        (_, limits), takes = group
        names = ", ".join(dict.fromkeys(clips_of(take) for take in takes))
        listener(Event(Stage.EXPORT, "cutting", take_id=takes[0].take_id, clip=names))
        try:
            made = _exported(job, takes[0], limits)
        except MediaError as exc:
            exc.clip = exc.clip or names
            listener(Event(Stage.EXPORT, str(exc), take_id=takes[0].take_id, clip=names, problem=True))
            return [Trouble(str(exc), take.take_id) for take in takes]
        for take in takes:
            job.ledger.export_made(take.take_id, made)
            listener(Event(Stage.EXPORT, "cut", take_id=take.take_id, clip=names, progress=1.0))
        return []

    with ThreadPoolExecutor(EXPORTS) as pool:
        return tuple(trouble for troubles in pool.map(make, groups.items()) for trouble in troubles)


def _exported(job: Job, take: TakeRecord, limits: ExportLimits) -> Export:
    """Cut one shot; the takes that share it, with the same limits, share the file."""
    facts = ",".join(str(value) for value in dataclasses.astuple(limits))
    name = f"{take.shot_id}-{hashlib.sha256(facts.encode()).hexdigest()[:8]}.mp4"
    return export_span(
        take.info,
        take.span,
        into=job.folder.exports / name,
        limits=limits,
        pad_frames=take.pad_frames,
        slowdown=take.slowdown,
    )


def export_limits(take: TakeRecord, model: Model) -> ExportLimits:
    """Return what a take's export has to fit, by its model."""
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
        max_bytes=largest_export_bytes(model),
        max_width=largest[0],
        max_height=largest[1],
        model_width=shape[0] if shape else largest[0],
        model_height=shape[1] if shape else largest[1],
        ratio=shape,
    )
