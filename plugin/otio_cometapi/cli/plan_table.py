"""The plan as people read it: what would be sent and at what price, what is left out and why."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from otio_cometapi.cli.drawing import Column, loudness, print_table
from otio_cometapi.cli.sentences import count, line, note
from otio_cometapi.records import Plan, PlannedClip, PlannedTake, PriceAssumption
from otio_cometapi.timecode import label_text

_TO_BE_SENT = (
    Column("at"),
    Column("track"),
    Column("clip", text=True),
    Column("source"),
    Column("length", right=True),
    Column("frames", right=True, below=True),
    Column("sent", below=True),
    Column("model", below=True),
    Column("prompt", text=True, below=True),
    Column("cost", right=True),
)
_LEFT_OUT = (Column("at"), Column("track"), Column("clip", text=True), Column("why", text=True))
_KEYFRAMES = (Column("at"), Column("track"), Column("clip", text=True), Column("image", text=True))


def show_plan(plan: Plan) -> None:
    """Print what would be sent, what is left out and why, and the estimate."""
    takes = {take.take_id: take for take in plan.takes}
    rows = [_row(clip, takes[take_id]) for clip in plan.clips if clip.selected for take_id in clip.take_ids]
    if rows:
        print_table("To be sent", _TO_BE_SENT, rows)
    _show_keyframes(plan)
    told = _show_left_out(plan)
    said: dict[str, list[str]] = {}
    for clip in plan.clips:
        for warning in clip.warnings if clip.selected else ():
            said.setdefault(warning, []).append(clip.name)
    for warning, names in said.items():
        clips = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        note(f"note ({clips}): {warning}")
    for problem in plan.problems:
        if problem not in told:
            line(f"problem: {problem}")
    line(estimate(plan))
    for price in plan.prices:
        note(price_basis(price))


def _show_left_out(plan: Plan) -> frozenset[str]:
    """Print what is left out and why; return the problems that a reader has seen there."""
    sentences = {
        index: f"clip '{clip.name}' at {clip.record_timecode} on {clip.track} is left out: {clip.reason}"
        for index, clip in enumerate(plan.clips)
        if not clip.selected
    }
    problems = frozenset(sentences.values()) & frozenset(plan.problems)
    rows = [
        [clip.record_timecode, clip.track, clip.name, f"problem: {clip.reason}" if said in problems else clip.reason]
        for clip, said in ((plan.clips[index], said) for index, said in sentences.items())
    ]
    if rows:
        print_table("Left out", _LEFT_OUT, rows)
    return problems if loudness() >= 0 else frozenset()


def _row(clip: PlannedClip, take: PlannedTake) -> list[str]:
    return [
        clip.record_timecode,
        clip.track,
        clip.name,
        clip.source_timecode,
        length(clip.frame_count, take.shot.span.rate),
        str(clip.frame_count),
        _sent(take),
        take.look.model,
        f"{take.look.prompt} [take {take.number}]" if len(clip.take_ids) > 1 else take.look.prompt,
        _price(take),
    ]


def length(frames: int, rate: Fraction) -> str:
    """Return a length as editors say it: seconds and frames, ``02:06``, with minutes and hours where it has them."""
    text = label_text(frames, rate)
    while text.startswith("00:") and text.count(":") > 1:
        text = text[3:]
    return text


def price_basis(price: PriceAssumption) -> str:
    """Say what a price rests on."""
    if price.usd_per_second is None:
        return f"price of {price.model}: not known; give one in your model table (`otiocomet models`)."
    least = f", at least {float(price.min_usd):.2f} USD" if price.min_usd else ""
    return f"price of {price.model}: {float(price.usd_per_second):g} USD/s{least}, assumed from {price.source}."


def _sent(take: PlannedTake) -> str:
    """Return how many seconds are sent, and in how many parts."""
    seconds = f"{float(take.shot.wire_seconds):.2f} s"
    return f"{seconds} in {len(take.shot.parts)} parts" if take.shot.parts else seconds


def _show_keyframes(plan: Plan) -> None:
    rows = [
        [each.timecode, clip.track, clip.name, each.image]
        for clip in plan.clips
        if clip.selected
        for each in clip.keyframes
    ]
    if rows:
        print_table("Keyframes", _KEYFRAMES, rows)


def estimate(plan: Plan) -> str:
    """Return a plan's estimate as a sentence."""
    new, old = len(plan.new_takes), len(plan.takes) - len(plan.new_takes)
    if not plan.takes:
        return "Nothing to send."
    others = sum(bool(take.paid_in) for take in plan.takes)
    whose = "of this job" if not others else "of other jobs" if others == old else "of this and other jobs"
    served = f"{count(old, 'take')} {whose} {'serves' if old == 1 else 'serve'} again"
    if not new:
        return f"Nothing to pay: {served}."
    again = f"; {served}, for nothing" if old else ""
    dollars = (
        "price unknown" if plan.usd is None else f"about {float(plan.usd):.2f} USD (assumed, not the service's word)"
    )
    return f"{count(new, 'new take')}, {float(plan.seconds):.2f} s of video, {dollars}{again}."


def _price(take: PlannedTake) -> str:
    if take.state and not take.seconds:
        where = f" in {Path(take.paid_in.partition(' (by ')[0]).name}" if take.paid_in else ""
        return f"paid{where} ({take.state.lower()})"
    return "unknown" if take.usd is None else f"~{float(Fraction(take.usd)):.2f} USD"
