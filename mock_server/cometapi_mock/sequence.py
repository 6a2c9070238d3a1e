"""Which frames are delivered and when each is shown: the ways in which an output can differ from its input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from av.filter import Graph

from .scenarios import OutputPlan
from .timing import Timing

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_VFR_STEPS = 4


def other_rate(plan: OutputPlan, rate: Fraction) -> Fraction:
    """Return the rate of an output that has another than its input: 24, or 30 for 30000/1001."""
    if plan.rate:
        return Fraction(plan.rate)
    if rate == Fraction(30000, 1001):
        return Fraction(30)
    return Fraction(24) if rate != 24 else Fraction(25)


def edited(frames: Iterator[VideoFrame], plan: OutputPlan, timing: Timing) -> Iterator[VideoFrame]:
    """Yield the frames that are delivered, in order."""
    if plan.variant == "resample":
        return _resampled(frames, timing.rate, other_rate(plan, timing.rate))
    edit = _EDITS.get(plan.variant)
    return edit(frames, plan, timing) if edit else frames


def retimed(timing: Timing, plan: OutputPlan) -> Timing:
    """Return the timing that is delivered."""
    if plan.variant in {"relabel", "resample"}:
        return Timing(other_rate(plan, timing.rate), is_constant=True, time_base=timing.time_base)
    if plan.variant == "vfr":
        return replace(timing, is_constant=False, time_base=1 / (timing.rate * _VFR_STEPS))
    return timing


def presentation_time(number: int, own: int, timing: Timing, plan: OutputPlan) -> int:
    """
    Return when the frame with this number is shown, in the unit of the delivered stream.

    Args:
        number: Its place in the output, from 0.
        own: Its time in the input, counted from the first frame's, in the input's unit.
        timing: The delivered timing.
        plan: What is delivered.
    """
    if plan.variant == "vfr":
        return number * _VFR_STEPS + (1 if number % 3 == 1 else 0)
    if not timing.is_constant:
        return own
    return number + (round(timing.rate / 2) if plan.variant == "late_start" else 0)


def _first_seconds(frames: Iterator[VideoFrame], plan: OutputPlan, timing: Timing) -> Iterator[VideoFrame]:
    limit = int(Fraction(plan.seconds) * timing.rate)
    for number, frame in enumerate(frames):
        if number < limit:
            yield frame


def _last_doubled(frames: Iterator[VideoFrame], plan: OutputPlan, _timing: Timing) -> Iterator[VideoFrame]:
    frame = None
    for frame in frames:
        yield frame
    for _ in range(plan.frames if frame is not None else 0):
        assert frame is not None  # noqa: S101 - for the type checker
        yield frame


def _last_dropped(frames: Iterator[VideoFrame], plan: OutputPlan, _timing: Timing) -> Iterator[VideoFrame]:
    held: list[VideoFrame] = []
    for frame in frames:
        held.append(frame)
        if len(held) > plan.frames:
            yield held.pop(0)


def _first_doubled(frames: Iterator[VideoFrame], plan: OutputPlan, _timing: Timing) -> Iterator[VideoFrame]:
    for number, frame in enumerate(frames):
        for _ in range(plan.frames if number == 0 else 0):
            yield frame
        yield frame


def _shifted(frames: Iterator[VideoFrame], plan: OutputPlan, _timing: Timing) -> Iterator[VideoFrame]:
    everything = list(frames)
    for number in range(len(everything)):
        yield everything[min(max(0, number + plan.frames), len(everything) - 1)]


def _frozen(frames: Iterator[VideoFrame], plan: OutputPlan, _timing: Timing) -> Iterator[VideoFrame]:
    everything = list(frames)
    middle = len(everything) // 2
    for number, frame in enumerate(everything):
        yield everything[middle] if middle < number <= middle + plan.frames else frame


def _repeated(frames: Iterator[VideoFrame], _plan: OutputPlan, _timing: Timing) -> Iterator[VideoFrame]:
    before = None
    for number, frame in enumerate(frames):
        yield before if before is not None and number % 5 == 4 else frame
        before = frame


def _cut(frames: Iterator[VideoFrame], _plan: OutputPlan, _timing: Timing) -> Iterator[VideoFrame]:
    everything = list(frames)
    middle = len(everything) // 2
    yield from everything[:middle]
    graph: Graph | None = None
    for frame in everything[middle:]:
        if graph is None:
            graph = Graph()
            unit = frame.time_base or Fraction(1, 1000)
            last = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=unit)
            for name in ("vflip", "negate", "buffersink"):
                node = graph.add(name)
                last.link_to(node)
                last = node
            graph.configure()
        graph.vpush(frame)
        yield graph.vpull()


def _resampled(frames: Iterator[VideoFrame], old: Fraction, new: Fraction) -> Iterator[VideoFrame]:
    number = 0
    for position, frame in enumerate(frames):
        # Output frame k shows what the input shows in the middle of k's time.
        while int((number + Fraction(1, 2)) * old / new) == position:
            yield frame
            number += 1


_EDITS: dict[str, Callable[[Iterator[VideoFrame], OutputPlan, Timing], Iterator[VideoFrame]]] = {
    "first_seconds": _first_seconds,
    "frame_more": _last_doubled,
    "frame_less": _last_dropped,
    "first_doubled": _first_doubled,
    "shifted": _shifted,
    "frozen": _frozen,
    "repeated": _repeated,
    "cut": _cut,
}
