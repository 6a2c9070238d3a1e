"""The tables and sentences that people read. On a terminal they are drawn; in a pipe they are plain lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from otio_cometapi.cli.drawing import Column, print_table
from otio_cometapi.cli.plan_table import price_basis
from otio_cometapi.cli.sentences import count, line, note
from otio_cometapi.clock import utc_text
from otio_cometapi.pipeline.clean import Cleaning, Kind
from otio_cometapi.pipeline.options import Exit, RunResult
from otio_cometapi.pipeline.resolve import LIMITS, Candidates
from otio_cometapi.pipeline.status import Cost, Creates, TakeState, found_of, meaning, state_of, unknown_create
from otio_cometapi.records import Model, PriceAssumption, TakeRecord

_GLYPHS = {
    TakeState.READY: "green",
    TakeState.FAILED: "red",
    TakeState.REFUSED: "red",
    TakeState.SUBMIT_UNKNOWN: "yellow",
    TakeState.ABANDONED: "yellow",
}
_TAKES = (
    Column("take"),
    Column("state"),
    Column("clips", text=True),
    Column("prompt", text=True, below=True),
    Column("now", text=True, below=True),
)
_COULD_GO = (Column("kind"), Column("size", right=True), Column("path", text=True), Column("why", text=True))
_CANDIDATES = (
    Column("take"),
    Column("clips", text=True),
    Column("task", text=True),
    Column("made"),
    Column("status"),
    Column("action", below=True),
    Column("model", below=True),
    Column("cost", right=True),
)
_MODELS = (
    Column("model"),
    Column("input", right=True),
    Column("fps up to", right=True),
    Column("prompt", right=True),
    Column("images", right=True),
    Column("assumed price", right=True),
    Column("note", text=True, below=True),
)


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
    print_table("Takes", _TAKES, rows, styles)


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


_REPORT = tuple(
    Column(head, text=head in ("clip", "reel", "prompt", "task"), below=head not in ("at", "track", "clip", "state"))
    for head in _REPORTED
)


def show_report(rows: Sequence[Mapping[str, object]]) -> None:
    """Print a report's lines, without what only a list on disk needs."""
    cells = [["" if row[name] is None else str(row[name]) for name in _REPORTED.values()] for row in rows]
    print_table("Report", _REPORT, cells)


def show_cleaning(found: Cleaning) -> None:
    """Print what a job can do without, by kind, and what stays."""
    if found.items:
        rows = [[item.kind.value, size(item.size_bytes), str(item.path), item.why] for item in found.items]
        print_table("Could go", _COULD_GO, rows)
    for sentence in found.kept:
        note(f"note: {sentence}")
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
    said = [f"{count(cost.sent, 'create')} sent, {float(cost.seconds):.2f} s of video, {assumed}"]
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
        print_table("Candidates", _CANDIDATES, rows)
    line(LIMITS)


def show_run(result: RunResult) -> None:
    """Print what came of a run."""
    if result.takes:
        show_takes(result.takes)
    for warning in result.warnings:
        note(f"note: {warning}")
    for problem in result.problems if result.exit is not Exit.NOTHING else ():
        line(f"problem: {problem}")
    if result.output:
        line(f"{count(len(result.relinked), 'clip')} relinked in {result.output}")
    if result.takes:
        line(f"The job is {result.job}")
    if result.relinked:
        note(f"Look at them beside their originals: `otiocomet review {result.job}`.")


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
    print_table("Models", _MODELS, rows)
    line("Prices are assumptions, never the service's word:")
    for model in models:
        source = dict(model.sources).get("usd_per_second", "")
        line(price_basis(PriceAssumption(model.id, model.usd_per_second, model.min_usd, source)))
