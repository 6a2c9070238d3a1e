"""What becomes of a job: listed, stopped, cleaned, moved."""

from __future__ import annotations

from pathlib import Path

from otio_cometapi import settings as settings_module
from otio_cometapi.events import Listener, ignore
from otio_cometapi.pipeline import cancel as cancelling
from otio_cometapi.pipeline import clean as cleaning
from otio_cometapi.pipeline import move as moving
from otio_cometapi.pipeline import report as reporting
from otio_cometapi.pipeline.cancel import Cancelled
from otio_cometapi.pipeline.clean import Cleaning
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.report import Report
from otio_cometapi.settings import Settings


def report(job: Job, *, timeline: str | None = None) -> Report:
    """
    List clips and takes with what they cost, in exact fractions. Offline, and nothing changes.

    With *timeline* only that one of the job's; else the latest, then takes that only earlier ones show.

    Raises:
        JobError: The job has no such timeline, or its ledger is damaged.
    """
    return reporting.report(job, timeline=job.timeline(timeline) if timeline else None)


def cancel(
    job: Job,
    *,
    remote: bool = False,
    running_too: bool = False,
    settings: Settings | None = None,
    listener: Listener = ignore,
) -> Cancelled:
    """
    Stop what was not sent; what was sent stays on the books.

    With *remote* also tasks that wait at the service are deleted, after what is finished was fetched; and with
    *running_too* running ones, though they are charged.

    Raises:
        RunStoppedError: The service refuses the key.
        SettingsError: There is no key.
    """
    asked = (settings or settings_module.load()) if remote else None
    return cancelling.cancel(job, settings=asked, running_too=running_too, listener=listener)


def clean(job: Job, *, outputs: bool = False, remove: bool = False) -> Cleaning:
    """
    Find what a job can do without, and remove it when told to.

    With *outputs* what tasks of abandoned takes delivered, too: paid for, and gone for good. Returns what could go, or
    with *remove* what is gone; and what stays, with its reason.
    """
    found = cleaning.cleaning(job, outputs=outputs)
    return cleaning.remove(job, found, outputs=outputs) if remove else found


def move(job: Path | str, place: Path | str) -> Path:
    """
    Bring a job to another place, on this or another file system; killed at any moment, it is whole in one place.

    Close the `Job` first. *place* is the new folder, or an existing one to put it into under its name. Returns where
    the job is now. Timelines that point to its media are written again by `otio_cometapi.pipeline.move.write_again`.

    Raises:
        JobError: It cannot be moved; it stays where it was.
    """
    return moving.move(Path(job), Path(place))
