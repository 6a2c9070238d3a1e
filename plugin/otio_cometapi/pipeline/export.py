"""Export: cut the frames of every planned take, ready to be sent."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path

from otio_cometapi.comet.models import load_models, model_named
from otio_cometapi.comet.publish import largest_export_bytes
from otio_cometapi.comet.request_builder import nearest_ratio
from otio_cometapi.events import Listener, ignore
from otio_cometapi.jobs.states import PartState
from otio_cometapi.media.raster import display_size
from otio_cometapi.pipeline.cutting import Cutting, Group, sources_of
from otio_cometapi.pipeline.executor import Executor, at_hand
from otio_cometapi.pipeline.job import Job, parts_in
from otio_cometapi.pipeline.keyframes import keyframes_kept
from otio_cometapi.pipeline.options import Reuse, Trouble
from otio_cometapi.pipeline.publish import places
from otio_cometapi.pipeline.reuse import bring_in
from otio_cometapi.records import ExportLimits, Model, PartRecord, TakeRecord, TimelineRecord
from otio_cometapi.records.orders import CutOrder
from otio_cometapi.settings import Settings

Uncut = list[tuple[TakeRecord, PartRecord]]
"""Parts that are to be cut, with their takes."""


def export(  # noqa: PLR0913 - keyword-only, and most are flags of the command line
    job: Job,
    *,
    settings: Settings,
    timeline: TimelineRecord | None = None,
    take_ids: tuple[str, ...] | None = None,
    refused_too: bool = False,
    reuse: Reuse = Reuse.ALL,
    executor: Executor | None = None,
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
        executor: Cuts; None: threads of this machine.
        listener: Told of every export.

    Returns:
        What went wrong; the other takes went on.
    """
    with at_hand(executor) as cutter:
        cutting = to_cut(
            job,
            settings=settings,
            timeline=timeline,
            take_ids=take_ids,
            refused_too=refused_too,
            reuse=reuse,
            executor=cutter,
            listener=listener,
        )
        while cutting:
            cutting.next()
        return tuple(cutting.troubles)


def to_cut(  # noqa: PLR0913 - what `export` was given
    job: Job,
    *,
    settings: Settings,
    timeline: TimelineRecord | None,
    take_ids: tuple[str, ...] | None = None,
    refused_too: bool,
    reuse: Reuse,
    executor: Executor,
    listener: Listener,
) -> Cutting:
    """Bring in what other jobs paid for, and return the rest as it is to be cut; nothing is cut yet."""
    models = load_models(settings.models_file)
    by_url = bool(places(job, settings))
    held = bring_in(job, settings=settings, timeline=timeline, reuse=reuse, listener=listener)
    held = {take_id: why for take_id, why in held.items() if take_ids is None or take_id in take_ids}
    ours = tuple(take for take in job.takes(timeline=timeline, take_ids=take_ids) if take.take_id not in held)
    found, troubled = keyframes_kept(job, ours)
    groups = _groups(_to_be_cut(found, models, refused_too=refused_too, by_url=by_url), models, by_url=by_url)
    return Cutting(
        job,
        [Group(_order(job, *members[0], limits), members) for limits, members in groups],
        executor=executor,
        roots=settings.allowed_media_roots,
        troubles=(*held.values(), *troubled),
        listener=listener,
    )


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


def _order(job: Job, take: TakeRecord, part: PartRecord, limits: ExportLimits) -> CutOrder:
    """Order one part of a shot to be cut; the takes that share it, with the same limits, share the file."""
    facts = ",".join(str(value) for value in dataclasses.astuple(limits))
    piece = f"_p{part.number}" if len(take.parts) > 1 else ""
    name = f"{take.shot_id}{piece}-{hashlib.sha256(facts.encode()).hexdigest()[:8]}.mp4"
    return CutOrder(
        info=take.info,
        span=take.span_of(part),
        limits=limits,
        pad_frames=take.pad_of(part),
        slowdown=take.slowdown,
        into=str(job.folder.exports / name),
        needs=(*sources_of(take.info), str(job.folder.exports)),
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
