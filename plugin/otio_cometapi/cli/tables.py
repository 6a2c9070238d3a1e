"""The tables and sentences that people read. On a terminal they are drawn; in a pipe they are plain lines."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from fractions import Fraction

import click

from otio_cometapi.pipeline.options import Exit, RunResult
from otio_cometapi.pipeline.status import TakeState, meaning, state_of
from otio_cometapi.records import Model, Plan, PlannedTake, TakeRecord

_GLYPHS = {
    TakeState.READY: "green",
    TakeState.FAILED: "red",
    TakeState.REFUSED: "red",
    TakeState.SUBMIT_UNKNOWN: "yellow",
    TakeState.ABANDONED: "yellow",
}


def tame(text: str) -> str:
    """Return a stranger's text without anything that could steer a terminal or turn its direction."""
    return "".join(
        letter if letter == " " or unicodedata.category(letter)[0] != "C" else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )


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
                        f"{float(take.shot.wire_seconds):.2f} s",
                        take.look.model,
                        f"{take.look.prompt} [take {take.number}]" if len(clip.take_ids) > 1 else take.look.prompt,
                        _price(take),
                    ]
                )
    if rows:
        heads = ["at", "track", "clip", "source", "frames", "sent", "model", "prompt", "cost"]
        _table("To be sent", heads, rows)
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


def estimate(plan: Plan) -> str:
    """Return a plan's estimate as a sentence."""
    new, old = len(plan.new_takes), len(plan.takes) - len(plan.new_takes)
    if not plan.takes:
        return "Nothing to send."
    served = f"{_count(old, 'take')} of this job {'serves' if old == 1 else 'serve'} again"
    if not new:
        return f"Nothing to pay: {served}."
    again = f"; {served}, for nothing" if old else ""
    dollars = (
        "price unknown" if plan.usd is None else f"about {float(plan.usd):.2f} USD (assumed, not the service's word)"
    )
    return f"{_count(new, 'new take')}, {float(plan.seconds):.2f} s of video, {dollars}{again}."


def show_takes(takes: Iterable[TakeRecord]) -> None:
    """Print where takes stand."""
    rows, styles = [], []
    for take in takes:
        state = state_of(take)
        progress = next((part.progress for part in take.parts if part.progress is not None), None)
        shown = f"{state.value} {progress:.0%}" if state is TakeState.SUBMITTED and progress else state.value
        said = next((part.message for part in take.parts if part.message), "") or meaning(take)
        rows.append([take.take_id[:11], shown, ", ".join(take.clip_names), take.look.prompt, said])
        styles.append(_GLYPHS.get(state, ""))
    _table("Takes", ["take", "state", "clips", "prompt", ""], rows, styles)


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


def show_models(models: Iterable[Model]) -> None:
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
    line("Prices are assumptions from upstream's price lists, never the service's word.")


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
        return f"paid ({take.state.lower()})"
    return "unknown" if take.usd is None else f"~{float(Fraction(take.usd)):.2f} USD"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
