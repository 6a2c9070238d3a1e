"""Takes as they stand in a ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import schema
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.states import PartState, state_of
from otio_cometapi.records import Conformed, PartRecord, Shot, ShotUse, TakeRecord
from otio_cometapi.records.plain import column, record

__all__ = ["state_of", "take", "takes"]

_FIRST_CLIPS = (
    sa.select(schema.uses.c.take_id, sa.func.min(schema.uses.c.clip_index).label("clip_index"))
    .group_by(schema.uses.c.take_id)
    .subquery()
)
_ORDER = (schema.takes.c.added_at, _FIRST_CLIPS.c.clip_index, schema.takes.c.number, schema.takes.c.take_id)
"""Takes of one plan have one moment: they stand as their clips do in the timeline, as the plan lists them."""

_PLAIN_COLUMNS = ("take_id", "shot_id", "look_id", "fingerprint", "number", "seconds")


def takes(
    ledger: Ledger, *, take_ids: tuple[str, ...] | None = None, timeline_id: int | None = None
) -> tuple[TakeRecord, ...]:
    """Return every take, those named, or those of one timeline; oldest first, of one plan in the timeline's order."""
    first = schema.takes.outerjoin(_FIRST_CLIPS, _FIRST_CLIPS.c.take_id == schema.takes.c.take_id)
    query = sa.select(schema.takes).select_from(first).order_by(*_ORDER)
    if take_ids is not None:
        query = query.where(schema.takes.c.take_id.in_(take_ids))
    if timeline_id is not None:
        of_timeline = sa.select(schema.uses.c.take_id).where(schema.uses.c.timeline_id == timeline_id)
        query = query.where(schema.takes.c.take_id.in_(of_timeline))
    return _read(ledger, query)


def take(ledger: Ledger, take_id: str) -> TakeRecord:
    """
    Return the take with that id, or whose id begins so.

    Raises:
        JobError: There is none, or more than one.
    """
    query = sa.select(schema.takes).where(schema.takes.c.take_id.startswith(take_id, autoescape=True))
    found = _read(ledger, query) if take_id else ()
    if len(found) != 1:
        raise JobError(
            f"{'no take' if not found else 'more than one take'} of the job begins with '{take_id}'.",
            next_step=f"`otiocomet status {ledger.folder.path}` lists them.",
        )
    return found[0]


def _read(ledger: Ledger, query: sa.Select[Any]) -> tuple[TakeRecord, ...]:
    """Read takes with their parts, media and clips' names, each table once."""
    with ledger.understanding(), ledger.reading() as connection:
        rows = connection.execute(query).all()
        wanted = query.with_only_columns(schema.takes.c.take_id).order_by(None)
        parts = _by_take(
            connection,
            sa.select(schema.parts).where(schema.parts.c.take_id.in_(wanted)).order_by(schema.parts.c.number),
        )
        media = _by_take(
            connection,
            sa.select(schema.media)
            .where(schema.media.c.take_id.in_(wanted))
            .order_by(schema.media.c.start_frame, schema.media.c.variant),
        )
        uses = _by_take(
            connection,
            sa.select(schema.uses.c.take_id, schema.uses.c.clip_name)
            .where(schema.uses.c.take_id.in_(wanted))
            .order_by(schema.uses.c.timeline_id, schema.uses.c.clip_index),
        )
    with ledger.understanding():
        return tuple(
            _record(
                row,
                parts=tuple(_part(ledger, each) for each in parts[row.take_id]),
                media=tuple(_media(ledger, each.record) for each in media.get(row.take_id, [])),
                names=tuple(dict.fromkeys(_name(each) for each in uses.get(row.take_id, []))),
            )
            for row in rows
        )


def _by_take(connection: sa.Connection, query: sa.Select[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.take_id, []).append(row)
    return found


def _record(
    row: Any,
    *,
    parts: tuple[PartRecord, ...],
    media: tuple[Conformed, ...],
    names: tuple[str, ...],
) -> TakeRecord:
    shot = record(Shot, row.shot)
    return TakeRecord(
        **{name: column(TakeRecord, name, row._mapping[name]) for name in _PLAIN_COLUMNS},
        info=shot.info,
        span=shot.span,
        pad_frames=shot.pad_frames,
        slowdown=shot.slowdown,
        look=shot.look,
        clip_names=names,
        parts=parts,
        media=media,
        spans=shot.parts,
        guided=shot.guided,
    )


def _name(row: Any) -> str:
    return str(column(ShotUse, "clip_name", row.clip_name))


def _part(ledger: Ledger, row: Any) -> PartRecord:
    part = record(PartRecord, dict(row._mapping))
    PartState(part.state)
    if part.export is None:
        return part
    return replace(part, export=replace(part.export, path=str(ledger.folder.absolute(part.export.path))))


def _media(ledger: Ledger, values: Any) -> Conformed:
    conformed = record(Conformed, values)
    return replace(conformed, path=str(ledger.folder.absolute(conformed.path)))
