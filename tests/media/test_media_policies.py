"""Which output frame stands for which frame of the span, where an output is shifted, longer, shorter or re-timed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otio_cometapi.errors import ConformRefusedError
from otio_cometapi.media.policies import Fitting, fitting
from otio_cometapi.media.probe import Measured
from otio_cometapi.media.timing import PacketTimes
from otio_cometapi.records import Alignment, Checks, Conformed, Export, Finish, MediaInfo, QualityFlag, Span

RATE = Fraction(24)
FIRST, COUNT = 100, 24
"""The span that is sent, in frames of its source."""
WHOLE = (0, COUNT)
INNER = (4, 16)
"""Frames that the cut shows, counted from the span's first, and how many."""


def sure(offset: int) -> Alignment:
    """Return an alignment that is sure: the output's frame n shows frame n + *offset*."""
    return Alignment(offset, 1.0, sure=True, frames_compared=COUNT - abs(offset))


@dataclass(frozen=True)
class Case:
    """An output, and what is asked of it."""

    count: int = COUNT
    rate: Fraction = RATE
    pad: int = 0
    visible: tuple[int, int] = INNER
    policy: str = "auto"
    align: bool = True

    def laid(self, alignment: Alignment | None = None) -> Fitting:
        """Lay the output onto the span."""
        info = MediaInfo("out.mp4", self.count, self.rate, 320, 180, 1, "h264", "yuv420p")
        times = PacketTimes(tuple(range(self.count)), self.count, 1 / self.rate)
        span = Span(FIRST, COUNT - self.pad, RATE)
        export = Export("in.mp4", span, self.pad, RATE, 320, 180, (0, 0, 320, 180), 1, "high", "", ())
        visible = Span(FIRST + self.visible[0], self.visible[1], RATE)
        finish = Finish(policy=self.policy, align=self.align)
        return fitting(Measured(info, times), export=export, visible=visible, finish=finish, alignment=alignment)


def frames(first: int, end: int) -> tuple[int, ...]:
    """Return the numbers from *first* up to *end*."""
    return tuple(range(first, end))


# -- moved back


@pytest.mark.parametrize("policy", ["auto", "index", "time", "trim", "refuse"])
@pytest.mark.parametrize(
    ("offset", "first", "picks"), [(3, 3, frames(0, 21)), (-3, 0, frames(3, 24)), (1, 1, frames(0, 23))]
)
def test_what_only_handles_lack_is_not_claimed(policy: str, offset: int, first: int, picks: tuple[int, ...]) -> None:
    """A shifted output is laid where it belongs; frames of the handles that it has no picture for are left out."""
    fit = Case(policy=policy).laid(sure(offset))
    assert (fit.first, fit.picks, fit.moved, fit.policy) == (first, picks, offset, "index")
    assert len(fit.notes) == 1
    assert ("ahead of" if offset > 0 else "behind") in fit.notes[0]


@pytest.mark.parametrize(
    ("offset", "picks"), [(2, (0, 0, *frames(0, 22))), (-2, (*frames(2, 24), 23, 23)), (1, (0, *frames(0, 23)))]
)
def test_what_the_cut_shows_and_the_output_lacks_is_held(offset: int, picks: tuple[int, ...]) -> None:
    """Where the cut shows the end that is missing, the nearest frame stands for it, and the note counts them."""
    fit = Case(visible=WHOLE).laid(sure(offset))
    assert (fit.first, fit.picks, fit.moved) == (0, picks, offset)
    assert f"{abs(offset)} frame" in fit.notes[1]
    assert "held" in fit.notes[1]


def test_only_the_visible_part_of_what_is_missing_is_held() -> None:
    """Of three missing frames two are seen: those are held, the third is not claimed."""
    fit = Case(visible=(1, 20)).laid(sure(3))
    assert (fit.first, fit.picks) == (1, (0, 0, *frames(0, 21)))
    assert fit.notes[1].startswith("2 frames")


@pytest.mark.parametrize(("offset", "picks"), [(3, (0, 0, 0, *frames(0, 21))), (-3, (*frames(3, 24), 23, 23, 23))])
def test_hold_keeps_the_whole_span(offset: int, picks: tuple[int, ...]) -> None:
    """Asked to hold, even what only the handles lack is held."""
    fit = Case(policy="hold").laid(sure(offset))
    assert (fit.first, fit.picks, fit.moved) == (0, picks, offset)
    assert "3 frames" in fit.notes[1]


def test_refuse_never_holds() -> None:
    """Under `refuse` an output that lacks what the cut shows is refused, though it can be moved."""
    with pytest.raises(ConformRefusedError, match="'refuse'"):
        Case(policy="refuse", visible=WHOLE).laid(sure(1))


def test_padding_that_came_back_serves() -> None:
    """An output that runs behind shows the last frames of the span where padding was sent: nothing is missing."""
    fit = Case(pad=4, visible=(0, 20)).laid(sure(-3))
    assert (fit.first, fit.picks, fit.moved) == (0, frames(3, 23), -3)
    assert len(fit.notes) == 1


def test_an_output_of_another_rate_is_moved_by_time() -> None:
    """The same second at 30 frames: each frame is the nearest one to its own time less the shift."""
    fit = Case(count=30, rate=Fraction(30)).laid(sure(2))
    places = [Fraction(30, 24) * (frame - 2) for frame in range(2, COUNT)]
    assert fit.picks == tuple(-round(-place) if place % 1 != Fraction(1, 2) else int(place) for place in places)
    assert (fit.first, fit.moved, fit.policy) == (2, 2, "time")


# -- left as it came

UNMOVED = {
    "nobody asked": (Case(align=False), sure(2)),
    "nothing is known": (Case(), None),
    "it is not sure": (Case(), Alignment(2, 0.6, sure=False, reason="parts disagree")),
    "it is in its place": (Case(), sure(0)),
    "nothing that is seen would be left": (Case(visible=(0, 2)), sure(6)),
}


@pytest.mark.parametrize("why", UNMOVED)
def test_an_output_stays_as_it_came(why: str) -> None:
    """Frame n stays frame n unless somebody asked, the offset is sure, and a seen frame has a picture of its own."""
    case, alignment = UNMOVED[why]
    fit = case.laid(alignment)
    assert (fit.first, fit.picks, fit.moved, fit.policy) == (0, frames(0, COUNT), 0, "index")


# -- shorter


def test_a_shorter_output_that_shows_all_that_is_seen_is_moved() -> None:
    """Twenty frames, one ahead: they stand for frames 1 to 20, which hold the cut; nothing is held."""
    fit = Case(count=20, visible=(2, 16)).laid(sure(1))
    assert (fit.first, fit.picks, fit.moved, fit.policy) == (1, frames(0, 20), 1, "short")


@pytest.mark.parametrize(("visible", "offset"), [((0, 12), 1), ((4, 18), -1), ((2, 20), 1)])
def test_a_shorter_output_that_would_have_to_be_held_is_refused(visible: tuple[int, int], offset: int) -> None:
    """Shorter and shifted so that a seen frame has no picture: no frame is made up unasked."""
    with pytest.raises(ConformRefusedError):
        Case(count=20, visible=visible).laid(sure(offset))


def test_a_shorter_output_may_be_short_only_until_it_is_moved() -> None:
    """Frames that seemed to be missing at the tail are there once the output is moved: it ran ahead."""
    case = Case(count=20, visible=(4, 18))
    with pytest.raises(ConformRefusedError):
        case.laid()
    fit = case.laid(sure(2))
    assert (fit.first, fit.picks, fit.policy) == (2, frames(0, 20), "short")


def test_a_shorter_output_is_held_at_both_ends_when_asked() -> None:
    """`hold` and `align`: one frame at the head, three at the tail."""
    fit = Case(count=20, visible=WHOLE, policy="hold").laid(sure(1))
    assert (fit.first, fit.picks, fit.moved) == (0, (0, *frames(0, 20), 19, 19, 19), 1)
    assert fit.notes[1].startswith("4 frames")


# -- longer


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("policy", ["auto", "trim", "hold"])
def test_a_longer_output_is_trimmed_where_it_is_sure(policy: str, *, align: bool) -> None:
    """Thirty frames of which the first three are too early: those are left out, and the rest of the tail."""
    fit = Case(count=30, policy=policy, align=align).laid(sure(-3))
    assert (fit.first, fit.picks, fit.moved, fit.policy) == (0, frames(3, 27), -3, "trim")
    assert not any("guess" in note for note in fit.notes)


def test_a_longer_output_in_its_place_loses_its_tail_without_a_guess() -> None:
    """Offset 0 and sure: the tail is what is too much."""
    fit = Case(count=30, align=False).laid(sure(0))
    assert (fit.picks, fit.moved) == (frames(0, COUNT), 0)
    assert "stands where the source does" in fit.notes[0]


def test_a_longer_output_that_is_unsure_loses_its_tail_by_guess() -> None:
    """Nothing is known: the tail is left out, and that is called a guess."""
    fit = Case(count=30).laid(Alignment(-3, 0.5, sure=False, reason="parts disagree"))
    assert (fit.picks, fit.moved) == (frames(0, COUNT), 0)
    assert "guess" in fit.notes[0]


def test_trimming_unasked_never_holds() -> None:
    """A longer output that runs ahead of what the cut shows first: held when `align` asks, else it loses its tail."""
    case = Case(count=30, visible=WHOLE, align=False)
    assert case.laid(sure(2)).picks == frames(0, COUNT)
    assert Case(count=30, visible=WHOLE).laid(sure(2)).picks == (0, 0, *frames(0, 22))


# -- whatever comes


@given(
    count=st.integers(1, 40),
    offset=st.integers(-8, 8),
    start=st.integers(0, COUNT - 1),
    length=st.integers(1, COUNT),
    policy=st.sampled_from(["auto", "hold", "index", "time", "trim", "refuse"]),
    align=st.booleans(),
)
def test_every_frame_that_has_a_picture_shows_its_own(
    count: int, offset: int, start: int, length: int, policy: str, *, align: bool
) -> None:
    """Moved or refused, never mixed: frame f is the output's f - moved, its ends held; what is seen is there."""
    case = Case(count=count, visible=(start, min(length, COUNT - start)), policy=policy, align=align)
    try:
        fit = case.laid(sure(offset))
    except ConformRefusedError:
        return
    assert fit.moved in (0, offset)
    assert fit.picks == tuple(
        min(max(frame - fit.moved, 0), count - 1) for frame in range(fit.first, fit.first + len(fit.picks))
    )
    assert fit.first <= case.visible[0]
    assert sum(case.visible) <= fit.first + len(fit.picks) <= COUNT


# -- which media serves who asks for alignment


def media(*offsets: int | None, variant: str = "h264", policy: str = "index") -> Conformed:
    """Return media of parts with these offsets; None: not sure."""
    alignments = [Alignment(0, 0.5, sure=False, reason="still") if each is None else sure(each) for each in offsets]
    checks = tuple(Checks(each, (QualityFlag("black", 0, 1, "black"),)) for each in alignments)
    return Conformed(
        "a.mp4",
        Span(0, 2, RATE),
        0,
        None,
        2,
        2,
        policy,
        variant=variant,
        checks=checks,
        moved_frames=(0,) * len(checks),
    )


SERVED = [
    (Finish(align=True), media(0), True),
    (Finish(align=True), media(None), True),
    (Finish(align=True), media(0, None), True),
    (Finish(align=True), media(2), False),
    (Finish(align=True), media(0, -1), False),
    (Finish(align=True), media(), False),
    (Finish(align=True), media(2, variant="h264+align"), True),
    (Finish(align=True), media(variant="h264+align"), True),
    (Finish(align=True, policy="index"), media(0), True),
    (Finish(align=True, policy="index"), media(0, policy="short"), False),
    (Finish(align=True, codec="prores"), media(0), False),
    (Finish(align=True, codec="prores"), media(0, variant="prores"), True),
    (Finish(), media(2, variant="h264+align"), False),
    (Finish(), media(2), True),
    (Finish(codec="dnxhr", dnxhr_in="mxf"), media(0, variant="dnxhr"), False),
    (Finish(codec="dnxhr", dnxhr_in="mxf", align=True), media(0, variant="dnxhr+mxf"), True),
]
"""What is asked for, what there is, and whether it serves."""


@pytest.mark.parametrize(("finish", "there", "serves"), SERVED)
def test_media_serves_who_asks_for_alignment_where_nothing_is_to_be_moved(
    finish: Finish, there: Conformed, *, serves: bool
) -> None:
    """Media that was looked at and is not shifted is the same with `align`; shifted or never looked at, it is not."""
    assert finish.served_by(there) is serves
