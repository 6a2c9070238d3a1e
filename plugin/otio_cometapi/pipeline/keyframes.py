"""Keyframes: laid onto source frames, their images looked at when planned, and kept in the job to be sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from otio_cometapi.comet.addresses import shown_url
from otio_cometapi.comet.input_rules import IMAGE_BYTES, data_uri_length, image_type, is_url, url_problems
from otio_cometapi.editorial.keyframes import source_keyframes
from otio_cometapi.errors import MediaError, RequestInvalidError
from otio_cometapi.jobs.states import PartState
from otio_cometapi.media.files import reading, sha256_of
from otio_cometapi.media.raster import display_size
from otio_cometapi.media.stills import as_jpeg, copied, still_info
from otio_cometapi.pipeline.naming import clips_of
from otio_cometapi.pipeline.options import Trouble
from otio_cometapi.records import ClipKeyframe, Keyframe, Look, PlacedClip, TakeRecord

if TYPE_CHECKING:
    from otio_cometapi.pipeline.draft import Draft
    from otio_cometapi.pipeline.job import Job
    from otio_cometapi.settings import Settings

_SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}
_TO_BE_SENT = (PartState.PLANNED, PartState.EXPORTED)
_SHAPE_TOLERANCE = 0.01
_JPEG_BYTES = (IMAGE_BYTES - data_uri_length(0, "image/jpeg")) // 4 * 3


def with_keyframes(draft: Draft, clips: Iterable[PlacedClip], settings: Settings) -> list[PlacedClip]:
    """Give placed clips' looks their keyframes; leave out the clips with an image that cannot be sent."""
    seen: dict[str, _Image | str] = {}
    ready = []
    for clip in clips:
        found = _keyed(clip, seen, settings) if clip.clip.keyframes else clip
        if isinstance(found, str):
            draft.reasons[clip.clip.index] = found
        else:
            draft.placed[clip.clip.index] = found
            ready.append(found)
    return ready


class _Image:
    """What is known of one image."""

    def __init__(self, image: str, settings: Settings) -> None:
        """
        Look at an image.

        Raises:
            MediaError: It cannot be sent.
        """
        self.sha256 = ""
        self.size: tuple[int, int] | None = None
        self.note = ""
        if is_url(image):
            problems = url_problems(image, what="the image", allow_loopback=settings.loopback)
            if problems:
                raise MediaError("; ".join(problems))
            return
        path = Path(image)
        roots = settings.allowed_media_roots
        if roots and not any(path.resolve().is_relative_to(root.resolve()) for root in roots):
            raise MediaError(f"'{path}' lies outside the folders that may be sent (allowed_media_roots)")
        still = still_info(path)
        self.size = (still.width, still.height)
        with reading(path):
            self.sha256 = sha256_of(path)
            _, problem = _as_it_is(path)
        if problem:
            self.note = f"The keyframe {path.name} {problem}: a JPEG made of it is sent."


def _keyed(clip: PlacedClip, seen: dict[str, _Image | str], settings: Settings) -> PlacedClip | str:
    look = clip.clip.look
    assert look is not None  # noqa: S101 - only clips with looks are placed
    keyframes: list[Keyframe] = []
    notes: list[str] = []
    for asked, keyframe in zip(clip.clip.keyframes, source_keyframes(clip), strict=True):
        image = seen.get(asked.image) or _looked_at(asked.image, settings)
        seen[asked.image] = image
        if isinstance(image, str):
            return f"its keyframe at {asked.timecode} cannot be sent: {image}"
        if not clip.visible.first_frame <= keyframe.frame < clip.visible.end_frame:
            return f"its keyframe at {asked.timecode} lies outside of the frames of its media"
        keyframes.append(replace(keyframe, sha256=image.sha256))
        notes += [image.note] if image.note else []
        notes += [note] if (note := _shape_note(clip, asked, image)) else []
    kept = replace(clip.clip, look=replace(look, keyframes=tuple(keyframes)))
    return replace(clip, clip=kept, notes=(*clip.notes, *notes))


def _looked_at(image: str, settings: Settings) -> _Image | str:
    try:
        return _Image(image, settings)
    except MediaError as exc:
        return str(exc).rstrip(".")


def _shape_note(clip: PlacedClip, asked: ClipKeyframe, image: _Image) -> str:
    if image.size is None:
        return ""
    (width, height), (across, down) = image.size, display_size(clip.info)
    if abs(width * down / (height * across) - 1) <= _SHAPE_TOLERANCE:
        return ""
    return (
        f"The keyframe {Path(asked.image).name} at {asked.timecode} is {width}x{height}, another shape than the shot's "
        f"{across}x{down}: the model may crop or stretch it."
    )


def _as_it_is(path: Path) -> tuple[str, str]:
    """Return an image's media type, and why it cannot be sent as it is; the second is empty where it can."""
    media_type = image_type(path) or ""
    if not media_type:
        return "", "is no PNG, JPEG or WebP"
    if data_uri_length(path.stat().st_size, media_type) > IMAGE_BYTES:
        return media_type, "is too large for a request"
    return media_type, ""


def shown_keyframe(keyframe: ClipKeyframe) -> ClipKeyframe:
    """Return a keyframe as people may see it: without the query of a signed URL."""
    return replace(keyframe, image=shown_url(keyframe.image)) if is_url(keyframe.image) else keyframe


def look_to_send(job: Job, look: Look) -> Look:
    """
    Return a take's look with its keyframes as files that the service takes, kept in the job.

    The job keeps them from the export on, so that what is sent is what was planned, wherever the images have gone.

    Raises:
        RequestInvalidError: An image is not what was planned any more, or cannot be read.
    """
    if not look.keyframes:
        return look
    return replace(look, keyframes=tuple(_kept(job, each) for each in look.keyframes))


def keyframe_stem(keyframe: Keyframe) -> str:
    """Return the name, without its suffix, that a keyframe's image has among the exports."""
    return f"k-{keyframe.sha256}"


def _kept(job: Job, keyframe: Keyframe) -> Keyframe:
    if is_url(keyframe.image) or not keyframe.sha256:  # what nobody planned the job has made itself
        return keyframe
    name = keyframe_stem(keyframe)
    for suffix in _SUFFIXES.values():
        there = job.folder.exports / f"{name}{suffix}"
        if there.is_file():
            return replace(keyframe, image=str(there))
    source = Path(keyframe.image)
    try:
        with reading(source):
            media_type, problem = _as_it_is(source)
        if media_type and not problem:
            kept = job.folder.exports / f"{name}{_SUFFIXES[media_type]}"
            copied(source, into=kept, sha256=keyframe.sha256)
        else:
            kept = job.folder.exports / f"{name}.jpg"
            as_jpeg(source, into=kept, max_bytes=_JPEG_BYTES, sha256=keyframe.sha256)
    except MediaError as exc:
        raise RequestInvalidError((f"a keyframe cannot be sent: {str(exc).rstrip('.')}",)) from exc
    return replace(keyframe, image=str(kept))


def keyframes_kept(job: Job, takes: Iterable[TakeRecord]) -> tuple[tuple[TakeRecord, ...], list[Trouble]]:
    """Keep the images of takes that are to be sent in the job; leave out the takes whose images are not as planned."""
    complete: list[TakeRecord] = []
    troubles: list[Trouble] = []
    for take in takes:
        try:
            if any(part.state in _TO_BE_SENT for part in take.parts):
                look_to_send(job, take.look)
            complete.append(take)
        except RequestInvalidError as exc:
            exc.clip = clips_of(take)
            troubles.append(Trouble(str(exc), take.take_id))
    return tuple(complete), troubles
