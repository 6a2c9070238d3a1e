"""From a look and a video to the one body that the service is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, log
from pathlib import Path

from otio_cometapi.comet.encoded_body import CreateRequest, FileDataUri, request_of
from otio_cometapi.comet.input_rules import (
    data_uri_length,
    image_problems,
    image_type,
    is_url,
    keyframe_problems,
    look_problems,
    ratio_problems,
    url_problems,
    video_type,
)
from otio_cometapi.errors import RequestInvalidError
from otio_cometapi.records import Keyframe, Look, Model, Span

__all__ = [
    "CreateRequest",
    "VideoInput",
    "create_request",
    "keyframe_problems",
    "keyframe_seconds",
    "look_problems",
    "nearest_ratio",
]

# Shapes that differ by less are the same to the eye; among them the larger raster is the better one.
_SAME_SHAPE = 0.01
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class VideoInput:
    """The picture to be sent: a local file, or a URL that the service fetches. Exactly one is set."""

    path: Path | None = None
    """A local file, sent as a data URI."""
    url: str | None = field(default=None, repr=False)
    """An https URL; its query may be secret."""
    sha256: str = ""
    """Of the bytes behind the URL, where they are known; the request is told apart by it and not by the URL."""
    seconds: Fraction | None = None
    """How long it plays; needed only where several images are placed in time."""
    span: Span | None = None
    """The source frames that it shows; needed only for keyframes."""
    wire_rate: Fraction | None = None
    """Frames per second that it plays at; below the source's where that is above the model's."""


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
    problems.extend(_keyframe_problems(look, video, model, allow_loopback=allow_loopback))
    problems.extend(_video_problems(video, model, allow_loopback=allow_loopback))
    if model.guide_images == "keyframes" and len(look.references) > 1 and video.seconds is None:
        problems.append("several images are placed in time, and the length of the input is not known")
    if problems:
        raise RequestInvalidError(tuple(problems))
    try:
        fields = _fields(look, video, model, asked_ratio)
    except OSError as exc:
        raise RequestInvalidError((f"a file of the request cannot be read ({exc})",)) from exc
    stands_for = {video.url: f"sha256:{video.sha256}"} if video.url and video.sha256 else {}
    return request_of(fields, model=look.model, stands_for=stands_for)


def _fields(look: Look, video: VideoInput, model: Model, ratio: str | None) -> dict[str, object]:
    fields: dict[str, object] = {
        "model": look.model,
        "videoUri": _video_uri(video),
        "promptText": look.prompt,
        "seed": look.seed,
    }
    keyframes = _keyframes(look, video)
    if keyframes:
        fields["keyframes"] = keyframes
    elif look.references and model.guide_images == "keyframes":
        fields["keyframes"] = _spread(look.references, video.seconds)
    elif look.references:
        fields["references"] = [{"type": "image", "uri": _image_uri(each)} for each in look.references]
    if ratio is not None:
        fields["ratio"] = ratio
    if look.moderation is not None:
        fields["contentModeration"] = {"publicFigureThreshold": look.moderation}
    return fields


def keyframe_seconds(keyframe: Keyframe, *, span: Span, wire_rate: Fraction) -> float:
    """
    Return the time of a keyframe in a video that shows *span* at *wire_rate* frames per second.

    It is the moment at which its frame appears, rounded up to a millionth of a second: a time rounded down would lie in
    the frame before, for a service that takes the frame shown then.
    """
    moment = (keyframe.frame - span.first_frame) / wire_rate
    return ceil(moment * _MICRO) / _MICRO


def _keyframes(look: Look, video: VideoInput) -> list[dict[str, object]]:
    """Return the keyframes that lie in what is sent, each at its own time there."""
    if video.span is None or video.wire_rate is None:
        return []
    return [
        {
            "uri": _image_uri(each.image),
            "seconds": keyframe_seconds(each, span=video.span, wire_rate=video.wire_rate),
        }
        for each in look.keyframes_in(video.span)
    ]


def _keyframe_problems(look: Look, video: VideoInput, model: Model, *, allow_loopback: bool) -> list[str]:
    if not look.keyframes:
        return []
    if video.span is None or video.wire_rate is None:
        return ["keyframes are given, and which source frames the video shows is not known"]
    problems = list(keyframe_problems(look, model, span=video.span))
    for each in look.keyframes_in(video.span):
        if is_url(each.image):
            problems.extend(url_problems(each.image, what="the keyframe", allow_loopback=allow_loopback))
        else:
            problems.extend(image_problems(Path(each.image), what="the keyframe"))
    return problems


def _spread(references: tuple[str, ...], seconds: Fraction | None) -> list[dict[str, object]]:
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
