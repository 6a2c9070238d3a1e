"""Relinking is adding: a take beside the original, and nothing else changed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import opentimelineio as otio

from otio_cometapi.editorial.otio_errors import AdapterBorder
from otio_cometapi.editorial.provenance import NAMESPACE, NOTE, clip_note, reference_metadata
from otio_cometapi.editorial.sources import OWN_KEY
from otio_cometapi.editorial.structure import video_clips
from otio_cometapi.errors import EditorialError
from otio_cometapi.records import Link

URL_STYLES: tuple[str, ...] = ("path", "file-uri", "relative")
"""How addresses of new media may be written."""


def timeline_relinked(
    timeline: Any,
    links: Sequence[Link],
    *,
    url_style: str = "path",
    timeline_dir: Path | None = None,
    in_place: bool = False,
) -> Any:
    """
    Return *timeline* with every link's media added to its clip and made active.

    The original references stay under their keys; a source range that was not written is written now, so that switching
    back is exact. The same take again replaces its own reference.

    Args:
        timeline: What `read_timeline` returned; left as it is unless *in_place*.
        links: Which clip shows which media; the last one of a clip is the active one.
        url_style: ``"path"`` (absolute), ``"file-uri"`` or ``"relative"`` (to *timeline_dir*).
        timeline_dir: Where the timeline will be written.
        in_place: Change *timeline* itself.

    Raises:
        EditorialError: A link names no clip of this timeline, or the style cannot be written.
    """
    with AdapterBorder("copy the timeline"):
        result = timeline if in_place else timeline.clone()
        clips = video_clips(result)
    for link in links:
        if not 0 <= link.clip_index < len(clips):
            raise EditorialError(
                f"the timeline has no clip number {link.clip_index}",
                next_step="Relink the timeline that was planned, or plan this one.",
            )
        add_link(clips[link.clip_index], link, url_style=url_style, timeline_dir=timeline_dir)
    return result


def add_link(clip: Any, link: Link, *, url_style: str = "path", timeline_dir: Path | None = None) -> None:
    """
    Add a link's media to one OTIO clip, in place, and make it active.

    Raises:
        EditorialError: The style cannot be written, or the clip has no range that could be kept.
    """
    address = media_address(Path(link.media.path), url_style=url_style, timeline_dir=timeline_dir)
    with AdapterBorder(f"relink '{clip.name}'"):
        references = clip.media_references()
        source = references.get(link.source_key)
        if clip.source_range is None:
            # What the cut shows until now; the new media may be longer (handles) and would lengthen the edit.
            clip.source_range = clip.trimmed_range()
        rate = link.reference_rate
        references[f"{OWN_KEY}{link.take.take_id}"] = otio.schema.ExternalReference(
            target_url=address,
            available_range=otio.opentime.TimeRange(
                otio.opentime.RationalTime(link.media.start_frame, rate),
                otio.opentime.RationalTime(link.media.span.frame_count, rate),
            ),
            metadata={NAMESPACE: reference_metadata(link, source_url=getattr(source, "target_url", None) or "")},
        )
        references[f"{OWN_KEY}{link.take.take_id}"].name = source.name if source is not None else ""
        clip.set_media_references(references, f"{OWN_KEY}{link.take.take_id}")
        if not hasattr(clip.metadata.get(NAMESPACE), "items"):
            # Something else than a table under our key cannot hold a note, and is not ours to overwrite.
            if NAMESPACE in clip.metadata:
                return
            clip.metadata[NAMESPACE] = {}
        clip.metadata[NAMESPACE][NOTE] = clip_note(link)


def media_address(path: Path, *, url_style: str, timeline_dir: Path | None = None) -> str:
    """
    Write the address of a media file.

    Raises:
        EditorialError: The style is unknown, or there is no folder to be relative to.
    """
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 -- takes ".." out without following links
    if url_style == "path":
        return str(absolute)
    if url_style == "file-uri":
        return absolute.as_uri()
    if url_style == "relative" and timeline_dir is not None:
        try:
            return Path(os.path.relpath(absolute, timeline_dir)).as_posix()
        except ValueError as exc:
            raise EditorialError(
                f"'{absolute}' has no address relative to '{timeline_dir}': they lie on different drives",
                next_step="Write the timeline to the media's drive, or use --url-style path.",
            ) from exc
    raise EditorialError(
        f"media addresses cannot be written in the style '{url_style}'",
        next_step=f"Use one of: {', '.join(URL_STYLES)}; relative needs an output file.",
    )
