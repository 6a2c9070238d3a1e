"""Reuse: takes that another job paid for are brought here for nothing; what was paid here is left for others."""

from __future__ import annotations

from pathlib import Path

from otio_cometapi.comet.addresses import AddressPolicy
from otio_cometapi.comet.client import Client
from otio_cometapi.comet.download import download
from otio_cometapi.errors import CometError, JobError, MediaError
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs import brought
from otio_cometapi.jobs.register import Key
from otio_cometapi.jobs.states import PAID, UNSENT, PartState
from otio_cometapi.jobs.store import Store, copied
from otio_cometapi.media.probe import media_info
from otio_cometapi.pipeline.elsewhere import Counterpart, Elsewhere, not_bought
from otio_cometapi.pipeline.job import Job, clips_of, parts_in
from otio_cometapi.pipeline.options import Reuse, Trouble
from otio_cometapi.records import PartRecord, TakeRecord, TaskStatus, TimelineRecord
from otio_cometapi.settings import Settings


def bring_in(
    job: Job,
    *,
    settings: Settings,
    timeline: TimelineRecord | None = None,
    reuse: Reuse = Reuse.ALL,
    listener: Listener = ignore,
) -> dict[str, Trouble]:
    """
    Enter what other jobs paid for as this job's own, with their outputs, for nothing.

    A task that still runs elsewhere is followed here too. The output comes from the other job's folder, else from the
    store, else from the service, as long as it keeps it.

    Returns:
        By take: what was paid, or may have been, and cannot be had here. It is not to be bought without a word.

    Raises:
        JobError: The shared ledger cannot be read.
    """
    elsewhere = Elsewhere(settings, folder=job.folder, reuse=reuse, listener=listener)
    held: dict[str, Trouble] = {}
    if not elsewhere.joined or reuse is Reuse.NONE:
        return held
    for take in job.takes(timeline=timeline):
        if all(part.state in UNSENT for part in take.parts):
            why = _brought(job, take, elsewhere, listener)
            if why and reuse is Reuse.ALL:
                message = f"clip '{clips_of(take)}': {why}"
                listener(Event(Stage.EXPORT, why, take_id=take.take_id, clip=clips_of(take), problem=True))
                held[take.take_id] = Trouble(message, take.take_id)
    return held


def _brought(job: Job, take: TakeRecord, elsewhere: Elsewhere, listener: Listener) -> str:
    """Bring one take in, if another job has it; return why it could not be, or nothing."""
    why = ""
    try:
        for found in elsewhere.counterparts(take.take_id):
            why = why or not_bought(found)
            home, missing = {}, ""
            for part in found.entries.parts if found.entries.all_known() else ():
                if part["state"] == PartState.HOME:
                    name = Path(part["output_path"]).name
                    into = job.folder.outputs / name
                    missing = missing or _fetched(part["number"], found, into, elsewhere.settings, job)
                    home[part["number"]] = job.folder.relative(into)
            if missing:
                why = missing
            elif found.entries.all_known() and brought.enter(
                job.ledger, found.entries, home=home, told=found.listing.told
            ):
                _entered(job, take, elsewhere)
                said = f"paid in {found.listing.told}, brought here for nothing"
                listener(Event(Stage.EXPORT, said, take_id=take.take_id, clip=clips_of(take)))
                return ""
    except JobError as exc:
        return why or f"another job paid for it and cannot be read: {exc} Or pay again, with --pay-again."
    return why


def _fetched(number: int, found: Counterpart, into: Path, settings: Settings, job: Job) -> str:
    """Bring one output to *into* from wherever it can be had; return why it cannot, or nothing."""
    (part,) = [each for each in found.entries.parts if each["number"] == number]
    said = []
    for source in (_from_folder, _from_store, _from_service):
        try:
            if into.is_file() or source(part, found, into, settings, job):
                media_info(into)
                return ""
        except MediaError as exc:
            into.unlink(missing_ok=True)
            said.append(exc.message)
        except CometError as exc:
            said.append(exc.message)
        except OSError as exc:
            said.append(f"{exc.filename or into}: {exc.strerror or exc}")
    reasons = f" ({'; '.join(text.rstrip('.') for text in said)})" if said else ""
    return (
        f"it was paid in {found.listing.told}, and its output cannot be read from here{reasons}. It is not bought a "
        "second time; share a store (COMETAPI_STORE) with that job, or pay again with --pay-again."
    )


def _from_folder(part: brought.Row, found: Counterpart, into: Path, settings: Settings, job: Job) -> bool:  # noqa: ARG001
    source = found.listing.folder.absolute(part["output_path"])
    if not source.is_file():
        return False
    copied(source, into)
    return True


def _from_store(part: brought.Row, found: Counterpart, into: Path, settings: Settings, job: Job) -> bool:  # noqa: ARG001
    if not settings.store:
        return False
    sha256 = found.register.output_of(
        found.listing.job, take_id=part["take_id"], part=part["number"], task_id=part["task_id"]
    )
    return Store(settings.store).get(sha256, into)


def _from_service(part: brought.Row, found: Counterpart, into: Path, settings: Settings, job: Job) -> bool:  # noqa: ARG001
    if not settings.key:
        return False
    snapshot = Client(settings.base_url, key=settings.key, clock=job.clock).retrieve(
        part["task_id"], submitted_at=part["submitted_at"]
    )
    if snapshot.status is not TaskStatus.SUCCEEDED:
        return False
    policy = AddressPolicy.for_base_url(settings.base_url)
    download(snapshot.output_urls, into=into, task_id=part["task_id"], policy=policy, clock=job.clock)
    return True


def leave_for_others(
    job: Job, take: TakeRecord, part: PartRecord, output: Path, *, settings: Settings, listener: Listener = ignore
) -> None:
    """Put an output that was paid for here into the store, if others may use it. A store that fails is only told."""
    if not settings.store or not settings.share_paid:
        return
    try:
        sha256 = Store(settings.store).put(output)
        for each in Elsewhere(settings, folder=job.folder).joined:
            if each.entered_in:
                each.register.enter_output(
                    job.folder, take_id=take.take_id, part=part.number, task_id=part.task_id, sha256=sha256
                )
    except CometError as exc:
        said = f"others cannot have this output yet: {exc}"
        listener(Event(Stage.DOWNLOAD, said, take_id=take.take_id, clip=clips_of(take), problem=True))


def tell_others(job: Job, *, settings: Settings, listener: Listener = ignore) -> None:
    """
    See that the registers know what this job paid for, and the store its outputs: after a move, a loss or a crash.

    Raises:
        JobError: The shared ledger's register cannot be written.
    """
    elsewhere = Elsewhere(settings, folder=job.folder, listener=listener)
    known = {take.take_id: take for take, _ in parts_in(job.takes(), *PAID)}
    for each in elsewhere.joined:
        with elsewhere.own_register_may_fail(each):
            lacking = each.register.lacking(job.folder, known) if each.entered_in else set()
            if lacking:
                with each.register.alone() as connection:
                    for take_id in lacking:
                        take = known[take_id]
                        each.register.enter(connection, Key(take_id, take.fingerprint, take.look_id), job.folder)
            for take, part in parts_in(tuple(known.values()), PartState.HOME) if settings.store else ():
                output = job.folder.absolute(part.output_path)
                mine = each.register.job_key(job.folder)
                kept = each.register.output_of(mine, take_id=take.take_id, part=part.number, task_id=part.task_id)
                if not kept and output.is_file():
                    leave_for_others(job, take, part, output, settings=settings, listener=listener)


def _entered(job: Job, take: TakeRecord, elsewhere: Elsewhere) -> None:
    """Let the registers know that the take is here too."""
    for each in elsewhere.joined:
        if each.entered_in:
            with elsewhere.own_register_may_fail(each), each.register.alone() as connection:
                each.register.enter(connection, Key(take.take_id, take.fingerprint, take.look_id), job.folder)
