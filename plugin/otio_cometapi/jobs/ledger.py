"""The ledger: what was decided, made and brought home. What was sent and paid is in `attempts`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import schema
from otio_cometapi.jobs.columns import as_text
from otio_cometapi.jobs.database import Database
from otio_cometapi.jobs.durable import replace_durably
from otio_cometapi.jobs.parts import move, part_row
from otio_cometapi.jobs.states import PartState
from otio_cometapi.records import (
    Conformed,
    Export,
    MediaInfo,
    PartRecord,
    Plan,
    PlannedTake,
    ShotUse,
    TimelineRecord,
)
from otio_cometapi.records.plain import plain, record

_AT_ONCE = 500
"""Takes that one statement asks for."""

_UNSENT = (PartState.PLANNED, PartState.EXPORTED, PartState.REFUSED)


class Ledger(Database):
    """One job's account book. Safe to use from several threads and processes."""

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what was decided

    def add_plan(self, plan: Plan, *, timeline_text: str, source_path: str) -> int:
        """
        Enter a timeline with its takes; takes that the ledger has already keep their rows.

        The timeline itself is written to the folder first, so that a row never points to nothing.
        Returns the timeline's number in the job.

        Raises:
            JobError: The ledger or the folder cannot be written; nothing was entered.
        """
        now = self.clock.now()
        with self.writing() as connection:
            count = connection.execute(sa.select(sa.func.max(schema.timelines.c.id))).scalar()
            number = (count or 0) + 1
            path = self.folder.timelines / f"{number:04d}.otio"
            replace_durably(path, timeline_text)
            connection.execute(
                sa.insert(schema.timelines).values(
                    id=number,
                    name=plan.timeline_name,
                    added_at=now,
                    path=self.folder.relative(path),
                    source_path=source_path,
                )
            )
            self._enter_takes(connection, plan.takes, timeline_id=number, now=now)
        return number

    def add_takes(self, takes: Iterable[PlannedTake], *, timeline_id: int) -> None:
        """
        Enter more takes for clips of a timeline that the job has.

        Raises:
            JobError: The ledger cannot be written; nothing was entered.
        """
        with self.writing() as connection:
            self._enter_takes(connection, takes, timeline_id=timeline_id, now=self.clock.now())

    def _enter_takes(
        self, connection: sa.Connection, takes: Iterable[PlannedTake], *, timeline_id: int, now: float
    ) -> None:
        every = list(takes)
        by_id = {take.take_id: take for take in every}
        standing = _standing(connection, tuple(by_id))
        for row in standing:
            self._follow_media(connection, row, by_id[row.take_id].shot.info)
        known = {row.take_id for row in standing}
        new = [take for take_id, take in by_id.items() if take_id not in known]
        # A statement for all rows of a table: a plan of ten thousand takes is entered in seconds.
        for table, rows in (
            (schema.takes, [_take_row(take, now) for take in new]),
            (schema.parts, [row for take in new for row in _part_rows(take)]),
            (schema.uses, [_use_row(use, take.take_id, timeline_id) for take in every for use in take.shot.uses]),
        ):
            if rows:
                connection.execute(sa.insert(table), rows)

    def _follow_media(self, connection: sa.Connection, row: Any, info: MediaInfo) -> None:
        """Keep where the files lie now: identity is by content, and what is not cut yet is cut from there."""
        places = {"path": info.path, "sequence": plain(info.sequence), "treatment": plain(info.treatment)}
        if any(row.shot["info"].get(name) != value for name, value in places.items()):
            shot = {**row.shot, "info": {**row.shot["info"], **places}}
            connection.execute(sa.update(schema.takes).where(schema.takes.c.take_id == row.take_id).values(shot=shot))

    # -- what stands in it

    def timelines(self) -> tuple[TimelineRecord, ...]:
        """Return the timelines of the job, oldest first."""
        with self.understanding(), self.reading() as connection:
            rows = connection.execute(sa.select(schema.timelines).order_by(schema.timelines.c.id))
            return tuple(record(TimelineRecord, {"timeline_id": row.id, **row._mapping}) for row in rows)

    def timeline(self, name: str | None = None) -> TimelineRecord:
        """
        Return the latest timeline, or the latest of that name (or of that file name).

        Raises:
            JobError: The job has none.
        """
        every = self.timelines()
        found = [
            each for each in every if name in (None, each.name, Path(each.source_path).name, str(each.timeline_id))
        ]
        if not found:
            names = ", ".join(sorted({each.name or f"number {each.timeline_id}" for each in every})) or "none yet"
            raise JobError(
                f"the job {self.folder.path} has no timeline {name or ''}".rstrip() + ".",
                next_step=f"It has: {names}.",
            )
        return found[-1]

    def uses_by_take(
        self, *, timeline_id: int | None = None, take_ids: tuple[str, ...] | None = None
    ) -> dict[str, tuple[ShotUse, ...]]:
        """Return where every take, or each of those named, is shown, in one timeline of the job or in all of them."""
        uses = schema.uses.c
        query = sa.select(uses.timeline_id, uses.clip_index, uses.take_id, as_text(uses.record)).order_by(
            uses.timeline_id, uses.clip_index
        )
        if timeline_id is not None:
            query = query.where(schema.uses.c.timeline_id == timeline_id)
        if take_ids is not None:
            query = query.where(schema.uses.c.take_id.in_(take_ids))
        found: dict[str, list[ShotUse]] = {}
        with self.understanding(), self.reading() as connection:
            for *place, text in connection.execute(query):
                found.setdefault(place[2], []).append(self.use(tuple(place), text))
        return {take_id: tuple(uses) for take_id, uses in found.items()}

    def use(self, place: tuple[int, int, str], text: Any) -> ShotUse:
        """Return a use; *place* is its timeline's number, its clip's, and the take, *text* the rest as JSON."""
        return self.taken(("use", *place), text, lambda: record(ShotUse, json.loads(text)))

    def noted(self, take_id: str, message: str) -> None:
        """Keep a sentence about a take where `status` shows it."""
        with self.writing() as connection:
            connection.execute(sa.update(schema.parts).where(schema.parts.c.take_id == take_id).values(message=message))

    # -- what was made

    def export_made(self, take_id: str, export: Export, *, part: int = 1) -> None:
        """
        Enter an export, which makes a part of a take ready to be sent.

        Once it was sent, the entry stays what it was then: conform goes by what the model got.
        """
        kept = replace(export, path=self.folder.relative(Path(export.path)))
        with self.writing() as connection:
            row = part_row(connection, take_id, part)
            if row.state not in _UNSENT:
                return
            of_part = sa.and_(schema.parts.c.take_id == take_id, schema.parts.c.number == part)
            connection.execute(sa.update(schema.parts).where(of_part).values(export=plain(kept)))
            if row.state != PartState.EXPORTED:
                move(connection, row, PartState.EXPORTED, message="")

    def part_moved(self, part: PartRecord, state: PartState, **values: object) -> None:
        """
        Enter where a part stands now, with other columns of its row.

        Raises:
            JobError: The move is not legal from where the part really stands; or its create is on the wire, and
                only the answer may move it.
        """
        with self.writing() as connection:
            row = part_row(connection, part.take_id, part.number)
            if row.state == PartState.SUBMITTING:
                raise JobError(
                    f"take {part.take_id} is being sent by another process.",
                    next_step="Let it finish; `otiocomet resume` goes on from there.",
                )
            move(connection, row, state, **values)

    def media_made(self, take_id: str, conformed: Conformed) -> None:
        """Enter verified media of a take."""
        kept = replace(conformed, path=self.folder.relative(Path(conformed.path)))
        with self.writing() as connection:
            connection.execute(
                sa.delete(schema.media).where(
                    schema.media.c.take_id == take_id,
                    schema.media.c.start_frame == conformed.start_frame,
                    schema.media.c.variant == conformed.variant,
                )
            )
            connection.execute(
                sa.insert(schema.media).values(
                    take_id=take_id,
                    start_frame=conformed.start_frame,
                    variant=conformed.variant,
                    record=plain(kept),
                    added_at=self.clock.now(),
                )
            )


def _standing(connection: sa.Connection, take_ids: tuple[str, ...]) -> list[Any]:
    """Return the rows of those takes that the ledger has already; databases bound how many can be asked for at once."""
    found: list[Any] = []
    for first in range(0, len(take_ids), _AT_ONCE):
        some = schema.takes.c.take_id.in_(take_ids[first : first + _AT_ONCE])
        found += connection.execute(sa.select(schema.takes).where(some)).all()
    return found


def _take_row(take: PlannedTake, now: float) -> dict[str, Any]:
    return {
        "take_id": take.take_id,
        "shot_id": take.shot_id,
        "look_id": take.look_id,
        "fingerprint": take.fingerprint,
        "shot": plain(replace(take.shot, look=take.look, uses=())),
        "number": take.number,
        "seconds": str(take.shot.wire_seconds),
        "added_at": now,
    }


def _part_rows(take: PlannedTake) -> list[dict[str, Any]]:
    numbers = range(1, len(take.shot.part_spans) + 1)
    return [{"take_id": take.take_id, "number": number, "state": PartState.PLANNED.value} for number in numbers]


def _use_row(use: ShotUse, take_id: str, timeline_id: int) -> dict[str, Any]:
    return {
        "timeline_id": timeline_id,
        "clip_index": use.clip_index,
        "take_id": take_id,
        "clip_name": use.clip_name,
        "record": plain(use),
    }
