"""What commands print with `--json`: plain values, the same for every command."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from otio_cometapi.pipeline.options import RunResult, exit_of, state_of
from otio_cometapi.records import Conformed, Plan, PlannedClip, PlannedTake, ReviewedUse, TakeRecord
from otio_cometapi.records.plain import plain

if TYPE_CHECKING:
    from otio_cometapi.pipeline.job import Job
    from otio_cometapi.pipeline.resolve import Candidates
    from otio_cometapi.pipeline.status import Cost, Creates


def plan_values(plan: Plan) -> dict[str, Any]:
    """Return a plan: `clips`, `takes`, the estimate and `problems`."""
    return {
        "timeline": plan.timeline_name,
        "clips": [clip_values(clip) for clip in plan.clips],
        "takes": [planned_take_values(take) for take in plan.takes],
        "estimate": {"seconds": float(plan.seconds), "usd": None if plan.usd is None else float(plan.usd)},
        "prices": [plain(price) for price in plan.prices],
        "problems": list(plan.problems),
        "exit": exit_of(plan),
    }


def clip_values(clip: PlannedClip) -> dict[str, Any]:
    """Return one clip of a plan."""
    return {
        "index": clip.index,
        "name": clip.name,
        "track": clip.track,
        "record_timecode": clip.record_timecode,
        "selected": clip.selected,
        "reason": clip.reason,
        "source_timecode": clip.source_timecode or None,
        "frame_count": clip.frame_count or None,
        "source_key": clip.source_key or None,
        "takes": list(clip.take_ids),
        "seams": [plain(seam) for seam in clip.seams],
        "keyframes": [{"timecode": each.timecode, "image": each.image} for each in clip.keyframes],
        "warnings": list(clip.warnings),
    }


def planned_take_values(take: PlannedTake) -> dict[str, Any]:
    """Return one take of a plan."""
    return {
        "id": take.take_id,
        "state": take.state or "NEW",
        "paid_in": take.paid_in or None,
        "clips": [use.clip_name for use in take.shot.uses],
        "clip_indexes": [use.clip_index for use in take.shot.uses],
        "prompt": take.look.prompt,
        "model": take.look.model,
        "seed": take.look.seed,
        "number": take.number,
        "source": take.shot.info.path,
        "span": plain(take.shot.span),
        "wire_rate": plain(take.shot.wire_rate),
        "parts": [
            {"number": number, "span": plain(span), "seconds": float(seconds)}
            for number, (span, seconds) in enumerate(
                zip(take.shot.part_spans, take.shot.part_seconds, strict=True), start=1
            )
        ],
        "guided": take.shot.guided,
        "seconds": float(take.seconds),
        "usd": None if take.usd is None else float(take.usd),
    }


def take_values(take: TakeRecord) -> dict[str, Any]:
    """Return one take as the ledger knows it."""
    return {
        "id": take.take_id,
        "state": state_of(take).value,
        "clips": list(take.clip_names),
        "task_ids": [part.task_id for part in take.parts if part.task_id],
        "prompt": take.look.prompt,
        "model": take.look.model,
        "seed": take.look.seed,
        "number": take.number,
        "source": take.info.path,
        "span": plain(take.span),
        "seconds": float(take.seconds),
        "progress": next((part.progress for part in take.parts if part.progress is not None), None),
        "cost_credits": [part.cost_credits for part in take.parts if part.cost_credits is not None],
        "message": next((part.message for part in take.parts if part.message), None),
        "media": [media.path for media in take.media],
        "checks": [found for media in take.media for found in _checks_values(media)],
        "parts": [
            {
                "number": part.number,
                "state": part.state,
                "task_id": part.task_id or None,
                "span": plain(take.span_of(part)),
                "seconds": float(take.seconds_of(part)),
                "progress": part.progress,
                "message": part.message or None,
            }
            for part in take.parts
        ],
    }


def _checks_values(media: Conformed) -> list[dict[str, Any]]:
    """Return what was found of every output that a medium was made of."""
    return [
        {"media": media.path, "part": number, "moved_frames": moved, **plain(checks)}
        for number, (checks, moved) in enumerate(zip(media.checks, media.moved_frames, strict=True), start=1)
    ]


def cost_values(cost: Cost) -> dict[str, Any]:
    """Return what creates have cost: as assumed, and as the service told."""
    return {
        "sent": cost.sent,
        "unknown": cost.unknown,
        "refunded": cost.refunded,
        "seconds": float(cost.seconds),
        "assumed_usd": _number(cost.assumed_usd),
        "told": cost.told,
        "credits": float(cost.credits) if cost.told else None,
        "credits_usd": float(cost.real_usd) if cost.told else None,
        "difference_usd": _number(cost.difference_usd),
    }


def _number(amount: Fraction | None) -> float | None:
    return None if amount is None else float(amount)


def waiting_values(take: TakeRecord, creates: Creates, found: Iterable[Candidates] = ()) -> dict[str, Any]:
    """Return a take with every create that was sent for it, and the tasks that may stand behind an unknown one."""
    tasks = [task for each in found if each.take.take_id == take.take_id for task in each.tasks]
    sent = [plain(create) for create in creates.get(take.take_id, ())]
    return {**take_values(take), "creates": sent, "candidates": [plain(task) for task in tasks]}


def job_values(job: Job) -> dict[str, Any]:
    """Return a job: its timelines, its takes with every create that was sent for them, and what they cost."""
    from otio_cometapi.pipeline.judge import reviews  # noqa: PLC0415 - the ledger's side, which a plan needs not
    from otio_cometapi.pipeline.status import Cost, costs_of, creates_of, total  # noqa: PLC0415

    found, creates, timelines = costs_of(job), creates_of(job), job.ledger.timelines()
    judged = reviews(job) if timelines else ()
    return {
        "job": str(job.path),
        "timelines": [
            {"id": each.timeline_id, "name": each.name, "added_at": each.added_at, "source": each.source_path}
            for each in timelines
        ],
        "takes": [
            {
                **take_values(take),
                "creates": [plain(create) for create in creates.get(take.take_id, ())],
                "cost": cost_values(found.get(take.take_id, Cost())),
            }
            for take in job.takes()
        ],
        "reviews": [review_values(each) for each in judged if each.review.says_something],
        "cost": cost_values(total(found.values())),
    }


def review_values(use: ReviewedUse) -> dict[str, Any]:
    """Return what people decided on a take, on one clip."""
    return {"clip": use.clip_name, "clip_index": use.clip_index, "take": use.take_id, **plain(use.review)}


def run_values(result: RunResult) -> dict[str, Any]:
    """Return what came of a run."""
    return {
        "job": str(result.job),
        "output": str(result.output) if result.output else None,
        "clips": [clip_values(clip) for clip in result.plan.clips] if result.plan else [],
        "takes": [take_values(take) for take in result.takes],
        "relinked": list(result.relinked),
        "problems": list(result.problems),
        "warnings": list(result.warnings),
        "exit": int(result.exit),
    }
