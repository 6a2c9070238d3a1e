"""Cutting: exports on their way, so that the first take is sent while the others are still being cut."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from otio_cometapi.errors import FarmError, MediaError
from otio_cometapi.events import Event, Listener, Stage
from otio_cometapi.jobs.states import PartState
from otio_cometapi.pipeline.allowed import source_outside
from otio_cometapi.pipeline.executor import Executor, Works, see_file, see_folder
from otio_cometapi.pipeline.job import Job, clips_of, part_of
from otio_cometapi.pipeline.options import Trouble
from otio_cometapi.pipeline.work import cut
from otio_cometapi.records import Export, MediaInfo, PartRecord, TakeRecord
from otio_cometapi.records.orders import CutOrder


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that are cut once."""

    order: CutOrder
    """What is to be cut."""
    members: Sequence[tuple[TakeRecord, PartRecord]]
    """The parts that it serves, with their takes; at least one."""

    @property
    def names(self) -> str:
        """Which clips it is, for people."""
        take, part = self.members[0]
        return ", ".join(dict.fromkeys(clips_of(each) for each, _ in self.members)) + part_of(take, part)


class Cutting:
    """Cuts of a job. Every cut is entered in the ledger by whoever asks for the next."""

    def __init__(
        self,
        job: Job,
        groups: Sequence[Group],
        *,
        executor: Executor,
        roots: tuple[Path, ...],
        troubles: Sequence[Trouble],
        listener: Listener,
    ) -> None:
        """Take note of what is to be cut; nothing begins before `begin` or `next`."""
        self._job = job
        self._groups = groups
        self._executor = executor
        self._roots = roots
        self._listener = listener
        self._works: Works[Group, CutOrder, Export] | None = None
        self._left = {id(group): group for group in groups}
        self._parts_left = Counter(take.take_id for group in groups for take, _ in group.members)
        self._ready: deque[str] = deque()
        self.troubles = list(troubles)
        """What went wrong so far."""

    @property
    def groups(self) -> Sequence[Group]:
        """All that is to be cut."""
        return self._groups

    @property
    def coming(self) -> list[tuple[TakeRecord, PartRecord]]:
        """The parts that are not cut yet, with their takes; both as they will stand when all is cut."""
        numbers = {(take.take_id, part.number) for group in self._left.values() for take, part in group.members}
        takes = {take.take_id: take for group in self._left.values() for take, _ in group.members}
        return [
            (cut_take, part)
            for take in takes.values()
            for cut_take in (_as_cut(take, numbers),)
            for part in cut_take.parts
            if (take.take_id, part.number) in numbers
        ]

    def __bool__(self) -> bool:
        """Whether anything is still to come: a cut, or a take that is ready and was not taken."""
        return bool(self._left or self._ready)

    def begin(self) -> None:
        """Begin to cut, as many as there is room for."""
        if self._works is None:
            self._works = Works(self._executor, cut, self._orders(), begun=self._tell_begun)

    def next(self, wait_s: float | None = None) -> tuple[str, ...]:
        """
        Wait for a cut to end, at most *wait_s* seconds (real ones), and enter it.

        Returns:
            The takes of which nothing is left to be cut now.
        """
        self.begin()
        found = None if self._works is None or self._ready else self._works.next(wait_s)
        if found is not None:
            self._ended(*found)
        ready = tuple(self._ready)
        self._ready.clear()
        return ready

    def stop(self) -> None:
        """Cut nothing more; what is not begun stays as it is in the ledger."""
        if self._works is not None:
            self._works.stop()
        self._left.clear()
        self._ready.clear()

    def _orders(self) -> Iterator[tuple[Group, CutOrder]]:
        """Yield what may be cut; what may not be sent is not cut either."""
        for group in self._groups:
            try:
                see_folder(self._job.folder.exports)
                problem = source_outside(group.order.info, self._roots)
                if problem:
                    raise MediaError(f"nothing is cut: {problem}.")  # noqa: TRY301 - told as all else that fails
            except MediaError as exc:
                self._failed(group, exc)
            else:
                yield group, group.order

    def _tell_begun(self, group: Group) -> None:
        take, _ = group.members[0]
        self._listener(Event(Stage.EXPORT, "cutting", take_id=take.take_id, clip=group.names))

    def _ended(self, group: Group, future: Future[Export]) -> None:
        try:
            made = future.result()
            see_file(Path(made.path), clock=self._job.clock)
        except (MediaError, FarmError) as exc:
            self._failed(group, exc)
            return
        for take, part in group.members:
            self._job.ledger.export_made(take.take_id, made, part=part.number)
            self._listener(Event(Stage.EXPORT, "cut", take_id=take.take_id, clip=group.names, progress=1.0))
        self._close(group)

    def _failed(self, group: Group, error: MediaError | FarmError) -> None:
        error.clip = error.clip or group.names
        first, _ = group.members[0]
        self._listener(Event(Stage.EXPORT, str(error), take_id=first.take_id, clip=group.names, problem=True))
        self.troubles += [Trouble(str(error), take.take_id) for take, _ in group.members]
        self._close(group)

    def _close(self, group: Group) -> None:
        """Take a group off; its takes are ready when nothing else of theirs is left."""
        self._left.pop(id(group), None)
        for take, _ in group.members:
            self._parts_left[take.take_id] -= 1
            if not self._parts_left[take.take_id]:
                self._ready.append(take.take_id)


def _as_cut(take: TakeRecord, numbers: set[tuple[str, int]]) -> TakeRecord:
    parts = [
        replace(part, state=PartState.EXPORTED) if (take.take_id, part.number) in numbers else part
        for part in take.parts
    ]
    return replace(take, parts=tuple(parts))


def sources_of(info: MediaInfo) -> tuple[str, ...]:
    """Return what has to be there for a source to be read: its file or folder, and what its picture goes through."""
    treatment = info.treatment
    tables = [treatment.lut, treatment.colour.config if treatment.colour and treatment.colour.config_sha256 else ""]
    return (info.sequence.folder if info.sequence else info.path, *(each for each in tables if each))
