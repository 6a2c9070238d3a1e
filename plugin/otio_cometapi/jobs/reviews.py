"""Reviews: what people decided on takes is written down word by word, and what holds is read from that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from otio_cometapi.jobs import schema
from otio_cometapi.jobs.columns import as_text
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.records import Review, ReviewedUse, SaidWord, ShotUse, Verdict, Word
from otio_cometapi.records.plain import column

_VERDICTS = {Word.APPROVE: Verdict.APPROVED, Word.REJECT: Verdict.REJECTED, Word.CLEAR: Verdict.NONE}
_SHOWING = (Word.APPROVE, Word.CHOOSE)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a person said of a take on a clip."""

    timeline_id: int
    """The timeline that it was seen in."""
    take_id: str
    """The take."""
    use: ShotUse
    """The clip."""
    word: Word
    """What was said."""
    by: str
    """Who said it."""
    text: str = ""
    """The words of a note."""


def enter_reviews(ledger: Ledger, said: Iterable[Said]) -> None:
    """Write down what was said, all of it or nothing; nothing is ever taken away."""
    with ledger.writing() as connection:
        now = ledger.clock.now()
        for each in said:
            connection.execute(
                sa.insert(schema.reviews).values(
                    timeline_id=each.timeline_id,
                    clip_index=each.use.clip_index,
                    clip_name=each.use.clip_name,
                    take_id=each.take_id,
                    first_frame=each.use.visible.first_frame,
                    frame_count=each.use.visible.frame_count,
                    word=each.word.value,
                    text=each.text,
                    said_by=each.by,
                    said_at=now,
                )
            )


def reviewed_uses(ledger: Ledger, *, timeline_id: int) -> tuple[ReviewedUse, ...]:
    """
    Return what holds of every take of a timeline on every clip that shows it, clip by clip.

    What was said in an earlier timeline holds on for a clip of the same name that shows the same take, where the two
    overlap; an approval only where nothing is shown that was not seen then.

    Raises:
        JobError: The ledger is damaged.
    """
    uses, rows = schema.uses, schema.reviews
    of_timeline = (
        sa.select(uses.c.clip_index, uses.c.take_id, as_text(uses.c.record))
        .where(uses.c.timeline_id == timeline_id)
        .order_by(uses.c.clip_index)
    )
    before = sa.select(rows).where(rows.c.timeline_id <= timeline_id).order_by(rows.c.id)
    with ledger.understanding(), ledger.reading() as connection:
        said: dict[str, list[Any]] = {}
        for row in connection.execute(before):
            Word(row.word)
            said.setdefault(row.take_id, []).append(row)
        clips: dict[int, list[tuple[str, ShotUse]]] = {}
        for clip_index, take_id, text in connection.execute(of_timeline):
            use = ledger.use((timeline_id, clip_index, take_id), text)
            clips.setdefault(clip_index, []).append((take_id, use))
    with ledger.understanding():
        return tuple(each for takes in clips.values() for each in _of_clip(takes, said, timeline_id))


def _of_clip(takes: list[tuple[str, ShotUse]], said: dict[str, list[Any]], timeline_id: int) -> tuple[ReviewedUse, ...]:
    """Return what holds of one clip's takes; at most one of them is chosen."""
    found, latest, chosen = [], 0, ""
    for take_id, use in takes:
        rows = [row for row in said.get(take_id, ()) if _holds(row, use, timeline_id)]
        review, shown_by = _folded(rows)
        found.append(ReviewedUse(use.clip_index, use.clip_name, take_id, review, tuple(map(_said_word, rows))))
        if shown_by > latest:
            latest, chosen = shown_by, take_id
    return tuple(
        replace(each, review=replace(each.review, chosen=True)) if each.take_id == chosen else each for each in found
    )


def _holds(row: Any, use: ShotUse, timeline_id: int) -> bool:
    """Tell whether what was said then is said of this clip too."""
    if row.timeline_id == timeline_id:
        return bool(row.clip_index == use.clip_index)
    first, end = use.visible.first_frame, use.visible.end_frame
    if row.clip_name != use.clip_name:
        return False
    if row.word == Word.APPROVE:
        return bool(row.first_frame <= first and end <= row.first_frame + row.frame_count)
    return bool(first < row.first_frame + row.frame_count and row.first_frame < end)


def _said_word(row: Any) -> SaidWord:
    return SaidWord(
        word=Word(row.word),
        by=str(column(SaidWord, "by", row.said_by)),
        said_at=float(column(SaidWord, "said_at", row.said_at)),
        text=str(column(SaidWord, "text", row.text)) if row.word == Word.NOTE else "",
    )


def _folded(rows: Iterable[Any]) -> tuple[Review, int]:
    """Return what holds after all that was said, and the number of the word by which the take is shown, or 0."""
    review, shown_by = Review(), 0
    for row in rows:
        word, by = Word(row.word), str(column(Review, "by", row.said_by))
        if word is Word.NOTE:
            review = replace(review, note=str(column(Review, "note", row.text)), noted_by=by if row.text else "")
            continue
        if word in _VERDICTS:
            when = float(column(Review, "decided_at", row.said_at))
            cleared = word is Word.CLEAR
            review = replace(
                review, verdict=_VERDICTS[word], by="" if cleared else by, decided_at=0.0 if cleared else when
            )
        shown_by = row.id if word in _SHOWING else 0
    return review, shown_by
