"""Scene cuts: where one picture ends and an unlike one begins, seen on the coarse grids of a trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from otio_cometapi.media.motion import Trace

if TYPE_CHECKING:
    from otio_cometapi.media.motion import Numbers

_UNLIKE = 0.5
"""Across a cut, neither brightness nor edges are distributed more alike than this (correlation, at most 1)."""
_DIP = 0.3
"""And less alike by so much than the frames on either side of it are among themselves."""
_TRACE_OF_CUT = 0.15
"""So small a dip, in brightness or in edges, may be what a change of style left of a cut."""
_BESIDE = 2
"""How many frames on either side have to belong together."""
_FLAT = 0.25
"""Grey levels a cell below which a picture is coding alone."""


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


def continuity_of(trace: Trace) -> Continuity:
    """Compare every frame of a trace with the one before."""
    luma, edges = _unit(trace.luma), _unit(trace.edges)
    across = np.maximum(_alike(luma, 2, 1), _alike(edges, 2, 1))
    return Continuity(tuple(_alike(luma, 1, 0).tolist()), tuple(_alike(edges, 1, 0).tolist()), tuple(across.tolist()))


def _unit(grids: Numbers) -> Numbers:
    """Take out every picture's mean and contrast; a flat one becomes all zeros."""
    cells = grids.reshape(len(grids), -1)
    rest = cells - cells.mean(1, keepdims=True)
    size = np.linalg.norm(rest, axis=1, keepdims=True)
    flat = size <= _FLAT * cells.shape[1] ** 0.5
    return np.where(flat, np.float32(0), rest / np.where(flat, np.float32(1), size))


def _alike(pictures: Numbers, back: int, ahead: int) -> Numbers:
    """Correlate, for every n, picture n - *back* with picture n + *ahead*; 1 where one of them does not exist."""
    count = len(pictures)
    found = np.ones(count, np.float32)
    if count > back + ahead:
        found[back : count - ahead] = (pictures[: count - back - ahead] * pictures[back + ahead :]).sum(1)
    return found
