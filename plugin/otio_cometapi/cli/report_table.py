"""The report as plain rows: amounts that add up to the cent, and cells that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from otio_cometapi.cli.as_json import cost_values
from otio_cometapi.pipeline.report import Report, ReportLine
from otio_cometapi.records import rate_text

PLACES = 4
"""Decimals of an amount: a hundredth of a cent."""

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What begins a formula; the last four are the same signs in full width, which some spreadsheets take alike."""

_BREAKS = ("Cc", "Zl", "Zp")
_TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""What turns the direction of text, so that a cell reads as something else than it is."""

Cell = str | int | Decimal | None

COLUMNS = (
    *("timeline", "track", "record_in", "record_out", "clip", "reel", "source_in", "source_out", "frames", "rate"),
    *("source", "prompt", "model", "seed", "take", "take_id", "state", "task_ids", "sent_at"),
    *("seconds", "estimated_usd", "credits", "credits_usd", "creates", "unknown", "refunded", "approved_by"),
)
"""The columns, in order. Those from `seconds` to `refunded` stand on a take's first line only."""


def rows_of(report: Report) -> list[dict[str, Cell]]:
    """
    Return a report's lines as cells by column.

    Amounts are rounded so that each column's sum is its exact total, rounded once: a line may differ from its own
    exact amount by a hundredth of a cent.
    """
    costs = [line.cost for line in report.lines]
    amounts = {
        "seconds": _rounded([cost.seconds if cost and cost.sent else None for cost in costs]),
        "estimated_usd": _rounded([cost.assumed_usd if cost and cost.sent else None for cost in costs]),
        "credits": _rounded([cost.credits if cost and cost.told else None for cost in costs]),
        "credits_usd": _rounded([cost.real_usd if cost and cost.told else None for cost in costs]),
    }
    return [
        _row(line, {name: column[number] for name, column in amounts.items()})
        for number, line in enumerate(report.lines)
    ]


def _row(line: ReportLine, amounts: dict[str, Decimal | None]) -> dict[str, Cell]:
    take, cost = line.take, line.cost
    facts: dict[str, Cell] = {
        "timeline": line.timeline.name or f"number {line.timeline.timeline_id}",
        "track": line.clip.track,
        "record_in": line.clip.record_in,
        "record_out": line.clip.record_out,
        "clip": line.clip.name,
        "reel": line.reel,
        "source_in": line.source_in,
        "source_out": line.source_out,
        "frames": line.frame_count,
        "rate": rate_text(take.info.rate),
        "source": take.info.path,
        "prompt": take.look.prompt,
        "model": take.look.model,
        "seed": take.look.seed,
        "take": take.number,
        "take_id": take.take_id,
        "state": line.state,
        "task_ids": " ".join((cost.task_ids if cost else ()) or [part.task_id for part in take.parts if part.task_id]),
        "sent_at": line.sent_at,
        **amounts,
        "creates": cost.sent if cost else None,
        "unknown": cost.unknown if cost else None,
        "refunded": cost.refunded if cost else None,
        "approved_by": line.approved_by,
    }
    return {name: facts[name] for name in COLUMNS}


def _rounded(amounts: Iterable[Fraction | None]) -> list[Decimal | None]:
    """Round a column so that its sum is the rounded sum: every cell takes what rounding left of those before."""
    found: list[Decimal | None] = []
    exact, written = Fraction(0), Decimal(0)
    for amount in amounts:
        if amount is None:
            found.append(None)
            continue
        exact += amount
        cell = decimal(exact) - written
        written += cell
        found.append(cell)
    return found


def decimal(amount: Fraction) -> Decimal:
    """Return an amount with as many decimals as a report has."""
    return Decimal(round(amount * 10**PLACES)).scaleb(-PLACES)


def csv_text(rows: Sequence[dict[str, Cell]]) -> str:
    """
    Return rows as CSV (RFC 4180), the first one the columns' names.

    Text that a spreadsheet would take for a formula gets an apostrophe before it; line breaks and other control
    characters, and those that turn its direction, become blanks.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in COLUMNS])
    return text.getvalue()


def _cell(value: Cell) -> str | int | Decimal:
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    flat = "".join(" " if unicodedata.category(each) in _BREAKS or each in _TURNS else each for each in value)
    flat = flat.encode("utf-8", "backslashreplace").decode("utf-8")  # a path may hold bytes that are no text
    return f"'{flat}" if flat.lstrip().startswith(_FORMULA) else flat


def json_values(report: Report, rows: Sequence[dict[str, Cell]]) -> dict[str, Any]:
    """Return a report as one object."""
    return {
        "job": str(report.job),
        "timeline": report.timeline.name,
        "lines": [
            {name: float(cell) if isinstance(cell, Decimal) else cell for name, cell in row.items()} for row in rows
        ],
        "total": cost_values(report.total),
        "others": cost_values(report.others),
    }
