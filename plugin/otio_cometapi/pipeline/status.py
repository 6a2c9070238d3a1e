"""Status: where every take of a job stands, and what that means."""

from __future__ import annotations

from collections.abc import Mapping

from otio_cometapi.clock import utc_text
from otio_cometapi.jobs.costs import Cost, costs, total
from otio_cometapi.jobs.creates import creates
from otio_cometapi.jobs.states import FOR_A_PERSON, MEANING, TakeState
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.pipeline.job import Job
from otio_cometapi.records import CreateRecord, SubmitOutcome, TakeRecord

__all__ = [
    "AT_REST",
    "Cost",
    "Creates",
    "TakeState",
    "costs_of",
    "creates_of",
    "found_of",
    "meaning",
    "state_of",
    "status",
    "total",
    "unknown_create",
]

AT_REST = FOR_A_PERSON | {TakeState.READY}
"""States that no command but a person's leaves."""

Creates = Mapping[str, tuple[CreateRecord, ...]]
"""Every create of a job, by take."""


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


def creates_of(job: Job) -> Creates:
    """Return every create of a job, by take, oldest first."""
    return creates(job.ledger)


def unknown_create(take: TakeRecord, told: Creates) -> str:
    """Say all that is known of a take's create whose answer never came; empty for every other take."""
    unknown = [each for each in told.get(take.take_id, ()) if each.outcome == SubmitOutcome.AMBIGUOUS]
    if state_of(take) is not TakeState.SUBMIT_UNKNOWN or not unknown:
        return ""
    last = unknown[-1]
    answer = f"HTTP {last.http_status}" if last.http_status is not None else "no answer"
    return (
        f"sent {utc_text(last.opened_at)}, body {last.body_sha256[:16]}, {answer}: {last.message.rstrip('.')}. "
        f"{meaning(take)}"
    )
