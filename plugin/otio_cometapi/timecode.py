"""Timecode: frame numbers as SMPTE text and back, drop frame included."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

SMPTE_RATES: tuple[Fraction, ...] = (
    Fraction(24000, 1001),
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(30),
    Fraction(48000, 1001),
    Fraction(48),
    Fraction(50),
    Fraction(60000, 1001),
    Fraction(60),
)
"""The rates that have a SMPTE timecode."""

DROP_FRAME_RATES: tuple[Fraction, ...] = (Fraction(30000, 1001), Fraction(60000, 1001))
"""The rates at which a timecode may skip numbers to keep pace with the clock."""

_TEXT = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.,])(\d\d)")


def smpte_rate_near(rate: Fraction) -> Fraction | None:
    """
    Return the SMPTE rate that *rate* stands for (23.976 and 23.98 are 24000/1001), None where it is none.

    The tolerance is 0.005 frames a second: wider than every way hosts round these rates, and far
    narrower than the distance between two of them.
    """
    nearest = min(SMPTE_RATES, key=lambda known: abs(known - rate))
    return nearest if abs(nearest - rate) < Fraction(5, 1000) else None


def frames_per_day(rate: Fraction, *, drop_frame: bool) -> int:
    """Return how many frame numbers 24 hours of timecode hold."""
    nominal = round(rate)
    return 24 * 3600 * nominal - (numbers_skipped(24 * 60, nominal) if drop_frame else 0)


def drops_frames(rate: Fraction) -> bool:
    """Tell whether the rate has drop-frame timecode (29.97 and 59.94)."""
    return rate in DROP_FRAME_RATES


def timecode_text(frame: int, rate: Fraction, *, drop_frame: bool) -> str | None:
    """
    Write frame number *frame*, counted from 00:00:00:00, as timecode: ``01:00:00:00``, drop frame ``01:00:00;00``.

    None where the rate has no SMPTE timecode (or no drop-frame one when that is asked for), and where
    the number is negative or passes 24 hours.
    """
    if rate not in SMPTE_RATES or (drop_frame and not drops_frames(rate)):
        return None
    if not 0 <= frame < frames_per_day(rate, drop_frame=drop_frame):
        return None
    nominal = round(rate)
    if drop_frame:
        frame = _with_skipped_numbers(frame, nominal)
    return _text(frame, nominal, separator=";" if drop_frame else ":")


def label_text(frame: int, rate: Fraction, *, drop_frame: bool = False) -> str:
    """
    Write frame number *frame* as people read it, at any *rate*: a timecode where there is one, else one like it.

    Numbers below zero get a minus sign; hours run on after 24; a rate without drop frame is counted without.
    """
    return labels_at(rate, drop_frame=drop_frame)(frame)


def labels_at(rate: Fraction, *, drop_frame: bool = False) -> Callable[[int], str]:
    """Return what writes many frame numbers of one rate as `label_text` does; rates cost more than numbers."""
    nominal = max(1, round(rate))
    drops = drop_frame and drops_frames(rate)
    separator = ";" if drops else ":"
    minutes: dict[int, str] = {}

    def label(frame: int) -> str:
        if frame < 0:
            return "-" + label(-frame)
        seconds, rest = divmod(_with_skipped_numbers(frame, nominal) if drops else frame, nominal)
        minute, second = divmod(seconds, 60)
        begun = minutes.get(minute)
        if begun is None:
            begun = minutes[minute] = _text(minute * 60 * nominal, nominal, separator=separator)[: -len("00:00")]
        return f"{begun}{second:02}{separator}{rest:02}"

    return label


def _text(number: int, nominal: int, *, separator: str) -> str:
    seconds, frames = divmod(number, nominal)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{separator}{frames:02}"


def _with_skipped_numbers(frame: int, nominal: int) -> int:
    """Add the numbers that drop frame has skipped: two (four at 59.94) a minute, none in every tenth."""
    skipped = nominal // 15
    in_ten_minutes = 600 * nominal - 9 * skipped
    in_one_minute = 60 * nominal - skipped
    tens, rest = divmod(frame, in_ten_minutes)
    # The first minute of ten skips nothing, so it is longer than the others by what they skip.
    minutes = 0 if rest < 60 * nominal else 1 + (rest - 60 * nominal) // in_one_minute
    return frame + skipped * (9 * tens + minutes)


def frame_of_timecode(text: str, rate: Fraction) -> tuple[int, bool]:
    """
    Read timecode; return its frame number counted from 00:00:00:00, and whether it is drop frame.

    Drop frame is written with a semicolon, full stop or comma before the frames.

    Raises:
        ValueError: The rate has no SMPTE timecode, the text is not a timecode, or names a frame that does not exist.
    """
    if rate not in SMPTE_RATES:
        raise ValueError(f"there is no SMPTE timecode at {float(rate):g} frames a second")
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a timecode of the form HH:MM:SS:FF: '{text}'")
    hours, minutes, seconds, frames = (int(match[group]) for group in (1, 2, 3, 5))
    drop_frame = match[4] != ":"
    nominal = round(rate)
    if hours > 23 or minutes > 59 or seconds > 59 or frames >= nominal:
        raise ValueError(f"no such timecode at {float(rate):.6g} frames a second: '{text}'")
    number = ((hours * 60 + minutes) * 60 + seconds) * nominal + frames
    if not drop_frame:
        return number, False
    if not drops_frames(rate):
        raise ValueError(f"drop-frame timecode exists at 29.97 and 59.94 only, not at {float(rate):.6g}: '{text}'")
    skipped = nominal // 15
    if minutes % 10 and seconds == 0 and frames < skipped:
        raise ValueError(f"drop frame skips this number: '{text}'")
    return number - numbers_skipped(hours * 60 + minutes, nominal), True


def numbers_skipped(minutes: int, nominal: int) -> int:
    """Return how many numbers drop frame skips in the first *minutes* of the day at *nominal* frames a second."""
    return (nominal // 15) * (minutes - minutes // 10)
