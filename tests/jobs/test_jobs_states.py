"""States: the table of legal moves, the sentences, and how a take stands."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otio_cometapi.errors import JobError
from otio_cometapi.jobs.states import (
    FOR_A_PERSON,
    LEGAL_MOVES,
    MEANING,
    PAID,
    PartState,
    TakeState,
    moved,
    take_state,
)

P = PartState

# Written out once more, by hand: whoever changes what may follow what has to say so twice.
EXPECTED = {
    P.PLANNED: "EXPORTED SUBMITTED REFUSED ABANDONED",
    P.EXPORTED: "PLANNED SUBMITTING SUBMITTED REFUSED ABANDONED",
    P.SUBMITTING: "EXPORTED SUBMITTED SUBMIT_UNKNOWN REFUSED",
    P.SUBMIT_UNKNOWN: "EXPORTED SUBMITTED REFUSED ABANDONED",
    P.SUBMITTED: "SUBMITTED SUCCEEDED FAILED",
    P.SUCCEEDED: "SUCCEEDED HOME FAILED",
    P.HOME: "SUCCEEDED",
    P.FAILED: "EXPORTED ABANDONED SUBMITTED",
    P.REFUSED: "PLANNED EXPORTED SUBMITTED ABANDONED",
    P.ABANDONED: "PLANNED EXPORTED SUBMITTED",
}
ORDER = (
    "SUBMIT_UNKNOWN",
    "FAILED",
    "REFUSED",
    "ABANDONED",
    "PLANNED",
    "EXPORTED",
    "SUBMITTING",
    "SUBMITTED",
    "SUCCEEDED",
    "HOME",
)
"""Troubles first, then the part that is furthest behind."""

MOVES = [pytest.param(old, new, id=f"{old}-{new}") for old, new in itertools.product(P, P)]


@pytest.mark.parametrize(("old", "new"), MOVES)
def test_a_part_moves_only_where_the_table_says(old: PartState, new: PartState) -> None:
    """Every legal move is made, every other one is refused by name with a next step."""
    if new.value in EXPECTED[old].split():
        assert moved(old, new) is new
    else:
        with pytest.raises(JobError, match=rf"from {old} to {new}\b.*resume"):
            moved(old, new)


def test_only_an_exported_part_goes_on_the_wire() -> None:
    """Nothing but EXPORTED leads to SUBMITTING: there is one door to money."""
    assert [old for old, new in LEGAL_MOVES.items() if P.SUBMITTING in new] == [P.EXPORTED]


@pytest.mark.parametrize("state", sorted(PAID - {P.SUBMITTING, P.SUBMIT_UNKNOWN}))
def test_what_is_paid_is_never_sent_again_without_a_person(state: PartState) -> None:
    """From a paid state no chain of moves leads to a create without passing a state that waits for a person."""
    reached, open_ends = set(), {state}
    while open_ends:
        here = open_ends.pop()
        reached.add(here)
        if TakeState(here.value) not in FOR_A_PERSON:
            open_ends |= set(LEGAL_MOVES[here]) - reached
    assert P.SUBMITTING not in reached


@pytest.mark.parametrize("state", TakeState)
def test_every_state_says_what_it_means(state: TakeState) -> None:
    """Each state has a sentence that ends as one."""
    assert len(MEANING[state]) > 20
    assert MEANING[state].endswith(".")


def test_every_part_state_is_a_take_state() -> None:
    """A take may stand wherever a part may, and be ready besides."""
    assert {state.value for state in TakeState} == {state.value for state in PartState} | {"READY"}


@given(st.lists(st.sampled_from(PartState), min_size=1, max_size=5), st.booleans())
def test_a_take_stands_where_its_least_advanced_part_stands(parts: list[PartState], has_media: bool) -> None:
    """A trouble shows before all, then the part furthest behind; the order of parts does not matter."""
    expected = min((part.value for part in parts), key=ORDER.index)
    if expected == "HOME" and has_media:
        expected = "READY"
    assert take_state(parts, has_media=has_media).value == expected
    assert take_state(reversed(parts), has_media=has_media).value == expected
