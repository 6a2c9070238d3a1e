"""The plan as people read it: what would be sent and at what price, what is left out and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from otio_cometapi.cli.drawing import Column, loudness, print_table
from otio_cometapi.cli.sentences import count, line, note
from otio_cometapi.pipeline.options import waits
from otio_cometapi.records import Plan, PlannedClip, PlannedTake, PriceAssumption
from otio_cometapi.timecode import label_text

_TAKES = (
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
_TO_BE_SENT, _PAID, _WAITING = _TITLES = ("To be sent", "Already paid", "Waiting for you")
_LEFT_OUT = (Column("at"), Column("track"), Column("clip", text=True), Column("why", text=True))
_KEYFRAMES = (Column("at"), Column("track"), Column("clip", text=True), Column("image", text=True))


def show_plan(plan: Plan) -> None:
    """Print what would be sent, what is left out and why, and the estimate."""
    _show_takes(plan)
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


def _show_takes(plan: Plan) -> None:
    """Print the chosen clips' takes: what would be sent, what is paid already, what waits for a person."""
    takes = {take.take_id: take for take in plan.takes}
    shown = [(clip, takes[take_id]) for clip in plan.clips if clip.selected for take_id in clip.take_ids]
    for title in _TITLES:
        rows = [_row(clip, take) for clip, take in shown if _title(take) == title]
        if rows:
            print_table(title, _TAKES, rows)


def _title(take: PlannedTake) -> str:
    """Return the table in which a take stands."""
    if take.seconds:
        return _TO_BE_SENT
    return _WAITING if waits(take) else _PAID


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
    whence = f"assumed from {price.source}" if price.source else "assumed; your model table names no source for it"
    return f"price of {price.model}: {float(price.usd_per_second):g} USD/s{least}, {whence}."


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
    if not plan.takes:
        return "Nothing to send."
    waiting = [take for take in plan.takes if waits(take)]
    told = [*_serving([take for take in plan.takes if not take.seconds and not waits(take)]), *_waiting(waiting)]
    if not plan.new_takes:
        return f"Nothing to send and nothing to pay: {'; '.join(told)}."
    dollars = (
        "price unknown" if plan.usd is None else f"about {float(plan.usd):.2f} USD (assumed, not the service's word)"
    )
    new = f"{count(len(plan.new_takes), 'new take')}, {float(plan.seconds):.2f} s of video, {dollars}"
    return f"{'; '.join([new, *told])}."


def _serving(takes: Sequence[PlannedTake]) -> Iterator[str]:
    """Say how many takes are paid and serve, and in whose job."""
    others = sum(bool(take.paid_in) for take in takes)
    whose = "of this job" if not others else "of other jobs" if others == len(takes) else "of this and other jobs"
    if takes:
        serve = "is paid already and serves again" if len(takes) == 1 else "are paid already and serve again"
        yield f"{count(len(takes), 'take')} {whose} {serve}"


def _waiting(takes: Sequence[PlannedTake]) -> Iterator[str]:
    """Say how many takes are not sent again before a person has decided."""
    if takes:
        yield f"{count(len(takes), 'take')} {'waits' if len(takes) == 1 else 'wait'} for you (`otiocomet resolve`)"


def _price(take: PlannedTake) -> str:
    if take.state and not take.seconds:
        where = f" in {Path(take.paid_in.partition(' (by ')[0]).name}" if take.paid_in else ""
        state = take.state.lower().replace("_", " ")
        return f"{state}{where}" if waits(take) else f"paid{where} ({state})"
    return "unknown" if take.usd is None else f"~{float(Fraction(take.usd)):.2f} USD"
