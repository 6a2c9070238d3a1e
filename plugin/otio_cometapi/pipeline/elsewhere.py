"""Elsewhere: what other jobs of this person, or of a shared ledger, have paid for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from otio_cometapi.errors import CometError, JobError
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs import attempts, brought
from otio_cometapi.jobs.folder import JobFolder
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.register import Key, Listing, Register
from otio_cometapi.jobs.states import PAID, PartState, TakeState
from otio_cometapi.jobs.store import Store
from otio_cometapi.jobs.takes import state_of, takes
from otio_cometapi.pipeline.options import Reuse
from otio_cometapi.records import PartRecord, TakeRecord
from otio_cometapi.settings import Settings

_UNKNOWN = (TakeState.SUBMITTING, TakeState.SUBMIT_UNKNOWN)


@dataclass(frozen=True, slots=True)
class Joined:
    """A register, and what is done with it."""

    register: Register
    """The register."""
    looked_at: bool = True
    """Whether what others paid for is used."""
    entered_in: bool = True
    """Whether others may use what is paid for here."""


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A take of this job, as it stands in another job that paid for it."""

    listing: Listing
    """The other job."""
    register: Register
    """Where it was found."""
    entries: brought.Entries
    """What its ledger has."""
    state: TakeState
    """Where it stands there."""


class PaidElsewhereError(JobError):
    """Another job has paid for a take, or may have, so it is not sent here without a word."""


class Elsewhere:
    """What other jobs have paid for, as one job sees it."""

    def __init__(
        self,
        settings: Settings,
        *,
        folder: JobFolder | None,
        reuse: Reuse = Reuse.ALL,
        listener: Listener = ignore,
    ) -> None:
        """
        Look for registers; nothing is opened yet.

        Args:
            settings: Where the registers are, what may be shared and used, and which service is paid.
            folder: The job; None: it is not made yet.
            reuse: What is done with what others paid for.
            listener: Told when a register of this person's cannot be used, which costs a reuse and no more.
        """
        self.settings = settings
        self.folder = folder
        self.reuse = reuse
        self.listener = listener
        self.joined = tuple(_joined(settings, folder))

    def standing(self, fingerprints: Iterable[str]) -> list[TakeRecord]:
        """
        Return the takes of some media that other jobs paid for, or may have.

        Raises:
            JobError: The shared ledger's register cannot be read.
        """
        prints = tuple(fingerprints)
        found: list[TakeRecord] = []
        for each in self._looked_at() if prints else ():
            listings: list[Listing] = []
            with self.own_register_may_fail(each):
                listings = list(each.register.of_media(prints, besides=self.folder))
            for job in {listing.job: listing for listing in listings}.values():
                ids = tuple(listing.take_id for listing in listings if listing.job == job.job)
                with self._other_job_may_fail(job), self._opened(job) as ledger:
                    there = takes(ledger, take_ids=ids)
                    found += [replace(take, paid_in=job.told) for take in there if self._serves(take, job, each)]
        return found

    def _serves(self, take: TakeRecord, job: Listing, joined: Joined) -> bool:
        """Tell whether another job's take stands for a clip here: always, or as far as it is at hand."""
        if not _costs(take) or self.reuse is Reuse.ALL:
            return _costs(take)
        return all(self._at_hand(part, job, joined.register) for part in take.parts)

    def _at_hand(self, part: PartRecord, job: Listing, register: Register) -> bool:
        if part.state != PartState.HOME:
            return part.state in brought.KNOWN
        if job.folder.absolute(part.output_path).is_file():
            return True
        if not self.settings.store:
            return False
        sha256 = register.output_of(job.job, take_id=part.take_id, part=part.number, task_id=part.task_id)
        try:
            return Store(self.settings.store).has(sha256)
        except CometError:  # a store that cannot be read has nothing at hand
            return False

    def counterparts(self, take_id: str) -> Iterator[Counterpart]:
        """
        Yield a take as it stands in every other job that paid for it, or may have.

        Raises:
            JobError: A register or another job's ledger cannot be read, so that nobody knows.
        """
        for each in self._looked_at():
            listings: tuple[Listing, ...] = ()
            with self.own_register_may_fail(each):
                listings = each.register.of_take(take_id, besides=self.folder)
            for listing in listings:
                found = self._counterpart(each.register, listing)
                if found is not None:
                    yield found

    def moved_from(self, old: Path) -> None:
        """
        Let the registers know where the job lies now, so that what it paid for is found there.

        Raises:
            JobError: The shared ledger's register cannot be written.
        """
        assert self.folder is not None  # noqa: S101 - what has moved is a job
        for each in self.joined:
            with self.own_register_may_fail(each):
                each.register.follow(self.folder, old=old)

    @contextmanager
    def alone(self, take: TakeRecord) -> Iterator[str]:
        """
        Keep every other job from deciding on a take; yield why it must not be sent, or nothing.

        When it may be, the registers know that this job pays for it before the block's end.

        Raises:
            JobError: The shared ledger's register cannot be written.
        """
        assert self.folder is not None  # noqa: S101 - takes that are to be sent are in a job
        with ExitStack() as stack:
            held = []
            for each in self.joined:
                with self.own_register_may_fail(each):
                    held.append((each, stack.enter_context(each.register.alone())))
            why = self._why_not(take)
            for each, connection in held:
                if each.entered_in and not why:
                    key = Key(take.take_id, take.fingerprint, take.look_id)
                    each.register.enter(connection, key, self.folder)
            yield why

    def _why_not(self, take: TakeRecord) -> str:
        try:
            for found in self.counterparts(take.take_id):
                if self.reuse is Reuse.ALL or found.state not in (TakeState.SUBMIT_UNKNOWN, TakeState.HOME):
                    return not_bought(found)
        except JobError as exc:
            if self.reuse is Reuse.ALL:
                return f"another job paid for it and cannot be read: {exc} Or pay again, with --pay-again."
        return ""

    def _counterpart(self, register: Register, listing: Listing) -> Counterpart | None:
        with self._opened(listing) as ledger:
            attempts.settle_dead_owners(ledger)  # a create whose process died is told as what it is
            records = takes(ledger, take_ids=(listing.take_id,))
            entries = brought.entries(ledger, listing.take_id)
        if not records or entries is None or not _costs(records[0]):
            return None
        return Counterpart(listing, register, entries, state_of(replace(records[0], media=())))

    def _looked_at(self) -> tuple[Joined, ...]:
        return () if self.reuse is Reuse.NONE else tuple(each for each in self.joined if each.looked_at)

    def _opened(self, listing: Listing) -> Ledger:
        return Ledger(listing.folder, url=self.settings.ledger_url, standing=True)

    @contextmanager
    def own_register_may_fail(self, joined: Joined) -> Iterator[None]:
        """Go on without the index of a person's own jobs when it is damaged: it only saves money."""
        try:
            yield
        except JobError as exc:
            if joined.register.file is None:
                raise
            self.listener(Event(Stage.EXPORT, f"takes of other jobs are not seen: {exc}", problem=True))

    @contextmanager
    def _other_job_may_fail(self, listing: Listing) -> Iterator[None]:
        """Say that another job, which paid for takes of these media, cannot be read."""
        try:
            yield
        except CometError as exc:
            self.listener(Event(Stage.EXPORT, f"the takes of {listing.told} are not seen: {exc}", problem=True))


def not_bought(found: Counterpart) -> str:
    """Say that a take is another job's, and what to do."""
    short = found.listing.take_id[:11]
    if found.state in _UNKNOWN:
        return (
            f"it may be paid already: in {found.listing.told} it is {found.state}. It is not bought a second time; "
            f"decide there with `otiocomet resolve {found.listing.folder.path} {short}`, or pay again with --pay-again."
        )
    return (
        f"it was paid in {found.listing.told}, where it is {found.state}. It is not bought a second time; "
        "run again to have it brought here, or pay again with --pay-again or --no-reuse."
    )


def _costs(take: TakeRecord) -> bool:
    """Tell whether money stands behind a take, or may stand."""
    return any(PartState(part.state) in PAID for part in take.parts)


def _joined(settings: Settings, folder: JobFolder | None) -> Iterator[Joined]:
    if settings.data_dir is not None:
        yield Joined(Register(settings.data_dir, service=settings.base_url))
    if settings.ledger_url:
        entered = settings.share_paid and folder is not None and folder.shared()
        if settings.use_paid or entered:
            register = Register(settings.ledger_url, service=settings.base_url)
            yield Joined(register, looked_at=settings.use_paid, entered_in=entered)
