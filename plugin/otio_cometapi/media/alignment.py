"""
Alignment: which source frame an output frame really shows, told by movement alone.

A model changes every pixel, so pictures cannot be compared. What survives is *when* each place in the picture
changes. The course over time of every cell's brightness, edges and change is correlated with the same cell's course
in the source, at every offset; the sign does not count, so that inverted or repainted pictures match too. What each
cell at each moment says for an offset is kept apart, so that parts of the picture and of the time can be drawn at
random, over and over: an offset is sure only where nearly every draw names the same one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from otio_cometapi.media.motion import Trace
from otio_cometapi.records import Alignment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from otio_cometapi.media.motion import Numbers

MAX_OFFSET = 8
"""The largest offset that is ever named, in frames, either way."""
MIN_FRAMES = 24
"""Below so many frames in either video nothing is sure: chance agreements become too likely."""
SURE = 0.99
"""So many of all draws have to name the same offset."""
_OBJECTION, _BROAD = 0.01, 0.8
# A kind of evidence objects where it says so much more, as a part of all evidence, for another offset. That counts
# where the peak is broad: an offset beside it is so nearly as high. On the clips that the bars were chosen on the one
# wrong offset that enough draws named met an objection of 0.023 on a peak of 0.94; where half of a picture is replaced
# objections reach 0.05, on peaks of 0.4.
_FEW = 40
# Below so many frames there are few moments to draw from: two of the three kinds of evidence have to agree as well.
_SECOND = 0.9
# Another peak at least so high means that the movement repeats itself.
_BEYOND = 2
# A best offset at the end of what was searched is no peak. Two more than are named tell a peak from a slope.
_PART = 4
# No offset is looked at that leaves less than three quarters of the frames with a partner.
_FLOORS = (0.6, 0.4, 0.5)
# Grey levels of flutter in brightness, edges and change that coding alone causes; what moves less does not testify.
_WEIGHTS = (1.0, 1.0, 2.0)
# Change has a quarter of the cells of the others.
_KINDS = ("brightness", "strength of edges", "change")
_BLOCKS = (3, 8)
# Rows and columns of the places that are drawn: cells beside each other see the same object and are one witness.
_MOMENT = 4
# Frames that are drawn together, since a movement lasts longer than a frame.
_DRAWS = 400
_LEAST_EVIDENCE = 40.0
# Natural logarithm of how much likelier the movement is than chance. Where nearly nothing moves, it is below this.


def alignment_of(source: Trace, output: Trace) -> Alignment:
    """
    Tell which source frame each output frame shows: frame n shows n + offset.

    Both traces are of whole videos with about the same number of frames: what was sent, and what came back. Still
    pictures, movement that repeats itself and very slow movement are not sure.
    """
    shorter = min(source.frame_count, output.frame_count)
    if shorter < MIN_FRAMES:
        return Alignment(0, 0.0, sure=False, reason=f"{shorter} frames are too few to tell (at least {MIN_FRAMES})")
    reach = min(MAX_OFFSET + _BEYOND, shorter // _PART)
    offsets = range(-reach, reach + 1)
    kinds = _evidence(source, output, offsets)
    frames = _frames_shared(source.frame_count, output.frame_count, offsets)
    # Evidence is counted per frame shared, or else small offsets, which share more, would be preferred.
    totals = np.stack([kind.sum((1, 2)) for kind in kinds]) / frames.sum(1)
    verdict = _Verdict(offsets, totals, round(_agreement(sum(kinds[1:], kinds[0]), frames), 3), shorter)
    offset = verdict.offset
    reason = verdict.doubt()
    return Alignment(
        0 if verdict.is_edge else offset,
        verdict.share,
        sure=not reason,
        reason=reason,
        frames_compared=min(output.frame_count, source.frame_count - offset) - max(0, -offset),
    )


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What all the evidence says."""

    offsets: range
    kinds: Numbers
    """What brightness, edges and change (first axis) say for every offset, per frame."""
    share: float
    """The share of draws that name the best offset."""
    frame_count: int

    @property
    def best(self) -> int:
        """The place of the best offset."""
        return int(self.kinds.sum(0).argmax())

    @property
    def offset(self) -> int:
        """The best offset."""
        return self.offsets[self.best]

    @property
    def is_edge(self) -> bool:
        """Whether the best offset lies beyond those that are named."""
        return abs(self.offset) > self.offsets[-1] - _BEYOND

    def doubt(self) -> str:
        """Say why the offset is not sure; nothing where it is."""
        totals = self.kinds.sum(0)
        if totals[self.best] * self.frame_count < _LEAST_EVIDENCE:
            return "nearly nothing moves in both pictures"
        if self.is_edge:
            return f"no offset of at most {self.offsets[-1] - _BEYOND} frames stands out"
        if self.share < SURE:
            return f"parts of picture and time disagree (confidence {self.share:.2f}, {SURE:g} is needed)"
        if self.frame_count < _FEW and (self.kinds.argmax(1) == self.best).sum() < 2:
            return "brightness, edges and change disagree"
        return self._objection(totals) or self._rival(totals)

    def _objection(self, totals: Numbers) -> str:
        """
        Say which kind of evidence names another offset with some weight; nothing where none does.

        A change that turns hues or folds brightness may leave a picture in which something else moves.
        """
        beside = [totals[n] for n in (self.best - 1, self.best + 1) if 0 <= n < len(totals)]
        if max(beside) < _BROAD * totals[self.best]:
            return ""
        for name, kind in zip(_KINDS, self.kinds, strict=True):
            if kind.max() - kind[self.best] > _OBJECTION * totals[self.best]:
                return f"{name} names {self.offsets[int(kind.argmax())]} frames, all together name {self.offset}"
        return ""

    def _rival(self, totals: Numbers) -> str:
        """Say which other offset has a peak nearly as high; nothing where none has."""
        inner = range(1, len(totals) - 1)
        peaks = [n for n in inner if totals[n] >= max(totals[n - 1], totals[n + 1]) and abs(n - self.best) > 1]
        high = [n for n in peaks if totals[n] > _SECOND * totals[self.best]]
        if not high:
            return ""
        return f"the movement repeats itself: {self.offset} and {self.offsets[high[0]]} frames fit nearly alike"


def _evidence(source: Trace, output: Trace, offsets: range) -> list[Numbers]:
    """Return what brightness, edges and change say for every offset (first axis), by moment and by place."""
    pairs = (
        (_levelled(source.luma), _levelled(output.luma)),
        (_levelled(source.edges), _levelled(output.edges)),
        (source.change, output.change),
    )
    return [
        weight * _by_block(_likelihood(sent, came, floor, offsets=offsets), came.shape[1:])
        for (sent, came), floor, weight in zip(pairs, _FLOORS, _WEIGHTS, strict=True)
    ]


def _levelled(grids: Numbers) -> Numbers:
    """Take out what brightens or dims the whole picture at once."""
    cells = grids.reshape(len(grids), -1)
    mean = cells.mean(0)
    shape = mean - mean.mean()
    gain = (cells @ shape) / (shape @ shape + 1e-6)
    rest = cells - cells.mean(1, keepdims=True) - gain[:, None] * shape
    return cast("Numbers", rest.reshape(grids.shape))


def _likelihood(source: Numbers, output: Numbers, floor: float, *, offsets: range) -> Numbers:
    """
    Return by how much each offset explains each cell better than chance does, split over time.

    Offsets x moments x cells. At every offset each cell of the output is fitted as a straight line of the source's;
    what is returned adds up, over time, to the logarithm of the likelihood ratio of that fit.
    """
    theirs, ours = (grids.reshape(len(grids), -1) for grids in (source, output))
    found = np.zeros((len(offsets), len(ours) // _MOMENT, ours.shape[1]), np.float32)
    for place, offset in enumerate(offsets):
        first, end = max(0, -offset), min(len(ours), len(theirs) - offset)
        x, y = theirs[first + offset : end + offset], ours[first:end]
        x, y = x - x.mean(0), y - y.mean(0)
        power = (y * y).mean(0) + floor**2
        shared, own = (x * y).mean(0), (x * x).mean(0) + floor**2
        slope = shared / own
        # Above 0.9999 alike the difference is rounding.
        left = np.maximum(power - shared * slope, 1e-4 * power)
        rest = y - slope * x
        said = 0.5 * (np.log(power / left) + y * y / power - rest * rest / left)
        sums = np.concatenate([np.zeros((1, said.shape[1])), said.cumsum(0, dtype=np.float64)])
        within = np.clip(_moments(len(ours)), first, end) - first
        found[place] = sums[within[1:]] - sums[within[:-1]]
    return found


def _moments(count: int) -> NDArray[np.int64]:
    """Return where each moment of a video begins, and the end of the last."""
    return np.linspace(0, count, count // _MOMENT + 1).astype(np.int64)


def _frames_shared(source_count: int, output_count: int, offsets: range) -> Numbers:
    """Return how many frames of each moment (second axis) have a partner in the source at each offset (first)."""
    edges = _moments(output_count)
    rows = [np.diff(np.clip(edges, max(0, -k), min(output_count, source_count - k))) for k in offsets]
    return np.stack(rows).astype(np.float32)


def _by_block(cells: Numbers, grid: tuple[int, ...]) -> Numbers:
    """Add up the cells of every block."""
    rows, columns = _BLOCKS
    shape = (*cells.shape[:2], rows, grid[0] // rows, columns, grid[1] // columns)
    return cast("Numbers", cells.reshape(shape).sum((3, 5)).reshape(*cells.shape[:2], rows * columns))


def _agreement(evidence: Numbers, frames: Numbers) -> float:
    """Return the share of random draws of moments and places, with repetition, that name the best offset too."""
    best = (evidence.sum((1, 2)) / frames.sum(1)).argmax()
    _, moments, places = evidence.shape
    draw = np.random.default_rng(0)  # the same for everybody, so that the same files give the same answer
    times = draw.multinomial(moments, np.full(moments, 1 / moments), _DRAWS).astype(np.float32)
    where = draw.multinomial(places, np.full(places, 1 / places), _DRAWS).astype(np.float32)
    totals = np.einsum("rm,omp,rp->ro", times, evidence, where, optimize=True)
    shared = np.maximum(times @ frames.T, 1)
    return float(((totals / shared).argmax(1) == best).mean())
