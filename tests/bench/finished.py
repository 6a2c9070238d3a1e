"""Jobs whose takes are all finished, without a service: what is entered is what the road would have entered."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from otio_cometapi.jobs import schema
from otio_cometapi.jobs.states import PartState
from otio_cometapi.pipeline.job import Job
from otio_cometapi.records import Conformed
from otio_cometapi.records.plain import plain


def finish(job: Job) -> int:
    """Enter media for every place where a take of the job is shown; return how many takes there are."""
    takes = {take.take_id: take for take in job.takes()}
    first = job.folder.media / "stand_in.mp4"
    first.parent.mkdir(parents=True, exist_ok=True)
    first.write_bytes(b"\0" * 64)
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for take_id, uses in job.ledger.uses_by_take().items():
        take = takes[take_id]
        for use in uses:
            start = use.number_of(take.span.first_frame)
            path = job.folder.media / f"{take_id[:14]}_{start}.mp4"
            if (take_id, start) not in rows:
                os.link(first, path)
            made = Conformed(job.folder.relative(Path(path)), take.span, start, None, 64, 36, "index")
            rows[take_id, start] = {
                "take_id": take_id,
                "start_frame": start,
                "variant": made.variant,
                "record": plain(made),
                "added_at": 0.0,
            }
    with job.ledger.writing() as connection:
        connection.execute(sa.update(schema.parts).values(state=PartState.HOME.value, task_id="bench"))
        connection.execute(sa.insert(schema.media), list(rows.values()))
    return len(takes)
