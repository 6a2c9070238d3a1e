"""Takes as they stand in a ledger."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import sqlalchemy as sa

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import schema
from otio_cometapi.jobs.columns import as_text, columns_of
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.states import PartState, state_of
from otio_cometapi.records import Conformed, PartRecord, Shot, ShotUse, TakeRecord
from otio_cometapi.records.plain import column, record

__all__ = ["state_of", "take", "takes"]

_TAKE_NAMES = tuple(schema.takes.c.keys())
_PART_NAMES = tuple(schema.parts.c.keys())
_PLAIN_COLUMNS = ("take_id", "shot_id", "look_id", "fingerprint", "number", "seconds")


def takes(
    ledger: Ledger, *, take_ids: tuple[str, ...] | None = None, timeline_id: int | None = None
) -> tuple[TakeRecord, ...]:
    """Return every take, those named, or those of one timeline; oldest first, of one plan in the timeline's order."""
    each, use = schema.takes.c, schema.uses.c
    firsts = sa.select(use.take_id, sa.func.min(use.clip_index).label("clip_index")).group_by(use.take_id)
    if take_ids is not None:  # else the uses of all takes would be looked at for the one that has just come home
        firsts = firsts.where(use.take_id.in_(take_ids))
    first = firsts.subquery()
    # Takes of one plan have one moment: they stand as their clips do in the timeline, as the plan lists them.
    order = (each.added_at, first.c.clip_index, each.number, each.take_id)
    query = sa.select(schema.takes).outerjoin(first, first.c.take_id == each.take_id).order_by(*order)
    if take_ids is not None:
        query = query.where(each.take_id.in_(take_ids))
    if timeline_id is not None:
        query = query.where(each.take_id.in_(sa.select(use.take_id).where(use.timeline_id == timeline_id)))
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
    wanted = query.with_only_columns(schema.takes.c.take_id).order_by(None)
    parts, media, uses = schema.parts.c, schema.media.c, schema.uses.c
    with ledger.understanding(), ledger.reading() as connection:
        rows = [tuple(row) for row in connection.execute(query.with_only_columns(*columns_of(schema.takes))).all()]
        parts_of = _by_take(
            connection,
            sa.select(*columns_of(schema.parts)).where(parts.take_id.in_(wanted)).order_by(parts.number),
        )
        media_of = _by_take(
            connection,
            sa.select(media.take_id, as_text(media.record))
            .where(media.take_id.in_(wanted))
            .order_by(media.start_frame, media.variant),
        )
        uses_of = _by_take(
            connection,
            sa.select(uses.take_id, uses.clip_name)
            .where(uses.take_id.in_(wanted))
            .order_by(uses.timeline_id, uses.clip_index),
        )
    with ledger.understanding():
        found = []
        for row in rows:
            take_id = row[0]
            every = (row, parts_of[take_id], media_of.get(take_id, ()), uses_of.get(take_id, ()))
            found.append(ledger.taken(("take", take_id), every, partial(_record, ledger, *every)))
        return tuple(found)


def _by_take(connection: sa.Connection, query: sa.Select[Any]) -> dict[str, list[Any]]:
    """Return rows by their first column, the take's id."""
    found: dict[str, list[Any]] = {}
    for row in connection.execute(query).all():
        found.setdefault(row[0], []).append(tuple(row))
    return found


def _record(ledger: Ledger, row: Any, parts: Iterable[Any], media: Iterable[Any], uses: Iterable[Any]) -> TakeRecord:
    values = dict(zip(_TAKE_NAMES, row, strict=True))
    shot = record(Shot, json.loads(values["shot"]))
    return TakeRecord(
        **{name: column(TakeRecord, name, values[name]) for name in _PLAIN_COLUMNS},
        info=shot.info,
        span=shot.span,
        pad_frames=shot.pad_frames,
        slowdown=shot.slowdown,
        look=shot.look,
        clip_names=tuple(dict.fromkeys(str(column(ShotUse, "clip_name", name)) for _, name in uses)),
        parts=tuple(_part(ledger, each) for each in parts),
        media=tuple(_media(ledger, text) for _, text in media),
        spans=shot.parts,
        guided=shot.guided,
    )


def _part(ledger: Ledger, row: Any) -> PartRecord:
    values = dict(zip(_PART_NAMES, row, strict=True))
    export = values["export"]
    part = record(PartRecord, {**values, "export": None if export is None else json.loads(export)})
    PartState(part.state)
    if part.export is None:
        return part
    return replace(part, export=replace(part.export, path=str(ledger.folder.absolute(part.export.path))))


def _media(ledger: Ledger, text: Any) -> Conformed:
    conformed = record(Conformed, json.loads(text))
    return replace(conformed, path=str(ledger.folder.absolute(conformed.path)))
