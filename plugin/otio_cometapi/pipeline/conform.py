"""Conform: make the outputs that are home fit the clips that show them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from otio_cometapi.errors import ConformRefusedError, MediaError
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs.states import TakeState
from otio_cometapi.jobs.takes import state_of, takes
from otio_cometapi.media.conform import conform as fitted
from otio_cometapi.pipeline.job import Job, clips_of
from otio_cometapi.pipeline.options import Trouble
from otio_cometapi.records import Export, ShotUse, TakeRecord, TimelineRecord


def conform(
    job: Job,
    *,
    timeline: TimelineRecord | None = None,
    take_ids: tuple[str, ...] | None = None,
    policy: str = "auto",
    listener: Listener = ignore,
) -> tuple[Trouble, ...]:
    """
    Make media of every output that is home, for every place in clip space where a clip shows it.

    Returns:
        What does not fit; the other takes went on.
    """
    problems = []
    names = job.ledger.uses_by_take(timeline_id=timeline.timeline_id if timeline else None)
    for take in takes(job.ledger, take_ids=take_ids, timeline_id=timeline.timeline_id if timeline else None):
        if state_of(take) not in (TakeState.HOME, TakeState.READY):
            continue
        for start, uses in _by_start(take, names.get(take.take_id, ())).items():
            if any(each.origin == uses[0].origin and Path(each.path).is_file() for each in take.media):
                continue
            problem = _conform_take(job, take, uses, start=start, policy=policy, listener=listener)
            problems += [problem] if problem else []
    return tuple(problems)


def _by_start(take: TakeRecord, uses: tuple[ShotUse, ...]) -> dict[int, tuple[ShotUse, ...]]:
    """Group the uses of a take by the number that its first frame has in their clip space."""
    starts: dict[int, tuple[ShotUse, ...]] = {}
    for use in uses:
        start = use.number_of(take.span.first_frame)
        starts[start] = (*starts.get(start, ()), use)
    return starts


def _conform_take(
    job: Job, take: TakeRecord, uses: tuple[ShotUse, ...], *, start: int, policy: str, listener: Listener
) -> Trouble | None:
    """Make and enter one medium; return what does not fit, or nothing."""
    clip = clips_of(take)
    listener(Event(Stage.CONFORM, "conforming", take_id=take.take_id, clip=clip))
    visible = uses[0].visible
    for use in uses[1:]:
        visible = visible.joined(use.visible)
    try:
        made = fitted(
            job.folder.absolute(take.parts[0].output_path),
            export=_export_of(take),
            source=take.info,
            visible=visible,
            start_frame=start,
            drop_frame=take.info.drop_frame,
            into=_media_path(job, take, uses[0].clip_name, start),
            policy=policy,
        )
    except MediaError as exc:
        exc.clip = exc.clip or clip
        if isinstance(exc, ConformRefusedError):
            exc.next_step = exc.next_step or "The output is kept in the job."
        job.ledger.noted(take.take_id, str(exc))
        listener(Event(Stage.CONFORM, str(exc), take_id=take.take_id, clip=clip, problem=True))
        return Trouble(str(exc), take.take_id)
    job.ledger.media_made(take.take_id, made)
    listener(Event(Stage.CONFORM, f"fits by {made.policy}", take_id=take.take_id, clip=clip, progress=1.0))
    return None


def _export_of(take: TakeRecord) -> Export:
    if take.export is None:  # an adopted task of a take that this job never cut
        raise MediaError("the ledger has no record of the file that was sent, so nothing says how the output fits.")
    return take.export


_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)$")


def safe_name(text: str, *, limit: int = 60) -> str:
    """Return *text* as part of a file name that every platform takes: letters, digits, ``-`` and ``_``."""
    flat = unicodedata.normalize("NFKC", text)
    kept = re.sub(r"[^\w-]+", "_", flat, flags=re.UNICODE).strip("_-")[:limit]
    while len(kept.encode("utf-8")) > 2 * limit:  # file names are limited in bytes, 255 on most systems
        kept = kept[:-1]
    return "clip" if not kept or _RESERVED.match(kept) else kept


def _media_path(job: Job, take: TakeRecord, clip_name: str, start: int) -> Path:
    """Name media so that hosts that relink by file name tell takes and numberings apart."""
    first = not take.media or all(each.start_frame == start for each in take.media)
    identity = take.take_id.partition("-")[2][:8]
    place = "" if first else f"_at{start}"
    return job.folder.media / f"{safe_name(Path(clip_name).stem)}_t{take.number:02d}_{identity}{place}.mp4"
