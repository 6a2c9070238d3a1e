"""Parts: how a span that is too long for one task is divided. Whole-frame arithmetic, nothing else."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from otio_cometapi.records import Span


def divided(span: Span, *, most: int, least: int, overlap: int) -> tuple[Span, ...] | None:
    """
    Divide a span into the fewest parts that a model takes, equal in length to a frame.

    Neighbours share *overlap* frames, so that one can give way to the other. They share fewer where the parts are so
    short that a frame would be in three of them, and more where the parts would else be under the model's shortest.

    Args:
        span: The source frames to be sent.
        most: Longest part, in source frames.
        least: Shortest part, in source frames.
        overlap: Frames that neighbours share, at least 1.

    Returns:
        The parts in order, one where the span fits; None where no such division exists.
    """
    count = span.frame_count
    if count <= most:
        return (span,)
    if least > most:
        return None
    for shared in range(min(overlap, most // 2), 0, -1):
        number = _fewest(count, most, shared)
        lengths = _lengths(count, number, shared)
        if number > 2 and lengths[-1] < 2 * shared:
            continue  # a frame would be in three parts
        if lengths[-1] < least:
            shared = _wider(count, number, least)  # noqa: PLW2901 - the one asked for does not serve
            lengths = _lengths(count, number, shared)
        parts = _laid(span, lengths, shared)
        return parts if _sound(parts, most, least) else None
    return None


def count_of_parts(frame_count: int, *, most: int, least: int, overlap: int) -> int | None:
    """Return into how many parts so many frames are divided; None where they cannot be."""
    parts = divided(Span(0, frame_count, Fraction(1)), most=most, least=least, overlap=overlap)
    return len(parts) if parts else None


def _fewest(count: int, most: int, shared: int) -> int:
    """Return the smallest number n with n parts of *most*, less n - 1 overlaps, that hold *count* frames."""
    return -(-(count - shared) // (most - shared))


def _lengths(count: int, number: int, shared: int) -> list[int]:
    """Return the parts' lengths, the longer ones first; together they are the frames and every overlap once more."""
    length, rest = divmod(count + (number - 1) * shared, number)
    return [length + 1] * rest + [length] * (number - rest)


def _wider(count: int, number: int, least: int) -> int:
    """Return the overlap with which every part has *least* frames."""
    return -(-(number * least - count) // (number - 1))


def _laid(span: Span, lengths: list[int], shared: int) -> tuple[Span, ...]:
    parts, first = [], span.first_frame
    for length in lengths:
        parts.append(Span(first, length, span.rate))
        first += length - shared
    return tuple(parts)


def _sound(parts: tuple[Span, ...], most: int, least: int) -> bool:
    """Tell whether the model takes every part, each goes further than the one before, and none meets the one after."""
    return (
        all(least <= part.frame_count <= most for part in parts)
        and all(first.end_frame < second.end_frame for first, second in pairwise(parts))
        and all(not first.overlaps(third) for first, third in zip(parts, parts[2:], strict=False))
    )
