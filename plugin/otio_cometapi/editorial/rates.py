"""Frame rates as hosts write them, and the exact rates they stand for."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Any

from otio_cometapi.timecode import SMPTE_RATES

HOST_RATES: tuple[Fraction, ...] = (*SMPTE_RATES, Fraction(100), Fraction(120000, 1001), Fraction(120))
"""The rates that hosts work at: those with a SMPTE timecode, and three above them."""

SNAP_TOLERANCE = Fraction(1, 2500)
"""How far, relatively, a rate may lie from the one it stands for: 23.98 does (0.017 %), 24 for 23.976 not (0.1 %)."""

WHOLE_TOLERANCE = Fraction(1, 1000)
"""How far from a whole frame a converted position may lie and still be that frame, in frames."""


@lru_cache(maxsize=256)
def snapped_rate(rate: float) -> Fraction | None:
    """
    Return the exact rate that *rate* (frames per second) stands for.

    23.976, 23.98 and 23.976024627685547 are 24000/1001. Whole and half rates that SMPTE does not know (12, 12.5, 15)
    stand for themselves. None: the number is no frame rate.
    """
    if not math.isfinite(rate) or rate <= 0:
        return None
    exact = Fraction(rate)
    for known in HOST_RATES:
        if abs(exact - known) <= known * SNAP_TOLERANCE:
            return known
    doubled = exact * 2
    nearest = round(doubled)
    if nearest and abs(doubled - nearest) <= Fraction(1, 10**6):
        return Fraction(nearest, 2)
    return None


def rounded(value: float) -> int | None:
    """Return the nearest whole number; truncating would lose a frame on 3542.9999999. None for nan and infinity."""
    return math.floor(value + 0.5) if math.isfinite(value) else None


def whole(value: Fraction | int) -> int | None:
    """Return the whole frame that *value* is, within a thousandth of a frame; None where it lies between two."""
    if isinstance(value, int):
        return value
    nearest = math.floor(value + Fraction(1, 2))
    return nearest if abs(value - nearest) <= WHOLE_TOLERANCE else None


def frames_at(time: Any, rate: Fraction) -> Fraction | int | None:
    """
    Return an OTIO RationalTime in frames at *rate*, exactly.

    The time is first rounded to a whole frame of its own (snapped) rate. None: it has no usable number or rate.
    """
    frames = rounded(time.value)
    if not frames:
        return frames
    own = snapped_rate(time.rate)
    if own is None:
        return None
    # Snapped rates are the table's own objects nearly always; comparing Fractions costs ten times as much.
    return frames if own is rate or own == rate else frames * rate / own


def rate_label(rate: Fraction | float) -> str:
    """Return a rate as editors write it: ``"23.976"``, ``"25"``."""
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")
