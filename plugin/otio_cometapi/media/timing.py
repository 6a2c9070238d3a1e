"""Timing: which frames a file shows, when, and at what constant rate, found without decoding."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import count, pairwise

from otio_cometapi.media.files import Opened
from otio_cometapi.timecode import SMPTE_RATES, smpte_rate_near

_NEAR = Fraction(2, 100)


@dataclass(frozen=True, slots=True)
class PacketTimes:
    """The time stamps of a file's coded frames."""

    shown: tuple[int, ...]
    """Presentation stamps of the frames that are shown, sorted, in ticks."""
    packet_count: int
    """Coded frames read, those that are not shown included."""
    tick: Fraction
    """Seconds a tick."""
    unstamped: int = 0
    """Coded frames without a stamp."""

    @property
    def frame_count(self) -> int:
        """Frames that the file shows."""
        return len(self.shown)

    def seconds(self, rate: Fraction) -> Fraction:
        """Return how long the picture lasts, the last frame shown for one step of *rate*."""
        return (self.shown[-1] - self.shown[0]) * self.tick + 1 / rate


def packet_times(source: Opened) -> PacketTimes:
    """
    Read every coded frame's time stamp. Frames outside the edit list are not shown and not counted.

    Raises:
        FFmpegError: The file cannot be read.
    """
    container, stream = source
    shown: list[int] = []
    found = unstamped = 0
    for packet in container.demux(stream):
        if packet.size == 0:
            continue
        found += 1
        stamp = packet.pts
        if stamp is None and (stamp := packet.dts) is None:
            unstamped += 1
        elif not packet.is_discard:
            shown.append(stamp)
    return PacketTimes(tuple(sorted(shown)), found, Fraction(stream.time_base or 1), unstamped)


def shown_from(times: PacketTimes, first: int) -> PacketTimes:
    """Leave out the frames before *first*: those that cannot be decoded because what they refer to is missing."""
    kept = times.shown[bisect_left(times.shown, first) :]
    return PacketTimes(kept, times.packet_count, times.tick, times.unstamped)


def constant_rate(times: PacketTimes, declared: list[Fraction]) -> Fraction | None:
    """
    Return the constant rate that every time stamp fits, None where there is none.

    A rate fits when every frame stands within a quarter of a frame of where a constant rate puts it: then no
    two frames can be taken for one another, whatever the container's clock. The rates that the file declares
    are tried first, snapped to the SMPTE rates they stand for, since a short file's stamps fit several.
    """
    candidates: list[Fraction] = []
    for rate in declared:
        if rate > 0:
            candidates += [snapped for snapped in (smpte_rate_near(rate),) if snapped is not None]
            candidates.append(rate)
    if times.frame_count > 1 and times.shown[-1] > times.shown[0]:
        measured = (times.frame_count - 1) / ((times.shown[-1] - times.shown[0]) * times.tick)
        snapped = smpte_rate_near(measured)
        candidates += [snapped] if snapped is not None else []
        candidates.append(measured.limit_denominator(1001))
    return next((rate for rate in dict.fromkeys(candidates) if _fits(times, rate)), None)


def nominal_rate(times: PacketTimes, declared: list[Fraction]) -> Fraction:
    """
    Return the constant rate that a file of varying rate stands for.

    It is the SMPTE rate nearest to the commonest distance of two frames, among those that the file declares where one
    of them is near; where no SMPTE rate is near, the rate of that distance itself.
    """
    steps = [after - before for before, after in pairwise(times.shown) if after > before]
    usual = 1 / (Counter(steps).most_common(1)[0][0] * times.tick) if steps else Fraction(25)
    known = [rate for rate in map(smpte_rate_near, declared) if rate is not None]
    near = [rate for rate in known if abs(rate / usual - 1) < _NEAR]
    nearest = min(SMPTE_RATES, key=lambda rate: abs(rate - usual))
    if smpte_rate_near(usual) is None and near:
        return near[0]
    return nearest if abs(nearest / usual - 1) < _NEAR else usual.limit_denominator(1001)


def frames_by_time(times: PacketTimes, rate: Fraction) -> int:
    """Return how many constant frames at *rate* a file's picture lasts, its last frame shown for one."""
    return int(times.seconds(rate) * rate + Fraction(1, 2))


def shown_at(times: PacketTimes, rate: Fraction, frames: range) -> tuple[int, ...]:
    """Return for constant frames at *rate* the stored frames that are shown in the middle of each."""
    steps = 1 / (rate * times.tick)
    moments = (times.shown[0] + (frame + Fraction(1, 2)) * steps for frame in frames)
    return tuple(max(0, bisect_right(times.shown, moment) - 1) for moment in moments)


def _fits(times: PacketTimes, rate: Fraction) -> bool:
    """Tell whether every stamp is where *rate* puts it, within a quarter of a frame."""
    # Whole numbers: stamp * tick * rate is the frame's place; both sides times the denominator.
    scale = times.tick * rate
    first = times.shown[0]
    top, bottom = scale.numerator, scale.denominator
    return all(
        4 * abs((stamp - first) * top - place) < bottom
        for stamp, place in zip(times.shown, count(0, bottom), strict=False)
    )
