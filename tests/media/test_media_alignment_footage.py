"""Alignment on real footage, under seven changes of the whole picture."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from otio_cometapi.media.alignment import alignment_of
from otio_cometapi.media.frames import decoded_frames
from otio_cometapi.media.motion import trace_of
from otio_cometapi.media.quality import quality_flags
from support.moving_pictures import read_pictures, shifted, write_pictures
from support.restyles import restyled

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = pytest.mark.proof

_FOOTAGE = Path(__file__).resolve().parents[3] / "shared" / "footage" / "bigbuckbunny.mp4"
_CHANGES = ("inverted", "posterised", "edges", "noise", "blur", "half replaced", "wobble")


@cache
def _whole() -> NDArray[Any]:
    return read_pictures(_FOOTAGE)


@pytest.mark.parametrize("window", [(12, 66), (74, 128)], ids=str)
def test_shifts_of_footage_are_found_and_never_wrong(tmp_path: Path, window: tuple[int, int]) -> None:
    """Under seven changes at three shifts each none is wrong, nine of ten are found, and no frame is flagged."""
    source = _whole()[window[0] : window[1]]
    sent = trace_of(decoded_frames(write_pictures(tmp_path / "sent.mp4", source)))
    wrong, found, flags = [], 0, set()
    for number, change in enumerate(_CHANGES):
        for shift in (-1 - number % 3, 0, 1 + (number + 1) % 3):
            made = restyled(shifted(source, shift), change, seed=number)
            came = trace_of(decoded_frames(write_pictures(tmp_path / "came.mp4", made)))
            finding = alignment_of(sent, came)
            found += finding.sure_offset == shift
            wrong += [(change, shift, finding)] if finding.sure and finding.offset_frames != shift else []
            flags |= {flag.kind for flag in quality_flags(sent, came, alignment=finding)}
    assert wrong == []
    assert found >= 19
    assert flags == set()
