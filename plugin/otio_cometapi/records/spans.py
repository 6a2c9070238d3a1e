"""Spans: runs of whole frames of one media file, at an exact rate."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


def rate_text(rate: Fraction) -> str:
    """Write an exact rate as ``"24000/1001"`` (frames per second); whole rates too: ``"24/1"``."""
    return f"{rate.numerator}/{rate.denominator}"


def rate_from_text(text: str) -> Fraction:
    """
    Read what `rate_text` wrote.

    Raises:
        ValueError: The text is not a positive fraction.
    """
    rate = Fraction(text)
    if rate <= 0:
        raise ValueError(f"a frame rate is positive, not {text}")
    return rate


@dataclass(frozen=True, slots=True)
class Span:
    """A run of whole frames of one media file."""

    first_frame: int
    """Number of the first frame; the file's first is 0."""
    frame_count: int
    """How many frames, at least 1."""
    rate: Fraction
    """Frames per second, exact."""

    def __post_init__(self) -> None:
        # A rate's sign is its numerator's: comparing whole numbers costs a tenth of comparing fractions.
        if self.first_frame < 0 or self.frame_count < 1 or self.rate.numerator <= 0:
            raise ValueError(f"not a run of whole frames: {self!r}")

    @property
    def end_frame(self) -> int:
        """Number of the frame after the last one."""
        return self.first_frame + self.frame_count

    @property
    def seconds(self) -> Fraction:
        """Duration in seconds, exact."""
        return self.frame_count / self.rate

    def _counts_as(self, other: Span) -> bool:
        """Tell whether both have one rate; comparing two equal fractions costs ten times what one object does."""
        return self.rate is other.rate or self.rate == other.rate

    def contains(self, other: Span) -> bool:
        """Tell whether every frame of *other* is in this span (of the same file)."""
        within = self.first_frame <= other.first_frame and other.end_frame <= self.end_frame
        return within and self._counts_as(other)

    def overlaps(self, other: Span) -> bool:
        """Tell whether the two share at least one frame."""
        meet = self.first_frame < other.end_frame and other.first_frame < self.end_frame
        return meet and self._counts_as(other)

    def shared(self, other: Span) -> Span:
        """
        Return the frames that both have.

        Raises:
            ValueError: They share none.
        """
        first = max(self.first_frame, other.first_frame)
        return Span(first, min(self.end_frame, other.end_frame) - first, self.rate)

    def joined(self, other: Span) -> Span:
        """Return the shortest span that holds both."""
        first = min(self.first_frame, other.first_frame)
        end = max(self.end_frame, other.end_frame)
        return Span(first, end - first, self.rate)

    def widened(self, before: int, after: int, *, length: int) -> Span:
        """Return the span with *before* and *after* frames added, clamped to a file of *length* frames."""
        first = max(0, self.first_frame - before)
        end = min(length, self.end_frame + after)
        return Span(first, end - first, self.rate)
