"""Scene cuts: where one picture ends and an unlike one begins, seen on the coarse grids of a trace."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from otio_cometapi.media.motion import CELLS, Grid, MotionTrace

_UNLIKE = 0.5
"""Across a cut, neither brightness nor edges are distributed more alike than this (correlation, at most 1)."""
_DIP = 0.3
"""And less alike by so much than the frames on either side of it are among themselves."""
_TRACE_OF_CUT = 0.15
"""So small a dip, in brightness or in edges, may be what a change of style left of a cut."""
_BESIDE = 2
"""How many frames on either side have to belong together."""


@dataclass(frozen=True, slots=True)
class Continuity:
    """How alike the frames of a video are to those before them; entry n compares frame n with n - 1."""

    luma: tuple[float, ...]
    edges: tuple[float, ...]
    across: tuple[float, ...]
    """The same for the frames two apart, around each place: a flash does not come between them."""

    def cuts(self) -> tuple[int, ...]:
        """Return the first frame of every scene but the first."""
        count = len(self.luma)
        alike = [max(pair) for pair in zip(self.luma, self.edges, strict=True)]
        found = []
        for frame in range(_BESIDE, count - _BESIDE + 1):
            beside = [alike[n] for n in (frame - 1, frame + 1) if 0 < n < count]
            unlike = max(alike[frame], self.across[frame])
            if unlike < _UNLIKE and min(beside) - unlike > _DIP:
                found.append(frame)
        return tuple(found)

    def hints_at_cut(self, first: int, end: int) -> bool:
        """Tell whether any frame from *first* until before *end* is even a little unlike the one before."""
        for series in (self.luma, self.edges):
            for frame in range(max(first, 1), min(end, len(series))):
                near = sorted(series[max(1, frame - 4) : frame] + series[frame + 1 : frame + 5])
                if near and near[len(near) // 2] - series[frame] > _TRACE_OF_CUT:
                    return True
        return False


def continuity_of(trace: MotionTrace) -> Continuity:
    """Compare every frame of a trace with the one before."""
    luma, edges = [_unit(frame) for frame in trace.luma], [_unit(frame) for frame in trace.edges]
    return Continuity(
        tuple(_alike(luma, n - 1, n) for n in range(len(luma))),
        tuple(_alike(edges, n - 1, n) for n in range(len(edges))),
        tuple(max(_alike(luma, n - 2, n + 1), _alike(edges, n - 2, n + 1)) for n in range(len(luma))),
    )


def _unit(grid: Grid) -> list[float]:
    """Take out mean and contrast; a flat picture becomes all zeros."""
    mean = sum(grid) / CELLS
    rest = [value - mean for value in grid]
    size = math.sqrt(sum(map(mul, rest, rest)))
    # A quarter of a grey level a cell is coding, not a picture.
    return [value / size for value in rest] if size > 0.25 * math.sqrt(CELLS) else [0.0] * CELLS


def _alike(frames: Sequence[list[float]], one: int, other: int) -> float:
    """Return the correlation of two frames; 1 where one of them does not exist."""
    if one < 0 or other >= len(frames):
        return 1.0
    return float(sum(map(mul, frames[one], frames[other])))
