"""Rates and timecodes: what hosts write, and what it stands for."""

from __future__ import annotations

import math
from fractions import Fraction

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otio_cometapi.editorial.rates import HOST_RATES, frames_at, rounded, snapped_rate, whole
from otio_cometapi.editorial.timecodes import reads_as_drop_frame, timecode_frames
from otio_cometapi.timecode import label_text
from support.otio_builders import CALM, time

FILM = Fraction(24000, 1001)
NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize("written", [23.976, 23.98, 23.976024627685547, 24000 / 1001, 23.97602])
def test_every_way_to_write_23_976_is_24000_1001(written: float) -> None:
    """Hosts write 23.976 in five ways and mean one rate."""
    assert snapped_rate(written) == FILM


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        (29.97, NTSC),
        (29.970029830932617, NTSC),
        (59.94, Fraction(60000, 1001)),
        (47.952, Fraction(48000, 1001)),
        (119.88, Fraction(120000, 1001)),
        (24, Fraction(24)),
        (25.0, Fraction(25)),
        (12.5, Fraction(25, 2)),
        (15, Fraction(15)),
    ],
)
def test_a_written_rate_stands_for_an_exact_one(written: float, exact: Fraction) -> None:
    """Rounded decimals and float32 rates are snapped; whole and half rates stand for themselves."""
    assert snapped_rate(written) == exact


@pytest.mark.parametrize("written", [0.0, -24.0, math.nan, math.inf, 24.1, 23.9])
def test_a_number_near_no_rate_is_none(written: float) -> None:
    """What is no frame rate is not guessed to be one."""
    assert snapped_rate(written) is None


@pytest.mark.parametrize(("value", "frame"), [(3542.9999999, 3543), (363807.990, 363808), (-0.4, 0), (2.5, 3)])
def test_values_are_rounded_and_never_truncated(value: float, frame: int) -> None:
    """`to_frames()` would lose a frame on 3542.9999999."""
    assert rounded(value) == frame


def test_a_range_at_23_976_against_media_at_24000_1001_does_not_drift() -> None:
    """At 20 hours OTIO's rescaling is off by more than a frame; snapped rates are not off at all."""
    assert frames_at(time(1728000, 23.976), FILM) == 1728000


@CALM
@given(st.sampled_from(HOST_RATES), st.integers(min_value=0, max_value=24 * 3600 * 120))
def test_no_rate_drifts_over_a_day_through_float(rate: Fraction, frame: int) -> None:
    """A frame number written as OTIO writes it, value and float rate, comes back as itself."""
    assert frames_at(time(float(frame), float(rate)), rate) == frame


@CALM
@given(st.sampled_from(HOST_RATES), st.sampled_from(HOST_RATES), st.integers(min_value=0, max_value=10**6))
def test_a_whole_frame_there_and_back_is_the_same(first: Fraction, second: Fraction, frame: int) -> None:
    """Converting to another rate and back is exact, whatever lies between."""
    there = frames_at(time(frame, float(first)), second)
    assert there is not None
    assert whole(there * first / second) == frame


def test_half_a_frame_is_no_whole_frame() -> None:
    """What lies between two frames is refused, not rounded."""
    assert whole(Fraction(21, 2)) is None


@pytest.mark.parametrize(
    ("frame", "rate", "drop", "text"),
    [
        (86400, Fraction(24), False, "01:00:00:00"),
        (86313, FILM, False, "00:59:56:09"),
        (107892, NTSC, True, "01:00:00;00"),
        (108000, NTSC, False, "01:00:00:00"),
        (1800, NTSC, True, "00:01:00;02"),
        (17982, NTSC, True, "00:10:00;00"),
        (-24, Fraction(24), False, "-00:00:01:00"),
    ],
)
def test_a_frame_number_reads_as_its_timecode(frame: int, rate: Fraction, drop: bool, text: str) -> None:
    """Timecode counts whole numbers; drop-frame skips two of them a minute but every tenth."""
    assert label_text(frame, rate, drop_frame=drop) == text


@CALM
@given(st.integers(min_value=0, max_value=2589407), st.sampled_from([NTSC, Fraction(60000, 1001)]))
def test_drop_frame_timecode_is_the_one_that_otio_writes(frame: int, rate: Fraction) -> None:
    """Every number of a day at 29.97 and 59.94 reads as OTIO reads it, and back."""
    text = label_text(frame, rate, drop_frame=True)
    assert text == otio.opentime.RationalTime(frame, float(rate)).to_timecode(float(rate), True)
    assert timecode_frames(text, rate) == frame


@pytest.mark.parametrize("text", ["", "01:00", "01:00:00:24", "01:61:00:00", "a:b:c:d", "01:00:00:000000"])
def test_what_is_no_timecode_at_24_is_none(text: str) -> None:
    """Broken timecodes are not read as something else."""
    assert timecode_frames(text, Fraction(24)) is None


@pytest.mark.parametrize(("start", "drops"), [(107892, True), (108000, False), (0, True)])
def test_the_start_tells_whether_a_timeline_drops_frames(start: int, drops: bool) -> None:
    """A start on a whole non-drop minute shows a host that counts without dropping."""
    assert reads_as_drop_frame(start, NTSC) is drops
