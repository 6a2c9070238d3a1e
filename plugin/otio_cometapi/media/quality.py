"""
Quality checks: what an editor should know of a take before seeing it.

Every check is relative to the source: a source that is black, still, repeats frames or cuts itself is no fault of
the output. A changed style alone raises no flag.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from otio_cometapi.media.cuts import continuity_of
from otio_cometapi.media.motion import Trace
from otio_cometapi.records import Alignment, QualityFlag

_BLACK = 5.0
"""No cell of a black frame is brighter, in grey levels of 0-255."""
_NOT_BLACK = 16.0
"""Some cell of a picture is brighter."""
_STILL = 0.35
"""A frame that differs less from the one before, in grey levels, may be the same one coded again ..."""
_STILL_SHARE = 0.1
"""... if that is also less than this part of what is usual in this video ..."""
_FULL_SHARE = 0.5
"""... and of less than that in proportion, where the source itself moves less than this part of its own usual."""
_MOVING = 0.2
"""A source's frame that differs more from the one before, in grey levels, has moved ..."""
_MOVING_SHARE = 0.2
"""... if that is also more than this part of what is usual in the source."""
_FROZEN_RUN = 4
"""So many frames in a row that do not move are frozen; fewer are repeats."""
_REPEATS = 3
"""So many repeats, apart from each other, are a flag."""
_SLACK = 1
"""Frames by which the source may be early or late where the offset is known."""
_SLACK_UNSURE = 8
"""The same where it is not."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """Source and output, and which frames belong together."""

    source: Trace
    output: Trace
    offset: int
    slack: int

    def partners(self, frame: int, more: int = 0) -> range:
        """Return the source frames that an output frame may show."""
        middle, reach, last = frame + self.offset, self.slack + more, self.source.frame_count - 1
        return range(min(max(0, middle - reach), last), max(0, min(last, middle + reach)) + 1)


def quality_flags(source: Trace, output: Trace, *, alignment: Alignment | None = None) -> tuple[QualityFlag, ...]:
    """
    Name what is wrong with an output, by the output's frames, in their order.

    Black frames, frozen runs, repeated frames, a wrong length, a scene cut that the source does not have and one
    that the output lacks. *alignment* tells which frames belong together; without a sure one the comparison gives
    eight frames of slack.
    """
    offset = alignment.sure_offset if alignment is not None else None
    pair = _Pair(source, output, offset or 0, _SLACK if offset is not None else _SLACK_UNSURE)
    flags = list(_length(pair))
    if source.frame_count and output.frame_count:
        flags += [*_black(pair), *_held(pair), *_cuts(pair)]
    return tuple(sorted(flags, key=lambda flag: (flag.first_frame, flag.kind)))


def _length(pair: _Pair) -> Iterator[QualityFlag]:
    """Compare the numbers of frames."""
    wanted, count = pair.source.frame_count, pair.output.frame_count
    if count != wanted:
        message = f"{count} frames came back for {wanted}."
        yield QualityFlag("length", min(count, wanted), abs(count - wanted), message)


def _black(pair: _Pair) -> Iterator[QualityFlag]:
    """Find frames without picture where the source has one."""
    brightest = pair.source.luma.max((1, 2))
    dark = (
        number
        for number, highest in enumerate(pair.output.luma.max((1, 2)))
        if highest < _BLACK and all(brightest[n] > _NOT_BLACK for n in pair.partners(number))
    )
    for first, count in _runs(dark):
        yield QualityFlag("black", first, count, f"{_frames(first, count)} black; the source is not.")


def _held(pair: _Pair) -> Iterator[QualityFlag]:
    """Find frames that do not move where the source does."""
    changes = pair.output.level.tolist()
    brightest = pair.output.luma.max((1, 2))
    moved = _moved(pair)
    usual = _usual(changes)
    # Where hardly any frame moves, "usual" says nothing; what counts then is whether anything does.
    limit = min(_STILL, _STILL_SHARE * usual) if usual > 0 else _STILL / 4
    held = (
        number
        for number in range(1, len(changes))
        # Black frames have a flag of their own.
        if changes[number] < limit * moved[number] and brightest[number] >= _BLACK
    )
    runs = list(_runs(held))
    for first, count in runs:
        if count >= _FROZEN_RUN:
            message = f"the picture stands still from frame {first - 1} to {first + count - 1}; the source moves."
            yield QualityFlag("frozen", first, count, message)
    yield from _repeats([run for run in runs if run[1] < _FROZEN_RUN])


def _moved(pair: _Pair) -> list[float]:
    """Tell for every output frame how surely the source moves there: 0 not, 1 as much as usual or nearly so."""
    levels = pair.source.level.tolist()
    usual = _usual(levels)
    least = max(_MOVING, _MOVING_SHARE * usual)
    moved = []
    for number in range(pair.output.frame_count):
        slowest = min((levels[n] for n in pair.partners(number) if n), default=0.0)
        moved.append(min(1.0, slowest / max(_FULL_SHARE * usual, least)) if slowest > least else 0.0)
    return moved


def _repeats(runs: list[tuple[int, int]]) -> Iterator[QualityFlag]:
    """Report short repeats once for the whole take."""
    if len(runs) < _REPEATS:
        return
    first, last = runs[0][0], runs[-1][0]
    (gap, times), *_ = Counter(after - before for (before, _), (after, _) in pairwise(runs)).most_common(1)
    rhythm = f", every {gap} frames" if times * 2 >= len(runs) - 1 else ""
    numbers = ", ".join(str(start) for start, _ in runs[:6]) + (", ..." if len(runs) > 6 else "")
    message = f"{len(runs)} frames repeat the one before{rhythm}: {numbers}; the source moves there."
    yield QualityFlag("repeated", first, last - first + 1, message)


def _cuts(pair: _Pair) -> Iterator[QualityFlag]:
    """Compare the scene cuts of both."""
    ours, theirs = continuity_of(pair.output), continuity_of(pair.source)
    for frame in ours.cuts():
        near = pair.partners(frame, 1)
        if not theirs.hints_at_cut(near.start, near.stop) and _inside(pair, frame):
            yield QualityFlag(
                "extra_cut", frame, 1, f"a new scene begins at frame {frame}; the source has no cut there."
            )
    for cut in theirs.cuts():
        frame = cut - pair.offset
        reach = pair.slack + 1
        if reach < frame < pair.output.frame_count - reach and not ours.hints_at_cut(frame - reach, frame + reach + 1):
            message = f"the source has a cut at its frame {cut}; the output has none near frame {frame}."
            yield QualityFlag("missing_cut", frame, 1, message)


def _inside(pair: _Pair, frame: int) -> bool:
    """Tell whether the source reaches to where this output frame comes from; beyond its ends nothing is known."""
    return 0 < frame + pair.offset < pair.source.frame_count


def _usual(levels: list[float]) -> float:
    """Return the middle of all levels but the first frame's, which has none before it."""
    ordered = sorted(levels[1:])
    return ordered[len(ordered) // 2] if ordered else 0.0


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Group frame numbers that follow each other; give first and count."""
    for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        yield run[0], len(run)


def _frames(first: int, count: int) -> str:
    """Name a run of frames for people."""
    return f"frame {first} is" if count == 1 else f"frames {first} to {first + count - 1} are"
