"""Relinking is adding: a take beside the original, and nothing else changed."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import opentimelineio as otio

from otio_cometapi.editorial.hosts import URL_STYLES
from otio_cometapi.editorial.image_sequences import address_of
from otio_cometapi.editorial.media_urls import is_relative, path_of
from otio_cometapi.editorial.metadata import entries_of, entry_of, keys_of
from otio_cometapi.editorial.otio_errors import AdapterBorder
from otio_cometapi.editorial.provenance import NAMESPACE, NOTE, clip_note, reference_metadata
from otio_cometapi.editorial.sources import OWN_KEY
from otio_cometapi.editorial.structure import timelines_of, video_clips
from otio_cometapi.errors import EditorialError
from otio_cometapi.records import Link, ShotUse, TakeRecord


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
    address = media_address(link.media.path, url_style=url_style, timeline_dir=timeline_dir)
    with AdapterBorder(f"relink '{clip.name}'"):
        references = clip.media_references()
        if clip.source_range is None:
            # What the cut shows until now; the new media may be longer (handles) and would lengthen the edit.
            clip.source_range = clip.trimmed_range()
        key = key_of(link)
        references[key] = new_reference(link, source=references.get(link.source_key), address=address)
        clip.set_media_references(references, key)
        note_take(clip, link)


def with_explicit_ranges(timeline: Any) -> Any:
    """
    Return a copy in which every clip says which range it uses, for writers that fail on one that does not.

    A clip without a source range shows all of its media; its range then is that of its active reference.
    """
    with AdapterBorder("write every clip's range"):
        result = timeline.clone()
        for clip in video_clips(result):
            reference = clip.media_reference
            if clip.source_range is None and reference is not None and reference.available_range is not None:
                clip.source_range = reference.available_range
    return result


def with_unique_reels(timeline: Any) -> Any:
    """
    Return a copy in which every clip that shows a take has a reel of its own, as EDL and ALE write it.

    Hosts relink by reel and timecode, and a take has the numbers of its original.
    """
    with AdapterBorder("give the takes reels"):
        result = timeline.clone()
        for clip in video_clips(result):
            take = clip.active_media_reference_key.removeprefix(OWN_KEY)
            if take != clip.active_media_reference_key:
                reel = reel_of(take)
                for writer, column in (("cmx_3600", "reel"), ("ALE", "Tape")):
                    own = clip.metadata.get(writer) or {}
                    if hasattr(own, "items"):  # else it is nothing that this writer wrote
                        clip.metadata[writer] = {**dict(entries_of(own)), column: reel}
    return result


def reel_of(take_id: str) -> str:
    """Return a take's reel: eight letters and digits, which is what an EDL holds."""
    return take_id.partition("-")[2][:8].upper()


def key_of(link: Link) -> str:
    """Return the key of the reference that a link adds."""
    return f"{OWN_KEY}{link.take.take_id}"


def new_reference(link: Link, *, source: Any, address: str) -> Any:
    """Return the reference to a link's media; *source* is the reference of what was sent, or None."""
    rate = link.reference_rate
    facts = {NAMESPACE: reference_metadata(link, source_url=address_of(source))}
    # OTIO reads its own JSON in a third of the time that it takes to look into every value of a Python dictionary.
    text = json.dumps({"OTIO_SCHEMA": "ExternalReference.1", "target_url": "", "metadata": facts})
    made = otio.core.deserialize_json_from_string(text)
    made.target_url = address
    made.available_range = otio.opentime.TimeRange(
        otio.opentime.RationalTime(link.media.start_frame, rate),
        otio.opentime.RationalTime(link.media.span.frame_count, rate),
    )
    made.name = source.name if source is not None else ""
    return made


def move_relative_addresses(timeline: Any, *, old: Path, new: Path) -> None:
    """Keep relative addresses of files on their files, in place, in a timeline that goes from one folder to another."""
    with AdapterBorder("keep relative addresses of media"):
        done: dict[int, Any] = {}  # held, since a freed object's number is given to another
        for clip in (clip for each in timelines_of(timeline) or [timeline] for clip in each.find_clips()):
            for reference in clip.media_references().values():
                url = getattr(reference, "target_url", None) or ""
                if not is_relative(url) or id(reference) in done:
                    continue
                done[id(reference)] = reference
                place = path_of(url, media_root=old).path
                if place is not None and place.is_file():
                    try:
                        reference.target_url = media_address(place, url_style="relative", timeline_dir=new)
                    except EditorialError:  # another drive has no relative address
                        reference.target_url = str(place)


def original_reference(take: TakeRecord, use: ShotUse, clip: Any) -> Any:
    """
    Return the reference that a take was made from, as the timeline had it.

    Args:
        take: The take.
        use: The clip that it was made for.
        clip: That OTIO clip; None where the timeline is gone, and what the job measured stands in for it.
    """
    found = clip.media_references().get(use.source_key) if clip is not None else None
    if found is not None:
        if is_relative(getattr(found, "target_url", None) or ""):
            # It was relative to that timeline, not to the one that the original comes back into.
            found = found.clone()
            found.target_url = take.info.path
        return found
    return otio.schema.ExternalReference(
        target_url=take.info.path,
        available_range=otio.opentime.TimeRange(
            otio.opentime.RationalTime(use.origin, use.reference_rate),
            otio.opentime.RationalTime(take.info.frame_count, use.reference_rate),
        ),
    )


def note_take(clip: Any, link: Link) -> None:
    """Leave our short note on a clip that shows a take."""
    metadata = clip.metadata
    if NAMESPACE not in keys_of(metadata):
        metadata[NAMESPACE] = {NOTE: clip_note(link)}
        return
    own = entry_of(metadata, NAMESPACE)
    if hasattr(own, "items"):  # something else than a table cannot hold a note, and is not ours to overwrite
        own[NOTE] = clip_note(link)


def media_address(path: Path | str, *, url_style: str, timeline_dir: Path | None = None) -> str:
    """
    Write the address of a media file.

    Raises:
        EditorialError: The style is unknown, or there is no folder to be relative to.
    """
    absolute = os.path.abspath(path)  # noqa: PTH100 -- takes ".." out without following links
    if url_style == "path":
        return absolute
    if url_style == "file-uri":
        return Path(absolute).as_uri()
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
