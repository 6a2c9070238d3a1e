"""Fitting: how far a picture is compressed so that the file keeps to its limit."""

from __future__ import annotations

import math
from dataclasses import dataclass

from otio_cometapi.media.raster import Layout

BEST_CRF = 16.0
"""Where every export begins; looks lossless."""
_GOOD_CRF = 24.0
"""The worst quality at the first raster; below it a smaller raster keeps more of the picture."""
FLOOR_CRF = 32.0
"""The worst quality of all; nothing below it is sent."""
_HIGH_UNTIL = 20.0
_LEAST_STEP = 1.0
# At x264, six steps of CRF halve the bytes, more or less; asking for a little more saves a round.
_STEPS_A_HALVING = 6.0
_SURPLUS = 1.2
_MOST_STEPS = 24.0
"""Flat pictures give way slowly; beyond this an estimate is noise."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to encode an export."""

    layout: Layout
    """Raster, and the picture's place in it."""
    crf: float
    """Constant quality."""

    @property
    def quality(self) -> str:
        """``"high"``, ``"good"`` or ``"low"``."""
        if self.crf <= _HIGH_UNTIL:
            return "high"
        return "good" if self.crf <= _GOOD_CRF else "low"


class Fit:
    """
    Proposes attempts: quality first, then the smaller raster, then quality down to the floor.

    Ask for the first with `current`; tell each outcome that was too large with `too_large`.
    """

    def __init__(self, layouts: tuple[Layout, ...], max_bytes: int) -> None:
        """Take the rasters, the largest first, and the limit in bytes."""
        self._stages = [(one, _GOOD_CRF) for one in layouts] + [(layouts[-1], FLOOR_CRF)]
        self._max_bytes = max_bytes
        self._layout, self._worst = self._stages.pop(0)
        self.current: Attempt | None = Attempt(self._layout, BEST_CRF)
        self._before: tuple[float, int] | None = None
        self._steps_a_halving = _STEPS_A_HALVING

    def too_large(self, estimated_bytes: int) -> None:
        """Propose the next attempt after one that would have taken so many bytes; `current` is None at the end."""
        attempt = self.current
        if attempt is None:
            return
        self._learn(attempt.crf, estimated_bytes)
        halvings = math.log2(max(estimated_bytes / self._max_bytes, 1.0))
        wanted = attempt.crf + max(_LEAST_STEP, halvings * self._steps_a_halving * _SURPLUS)
        hopeless = bool(self._stages) and wanted > self._worst + _STEPS_A_HALVING
        if attempt.crf >= self._worst or hopeless:
            self.current = self._in_next_stage(wanted)
        else:
            self.current = Attempt(self._layout, math.ceil(min(wanted, self._worst) * 2) / 2)

    def _learn(self, crf: float, estimated_bytes: int) -> None:
        """Take from two attempts at one raster how many steps halve this picture's bytes."""
        if self._before is not None:
            halvings = math.log2(max(self._before[1] / estimated_bytes, 1.0))
            steps = (crf - self._before[0]) / halvings if halvings > 0 else _MOST_STEPS
            self._steps_a_halving = min(max(steps, _STEPS_A_HALVING / 2), _MOST_STEPS)
        self._before = crf, estimated_bytes

    def _in_next_stage(self, wanted: float) -> Attempt | None:
        """Go on to the next raster, or to a lower floor at the same one."""
        if not self._stages:
            return None
        before = self._layout
        self._layout, self._worst = self._stages.pop(0)
        if self._layout != before:
            self._before, self._steps_a_halving = None, _STEPS_A_HALVING
            # Fewer pixels take fewer bytes, about in proportion.
            share = (before.width * before.height) / (self._layout.width * self._layout.height)
            wanted = max(BEST_CRF, wanted - math.log2(share) * _STEPS_A_HALVING)
        if wanted > self._worst + _STEPS_A_HALVING and self._stages:
            return self._in_next_stage(wanted)
        return Attempt(self._layout, math.ceil(min(wanted, self._worst) * 2) / 2)
