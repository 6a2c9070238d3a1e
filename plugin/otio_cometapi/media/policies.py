"""Conform policies: which frame of an output stands for which frame of the span."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from otio_cometapi.errors import ConformRefusedError, MediaError
from otio_cometapi.media.probe import Measured
from otio_cometapi.records import CONFORM_POLICIES, Alignment, Export, Finish, Span
from otio_cometapi.records.extensions import ConformCase, ConformPolicy

_TIMED = ("auto", "hold", "time")
_TRIMMED = ("auto", "hold", "trim")
_ALIKE = Fraction(1, 100)


@dataclass(frozen=True, slots=True)
class RuledFinish(Finish):
    """A finish whose policy is none of `CONFORM_POLICIES`."""

    rule: ConformPolicy | None = field(default=None, compare=False, repr=False)
    """Who lays an output of another count of frames onto its span."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """How an output is laid onto the span."""

    policy: str
    """What was done: ``"index"``, ``"time"``, ``"trim"``, ``"short"`` or ``"hold"``."""
    picks: tuple[int, ...]
    """For every frame of the media the output's frame, counted in the order shown; never goes back."""
    notes: tuple[str, ...] = ()
    """What a person should know."""
    first: int = 0
    """The span's frame that the first pick stands for, counted from the span's first."""
    moved: int = 0
    """Frames by which the output was found to run ahead (or behind, below 0) and was moved back."""


@dataclass(frozen=True, slots=True)
class _Case:
    """An output beside what was sent."""

    name: str
    times: tuple[Fraction, ...]
    rate: Fraction
    seconds: Fraction
    export: Export
    visible: Span

    @property
    def count(self) -> int:
        """Frames of the output."""
        return len(self.times)

    @property
    def wanted(self) -> int:
        """Frames that were sent, padding included."""
        return self.export.span.frame_count + self.export.pad_frames

    @property
    def rates_alike(self) -> bool:
        """Whether the output claims about the rate that was sent; then its frames are counted, not timed."""
        return abs(self.rate / self.export.wire_rate - 1) < _ALIKE

    @property
    def difference(self) -> str:
        """What differs, in words."""
        return (
            f"{self.count} frames at {_shown(self.rate)} ({float(self.seconds):.3f} s) came back for {self.wanted} at"
            f" {_shown(self.export.wire_rate)} ({float(self.wanted / self.export.wire_rate):.3f} s)"
        )


def fitting(
    output: Measured, *, export: Export, visible: Span, finish: Finish, alignment: Alignment | None = None
) -> Fitting:
    """
    Decide which output frame stands for each frame of the span; frames that only padded the export stand for none.

    `auto`: the same count: frame n is frame n (`index`). Else the same duration, less than a frame apart: the nearest
    frame by time (`time`). Else longer: the tail is left out (`trim`). Else shorter but covering the visible range:
    what is there (`short`). `hold` does the same, but shows the last frame for all that is missing. `index`, `time`
    and `trim` take an output that fits as it is, or by that rule alone; `refuse` only the count and rate sent. A policy
    that a studio has added (`RuledFinish.rule`) is asked for every output of another count.

    An output that surely runs ahead or behind is moved back where `finish.align` asks for it, and always where it is
    trimmed, since something has to be left out there anyhow.

    Raises:
        ConformRefusedError: The output does not fit under the policy.
        MediaError: There is no such policy.
    """
    policy, rule = finish.policy, finish.rule if isinstance(finish, RuledFinish) else None
    if policy not in CONFORM_POLICIES and rule is None:
        raise MediaError(
            f"there is no conform policy '{policy}'.", next_step=f"Choose one of {', '.join(CONFORM_POLICIES)}."
        )
    case = _case(output, export, visible)
    if rule is not None and case.count != case.wanted:
        return _by_rule(case, policy, rule)
    offset = alignment.sure_offset if alignment else None
    if offset and finish.align and _is_there(case, offset):
        return _moved(case, _fitting(case, policy, moving=True), policy, offset)
    fit = _fitting(case, policy)
    if fit.policy != "trim" or offset is None:
        return fit
    if not offset:
        return replace(fit, notes=(_tail_is_right(case),))
    return _moved(case, fit, policy, offset) if _shows_all(case, offset) else fit


def _fitting(case: _Case, policy: str, *, moving: bool = False) -> Fitting:
    """Fit frame n to frame n; whether an output that is *moving* shows all that it must is seen afterwards."""
    if policy == "refuse" and (case.count, case.rate) != (case.wanted, case.export.wire_rate):
        raise _refused(case, policy)
    if case.count == case.wanted and (policy != "time" or case.rates_alike):
        return _by_index(case)
    if policy in _TIMED and not case.rates_alike and _same_duration(case):
        difference = f"Re-timed: {case.difference}."
        return Fitting("time", _by_time(case, case.export.span.frame_count), (difference,))
    if policy in _TRIMMED and _available(case) > case.wanted:
        return Fitting(
            "trim",
            _picks(case, case.export.span.frame_count),
            (f"The tail was left out, which is a guess: {case.difference}.",),
        )
    if policy == "hold":
        return _held(case)
    if policy == "auto":
        return _short(case, moving=moving)
    raise _refused(case, policy)


def _by_rule(case: _Case, policy: str, rule: ConformPolicy) -> Fitting:
    """Ask a studio's own policy."""
    visible = (case.visible.first_frame - case.export.span.first_frame, case.visible.frame_count)
    asked = ConformCase(
        output=case.name,
        times=case.times,
        rate=case.rate,
        frame_count=case.export.span.frame_count,
        wire_rate=case.export.wire_rate,
        visible=visible,
    )
    picks = rule(asked)
    if picks is None:
        raise _refused(case, policy)
    return Fitting(policy, tuple(picks), (f"Laid by the policy '{policy}': {case.difference}.",))


def frames_by_time(output: Measured, export: Export) -> tuple[int, ...] | None:
    """Return the output's frame nearest to each one sent that it has picture for; None where frames are counted."""
    case = _case(output, export, export.span)
    return None if case.rates_alike or case.count == case.wanted else _by_time(case, _available(case))


def _shows_all(case: _Case, offset: int) -> bool:
    """Tell whether every visible frame has a picture of its own after moving."""
    first, end = _reach(case, offset)
    visible = case.visible.first_frame - case.export.span.first_frame
    return first <= visible and visible + case.visible.frame_count <= end


def _is_there(case: _Case, offset: int) -> bool:
    """Tell whether any visible frame has a picture of its own after moving."""
    first, end = _reach(case, offset)
    visible = case.visible.first_frame - case.export.span.first_frame
    return max(first, visible) < min(end, visible + case.visible.frame_count)


def _reach(case: _Case, offset: int) -> tuple[int, int]:
    """Return the first of the span's frames that a moved output has picture for, and the one after the last."""
    available = case.count if case.count == case.wanted else _available(case)
    return max(0, offset), min(case.export.span.frame_count, available + offset)


def _moved(case: _Case, fit: Fitting, policy: str, offset: int) -> Fitting:
    """Move an output back: what the cut shows and it lacks is held, what only the handles lack is not claimed."""
    first, end = _reach(case, offset)
    visible = case.visible.first_frame - case.export.span.first_frame
    begins, ends = min(first, visible), max(end, visible + case.visible.frame_count)
    if policy == "hold":
        begins, ends = 0, case.export.span.frame_count
    shorter = fit.policy == "short" and policy != "hold"
    if (begins, ends) != (first, end) and (policy == "refuse" or shorter):
        raise _refused(case, policy)
    wanted = [min(max(frame, first), end - 1) - offset for frame in range(begins, ends)]
    by_time = fit.policy == "time" or (case.count != case.wanted and not case.rates_alike)
    picks = tuple(_nearest(case.times, n / case.export.wire_rate) for n in wanted) if by_time else tuple(wanted)
    words = f"{_frames(abs(offset))} {'ahead of' if offset > 0 else 'behind'} its source"
    notes = [f"The output runs {words} and was moved back: {case.difference}."]
    held = (first - begins) + (ends - end)
    if held:
        notes.append(f"{_frames(held)} that it has no picture for {'is' if held == 1 else 'are'} held.")
    return Fitting(fit.policy, picks, tuple(notes), first=begins, moved=offset)


def _tail_is_right(case: _Case) -> str:
    """Say that leaving out the tail was no guess."""
    return f"The tail was left out, since the rest stands where the source does: {case.difference}."


def _frames(count: int) -> str:
    """Count frames for people."""
    return "1 frame" if count == 1 else f"{count} frames"


def _case(output: Measured, export: Export, visible: Span) -> _Case:
    """Turn the output's stamps into seconds from its first frame."""
    times, rate = output.times, output.info.rate
    seconds = tuple((stamp - times.shown[0]) * times.tick for stamp in times.shown)
    return _Case(Path(output.info.path).name, seconds, rate, times.seconds(rate), export, visible)


def _by_index(case: _Case) -> Fitting:
    """Frame n is frame n, whatever the file claims."""
    notes: tuple[str, ...] = ()
    if case.rate != case.export.wire_rate:
        notes = (f"Frames were counted, not timed: {case.difference}.",)
    return Fitting("index", tuple(range(case.export.span.frame_count)), notes)


def _same_duration(case: _Case) -> bool:
    """Tell whether output and export last equally long, to less than a frame."""
    return abs(case.seconds - case.wanted / case.export.wire_rate) < 1 / case.export.wire_rate


def _by_time(case: _Case, count: int) -> tuple[int, ...]:
    """Pick the nearest output frame by time for the first *count* frames sent."""
    return tuple(_nearest(case.times, index / case.export.wire_rate) for index in range(count))


def _nearest(times: tuple[Fraction, ...], moment: Fraction) -> int:
    """Return the number of the time nearest to *moment*; the earlier of two."""
    after = bisect_left(times, moment)
    if after == 0:
        return 0
    if after == len(times) or moment - times[after - 1] <= times[after] - moment:
        return after - 1
    return after


def _available(case: _Case) -> int:
    """Return how many of the frames sent the output has picture for."""
    if case.rates_alike:
        return case.count
    # A frame is there when the output still runs in the middle of it.
    return int(case.seconds * case.export.wire_rate + Fraction(1, 2))


def _picks(case: _Case, count: int) -> tuple[int, ...]:
    """Pick *count* frames, by count where the rates are alike, else by time."""
    return tuple(range(count)) if case.rates_alike else _by_time(case, count)


def _short(case: _Case, *, moving: bool = False) -> Fitting:
    """Keep what is there, when it covers what the cut shows."""
    span = case.export.span
    count = min(_available(case), span.frame_count)
    covers = count >= 1 and Span(span.first_frame, count, span.rate).contains(case.visible)
    if count < 1 or not (covers or moving):
        raise _refused(case, "auto")
    missing = span.frame_count - count
    lost = "frame of the handles is missing" if missing == 1 else "frames of the handles are missing"
    lack = f"the last {missing} {lost}" if missing else "only padding is missing"
    return Fitting("short", _picks(case, count), (f"Shorter than asked, {lack}: {case.difference}.",))


def _held(case: _Case) -> Fitting:
    """Show the last frame for all that is missing."""
    count = min(_available(case), case.export.span.frame_count)
    if count < 1:
        raise _refused(case, "hold")
    missing = case.export.span.frame_count - count
    if not missing:
        return _short(case)
    picks = _picks(case, count)
    held = f"The last {missing} frames are held: the output's last frame stands for them: {case.difference}."
    return Fitting("hold", (*picks, *[case.count - 1] * missing), (held,))


def _refused(case: _Case, policy: str) -> ConformRefusedError:
    """Return the error for an output that does not fit."""
    return ConformRefusedError(
        f"the output '{case.name}' does not fit its span under the conform policy '{policy}': {case.difference}.",
        next_step="Look at the output, then choose another conform policy or ask for another take.",
    )


def _shown(rate: Fraction) -> str:
    """Write a rate for people."""
    return f"{float(rate):.6g} fps"
