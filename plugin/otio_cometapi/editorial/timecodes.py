"""Timecodes as people type them and as hosts mean them, read more kindly than those in files."""

from __future__ import annotations

import re
from fractions import Fraction

from otio_cometapi.timecode import drops_frames, numbers_skipped

_TIMECODE = re.compile(r"^(\d{1,2}):(\d{2}):(\d{2})([:;.])(\d{2,3})$")


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
        number -= numbers_skipped(hour * 60 + minute, base)
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
