"""Carrying: takes that people approved or chose stay on their clips in the next version of a timeline."""

from __future__ import annotations

from collections.abc import Mapping, Set

import sqlalchemy as sa

from otio_cometapi.jobs import schema
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.records import Shot, ShotUse, Span, Word
from otio_cometapi.records.plain import plain, record

Uses = Mapping[str, ShotUse]
"""What one clip of one timeline shows, by take."""


def carry_wanted(ledger: Ledger, *, timeline_id: int) -> None:
    """
    Let clips of a new timeline keep the takes that people approved or chose for them in an earlier one.

    A clip that still asks for one take of an earlier clip of its name gets that clip's approved or chosen takes beside
    it, as far as they have media and all the frames that it shows. So a take that was ordered while reviewing is not
    lost with the next cut. Only takes with media are carried, so that nothing is ever sent for this.

    Raises:
        JobError: The ledger is damaged or cannot be written.
    """
    with ledger.understanding(), ledger.writing() as connection:
        words = schema.reviews.c.word.in_([Word.APPROVE.value, Word.CHOOSE.value])
        wanted = set(connection.execute(sa.select(schema.reviews.c.take_id).where(words)).scalars())
        if not wanted:
            return
        made = sa.select(schema.media.c.take_id)
        spans = {
            row.take_id: (str(row.fingerprint), record(Shot, row.shot).span)
            for row in connection.execute(sa.select(schema.takes).where(schema.takes.c.take_id.in_(made)))
        }
        clips = _clips(connection)
        for (number, index), own in clips.items():
            if number == timeline_id:
                use = next(iter(own.values()))
                for take_id in _wanted_for(own, clips, timeline_id=timeline_id, wanted=wanted, spans=spans):
                    connection.execute(
                        sa.insert(schema.uses).values(
                            timeline_id=timeline_id,
                            clip_index=index,
                            take_id=take_id,
                            clip_name=use.clip_name,
                            record=plain(use),
                        )
                    )


def _clips(connection: sa.Connection) -> dict[tuple[int, int], dict[str, ShotUse]]:
    """Return what every clip of every timeline shows, the earliest first."""
    found: dict[tuple[int, int], dict[str, ShotUse]] = {}
    in_order = sa.select(schema.uses).order_by(schema.uses.c.timeline_id, schema.uses.c.clip_index)
    for row in connection.execute(in_order):
        found.setdefault((row.timeline_id, row.clip_index), {})[row.take_id] = record(ShotUse, row.record)
    return found


def _wanted_for(
    own: Uses,
    clips: Mapping[tuple[int, int], Uses],
    *,
    timeline_id: int,
    wanted: Set[str],
    spans: Mapping[str, tuple[str, Span]],
) -> list[str]:
    """Return the wanted takes of the latest earlier clip that this one goes on from, but for its own."""
    use = next(iter(own.values()))
    for (number, _), takes in sorted(clips.items(), reverse=True):
        shared = own.keys() & takes.keys()
        if number >= timeline_id or not shared or next(iter(takes.values())).clip_name != use.clip_name:
            continue
        files = {spans[take_id][0] for take_id in shared & spans.keys()}
        return [
            take_id
            for take_id in takes
            if take_id in wanted
            and take_id not in own
            and take_id in spans
            and spans[take_id][0] in files
            and spans[take_id][1].contains(use.visible)
        ]
    return []
