"""Judge: people decide on takes, clip by clip; `relink` goes by it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from otio_cometapi.errors import JobError, WrongUsageError
from otio_cometapi.jobs.reviews import Said, enter_reviews, reviewed_uses
from otio_cometapi.jobs.states import TakeState
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.pipeline.job import Job, clips_of
from otio_cometapi.records import Review, ReviewedUse, TakeRecord, TimelineRecord, Word

LONGEST_NOTE = 2000
"""Letters of a note."""

_NEEDS_A_PICTURE = (Word.APPROVE, Word.CHOOSE)


def reviews(job: Job, *, timeline: TimelineRecord | None = None) -> tuple[ReviewedUse, ...]:
    """
    Return what people decided on every take of a timeline, on every clip that shows it.

    Args:
        job: The job.
        timeline: One of the job's timelines; None: its latest.

    Raises:
        JobError: The job has no timeline, or its ledger is damaged.
    """
    which = timeline or job.timeline()
    return reviewed_uses(job.ledger, timeline_id=which.timeline_id)


def reviews_by_use(job: Job, timeline: TimelineRecord) -> Mapping[tuple[int, str], Review]:
    """Return the same by clip and take."""
    return {(each.clip_index, each.take_id): each.review for each in reviews(job, timeline=timeline)}


def judge(
    job: Job,
    take_id: str,
    word: Word | str,
    *,
    by: str,
    text: str = "",
    clip_index: int | None = None,
    timeline: TimelineRecord | None = None,
) -> tuple[ReviewedUse, ...]:
    """
    Write down what a person says of a take.

    Args:
        job: The job.
        take_id: The take's id, or the beginning of it.
        word: ``"approve"``, ``"reject"``, ``"choose"``, ``"clear"`` or ``"note"``.
        by: Who says it.
        text: The words of a note.
        clip_index: Only on this clip of the timeline; None: on every clip that shows the take.
        timeline: One of the job's timelines; None: its latest.

    Returns:
        What holds now of that take on those clips.

    Raises:
        WrongUsageError: There is no such word, or the note is too long.
        JobError: The timeline shows no such take there; there is nothing to look at yet; or a rejected take is chosen.
    """
    which = timeline or job.timeline()
    said, text = _word(word), cleaned(text)
    if len(text) > LONGEST_NOTE:
        raise WrongUsageError(f"the note has {len(text):,} letters.", next_step=f"At most {LONGEST_NOTE:,} are kept.")
    take = job.take(take_id)
    uses = [
        use
        for use in job.ledger.uses_by_take(timeline_id=which.timeline_id).get(take.take_id, ())
        if clip_index in (None, use.clip_index)
    ]
    if not uses:
        raise JobError(
            f"no such clip of the timeline '{which.name}' has the take {take.take_id[:11]}.",
            next_step=f"`otiocomet review {job.path}` shows which there are.",
        )
    _check(take, said, [reviews_by_use(job, which)[use.clip_index, take.take_id] for use in uses])
    enter_reviews(
        job.ledger, [Said(which.timeline_id, take.take_id, use, said, cleaned(by) or "somebody", text) for use in uses]
    )
    clips = {use.clip_index for use in uses}
    return tuple(
        each for each in reviews(job, timeline=which) if each.take_id == take.take_id and each.clip_index in clips
    )


def cleaned(text: str) -> str:
    """Return people's words without what could steer a terminal or turn the direction of a line; line ends stay."""
    kept = (
        letter if letter == "\n" or unicodedata.category(letter)[0] != "C" or letter in "\u200c\u200d" else " "
        for letter in text.replace("\r\n", "\n").replace("\r", "\n")
    )
    return "".join(kept).strip()


def _word(word: Word | str) -> Word:
    try:
        return Word(word)
    except ValueError as exc:
        raise WrongUsageError(
            f"there is no decision '{word}'.", next_step=f"Say one of {', '.join(each.value for each in Word)}."
        ) from exc


def _check(take: TakeRecord, word: Word, standing: list[Review]) -> None:
    if word in _NEEDS_A_PICTURE and state_of(take) is not TakeState.READY:
        raise JobError(
            f"take {take.take_id[:11]} of '{clips_of(take)}' is {state_of(take)}: nothing to {word.value} is there.",
            next_step="Wait until its media is there.",
        )
    if word is Word.CHOOSE and any(review.rejected for review in standing):
        raise JobError(
            f"take {take.take_id[:11]} of '{clips_of(take)}' is rejected, so no clip may show it.",
            next_step="Approve it, or take the rejection back first.",
        )
