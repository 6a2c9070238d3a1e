"""Timecode: frame numbers as editors read them."""

from __future__ import annotations

import re
from fractions import Fraction

_TIMECODE = re.compile(r"^(\d{1,2}):(\d{2}):(\d{2})([:;.])(\d{2,3})$")


def drops_frames(rate: Fraction) -> bool:
    """Tell whether the rate has drop-frame timecode (29.97 and 59.94)."""
    return rate in (Fraction(30000, 1001), Fraction(60000, 1001))


def timecode_text(frame: int, rate: Fraction, *, drop_frame: bool = False) -> str:
    """
    Write frame number *frame* as timecode at *rate*: ``"01:00:00:00"``, with ``;`` before the frames where it drops.

    Numbers below zero get a minus sign; hours run on after 24.
    """
    if frame < 0:
        return "-" + timecode_text(-frame, rate, drop_frame=drop_frame)
    base = max(1, round(rate))
    separator = ":"
    if drop_frame and drops_frames(rate):
        frame += _dropped_before(frame, base)
        separator = ";"
    seconds, frames = divmod(frame, base)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}{separator}{frames:02d}"


def _dropped_before(frame: int, base: int) -> int:
    """Return how many numbers drop-frame counting has skipped before the frame with this place."""
    skip = base // 15
    per_minute = base * 60 - skip
    per_ten = per_minute * 10 + skip
    tens, rest = divmod(frame, per_ten)
    dropped = tens * 9 * skip
    if rest > skip:
        dropped += skip * ((rest - skip) // per_minute)
    return dropped


def is_timecode(text: str) -> bool:
    """Tell whether *text* has the form of a timecode."""
    return bool(_TIMECODE.match(text.strip()))


def timecode_frames(text: str, rate: Fraction) -> int | None:
    """
    Return the frame number that a timecode names at *rate*; ``;`` before the frames means drop-frame.

    None: the text is no timecode of this rate.
    """
    found = _TIMECODE.match(text.strip())
    if not found:
        return None
    hour, minute, second, frame = (int(found.group(place)) for place in (1, 2, 3, 5))
    base = max(1, round(rate))
    if minute > 59 or second > 59 or frame >= base:
        return None
    number = ((hour * 60 + minute) * 60 + second) * base + frame
    if found.group(4) in ";." and drops_frames(rate):
        minutes = hour * 60 + minute
        number -= (base // 15) * (minutes - minutes // 10)
    return number


def reads_as_drop_frame(start: int, rate: Fraction) -> bool:
    """
    Tell how to write a timeline's timecodes, since OTIO does not say whether they drop.

    At 29.97 and 59.94 OTIO writes drop-frame; a start on a whole minute of non-drop counting (01:00:00:00 is frame
    108000) shows that the host counts without.
    """
    if not drops_frames(rate):
        return False
    minute = round(rate) * 60
    return not (start and start % minute == 0)
