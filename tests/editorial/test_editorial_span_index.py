"""Spans found by the frames that they hold: what a look at every one of them finds, in the same order."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from otio_cometapi.records import Span, SpanIndex
from support.otio_builders import CALM

RATES = (Fraction(24), Fraction(25))
SPANS = st.builds(Span, st.integers(0, 60), st.integers(1, 40), st.sampled_from(RATES))


@CALM
@given(st.lists(SPANS, max_size=12), SPANS)
def test_the_index_finds_what_a_look_at_all_finds(spans: list[Span], wanted: Span) -> None:
    """Spans that hold or share the frames are found, those of another rate never, in the order they were given in."""
    index = SpanIndex((span, number) for number, span in enumerate(spans))
    assert index.holding(wanted) == [number for number, span in enumerate(spans) if span.contains(wanted)]
    assert index.sharing(wanted) == [number for number, span in enumerate(spans) if span.overlaps(wanted)]


@CALM
@given(st.lists(SPANS, max_size=12), SPANS)
def test_what_may_hold_frames_is_never_denied(spans: list[Span], wanted: Span) -> None:
    """A span that holds the frames, counted at whatever rate, is not denied; where none does, none is claimed."""
    index = SpanIndex((span, number) for number, span in enumerate(spans))
    held = [span.first_frame <= wanted.first_frame and wanted.end_frame <= span.end_frame for span in spans]
    assert index.may_hold(wanted.first_frame, wanted.end_frame) is any(held)


def test_an_empty_index_finds_nothing() -> None:
    """Without spans there is nothing to hold any frame."""
    index: SpanIndex[int] = SpanIndex(())
    assert index.holding(Span(0, 1, Fraction(24))) == []
    assert index.sharing(Span(0, 1, Fraction(24))) == []
