"""What a timeline says of a take: metadata of the new reference, and a short note on the clip."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from otio_cometapi.clock import utc_iso
from otio_cometapi.records import Conformed, Keyframe, Link, Review, Span, rate_text
from otio_cometapi.records.plain import plain
from otio_cometapi.timecode import label_text

NAMESPACE = "cometapi"
"""Our key in OTIO metadata."""

SCHEMA = 1
"""Version of what stands below it; its presence says that a reference is ours."""

NOTE = "relinked"
"""Our note's key below `cometapi` in a clip's metadata, beside fields that a user may have put there."""


def reference_metadata(link: Link, *, source_url: str) -> dict[str, Any]:
    """Return what the new reference says of itself; *source_url* is the original's address as it was written."""
    take, span = link.take, link.media.span
    facts: dict[str, Any] = {
        "schema": SCHEMA,
        "take_id": take.take_id,
        "take": take.number,
        "task_id": task_id_of(link),
        "model": take.look.model,
        "prompt": take.look.prompt,
        "seed": take.look.seed,
        "span": {
            "first_frame": span.first_frame,
            "frame_count": span.frame_count,
            "rate": rate_text(span.rate),
        },
        "conform": link.media.policy,
        "source_url": source_url,
        "source_key": link.source_key,
    }
    if take.look.keyframes:
        facts["keyframes"] = [_keyframe_facts(each, link) for each in take.look.keyframes_in(take.span)]
    if len(take.parts) > 1:
        facts["task_ids"] = [part.task_id for part in take.parts]
    if link.media.seams:
        facts["seams"] = [_seam(link, seam) for seam in link.media.seams]
    if link.source_timecode:
        facts["source_timecode"] = link.source_timecode
    if link.media.checks:
        facts["checks"] = _checks(link.media)
    if link.media.notes:
        facts["conform_notes"] = list(link.media.notes)
    if link.review.says_something:
        facts["review"] = _review(link.review)
    return facts


def _seam(link: Link, seam: Span) -> dict[str, Any]:
    """Return where one part gives way to the next: in clip space, as number and timecode, and over how many frames."""
    frame = link.media.origin + seam.first_frame
    timecode = label_text(frame, seam.rate, drop_frame=link.take.info.drop_frame)
    return {"frame": frame, "timecode": timecode, "frame_count": seam.frame_count}


def _keyframe_facts(keyframe: Keyframe, link: Link) -> dict[str, Any]:
    """Return a keyframe's image, by name alone, and its frame in both number spaces."""
    place = urlsplit(keyframe.image).path if "://" in keyframe.image else keyframe.image.replace("\\", "/")
    info = link.take.info
    timecode = label_text(link.media.origin + keyframe.frame, info.rate, drop_frame=info.drop_frame)
    return {"image": place.rpartition("/")[2], "frame": keyframe.frame, "timecode": timecode}


def _checks(media: Conformed) -> list[dict[str, Any]]:
    """Return what was found of every part's output, and whether it was moved."""
    found: list[dict[str, Any]] = [plain(checks) for checks in media.checks]
    for checks, moved in zip(found, media.moved_frames, strict=True):
        checks["alignment"]["corrected"] = moved != 0
    return found


def _review(review: Review) -> dict[str, Any]:
    """Return what people decided on a take."""
    facts: dict[str, Any] = {"verdict": review.verdict.value, "chosen": review.chosen}
    if review.by:
        facts |= {"by": review.by, "at": utc_iso(review.decided_at)}
    if review.note:
        facts |= {"note": review.note, "noted_by": review.noted_by}
    return facts


def task_id_of(link: Link) -> str:
    """Return the id of the take's first task; empty where it has none."""
    return link.take.parts[0].task_id if link.take.parts else ""


def clip_note(link: Link) -> dict[str, Any]:
    """Return the note for the clip."""
    return {"take_id": link.take.take_id, "source_key": link.source_key}
