"""To come: the takes that a run has before it, told before its first step, so that whoever counts knows of how many."""

from __future__ import annotations

from collections.abc import Container

from otio_cometapi.events import Event, Listener, Stage
from otio_cometapi.jobs.states import FOR_A_PERSON, TakeState, state_of
from otio_cometapi.pipeline.conform import serves
from otio_cometapi.pipeline.job import Job, clips_of
from otio_cometapi.records import Finish, TimelineRecord

AT_THE_SERVICE = frozenset({TakeState.SUBMITTING, TakeState.SUBMITTED, TakeState.SUCCEEDED, TakeState.HOME})
"""States of takes that need nothing sent any more."""

GOING_ON = frozenset(TakeState) - FOR_A_PERSON - {TakeState.READY}
"""States of takes that a run brings further."""


def tell_to_come(
    job: Job, timeline: TimelineRecord | None, *, states: Container[TakeState], finish: Finish, listener: Listener
) -> None:
    """
    Tell of every take that is still to come, with the state in which it stands as the last word.

    Args:
        job: The job.
        timeline: Only the takes of this timeline; None: all of the job's.
        states: The states of takes that are brought further; a ready one is too where its media is to be made anew.
        finish: How media is made.
        listener: Told of each.
    """
    for take in job.takes(timeline=timeline):
        state = state_of(take)
        anew = state is TakeState.READY and not any(serves(media, finish) for media in take.media)
        if state in states or anew:
            stands = TakeState.HOME if anew else state
            listener(Event(Stage.PLAN, f"to come: {stands.value}", take_id=take.take_id, clip=clips_of(take)))
