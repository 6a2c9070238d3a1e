"""Publish: lay an export where the service can fetch it, look at it as the service would, and take it away again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from otio_cometapi.comet.addresses import AddressPolicy, shown_url
from otio_cometapi.comet.preflight import preflight
from otio_cometapi.comet.publish import MEDIA_TYPE, PublicFolders, video_input
from otio_cometapi.comet.request_builder import VideoInput
from otio_cometapi.comet.storage import S3Storage
from otio_cometapi.errors import CometError, MediaError, PublishError, RunStoppedError, SettingsError
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs import choices, published
from otio_cometapi.jobs.folder import JobFolder
from otio_cometapi.jobs.published import Published
from otio_cometapi.jobs.states import PartState
from otio_cometapi.media.files import sha256_of
from otio_cometapi.pipeline import extensions
from otio_cometapi.pipeline.job import Job, clips_of, part_of
from otio_cometapi.pipeline.options import TAKE_DEADLINE_S
from otio_cometapi.records import Export, PartRecord, TakeRecord
from otio_cometapi.records.extensions import Publisher
from otio_cometapi.settings import Settings

NOWHERE = "none"
"""What is said to publish nothing any more, though the job or the configuration says where."""

_CHOICE = "publish"
_MARGIN_S = 3600
"""A signature outlives the task's deadline by this, since a task may be begun at its very end."""

_BUILT_IN: dict[str, Callable[[str], Publisher]] = {"s3": S3Storage}

_MAY_BE_FETCHED = (PartState.SUBMITTING, PartState.SUBMIT_UNKNOWN, PartState.SUBMITTED)
"""States in which the service may still fetch what was published."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where exports are published."""

    address: str = ""
    """A place to put them, such as ``s3://bucket/prefix``; empty: none."""
    folders: tuple[str, ...] = ()
    """``LOCAL=https://...``: folders that a web server shows already."""

    def __bool__(self) -> bool:
        return bool(self.address or self.folders)


def places(job: Job, settings: Settings) -> Places:
    """
    Return where a job's exports are published, and have the job remember it.

    What the settings say holds; without a word, what was said the last time.

    Raises:
        SettingsError: The address, or what a folder is mapped to, cannot be meant.
    """
    known = choices.remembered(job.ledger, _CHOICE)
    address = settings.publish or known.get("address", "")
    folders = settings.publish_map or tuple(known.get("folders", "").splitlines())
    if settings.publish == NOWHERE:
        address, folders = "", settings.publish_map
    found = Places(address, folders)
    check_places(found)
    asked = {"address": address, "folders": "\n".join(folders)}
    if asked != {"address": "", "folders": "", **known}:
        choices.remember(job.ledger, _CHOICE, asked)
    return found


def check_places(found: Places) -> None:
    """
    See, before anything is made, that exports can be published as wished; nothing is asked of any host.

    Raises:
        MissingExtraError: The package for that kind of place is not installed.
        SettingsError: The address, or what a folder is mapped to, cannot be meant.
    """
    PublicFolders(found.folders)
    if found.address not in ("", NOWHERE):
        publisher_at(found.address)


def unmapped(settings: Settings, job_path: Path) -> Iterator[str]:
    """
    Say of every folder that is mapped to a URL and holds no clip that a job sends why it serves nothing.

    Where one of several does hold them nothing is said: the others may be for other jobs.

    Raises:
        SettingsError: What a folder is mapped to cannot be meant.
    """
    exports = JobFolder(Path(os.path.abspath(job_path))).exports  # noqa: PTH100 - keeps symbolic links, as a job does
    if PublicFolders(settings.publish_map).url_of(exports / "clip.mp4") is not None:
        return
    way = "inside the request" if settings.publish in ("", NOWHERE) else f"by {settings.publish.partition('?')[0]}"
    for text in settings.publish_map:
        folder = Path(text.partition("=http")[0]).expanduser().absolute()
        if exports not in folder.parents:  # a single export may be mapped
            yield (
                f"{folder} is mapped to a URL, but the clips of this job are cut into {exports}, which does not lie "
                f"there; they are sent {way}. Map a folder above it, or keep the job below {folder}."
            )


def publisher_at(address: str) -> Publisher:
    """
    Open a place of publishing by its address.

    Raises:
        MissingExtraError: The package for that kind is not installed.
        SettingsError: There is no such kind, or the address cannot be meant.
    """
    scheme, colon, _ = address.partition("://")
    if scheme in _BUILT_IN:
        return _BUILT_IN[scheme](address)
    if colon and scheme in extensions.PUBLISHERS.names():
        return extensions.publisher(scheme, address)
    near = extensions.PUBLISHERS.near(scheme, _BUILT_IN) if colon else ""
    raise SettingsError(
        f"there is no such kind of place to publish to.{near}",
        next_step=f"Give --publish (or COMETAPI_PUBLISH) as s3://bucket/prefix, or '{NOWHERE}'.",
    )


class Publishing:
    """Gives exports to the service, by URL where the job publishes, else inside the request."""

    def __init__(
        self,
        job: Job,
        settings: Settings,
        *,
        take_deadline_s: float = TAKE_DEADLINE_S,
        listener: Listener = ignore,
    ) -> None:
        """
        Open the job's places of publishing; nothing is put there yet.

        Raises:
            MissingExtraError: The package for that kind of place is not installed.
            SettingsError: The address, or what a folder is mapped to, cannot be meant.
        """
        self._job = job
        self._listener = listener
        self._policy = AddressPolicy.for_base_url(settings.base_url)
        self._places = places(job, settings)
        self._folders = PublicFolders(self._places.folders)
        self._publisher = publisher_at(self._places.address) if self._places.address else None
        self._expires_s = int(take_deadline_s) + _MARGIN_S

    def video(self, take: TakeRecord, part: PartRecord, export: Export) -> VideoInput:
        """
        Return a part's export as the request takes it, after a look at it as the service would look.

        Raises:
            PublishError: The service could not fetch it; nothing was sent.
            RunStoppedError: It cannot be put there, and the next one could not either.
        """
        mapped = self._folders.url_of(Path(export.path)) if self._folders else None
        if mapped is not None:
            self._see(take, part, mapped, export, signed=False)
            return video_input(export, url=mapped)
        if self._publisher is None:
            return video_input(export)
        _check_content(export)
        return video_input(export, url=self._published(self._publisher, take, part, export))

    def _published(self, publisher: Publisher, take: TakeRecord, part: PartRecord, export: Export) -> str:
        """Put an export there unless it lies there already, and return a URL that was made just now."""
        ledger = self._job.ledger
        entry = published.entered(
            ledger, address=self._places.address, sha256=export.sha256, size_bytes=export.size_bytes
        )
        try:
            if entry.put_at is not None:
                url = publisher.url(entry.name, expires_s=self._expires_s)
                if not preflight(
                    url, kind="video", policy=self._policy, size_bytes=export.size_bytes, signed=publisher.signs
                ).problems:
                    return url
            self._tell(take, part, f"publishing to {publisher.where}")
            publisher.put(Path(export.path), entry.name, media_type=MEDIA_TYPE)
            published.was_put(ledger, entry)
            url = publisher.url(entry.name, expires_s=self._expires_s)
        except PublishError as exc:
            raise RunStoppedError(exc.message, clip=clips_of(take), next_step=exc.next_step) from None
        self._see(take, part, url, export, signed=publisher.signs)
        return url

    def _see(self, take: TakeRecord, part: PartRecord, url: str, export: Export, *, signed: bool) -> None:
        seen = preflight(url, kind="video", policy=self._policy, size_bytes=export.size_bytes, signed=signed)
        if seen.problems:
            raise PublishError(
                f"the service could not fetch it: {'; '.join(seen.problems)}.",
                clip=clips_of(take) + part_of(take, part),
                next_step="Mend that and run `otiocomet resume`; nothing was spent.",
            )
        if seen.note:
            self._tell(take, part, f"{shown_url(url)}: {seen.note}")

    def _tell(self, take: TakeRecord, part: PartRecord, message: str) -> None:
        clip = clips_of(take) + part_of(take, part)
        self._listener(Event(Stage.SUBMIT, message, take_id=take.take_id, clip=clip))


def _check_content(export: Export) -> None:
    """See that what is published is what was cut."""
    try:
        same = sha256_of(Path(export.path)) == export.sha256
    except OSError as exc:
        raise MediaError(f"the export {export.path} cannot be read: {exc.strerror or exc}.") from exc
    if not same:
        raise MediaError(
            f"the export {export.path} has changed since it was cut.",
            next_step="Remove it and run `otiocomet resume`: it is cut again.",
        )


def no_longer_needed(job: Job, *, unsent_too: bool = False) -> tuple[Published, ...]:
    """
    Return what still lies where it was published and is fetched by no task any more.

    Args:
        job: The job.
        unsent_too: Also what was published and not sent; it is put there again when it is.

    Raises:
        JobError: The ledger is damaged.
    """
    lying = published.standing(job.ledger)
    if not lying:
        return ()
    waiting = _MAY_BE_FETCHED if unsent_too else (*_MAY_BE_FETCHED, PartState.EXPORTED)
    needed = {
        part.export.sha256
        for take in job.takes()
        for part in take.parts
        if part.export is not None and part.state in waiting
    }
    return tuple(entry for entry in lying if entry.sha256 not in needed)


def withdraw(job: Job, entry: Published) -> None:
    """
    Remove one published export from where it lies, and cross it out.

    Raises:
        CometError: It cannot be removed; it stays on the books.
    """
    publisher_at(entry.address).remove(entry.name)
    published.was_removed(job.ledger, entry)


def withdraw_what_ended(job: Job, *, listener: Listener = ignore) -> None:
    """Remove what no task fetches any more; what cannot be removed is told, stays on the books and is no trouble."""
    for entry in no_longer_needed(job):
        try:
            withdraw(job, entry)
        except CometError as exc:
            listener(
                Event(
                    Stage.JOB,
                    f"a published export could not be removed: {exc} Then `otiocomet clean {job.path}` removes it.",
                    problem=True,
                )
            )
            return  # the next would end alike, each after its own patience
