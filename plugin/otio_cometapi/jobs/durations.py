"""Durations: how long tasks of a model have run, as a job's polls have seen it, so that the next ones are timed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from otio_cometapi.jobs import choices
from otio_cometapi.jobs.ledger import Ledger

_CHOICE = "durations"


def durations(ledger: Ledger) -> dict[str, list[float]]:
    """
    Return the seconds that tasks have run, by model, the latest last.

    What cannot be read is passed over: it only times polls, and must not keep an output that is paid from coming home.

    Raises:
        JobError: The ledger cannot be read.
    """
    remembered = choices.remembered(ledger, _CHOICE)
    found = {model: _seconds(text) for model, text in remembered.items()}
    return {model: runs for model, runs in found.items() if runs}


def _seconds(text: str) -> list[float]:
    try:
        runs = [float(each) for each in text.split()]
    except ValueError:
        return []
    return runs if all(math.isfinite(each) and each >= 0 for each in runs) else []


def add_durations(ledger: Ledger, learned: Mapping[str, Iterable[float]], *, most: int) -> None:
    """Enter how many seconds tasks have run, by model; the latest *most* of a model are kept."""
    known = durations(ledger)
    for model, runs in learned.items():
        known[model] = [*known.get(model, []), *runs][-most:]
    kept = {model: " ".join(f"{each:.1f}" for each in runs) for model, runs in known.items()}
    choices.remember(ledger, _CHOICE, kept)
