"""A job in the hand: its folder, its ledger and who may listen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from otio_cometapi import settings as settings_module
from otio_cometapi.clock import Clock, SystemClock
from otio_cometapi.editorial import timeline_io
from otio_cometapi.errors import JobError
from otio_cometapi.jobs import folder as folders
from otio_cometapi.jobs import postgres
from otio_cometapi.jobs.carrying import carry_wanted
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.making import new_job
from otio_cometapi.jobs.states import PartState
from otio_cometapi.jobs.takes import take, takes
from otio_cometapi.pipeline.collecting import uncollected
from otio_cometapi.pipeline.naming import clips_of, named, part_of
from otio_cometapi.pipeline.trace import traced
from otio_cometapi.records import PartRecord, Plan, TakeRecord, TimelineRecord
from otio_cometapi.settings import Settings

__all__ = ["Job", "clips_of", "named", "part_of", "parts_in", "same_file"]


class Job:
    """
    A folder ``NAME.cometjob`` with everything of one piece of work, opened.

    Use it as a context manager, or `close` it.
    """

    def __init__(self, path: Path | str, *, clock: Clock | None = None, settings: Settings | None = None) -> None:
        """
        Open the job at *path*.

        Args:
            path: The job folder.
            clock: What time it is; default: this machine's clock, and in a shared ledger the database's.
            settings: Where a shared ledger is; default: `otio_cometapi.settings.load()`, if the ledger is shared.

        Raises:
            JobError: There is none, or it cannot be read.
        """
        self.clock = clock or SystemClock()
        self.folder = folders.folder_at(Path(path))
        url = ""
        if self.folder.shared():
            url = (settings or settings_module.load()).ledger_url
        self.ledger = Ledger(self.folder, clock=clock, url=url)
        self.entered: Any = None
        """The timeline as `with_plan` entered it: the caller's own object, unless originals were given back to it."""

    @classmethod
    def exists(cls, path: Path | str) -> bool:
        """Tell whether a job stands at *path*."""
        return folders.exists(Path(path))

    @classmethod
    def opened(cls, path: Path | str, *, settings: Settings | None = None) -> Job | None:
        """Open the job at *path*, or return None where there is none yet."""
        return cls(path, settings=settings) if cls.exists(path) else None

    @classmethod
    def with_plan(
        cls, path: Path | str, plan: Plan, *, timeline: Any, source_path: str = "", settings: Settings | None = None
    ) -> Job:
        """
        Enter a plan and its timeline into the job at *path*, making the job where there is none.

        A new folder appears under its name by rename, when `resume` could go on from it alone. In a job that stands,
        clips that show its media and forgot their originals get them back in the copy that the job keeps. Where
        *settings* name a shared ledger, a new job keeps its books there.

        Raises:
            JobError: The folder cannot be made or written.
        """
        if not cls.exists(path):
            text = timeline_io.timeline_text(timeline)
            try:
                url = settings.ledger_url if settings else ""
                address = postgres.address_of(postgres.parsed(url)) if url else folders.LEDGER
                with new_job(Path(path), address=address, url=url) as ledger:
                    ledger.add_plan(plan, timeline_text=text, source_path=source_path)
                job = cls(path, settings=settings)
                job.entered = timeline
                return job
            except folders.JobMadeMeanwhileError:
                pass  # another process was quicker: its job takes this plan in
        job = cls(path, settings=settings)
        root = Path(source_path).parent if source_path else Path.cwd()
        job.entered = traced(timeline, job, media_root=root)
        text = timeline_io.timeline_text(job.entered)
        number = job.ledger.add_plan(plan, timeline_text=text, source_path=source_path)
        carry_wanted(job.ledger, timeline_id=number)
        return job

    def close(self) -> None:
        """Let go of the ledger."""
        self.ledger.close()

    def __enter__(self) -> Job:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """The job folder."""
        return self.folder.path

    def takes(
        self, *, timeline: TimelineRecord | None = None, take_ids: tuple[str, ...] | None = None
    ) -> tuple[TakeRecord, ...]:
        """Return the job's takes, or those of one of its timelines, or of those the ones named, as they stand now."""
        with uncollected():
            return takes(self.ledger, take_ids=take_ids, timeline_id=timeline.timeline_id if timeline else None)

    def take(self, take_id: str) -> TakeRecord:
        """
        Return one take by its id or the beginning of it.

        Raises:
            JobError: There is none, or more than one.
        """
        return take(self.ledger, take_id)

    def timeline(self, name: str | None = None) -> TimelineRecord:
        """
        Return the latest timeline the job was given, or the latest of that name.

        Raises:
            JobError: There is none.
        """
        return self.ledger.timeline(name)

    def original(self, timeline: TimelineRecord) -> Any:
        """
        Return a timeline as the job was given it, as an OTIO object.

        Raises:
            JobError: The job's copy is gone.
        """
        path = self.folder.absolute(timeline.path)
        try:
            return timeline_io.timeline_from_text(path.read_text("utf-8"))
        except OSError as exc:
            raise JobError(f"the job's copy of the timeline, {path}, cannot be read: {exc.strerror}.") from exc


def parts_in(found: tuple[TakeRecord, ...], *states: PartState) -> list[tuple[TakeRecord, PartRecord]]:
    """Return the parts of takes that stand in one of *states*, with their takes."""
    return [(take, part) for take in found for part in take.parts if part.state in states]


def same_file(first: Path, second: Path) -> bool:
    """Tell whether two paths are one file, whether it exists or not."""
    return os.path.realpath(first) == os.path.realpath(second)
