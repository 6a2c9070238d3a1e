"""From a look and a video to the one body that the service is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import log
from pathlib import Path

from otio_cometapi.comet.encoded_body import CreateRequest, FileDataUri, request_of
from otio_cometapi.comet.input_rules import (
    data_uri_length,
    image_type,
    is_url,
    look_problems,
    ratio_problems,
    url_problems,
    video_type,
)
from otio_cometapi.errors import RequestInvalidError
from otio_cometapi.records import Look, Model

__all__ = ["CreateRequest", "VideoInput", "create_request", "look_problems", "nearest_ratio"]

# Shapes that differ by less are the same to the eye; among them the larger raster is the better one.
_SAME_SHAPE = 0.01


@dataclass(frozen=True, slots=True)
class VideoInput:
    """The picture to be sent: a local file, or a URL that the service fetches. Exactly one is set."""

    path: Path | None = None
    """A local file, sent as a data URI."""
    url: str | None = field(default=None, repr=False)
    """An https URL; its query may be secret."""
    seconds: Fraction | None = None
    """How long it plays; needed only where several images are placed in time."""


def create_request(
    look: Look, *, video: VideoInput, model: Model, ratio: str | None, allow_loopback: bool
) -> CreateRequest:
    """
    Return the create for one take, everything checked.

    Args:
        look: What is asked for, its seed settled.
        video: The picture.
        model: The model's row; decides limits and how images go on the wire.
        ratio: Such as ``"1280:720"``; None takes the look's. Sent where the model names ratios or the user did.
        allow_loopback: Whether URLs on this machine are fine, because the service is there too.

    Raises:
        RequestInvalidError: With every problem of the request at once; nothing was sent.
    """
    problems = [*look_problems(look, model)]
    if look.seed is None:
        problems.append("the look has no seed, so the take could not be repeated")
    asked_ratio = ratio if ratio is not None else look.ratio
    if asked_ratio is not None and asked_ratio != look.ratio:
        problems.extend(ratio_problems(asked_ratio, model))
    if asked_ratio is None and model.ratios:
        problems.append(f"{model.id} wants a ratio: {', '.join(model.ratios)}")
    for reference in look.references:
        if is_url(reference) and not allow_loopback:
            found = url_problems(reference, what="the reference image", allow_loopback=False)
            problems.extend(problem for problem in found if problem not in problems)
    problems.extend(_video_problems(video, model, allow_loopback=allow_loopback))
    if model.guide_images == "keyframes" and len(look.references) > 1 and video.seconds is None:
        problems.append("several images are placed in time, and the length of the input is not known")
    if problems:
        raise RequestInvalidError(tuple(problems))
    try:
        fields = _fields(look, video, model, asked_ratio)
    except OSError as exc:
        raise RequestInvalidError((f"a file of the request cannot be read ({exc})",)) from exc
    return request_of(fields, model=look.model)


def _fields(look: Look, video: VideoInput, model: Model, ratio: str | None) -> dict[str, object]:
    fields: dict[str, object] = {
        "model": look.model,
        "videoUri": _video_uri(video),
        "promptText": look.prompt,
        "seed": look.seed,
    }
    if look.references and model.guide_images == "keyframes":
        fields["keyframes"] = _keyframes(look.references, video.seconds)
    elif look.references:
        fields["references"] = [{"type": "image", "uri": _image_uri(each)} for each in look.references]
    if ratio is not None:
        fields["ratio"] = ratio
    if look.moderation is not None:
        fields["contentModeration"] = {"publicFigureThreshold": look.moderation}
    return fields


def _keyframes(references: tuple[str, ...], seconds: Fraction | None) -> list[dict[str, object]]:
    step = (seconds or Fraction(0)) / len(references)
    return [
        {"uri": _image_uri(reference), "seconds": round(float(step * number), 3)}
        for number, reference in enumerate(references)
    ]


def _image_uri(reference: str) -> str | FileDataUri:
    if is_url(reference):
        return reference
    path = Path(reference)
    return FileDataUri.of(path, image_type(path) or "application/octet-stream")


def _video_uri(video: VideoInput) -> str | FileDataUri:
    if video.path is None:
        return video.url or ""
    return FileDataUri.of(video.path, video_type(video.path) or "application/octet-stream")


def _video_problems(video: VideoInput, model: Model, *, allow_loopback: bool) -> list[str]:
    if (video.path is None) == (video.url is None):
        return ["the video is given neither as a file nor as a URL, or as both"]
    if video.path is None:
        return url_problems(video.url or "", what="the video", allow_loopback=allow_loopback)
    path = video.path
    try:
        if not path.is_file():
            return [f"the video {path} is not a file"]
        media_type = video_type(path)
        size = path.stat().st_size
    except OSError as exc:
        return [f"the video {path} cannot be read ({exc.strerror or exc})"]
    if media_type is None:
        return [f"the video {path} is no MP4, QuickTime or WebM file"]
    length = data_uri_length(size, media_type)
    if length > model.data_uri_bytes:
        return [
            f"the video takes {length:,} characters as a data URI; {model.id} takes {model.data_uri_bytes:,} at most"
        ]
    return []


def nearest_ratio(width: int, height: int, model: Model) -> str | None:
    """
    Return the model's ratio whose shape is nearest to a picture of *width* x *height* pixels.

    Among ratios of the same shape within 1 % the one with the most pixels is taken. None where the model names none.
    """
    if not model.ratios or width < 1 or height < 1:
        return None

    def distance(ratio: str) -> float:
        across, _, down = ratio.partition(":")
        return abs(log(int(across) / int(down)) - log(width / height))

    def pixels(ratio: str) -> int:
        across, _, down = ratio.partition(":")
        return int(across) * int(down)

    nearest = min(distance(ratio) for ratio in model.ratios)
    alike = [ratio for ratio in model.ratios if distance(ratio) <= nearest + _SAME_SHAPE]
    return max(alike, key=pixels)
