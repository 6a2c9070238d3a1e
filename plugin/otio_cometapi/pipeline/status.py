"""Status: where every take of a job stands, and what that means."""

from __future__ import annotations

from otio_cometapi.jobs.costs import Cost, costs, total
from otio_cometapi.jobs.states import MEANING, TakeState
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.pipeline.job import Job
from otio_cometapi.records import TakeRecord

__all__ = ["Cost", "TakeState", "costs_of", "found_of", "meaning", "state_of", "status", "total"]


def status(job: Job) -> tuple[tuple[TakeRecord, TakeState], ...]:
    """Return every take with its state. Nothing is asked of the service, and nothing changes."""
    return tuple((take, state_of(take)) for take in job.takes())


def meaning(take: TakeRecord) -> str:
    """Say in one sentence what a take's state means and what to do."""
    return MEANING[state_of(take)]


def costs_of(job: Job) -> dict[str, Cost]:
    """Return what every take that was sent has cost, by its id."""
    return costs(job.ledger)


def found_of(take: TakeRecord) -> str:
    """Say what the checks found of a take's output; empty where it has no media yet, or was not looked at."""
    media = next((each for each in reversed(take.media) if each.checks), None)
    if media is None:
        return ""
    said = []
    for number, (checks, moved) in enumerate(zip(media.checks, media.moved_frames, strict=True), start=1):
        part = f"part {number}: " if len(media.checks) > 1 else ""
        said.append(part + checks.alignment.words + ("; moved back" if moved else ""))
        said += [f"{part}{flag.kind.replace('_', ' ')}: {flag.message.rstrip('.')}" for flag in checks.flags]
    words = "; ".join(said) + "."
    return words[0].upper() + words[1:]
