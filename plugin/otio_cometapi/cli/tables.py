"""The tables and sentences that people read. On a terminal they are drawn; in a pipe they are plain lines."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import click

from otio_cometapi.clock import utc_text
from otio_cometapi.errors import tame
from otio_cometapi.pipeline.clean import Cleaning, Kind
from otio_cometapi.pipeline.options import Exit, RunResult
from otio_cometapi.pipeline.resolve import LIMITS, Candidates
from otio_cometapi.pipeline.status import Cost, Creates, TakeState, found_of, meaning, state_of, unknown_create
from otio_cometapi.records import Model, Plan, PlannedTake, PriceAssumption, TakeRecord

_GLYPHS = {
    TakeState.READY: "green",
    TakeState.FAILED: "red",
    TakeState.REFUSED: "red",
    TakeState.SUBMIT_UNKNOWN: "yellow",
    TakeState.ABANDONED: "yellow",
}


def show_plan(plan: Plan) -> None:
    """Print what would be sent, what is left out and why, and the estimate."""
    takes = {take.take_id: take for take in plan.takes}
    rows = []
    for clip in plan.clips:
        if clip.selected:
            for take_id in clip.take_ids:
                take = takes[take_id]
                rows.append(
                    [
                        clip.record_timecode,
                        clip.track,
                        clip.name,
                        clip.source_timecode,
                        str(clip.frame_count),
                        _sent(take),
                        take.look.model,
                        f"{take.look.prompt} [take {take.number}]" if len(clip.take_ids) > 1 else take.look.prompt,
                        _price(take),
                    ]
                )
    if rows:
        heads = ["at", "track", "clip", "source", "frames", "sent", "model", "prompt", "cost"]
        _table("To be sent", heads, rows)
    _show_keyframes(plan)
    left = [[clip.record_timecode, clip.track, clip.name, clip.reason] for clip in plan.clips if not clip.selected]
    if left:
        _table("Left out", ["at", "track", "clip", "why"], left)
    said: dict[str, list[str]] = {}
    for clip in plan.clips:
        for warning in clip.warnings if clip.selected else ():
            said.setdefault(warning, []).append(clip.name)
    for warning, names in said.items():
        clips = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        line(f"note ({clips}): {warning}")
    for problem in plan.problems:
        line(f"problem: {problem}")
    line(estimate(plan))
    for price in plan.prices:
        line(price_basis(price))


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
        _table("Keyframes", ["at", "track", "clip", "image"], rows)


def estimate(plan: Plan) -> str:
    """Return a plan's estimate as a sentence."""
    new, old = len(plan.new_takes), len(plan.takes) - len(plan.new_takes)
    if not plan.takes:
        return "Nothing to send."
    others = sum(bool(take.paid_in) for take in plan.takes)
    whose = "of this job" if not others else "of other jobs" if others == old else "of this and other jobs"
    served = f"{_count(old, 'take')} {whose} {'serves' if old == 1 else 'serve'} again"
    if not new:
        return f"Nothing to pay: {served}."
    again = f"; {served}, for nothing" if old else ""
    dollars = (
        "price unknown" if plan.usd is None else f"about {float(plan.usd):.2f} USD (assumed, not the service's word)"
    )
    return f"{_count(new, 'new take')}, {float(plan.seconds):.2f} s of video, {dollars}{again}."


def show_takes(takes: Iterable[TakeRecord], creates: Creates | None = None) -> None:
    """Print where takes stand; with their creates, also what is known of those without an answer."""
    rows, styles = [], []
    for take in takes:
        state = state_of(take)
        progress = take.parts[0].progress if len(take.parts) == 1 else None  # else every part shows its own
        shown = f"{state.value} {progress:.0%}" if state is TakeState.SUBMITTED and progress else state.value
        said = unknown_create(take, creates or {}) or next((part.message for part in take.parts if part.message), "")
        said = said or found_of(take) or meaning(take)
        rows.append([take.take_id[:11], shown, ", ".join(take.clip_names), take.look.prompt, said])
        styles.append(_GLYPHS.get(state, ""))
        for part in take.parts if len(take.parts) > 1 else ():
            where = f"part {part.number} of {len(take.parts)}: {part.task_id or 'no task yet'}"
            done = f" {part.progress:.0%}" if part.progress and part.state == TakeState.SUBMITTED else ""
            rows.append(["", part.state + done, "", where, part.message])
            styles.append("")
    _table("Takes", ["take", "state", "clips", "prompt", ""], rows, styles)


_REPORTED = {
    "at": "record_in",
    "track": "track",
    "clip": "clip",
    "reel": "reel",
    "source": "source_in",
    "frames": "frames",
    "prompt": "prompt",
    "model": "model",
    "seed": "seed",
    "take": "take_id",
    "state": "state",
    "task": "task_ids",
    "estimated USD": "estimated_usd",
    "told USD": "credits_usd",
    "approved": "approved_by",
}


def show_report(rows: Sequence[Mapping[str, object]]) -> None:
    """Print a report's lines, without what only a list on disk needs."""
    cells = [["" if row[name] is None else str(row[name]) for name in _REPORTED.values()] for row in rows]
    _table("Report", list(_REPORTED), cells)


def show_cleaning(found: Cleaning) -> None:
    """Print what a job can do without, by kind, and what stays."""
    if found.items:
        rows = [[item.kind.value, size(item.size_bytes), str(item.path), item.why] for item in found.items]
        _table("Could go", ["kind", "size", "path", "why"], rows)
    for sentence in found.kept:
        line(f"note: {sentence}")
    for kind in Kind:
        if any(item.kind is kind for item in found.items):
            line(f"{kind.value}: {size(found.size_of(kind))}")
    if not found.items:
        line("There is nothing that the job can do without.")


def size(count: int) -> str:
    """Return a number of bytes as people read it."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def show_costs(cost: Cost) -> None:
    """Print what was assumed and what the service has told, in one sentence."""
    if not cost.sent:
        return
    assumed = "at no known price" if cost.assumed_usd is None else f"assumed {float(cost.assumed_usd):.2f} USD"
    said = [f"{_count(cost.sent, 'create')} sent, {float(cost.seconds):.2f} s of video, {assumed}"]
    if cost.unknown:
        said.append(f"{cost.unknown} without a clear answer, counted as spent")
    if cost.told:
        told = f"the service told {float(cost.credits):g} credits for {cost.told} of them"
        said.append(f"{told}, {float(cost.real_usd):.2f} USD at 0.01 USD a credit{_compared(cost)}")
    if cost.refunded:
        said.append(f"{cost.refunded} refunded")
    line("; ".join(said) + ".")


def _compared(cost: Cost) -> str:
    more = cost.difference_usd
    if more is None:
        return ""
    if not more:
        return ", as assumed"
    return f", {abs(float(more)):.2f} USD {'more' if more > 0 else 'less'} than assumed of these"


def show_candidates(found: Iterable[Candidates]) -> None:
    """Print which tasks of the account may stand behind creates without an answer."""
    rows = []
    for each in found:
        clips = ", ".join(each.take.clip_names)
        for task in each.tasks:
            facts = [utc_text(task.created_at), task.status, task.action, task.model]
            price = "" if task.usd is None else f"{task.usd:.2f} USD"
            rows.append([each.take.take_id[:11], clips, task.task_id, *facts, price])
        if not each.tasks:
            line(f"take {each.take.take_id[:11]} ({clips}): the account's list shows no task of that time for it.")
        if not each.complete:
            line(f"take {each.take.take_id[:11]} ({clips}): the list is longer than was read.")
    if rows:
        _table("Candidates", ["take", "clips", "task", "made", "status", "action", "model", "cost"], rows)
    line(LIMITS)


def show_run(result: RunResult) -> None:
    """Print what came of a run."""
    if result.takes:
        show_takes(result.takes)
    for warning in result.warnings:
        line(f"note: {warning}")
    for problem in result.problems if result.exit is not Exit.NOTHING else ():
        line(f"problem: {problem}")
    if result.output:
        line(f"{_count(len(result.relinked), 'clip')} relinked in {result.output}")
    if result.takes:
        line(f"The job is {result.job}")


def show_models(models: Sequence[Model]) -> None:
    """Print the table of models."""
    rows = [
        [
            model.id,
            f"{float(model.min_seconds):g}-{float(model.max_seconds):g} s",
            f"{float(model.max_fps):g}" if model.max_fps else "-",
            str(model.prompt_units),
            str(model.max_references),
            f"{float(model.usd_per_second):.2f} USD/s" if model.usd_per_second is not None else "unknown",
            model.reported_retired or "; ".join(model.notes[:1]),
        ]
        for model in models
    ]
    _table("Models", ["model", "input", "fps up to", "prompt", "images", "assumed price", "note"], rows)
    line("Prices are assumptions, never the service's word:")
    for model in models:
        source = dict(model.sources).get("usd_per_second", "no source")
        line(price_basis(PriceAssumption(model.id, model.usd_per_second, model.min_usd, source)))


def line(text: str) -> None:
    """Print one sentence."""
    click.echo(tame(text))


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str] = ()) -> None:
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join([title, *(tame(cell) for cell in row)]))
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for head in heads:
        table.add_column(head, overflow="fold", no_wrap=head in ("at", "source", "take", "sent", "frames"))
    for number, row in enumerate(rows):
        table.add_row(*(Text(tame(cell)) for cell in row), style=styles[number] if styles else "")
    Console().print(table)


def _price(take: PlannedTake) -> str:
    if take.state and not take.seconds:
        where = f" in {Path(take.paid_in.partition(' (by ')[0]).name}" if take.paid_in else ""
        return f"paid{where} ({take.state.lower()})"
    return "unknown" if take.usd is None else f"~{float(Fraction(take.usd)):.2f} USD"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
