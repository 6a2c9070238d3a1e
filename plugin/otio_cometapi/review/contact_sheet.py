"""Contact sheet: what the page's script knows of every clip and take, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from otio_cometapi.clock import utc_text
from otio_cometapi.errors import tame
from otio_cometapi.records import Review, Sheet, SheetClip, SheetTake, Verdict, rate_text

Differences = Mapping[str, Sequence[float]]
"""How far every frame is from the original's, by the take's media key."""

_WAITING = frozenset({"PLANNED", "EXPORTED", "SUBMITTING", "SUBMITTED", "SUCCEEDED", "HOME"})
"""States of a take that is on its way."""

STANDINGS = {
    "open": "to decide",
    "approved": "approved",
    "rejected": "rejected",
    "waiting": "on its way",
    "failed": "needs a person",
}
"""Where a clip stands, and how the page says it."""


def sheet_values(sheet: Sheet, *, live: bool, differences: Differences | None = None) -> dict[str, Any]:
    """
    Return a sheet as JSON values.

    Args:
        sheet: The sheet.
        live: Whether the page stands at this machine and decides; else it is a copy for others, which lacks messages
            that may name files.
        differences: Put beside the takes, for a page that cannot ask for them.
    """
    known = differences or {}
    return {
        "job": tame(sheet.job),
        "timeline": tame(sheet.timeline),
        "timeline_id": sheet.timeline_id,
        "live": live,
        "clips": [_clip_values(clip, live=live, differences=known) for clip in sheet.clips],
    }


def standing_of(clip: SheetClip) -> str:
    """Tell where a clip stands, a key of `STANDINGS`."""
    shown = next((take for take in clip.takes if take.take_id == clip.shown), None)
    if shown is not None:
        return "approved" if shown.review.verdict is Verdict.APPROVED else "open"
    left = [take for take in clip.takes if not take.review.rejected]
    if not left:
        return "rejected"
    return "waiting" if any(take.state in _WAITING for take in left) else "failed"


def _clip_values(clip: SheetClip, *, live: bool, differences: Differences) -> dict[str, Any]:
    return {
        "index": clip.index,
        "name": tame(clip.name),
        "track": tame(clip.track),
        "record_in": clip.record_in,
        "record_out": clip.record_out,
        "source": tame(clip.source),
        "rate": [clip.rate.numerator, clip.rate.denominator],
        "rate_text": rate_text(clip.rate),
        "drop_frame": clip.drop_frame,
        "first_number": clip.first_number,
        "frame_count": clip.frame_count,
        "shown": clip.shown,
        "standing": standing_of(clip),
        "takes": [_take_values(take, live=live, differences=differences) for take in clip.takes],
    }


def _take_values(take: SheetTake, *, live: bool, differences: Differences) -> dict[str, Any]:
    return {
        "id": take.take_id,
        "number": take.number,
        "state": take.state,
        "meaning": take.meaning if live else "",
        "message": tame(take.message) if live else "",
        "progress": take.progress if take.state == "SUBMITTED" else None,
        "prompt": take.prompt,
        "model": take.model,
        "seed": take.seed,
        "cost": take.cost,
        "images": [tame(name) for name in take.images],
        "flags": [tame(flag) for flag in take.flags],
        "policy": take.policy,
        "first_number": take.first_number,
        "frames": take.media_frames,
        "head": take.head,
        "original": f"original/{take.original_key}.mp4",
        "media": f"take/{take.media_key}.mp4" if take.media_key else "",
        "difference": f"difference/{take.media_key}.json" if take.media_key else "",
        "differences": list(differences[take.media_key]) if take.media_key in differences else None,
        "thumbnail": f"thumbnail/{take.thumbnail_key}.jpg",
        "review": _review_values(take.review),
        "said": [
            {"word": each.word.value, "by": tame(each.by), "at": utc_text(each.said_at), "text": each.text}
            for each in take.said
        ],
    }


def _review_values(review: Review) -> dict[str, Any]:
    return {
        "verdict": review.verdict.value,
        "by": tame(review.by),
        "at": utc_text(review.decided_at) if review.decided_at else "",
        "chosen": review.chosen,
        "note": review.note,
        "noted_by": tame(review.noted_by),
    }
