"""Timecode."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otio_cometapi.timecode import (
    DROP_FRAME_RATES,
    SMPTE_RATES,
    frame_of_timecode,
    frames_per_day,
    smpte_rate_near,
    timecode_text,
)

NTSC = Fraction(30000, 1001)
WAYS = [(rate, False) for rate in SMPTE_RATES] + [(rate, True) for rate in DROP_FRAME_RATES]


def _seconds_and_frames(text: str) -> tuple[int, int]:
    hours, minutes, seconds, frames = (int(part) for part in text.replace(";", ":").split(":"))
    return (hours * 60 + minutes) * 60 + seconds, frames


@given(way=st.sampled_from(WAYS), share=st.floats(0, 1, exclude_max=True))
def test_every_frame_of_a_day_comes_back_from_its_text(way: tuple[Fraction, bool], share: float) -> None:
    """A frame number written as timecode is read back as itself, at every SMPTE rate over 24 hours."""
    rate, drop_frame = way
    frame = int(share * frames_per_day(rate, drop_frame=drop_frame))
    text = timecode_text(frame, rate, drop_frame=drop_frame)
    assert text is not None
    assert frame_of_timecode(text, rate) == (frame, drop_frame)


@given(way=st.sampled_from(WAYS), share=st.floats(0, 1, exclude_max=True))
def test_drop_frame_keeps_pace_with_the_clock(way: tuple[Fraction, bool], share: float) -> None:
    """Drop-frame timecode strays from the time that has passed by two frames in a minute and 87 ms a day at most."""
    rate, drop_frame = way
    if not drop_frame:
        rate = NTSC
    frame = int(share * frames_per_day(rate, drop_frame=True))
    text = timecode_text(frame, rate, drop_frame=True)
    assert text is not None
    seconds, frames = _seconds_and_frames(text)
    shown = seconds + Fraction(frames, round(rate))
    assert abs(shown - frame / rate) < Fraction(2, 30) + Fraction(87, 1000)


@pytest.mark.parametrize("rate", DROP_FRAME_RATES, ids=["29.97", "59.94"])
def test_drop_frame_counts_every_number_once_over_an_hour(rate: Fraction) -> None:
    """An hour of drop frame, counted around every minute, skips exactly the numbers that SMPTE 12M skips."""
    skipped = round(rate) // 15
    numbers = [
        (minute, second, frame)
        for minute in range(60)
        for second in range(60)
        for frame in range(round(rate))
        if not (minute % 10 and second == 0 and frame < skipped)
    ]
    around = {
        frame: f"00:{minute:02}:{second:02};{number:02}"
        for frame, (minute, second, number) in enumerate(numbers)
        if second in (0, 1, 59)
    }
    assert {frame: timecode_text(frame, rate, drop_frame=True) for frame in around} == around


@pytest.mark.parametrize(
    ("text", "rate", "number"),
    [
        ("01:00:00:00", Fraction(24), 86400),
        ("01:00:00:00", Fraction(24000, 1001), 86400),
        ("01:00:00:00", NTSC, 108000),
        ("01:00:00;00", NTSC, 107892),
        ("01:00:00.00", NTSC, 107892),
        ("00:59:58;00", NTSC, 107832),
        ("01:00:00;00", Fraction(60000, 1001), 215784),
        ("23:59:59:23", Fraction(24), 2073599),
    ],
)
def test_known_timecodes_have_their_known_numbers(text: str, rate: Fraction, number: int) -> None:
    """Well-known timecodes count as hosts count them, drop frame or not."""
    assert frame_of_timecode(text, rate)[0] == number


@pytest.mark.parametrize(
    ("frame", "rate", "drop_frame"),
    [
        (-1, Fraction(24), False),
        (24 * 86400, Fraction(24), False),
        (2589408, NTSC, True),
        (0, Fraction(15), False),
        (0, Fraction(25), True),
    ],
    ids=["negative", "24 hours", "24 hours of drop frame", "15 fps", "drop frame at 25"],
)
def test_what_has_no_timecode_has_none(frame: int, rate: Fraction, drop_frame: bool) -> None:
    """A number outside the day, and a rate without such a timecode, give None instead of a wrong text."""
    assert timecode_text(frame, rate, drop_frame=drop_frame) is None


@pytest.mark.parametrize(
    ("text", "rate", "word"),
    [
        ("1:00:00:00", Fraction(24), "HH:MM:SS:FF"),
        ("01:00:00:24", Fraction(24), "no such"),
        ("24:00:00:00", Fraction(24), "no such"),
        ("01:01:00;01", NTSC, "skips"),
        ("01:00:00;00", Fraction(25), "29.97"),
        ("01:00:00:00", Fraction(15), "no SMPTE"),
    ],
)
def test_a_timecode_that_does_not_exist_is_refused(text: str, rate: Fraction, word: str) -> None:
    """Reading a timecode that names no frame says why."""
    with pytest.raises(ValueError, match=word):
        frame_of_timecode(text, rate)


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        ("23.976", Fraction(24000, 1001)),
        ("23.98", Fraction(24000, 1001)),
        ("23.976024627685547", Fraction(24000, 1001)),
        ("29.97", NTSC),
        ("59.94", Fraction(60000, 1001)),
        ("24", Fraction(24)),
        ("15", None),
        ("23.5", None),
    ],
)
def test_rates_snap_to_what_they_stand_for(written: str, rate: Fraction | None) -> None:
    """Every way of writing a SMPTE rate is that rate; no other number is."""
    assert smpte_rate_near(Fraction(written)) == rate
