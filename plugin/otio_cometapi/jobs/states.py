"""Where a part or a take stands: one enum each, one table of legal moves, one sentence on what to do."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from otio_cometapi.errors import JobError
from otio_cometapi.records import TakeRecord


class PartState(StrEnum):
    """Where one part of a take, that is one remote task, stands."""

    PLANNED = "PLANNED"
    EXPORTED = "EXPORTED"
    SUBMITTING = "SUBMITTING"
    SUBMIT_UNKNOWN = "SUBMIT_UNKNOWN"
    SUBMITTED = "SUBMITTED"
    SUCCEEDED = "SUCCEEDED"
    HOME = "HOME"
    FAILED = "FAILED"
    REFUSED = "REFUSED"
    ABANDONED = "ABANDONED"


class TakeState(StrEnum):
    """Where a whole take stands: its least advanced part, or its media."""

    PLANNED = "PLANNED"
    EXPORTED = "EXPORTED"
    SUBMITTING = "SUBMITTING"
    SUBMIT_UNKNOWN = "SUBMIT_UNKNOWN"
    SUBMITTED = "SUBMITTED"
    SUCCEEDED = "SUCCEEDED"
    HOME = "HOME"
    READY = "READY"
    FAILED = "FAILED"
    REFUSED = "REFUSED"
    ABANDONED = "ABANDONED"


MEANING: dict[TakeState, str] = {
    TakeState.PLANNED: "Decided, nothing made or sent yet; `resume` goes on.",
    TakeState.EXPORTED: "Its frames are cut and ready to be sent; `resume` sends them.",
    TakeState.SUBMITTING: "A create is on the wire, or its process died with it; `resume` finds out.",
    TakeState.SUBMIT_UNKNOWN: "A create was sent and no answer came: it may be paid. "
    "Look at the service's task list, then `otiocomet resolve`.",
    TakeState.SUBMITTED: "The task is known and waits or runs at the service; `resume` follows it.",
    TakeState.SUCCEEDED: "The task is finished, its output is not home yet; `resume` fetches it.",
    TakeState.HOME: "The output is home and has still to be made to fit; `resume` conforms it.",
    TakeState.READY: "Its media is verified; `relink` shows it.",
    TakeState.FAILED: "The task ended without an output; change the look, or pay again with `resolve --resubmit`.",
    TakeState.REFUSED: "The service refused the request and nothing was spent; correct it and `run` again.",
    TakeState.ABANDONED: "A person gave it up; `otiocomet resolve --resubmit` sends it again.",
}

_P = PartState
# To SUBMITTED from a state that was not on the wire: a late answer brought the task's id, or a person did.
LEGAL_MOVES: dict[PartState, frozenset[PartState]] = {
    _P.PLANNED: frozenset({_P.EXPORTED, _P.SUBMITTED, _P.REFUSED, _P.ABANDONED}),
    _P.EXPORTED: frozenset({_P.PLANNED, _P.SUBMITTING, _P.SUBMITTED, _P.REFUSED, _P.ABANDONED}),
    _P.SUBMITTING: frozenset({_P.EXPORTED, _P.SUBMITTED, _P.SUBMIT_UNKNOWN, _P.REFUSED}),
    _P.SUBMIT_UNKNOWN: frozenset({_P.EXPORTED, _P.SUBMITTED, _P.REFUSED, _P.ABANDONED}),
    _P.SUBMITTED: frozenset({_P.SUBMITTED, _P.SUCCEEDED, _P.FAILED}),
    _P.SUCCEEDED: frozenset({_P.SUCCEEDED, _P.HOME, _P.FAILED}),
    _P.HOME: frozenset({_P.SUCCEEDED}),
    _P.FAILED: frozenset({_P.EXPORTED, _P.ABANDONED, _P.SUBMITTED}),
    _P.REFUSED: frozenset({_P.PLANNED, _P.EXPORTED, _P.SUBMITTED, _P.ABANDONED}),
    _P.ABANDONED: frozenset({_P.PLANNED, _P.EXPORTED, _P.SUBMITTED}),
}

PAID = frozenset({_P.SUBMITTING, _P.SUBMIT_UNKNOWN, _P.SUBMITTED, _P.SUCCEEDED, _P.HOME})
"""States behind which money stands, or may stand."""

UNPAID = frozenset({_P.PLANNED, _P.EXPORTED, _P.REFUSED})
"""States of a part that is still to be paid."""

UNSENT = (_P.PLANNED, _P.EXPORTED, _P.REFUSED)
"""Where a part stands that nothing was paid for here."""

STUCK = frozenset({_P.SUBMIT_UNKNOWN, _P.FAILED, _P.REFUSED, _P.ABANDONED})
"""States of a part that only a person's word can move."""

FOR_A_PERSON = frozenset({TakeState.SUBMIT_UNKNOWN, TakeState.FAILED, TakeState.REFUSED, TakeState.ABANDONED})
"""States that only a person's word can move."""

_LEAST_ADVANCED_FIRST = (
    _P.SUBMIT_UNKNOWN,
    _P.FAILED,
    _P.REFUSED,
    _P.ABANDONED,
    _P.PLANNED,
    _P.EXPORTED,
    _P.SUBMITTING,
    _P.SUBMITTED,
    _P.SUCCEEDED,
    _P.HOME,
)


def moved(old: PartState, new: PartState) -> PartState:
    """
    Return *new*, if the move is legal.

    Raises:
        JobError: It is not.
    """
    if new not in LEGAL_MOVES[old]:
        raise JobError(
            f"a part cannot go from {old} to {new}; another process or person moved it meanwhile.",
            next_step="`otiocomet resume` goes on from where it stands now.",
        )
    return new


def take_state(parts: Iterable[PartState], *, has_media: bool) -> TakeState:
    """Tell where a take stands from where its parts stand and whether its media is verified."""
    present = set(parts)
    least = next(state for state in _LEAST_ADVANCED_FIRST if state in present)
    if least is PartState.HOME and has_media:
        return TakeState.READY
    return TakeState(least.value)


def state_of(take: TakeRecord) -> TakeState:
    """Tell where a take stands."""
    return take_state((PartState(part.state) for part in take.parts), has_media=bool(take.media))
