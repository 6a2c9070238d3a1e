"""What becomes of a job: judged, decided on, listed, shown, stopped, cleaned, moved."""

from __future__ import annotations

from pathlib import Path

from otio_cometapi import settings as settings_module
from otio_cometapi.errors import WrongUsageError
from otio_cometapi.events import Listener, ignore
from otio_cometapi.pipeline import cancel as cancelling
from otio_cometapi.pipeline import clean as cleaning
from otio_cometapi.pipeline import judge as judging
from otio_cometapi.pipeline import move as moving
from otio_cometapi.pipeline import report as reporting
from otio_cometapi.pipeline import resolve as resolving
from otio_cometapi.pipeline import review_folder as folders
from otio_cometapi.pipeline import strip as strips
from otio_cometapi.pipeline.cancel import Cancelled
from otio_cometapi.pipeline.clean import Cleaning
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.report import Report
from otio_cometapi.pipeline.review_folder import ReviewFolder
from otio_cometapi.records import ReviewedUse, TakeRecord
from otio_cometapi.settings import Settings


def report(job: Job, *, timeline: str | None = None) -> Report:
    """
    List clips and takes with what they cost, in exact fractions. Offline, and nothing changes.

    With *timeline* only that one of the job's; else the latest, then takes that only earlier ones show.

    Raises:
        JobError: The job has no such timeline, or its ledger is damaged.
    """
    return reporting.report(job, timeline=job.timeline(timeline) if timeline else None)


def reviews(job: Job, *, timeline: str | None = None) -> tuple[ReviewedUse, ...]:
    """
    Return what people decided on every take of a timeline (default: the latest), on every clip that shows it.

    Raises:
        JobError: The job has no such timeline, or its ledger is damaged.
    """
    return judging.reviews(job, timeline=job.timeline(timeline))


def judge(
    job: Job,
    take: str,
    word: str = "",
    *,
    by: str,
    note: str = "",
    clip_index: int | None = None,
    timeline: str | None = None,
) -> tuple[ReviewedUse, ...]:
    """
    Write down what a person says of a take; `relink` goes by it.

    Args:
        job: The job.
        take: The take's id, or the beginning of it.
        word: ``"approve"``, ``"reject"``, ``"choose"`` or ``"clear"``; empty: only the note.
        by: Who says it.
        note: Words about the take, in place of those before.
        clip_index: Only on this clip, as `ReviewedUse.clip_index` counts; None: on every clip that shows the take.
        timeline: One of the job's timelines, by name; default: the latest.

    Returns:
        What holds now of that take on those clips.

    Raises:
        WrongUsageError: There is no such word, the note is too long, or nothing is said.
        JobError: The timeline shows no such take there; nothing is there to look at yet; or a rejected take is chosen.
    """
    if not word and not note:
        raise WrongUsageError("nothing is said of the take.", next_step="Give a word, a note, or both.")
    words = ([word] if word else []) + (["note"] if note else [])
    found: tuple[ReviewedUse, ...] = ()
    for each in words:
        found = judging.judge(job, take, each, by=by, text=note, clip_index=clip_index, timeline=job.timeline(timeline))
    return found


def resolve(
    job: Job, take: str, *, resubmit: bool = False, task_id: str = "", abandon: bool = False, part: int | None = None
) -> TakeRecord:
    """
    Decide on a take whose fate only a person can know: one of *resubmit*, *task_id* and *abandon*.

    Args:
        job: The job.
        take: The take's id, or the beginning of it.
        resubmit: Send it once more at the next `submit`; it may be paid a second time.
        task_id: This is its task: follow it.
        abandon: Give it up, as a whole.
        part: Only this part of it, where it has several; counted from 1.

    Returns:
        The take as it stands now.

    Raises:
        WrongUsageError: Not exactly one thing is said.
        JobError: There is no such take, it waits for no decision, or several parts of it do.
    """
    if resubmit + bool(task_id) + abandon != 1 or (abandon and part):
        raise WrongUsageError("say one of resubmit, task_id and abandon; a take is given up as a whole.")
    if task_id:
        return resolving.adopt(job, take, task_id=task_id, part=part)
    return resolving.resubmit(job, take, part=part) if resubmit else resolving.abandon(job, take)


def strip(job: Job, *, timeline: str | None = None, width: int = 1200) -> str:
    """
    Draw a timeline (default: the latest) as SVG: what was replaced, waits, failed and was left out. Offline.

    *width* is in pixels.

    Raises:
        JobError: The job has no such timeline, or its ledger is damaged.
    """
    return strips.strip_svg(strips.strip_of(job, timeline=job.timeline(timeline)), width=width)


def review_folder(job: Job, into: Path | str, *, timeline: str | None = None) -> ReviewFolder:
    """
    Write the review page of a timeline (default: the latest) as a folder to send; it decides nothing.

    A review folder that stands there is replaced. Opens videos, and takes its time for long shots. Offline.

    Returns:
        The page to open, how many clips it shows, and what could not be shown.

    Raises:
        MissingExtraError: The extra ``review`` is not installed.
        WrongUsageError: Something else stands at *into*.
        JobError: The job has no such timeline, or its ledger is damaged.
    """
    return folders.write_review_folder(job, Path(into), timeline=job.timeline(timeline))


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
