"""What the service takes as prompt, seed, images and URLs, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from otio_cometapi.comet.addresses import ip_literal, is_loopback_host, looks_numeric, shown_url, url_parts
from otio_cometapi.records import Look, Model, Span

MAX_SEED = 4_294_967_295
"""The service's page: 0 to 4294967295."""
MODERATION_THRESHOLDS = ("auto", "low")
"""The values of `publicFigureThreshold`."""
IMAGE_BYTES = 5_000_000
"""Largest image as a data URI, in characters; the provider's inputs page says 5 MB, counted encoded."""
URL_BYTES = {"video": 32_000_000, "image": 16_000_000}
"""Largest file by URL, by kind; the provider's inputs page says 32 MB and 16 MB."""
_URL_LENGTHS = range(13, 2049)


def utf16_units(text: str) -> int:
    """Return the length in UTF-16 code units, which is how the service counts; an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def data_uri_length(size_bytes: int, media_type: str) -> int:
    """Return how many characters a file of so many bytes takes as a data URI."""
    return len(f"data:{media_type};base64,") + (size_bytes + 2) // 3 * 4


def look_problems(look: Look, model: Model) -> tuple[str, ...]:
    """
    Return everything that is wrong with a look, as far as it can be told without the video.

    Returns:
        Clauses without a full stop; empty when nothing is wrong. Local images are opened to see what they are.
    """
    problems = [*_prompt_problems(look.prompt, model)]
    if not look.model.strip():
        problems.append("the model's id is empty")
    seed = look.seed
    if seed is not None and (isinstance(seed, bool) or not 0 <= seed <= MAX_SEED):
        problems.append(f"the seed is {seed}; it must be between 0 and {MAX_SEED}")
    if look.ratio is not None:
        problems.extend(ratio_problems(look.ratio, model))
    if look.moderation is not None and look.moderation not in MODERATION_THRESHOLDS:
        problems.append(
            f"the moderation threshold is '{look.moderation}'; it must be {' or '.join(MODERATION_THRESHOLDS)}"
        )
    if len(look.references) > model.max_references:
        problems.append(
            f"{len(look.references)} reference images are given; {model.id} takes {model.max_references} at most"
        )
    for reference in look.references:
        problems.extend(_reference_problems(reference))
    return tuple(problems)


def keyframe_problems(look: Look, model: Model, *, span: Span, models: Iterable[Model] = ()) -> tuple[str, ...]:
    """
    Return what is wrong with the keyframes of a look for a video that shows *span*; the images are not opened.

    Args:
        look: What is asked for.
        model: The model's row.
        span: The source frames that are sent; keyframes outside of it are not.
        models: The table, to name models that take keyframes.
    """
    if not look.keyframes:
        return ()
    if model.guide_images != "keyframes":
        able = ", ".join(sorted(each.id for each in models if each.guide_images == "keyframes"))
        return (f"{model.id} takes no keyframes" + (f"; these do: {able}" if able else ""),)
    problems = []
    if look.references:
        problems.append(
            f"reference images and keyframes are given; {model.id} takes images as keyframes alone, so place every "
            "image at a moment, or none"
        )
    sent = look.keyframes_in(span)
    if len(sent) > model.max_references:
        problems.append(
            f"{len(sent)} keyframes are given for one video; {model.id} takes {model.max_references} at most"
        )
    frames = [each.frame for each in sent]
    problems += [
        f"two keyframes are given for source frame {frame}"
        for frame in sorted({frame for frame in frames if frames.count(frame) > 1})
    ]
    return tuple(problems)


def _prompt_problems(prompt: str, model: Model) -> list[str]:
    if not prompt.strip():
        return ["the prompt is empty"]
    problems = []
    units = utf16_units(prompt)
    if units > model.prompt_units:
        problems.append(
            f"the prompt is {units} UTF-16 units long; {model.id} takes {model.prompt_units} at most"
            " (an emoji counts two)"
        )
    if any("\ud800" <= character <= "\udfff" for character in prompt):
        problems.append("the prompt holds half of a surrogate pair, which is no text")
    return problems


def ratio_problems(ratio: str, model: Model) -> list[str]:
    """Return what is wrong with a ratio for this model."""
    sides = ratio.split(":")
    if len(sides) != 2 or not all(side.isascii() and side.isdigit() and int(side) > 0 for side in sides):
        return [f"the ratio '{ratio}' is not WIDTH:HEIGHT"]
    if model.ratios and ratio not in model.ratios:
        return [f"the ratio '{ratio}' is none of {model.id}'s: {', '.join(model.ratios)}"]
    return []


def is_url(reference: str) -> bool:
    """Tell whether a reference is a URL, and not a path of this machine (one with a drive letter included)."""
    scheme, colon, _ = reference.partition("://")
    return bool(colon) and len(scheme) > 1 and "/" not in scheme and "\\" not in scheme


def _reference_problems(reference: str) -> list[str]:
    if is_url(reference):
        # Which loopback URLs are fine depends on the base URL; the request builder knows, a look does not.
        return url_problems(reference, what="the reference image", allow_loopback=True)
    path = Path(reference)
    if not path.is_absolute():
        return [f"the reference image {reference} is not an absolute path"]
    return image_problems(path)


def image_problems(path: Path, *, what: str = "the reference image") -> list[str]:
    """Return why a local image cannot be sent, *what* naming it; its content decides what it is, never its name."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            return [f"{what} {path} is not a file"]
        media_type = image_type(path)
    except OSError as exc:
        return [f"{what} {path} cannot be read ({exc.strerror or exc})"]
    if media_type is None:
        return [f"{what} {path} is no JPEG, PNG or WebP"]
    length = data_uri_length(size, media_type)
    if length > IMAGE_BYTES:
        most = f"{IMAGE_BYTES:,} are the most ({IMAGE_BYTES // 4 * 3:,} bytes of file)"
        return [f"{what} {path} takes {length:,} characters as a data URI; {most}"]
    return []


def image_type(path: Path) -> str | None:
    """Return the media type of a JPEG, PNG or WebP file by its first bytes; None for anything else."""
    with path.open("rb") as file:
        head = file.read(12)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return None


def video_type(path: Path) -> str | None:
    """Return the media type of an MP4, QuickTime, WebM or Matroska file by its first bytes; None for anything else."""
    with path.open("rb") as file:
        head = file.read(64)
    if head[4:8] == b"ftyp":
        return "video/quicktime" if head[8:12] == b"qt  " else "video/mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"webm" in head else "video/x-matroska"
    return None


def url_problems(url: str, *, what: str, allow_loopback: bool) -> list[str]:
    """Return why the service would not fetch *url*; *what* names it in the clauses."""
    parts = url_parts(url)
    if parts is None or not parts.hostname:
        return [f"{what}'s URL is malformed; spaces and letters beyond ASCII must be percent-encoded"]
    shown = shown_url(url)
    problems = []
    if len(url) not in _URL_LENGTHS:
        problems.append(f"{what}'s URL is {len(url)} characters long; 13 to 2048 are taken")
    if parts.username is not None or parts.password is not None:
        problems.append(f"{what}'s URL {shown} carries a user name")
    host = parts.hostname
    if is_loopback_host(host):
        if not (allow_loopback and parts.scheme in ("http", "https")):
            problems.append(f"{what}'s URL {shown} is on this machine, where the service cannot fetch it")
        return problems
    if parts.scheme != "https":
        problems.append(f"{what}'s URL {shown} is not https")
    if ip_literal(host) is not None or looks_numeric(host):
        problems.append(f"{what}'s URL {shown} has an IP address for a host; the service wants a domain name")
    elif "." not in host.strip("."):
        problems.append(f"{what}'s URL {shown} has no public domain name")
    return problems
