"""Many spans of one file, found by the frames that they hold without looking at all of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Generic, TypeVar

from otio_cometapi.records.spans import Span

V = TypeVar("V")


class SpanIndex(Generic[V]):
    """
    What stands for spans of one file.

    A search looks at the spans that begin near the frames asked for: as near as the longest span is long.
    """

    def __init__(self, entries: Iterable[tuple[Span, V]]) -> None:
        """Keep each value under its span; several may share one."""
        numbered = [(span.first_frame, number, span, value) for number, (span, value) in enumerate(entries)]
        self._entries = sorted(numbered, key=lambda entry: entry[:2])
        self._firsts = [entry[0] for entry in self._entries]
        self._longest = max((span.frame_count for _, _, span, _ in numbered), default=0)

    def holding(self, wanted: Span) -> list[V]:
        """Return what stands for spans that hold all frames of *wanted*, in the order in which it was given."""
        low = bisect_left(self._firsts, wanted.end_frame - self._longest)
        found = self._entries[low : bisect_right(self._firsts, wanted.first_frame)]
        return _as_given([entry for entry in found if entry[2].contains(wanted)])

    def may_hold(self, first: int, end: int) -> bool:
        """Tell whether a span may hold the frames from *first* to *end*, the last not included; if not, none does."""
        low = bisect_left(self._firsts, end - self._longest)
        return any(self._entries[at][2].end_frame >= end for at in range(low, bisect_right(self._firsts, first)))

    def sharing(self, wanted: Span) -> list[V]:
        """Return what stands for spans that hold any frame of *wanted*, in the order in which it was given."""
        low = bisect_right(self._firsts, wanted.first_frame - self._longest)
        found = self._entries[low : bisect_left(self._firsts, wanted.end_frame)]
        return _as_given([entry for entry in found if entry[2].overlaps(wanted)])


def _as_given(found: list[tuple[int, int, Span, V]]) -> list[V]:
    return [value for _, _, _, value in sorted(found, key=lambda entry: entry[1])]
