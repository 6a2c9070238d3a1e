"""`--conform spread`: an output of another length is spread evenly over the span; frames repeat or are passed over."""

from __future__ import annotations

from collections.abc import Sequence

from otio_cometapi.api import ConformCase


def spread(case: ConformCase, /) -> Sequence[int] | None:
    """Return the output's frame for every frame of the span; None where less than half of them came back."""
    came = len(case.times)
    if came * 2 < case.frame_count:
        return None
    return [number * came // case.frame_count for number in range(case.frame_count)]
