"""Clean: what a job keeps and can do without, by kind; said first, removed by a person's word only."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from otio_cometapi.editorial import timeline_io
from otio_cometapi.editorial.media_urls import path_of
from otio_cometapi.editorial.structure import video_clips
from otio_cometapi.errors import CometError, EditorialError
from otio_cometapi.jobs.folder import UNFINISHED
from otio_cometapi.jobs.making import forget_half_made
from otio_cometapi.jobs.published import Published
from otio_cometapi.jobs.states import TakeState
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.jobs.written import written_timelines
from otio_cometapi.pipeline.conform import finish_for, serves
from otio_cometapi.pipeline.deliver import sidecar_of
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.keyframes import keyframe_stem
from otio_cometapi.pipeline.leftovers import entries, leftovers
from otio_cometapi.pipeline.parts import guide_stem
from otio_cometapi.pipeline.publish import no_longer_needed, withdraw
from otio_cometapi.records import TakeRecord

UNTOUCHED_S = 3600.0
"""A file that no record names is left alone until it was not touched for so long: somebody may be making it."""


class Kind(StrEnum):
    """What could be freed."""

    EXPORTS = "exports"
    """What was cut to be sent; cut again when it is needed."""
    MEDIA = "media"
    """Media made in a way that is not wanted any more, or that no record names; made again of the outputs."""
    LEFTOVERS = "leftovers"
    """What processes that died have left half made."""
    PUBLISHED = "published"
    """What was published and is fetched by no task any more, or was never sent; published again when it is."""
    OUTPUTS = "outputs"
    """What the tasks of abandoned takes delivered; paid for, and gone for good."""


@dataclass(frozen=True, slots=True)
class Item:
    """A file or folder that could go."""

    kind: Kind
    """What it is."""
    path: Path
    """Where."""
    size_bytes: int
    """How much it frees."""
    why: str
    """Why it can go, a clause."""
    published: Published | None = None
    """Where it lies when that is not on this machine; *path* is then its name there."""


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What could go, and what stays though it looks as if it could."""

    items: tuple[Item, ...]
    """What could go."""
    kept: tuple[str, ...]
    """What stays, each a sentence with its reason."""

    def size_of(self, kind: Kind) -> int:
        """Return how many bytes a kind would free."""
        return sum(item.size_bytes for item in self.items if item.kind is kind)


def cleaning(job: Job, *, outputs: bool = False) -> Cleaning:
    """
    Find what a job can do without. Nothing is removed.

    Args:
        job: The job.
        outputs: Offer the outputs of abandoned takes too. Others are never offered.

    Raises:
        JobError: The ledger is damaged.
    """
    takes = job.takes()
    kept: list[str] = []
    items = [*_exports(job, takes, kept), *_media(job, takes, kept), *_leftovers(job), *_published(job)]
    if outputs:
        items += _outputs(job, takes)
    return Cleaning(tuple(items), tuple(kept))


def remove(job: Job, chosen: Cleaning, *, outputs: bool = False) -> Cleaning:
    """Remove what was chosen and can still go, while nobody writes into the ledger; return what is gone."""
    far = Cleaning(tuple(item for item in chosen.items if item.published), ())
    near = _removed(job, Cleaning(tuple(item for item in chosen.items if not item.published), ()), outputs=outputs)
    withdrawn, kept = _withdrawn(job, far)
    return Cleaning((*near.items, *withdrawn), (*near.kept, *kept))


def _withdrawn(job: Job, chosen: Cleaning) -> tuple[list[Item], list[str]]:
    """Remove what was published, with no lock on the ledger: a storage may take its time."""
    gone, kept = [], []
    still = {item.path for item in _published(job)}
    for item in chosen.items:
        try:
            if item.published is not None and item.path in still:
                withdraw(job, item.published)
                gone.append(item)
        except CometError as exc:
            kept.append(f"{item.path} stays: {exc}")
    return gone, kept


def _removed(job: Job, chosen: Cleaning, *, outputs: bool) -> Cleaning:
    with job.ledger.writing() as connection:
        still = {item.path: item for item in cleaning(job, outputs=outputs).items}
        gone, kept = [], []
        for item in chosen.items:
            if item.path not in still:
                kept.append(f"{item.path} stays: it is needed by now.")
                continue
            stays = forget_half_made(connection, job.folder, item.path) if item.kind is Kind.LEFTOVERS else ""
            if stays:
                kept.append(f"{item.path} stays: {stays}.")
                continue
            try:
                if item.path.is_dir() and not item.path.is_symlink():
                    shutil.rmtree(item.path)
                else:
                    item.path.unlink()
                gone.append(item)
            except OSError as exc:
                kept.append(f"{item.path} stays: {exc.strerror or exc}.")
    return Cleaning(tuple(gone), tuple(kept))


_SENT_FOR_GOOD = frozenset({TakeState.READY, TakeState.ABANDONED, TakeState.FAILED, TakeState.REFUSED})
"""States in which neither a create nor conform needs the export; sent once more, it is cut again."""


def _exports(job: Job, takes: tuple[TakeRecord, ...], kept: list[str]) -> Iterator[Item]:
    users: dict[Path, list[TakeRecord]] = {}
    for take in takes:
        for path in _made_for(job, take):
            users.setdefault(path, []).append(take)
    images = {keyframe_stem(keyframe) for take in takes for keyframe in take.look.keyframes}
    for path in _files(job.folder.exports):
        if path.stem in images:  # perhaps the only one left
            continue
        needed = users.get(path)
        if needed is None:
            if _untouched(job, path):
                yield _item(Kind.EXPORTS, path, "no take names it")
        elif all(state_of(take) in _SENT_FOR_GOOD for take in needed):
            if any(_source_is_there(take) for take in needed):
                yield _item(Kind.EXPORTS, path, "its takes are through; it is cut again when one is sent once more")
            else:
                kept.append(f"{path} stays: its source {needed[0].info.path} is not there to cut it again.")


def _made_for(job: Job, take: TakeRecord) -> Iterator[Path]:
    """Yield the files that were made to send a take: its parts' frames, and the frames that guide them."""
    for part in take.parts:
        if part.export:
            yield Path(part.export.path)
        yield from job.folder.exports.glob(f"{guide_stem(take, part)}.*")


def _source_is_there(take: TakeRecord) -> bool:
    if take.info.sequence is not None:
        return Path(take.info.path).parent.is_dir()
    try:
        return Path(take.info.path).stat().st_size == take.info.size_bytes
    except OSError:
        return False


def _media(job: Job, takes: tuple[TakeRecord, ...], kept: list[str]) -> Iterator[Item]:
    finish = finish_for(job)
    pointed_to, unread = _pointed_to(job)
    superseded: set[Path] = set()
    wanted: set[Path] = set()
    for take in takes:
        outputs = [job.folder.absolute(part.output_path) for part in take.parts]
        whole = bool(outputs) and all(part.output_path for part in take.parts) and all(map(Path.is_file, outputs))
        for media in take.media:
            better = any(
                other.start_frame == media.start_frame and serves(other, finish) and other.span.contains(media.span)
                for other in take.media
                if other.path != media.path
            )
            can_go = better and whole and not finish.served_by(media)
            (superseded if can_go else wanted).add(Path(media.path))
    for path in _files(job.folder.media):
        if path in wanted or path in pointed_to:
            continue
        if path in superseded:
            why = "made in another way by now; no timeline that this job wrote points to it"
        elif _untouched(job, path):
            why = "no record names it"
        else:
            continue
        if unread:
            kept.append(f"{path} stays: {unread[0]} cannot be read, and may point to it.")
        else:
            yield _item(Kind.MEDIA, path, why)


def _pointed_to(job: Job) -> tuple[set[Path], list[str]]:
    """Return the media that timelines point to which the job wrote, and those timelines that cannot be read."""
    found: set[Path] = set()
    unread = []
    for path in [path for each in written_timelines(job.ledger) for path in _with_sidecar(Path(each.path))]:
        try:
            timeline = timeline_io.read_timeline(path)
        except EditorialError:
            unread.append(str(path))
            continue
        for clip in video_clips(timeline):
            for reference in clip.media_references().values():
                address = getattr(reference, "target_url", "")
                if address and (place := path_of(address, media_root=path.parent)).path is not None:
                    found.add(Path(os.path.normpath(place.path)))
    return found, unread


def _with_sidecar(path: Path) -> list[Path]:
    """Return a timeline and what lies beside it because its format cannot hold it, as far as they stand."""
    return [each for each in (path, sidecar_of(path)) if each.exists()]


def _leftovers(job: Job) -> Iterator[Item]:
    for path, why in leftovers(job):
        if _untouched(job, path):
            yield _item(Kind.LEFTOVERS, path, why)


def _published(job: Job) -> Iterator[Item]:
    ended = set(no_longer_needed(job))
    for entry in no_longer_needed(job, unsent_too=True):
        why = "no task fetches it any more" if entry in ended else "it was never sent; published again when it is"
        if entry in ended or job.clock.now() - entry.entered_at > UNTOUCHED_S:
            where = entry.address.partition("?")[0]
            yield Item(Kind.PUBLISHED, Path(entry.name), entry.size_bytes, f"at {where}: {why}", entry)


def _outputs(job: Job, takes: tuple[TakeRecord, ...]) -> Iterator[Item]:
    given_up = {take.take_id for take in takes if state_of(take) is TakeState.ABANDONED}
    for path in _files(job.folder.outputs):
        take_id, _, _ = path.name.partition("_p")
        if take_id in given_up:
            yield _item(Kind.OUTPUTS, path, f"the output of take {take_id[:11]}, which was given up; paid for")


def _files(place: Path) -> list[Path]:
    return [path for path in entries(place) if path.is_file() and not UNFINISHED.fullmatch(path.name)]


def _untouched(job: Job, path: Path) -> bool:
    """Tell whether nobody has touched a file, or anything in a folder, for a while."""
    latest = 0.0
    with suppress(OSError):
        for each in (path, *path.rglob("*")) if path.is_dir() else (path,):
            latest = max(latest, each.lstat().st_mtime)
        return job.clock.now() - latest > UNTOUCHED_S
    return False


def _item(kind: Kind, path: Path, why: str) -> Item:
    size = 0
    with suppress(OSError):
        size = sum(each.lstat().st_size for each in (path.rglob("*") if path.is_dir() else [path]))
    return Item(kind, path, size, why)
