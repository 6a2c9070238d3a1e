"""Review folder: the page with all its pictures as files, for people who have neither the job nor this package."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from otio_cometapi.errors import CometError, WrongUsageError
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import Exit
from otio_cometapi.pipeline.sheet import sheet, shown_timelines
from otio_cometapi.pipeline.sheet_files import MADE_AT_ONCE, SUFFIXES, Kind, SheetFiles
from otio_cometapi.records import Sheet, TimelineRecord
from otio_cometapi.review.page import ASSETS, asset, page

_MARK = "otiocomet review"
"""What the first file of a review folder says of it; only such a folder is written again."""


@dataclass(frozen=True, slots=True)
class ReviewFolder:
    """A page that was written."""

    page: Path
    """The file to open."""
    clip_count: int
    """How many clips its first page shows."""
    problems: tuple[str, ...]
    """What could not be shown, each a sentence."""
    timeline_count: int = 1
    """How many timelines have a page; the others are reached from the first."""

    @property
    def exit(self) -> Exit:
        """How it ended."""
        return Exit.PARTLY if self.problems else Exit.DONE


def write_review_folder(job: Job, into: Path, *, timeline: TimelineRecord | None = None) -> ReviewFolder:
    """
    Write the pages of a job's timelines as a folder that stands alone: no path of this machine, no secret, no decision.

    The folder appears whole, by rename; a review folder that stands there is replaced, anything else is left alone.

    Args:
        job: The job.
        into: The folder.
        timeline: Only this one of the job's timelines; None: all that stand, the latest one as the first page.

    Raises:
        WrongUsageError: Something else stands there, or it cannot be written.
        JobError: The job has no timeline.
    """
    which = timeline or job.timeline()
    files = SheetFiles(job.folder.review)
    sheets = []
    for each in (which,) if timeline else shown_timelines(job, which):
        found, pairs = sheet(job, timeline=each, told=False)
        sheets.append(replace(found, timelines=()) if timeline else found)
        files.know(pairs)
    names = {each.timeline_id: f"timeline-{each.timeline_id}.html" for each in sheets}
    names[which.timeline_id] = "index.html"
    _see_that_it_may_be_written(into)
    part = into.absolute().with_name(f".{into.name}.{secrets.token_hex(4)}.part")
    try:
        part.mkdir(parents=True)
        problems, differences = _pictures(sheets, files, part)
        (part / "assets").mkdir()
        for name in ASSETS:
            (part / "assets" / name).write_bytes(asset(name) or b"")
        (part / "review.txt").write_text(f"{_MARK}: open index.html\n", "utf-8")
        for found in sheets:
            text = page(found, live=False, differences=differences, address=names.__getitem__)
            (part / names[found.timeline_id]).write_text(text, "utf-8")
        if into.exists():
            shutil.rmtree(into)
        part.rename(into)
    except OSError as exc:
        raise WrongUsageError(
            f"the page cannot be written to {into}: {exc.strerror or exc}.", next_step="Name another folder."
        ) from exc
    finally:
        shutil.rmtree(part, ignore_errors=True)
    first = next(each for each in sheets if each.timeline_id == which.timeline_id)
    return ReviewFolder(into / "index.html", len(first.clips), tuple(problems), len(sheets))


def _see_that_it_may_be_written(into: Path) -> None:
    mark = into / "review.txt"
    ours = mark.is_file() and mark.read_text("utf-8", "replace").startswith(_MARK)
    empty = into.is_dir() and not any(into.iterdir())
    if into.exists() and not ours and not empty:
        raise WrongUsageError(f"{into} exists and is no review folder.", next_step="Name another one with --export.")


def _pictures(sheets: Iterable[Sheet], files: SheetFiles, into: Path) -> tuple[list[str], dict[str, list[float]]]:
    """Put every picture into its place, each made once; return what could not be, and the differences by media."""
    problems: dict[str, None] = {}
    differences: dict[str, list[float]] = {}

    def put(wanted: tuple[str, Kind, str]) -> None:
        clip, kind, key = wanted
        try:
            made = files.path(kind, key)
        except CometError as exc:
            problems[f"clip '{clip}': {exc}"] = None
            return
        if made is None:
            return
        if kind is Kind.DIFFERENCE:
            differences[key] = json.loads(made.read_text("utf-8"))
            return
        place = into / kind.value / f"{key}{SUFFIXES[kind]}"
        place.parent.mkdir(exist_ok=True)
        shutil.copyfile(made, place)

    with ThreadPoolExecutor(MADE_AT_ONCE) as pool:
        list(pool.map(put, dict.fromkeys(each for found in sheets for each in _wanted(found))))
    return list(problems), differences


def _wanted(found: Sheet) -> Iterator[tuple[str, Kind, str]]:
    for clip in found.clips:
        for take in clip.takes:
            yield clip.name, Kind.ORIGINAL, take.original_key
            yield clip.name, Kind.THUMBNAIL, take.thumbnail_key
            if take.media_key:
                yield clip.name, Kind.TAKE, take.media_key
                yield clip.name, Kind.DIFFERENCE, take.media_key
