"""When the frames of a video are shown: an exact rate where there is one, else every frame's own time."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_STANDARD_RATES = tuple(
    Fraction(*pair)
    for pair in (
        (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1),
        (48000, 1001), (48, 1), (50, 1), (60000, 1001), (60, 1),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Timing:
    """The times of a video's frames."""

    rate: Fraction
    """Frames per second: exact where `is_constant`, else the average."""
    is_constant: bool
    """Whether frame n is shown at n / rate, within one tick of the file's time base."""
    time_base: Fraction
    """Unit of frame times where they are not constant, in seconds."""


def timing_of(container: InputContainer, stream: VideoStream) -> Timing:
    """
    Return the timing of a video, read from its packets without decoding.

    The container is left at its end: seek back or open it again before decoding.
    """
    time_base = stream.time_base or Fraction(1, 90_000)
    times = sorted(packet.pts for packet in container.demux(stream) if packet.pts is not None)
    candidates = [rate for rate in (stream.average_rate, stream.base_rate, stream.guessed_rate) if rate]
    for rate in (*candidates, *_STANDARD_RATES):
        if _runs_at(times, Fraction(rate), time_base):
            return Timing(Fraction(rate), is_constant=True, time_base=time_base)
    average = candidates[0] if candidates else Fraction(24)
    return Timing(Fraction(average), is_constant=False, time_base=time_base)


def _runs_at(times: list[int], rate: Fraction, time_base: Fraction) -> bool:
    if not 1 <= rate <= 1000:
        return False
    step = 1 / (rate * time_base)
    return all(abs(time - times[0] - number * step) <= 1 for number, time in enumerate(times))
