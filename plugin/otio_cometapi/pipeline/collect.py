"""Collect: follow the tasks, bring their outputs home at once and make them fit."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from otio_cometapi.comet.addresses import AddressPolicy
from otio_cometapi.comet.download import download
from otio_cometapi.comet.failures import failure_meaning
from otio_cometapi.comet.watch import TasksStillOpenError, watch
from otio_cometapi.errors import CometError, DownloadError, MediaError, PollError
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs import attempts, tasks
from otio_cometapi.jobs.states import PartState
from otio_cometapi.media.probe import media_info
from otio_cometapi.pipeline.budgets import DayLimit
from otio_cometapi.pipeline.conform import conform, finish_for, serves
from otio_cometapi.pipeline.job import Job, clips_of, part_of, parts_in
from otio_cometapi.pipeline.options import FinishWish, Trouble
from otio_cometapi.pipeline.parts import waiting
from otio_cometapi.pipeline.reuse import leave_for_others
from otio_cometapi.pipeline.submit import client_for
from otio_cometapi.records import Finish, PartRecord, TakeRecord, TaskSnapshot, TaskStatus, TimelineRecord
from otio_cometapi.settings import Settings

_AS_BEFORE = FinishWish()

HOMECOMINGS = 4
"""Downloads and conforms at a time."""

ROUNDS = 3
"""Times that an expired URL is asked for anew in one run."""


def collect(
    job: Job,
    *,
    settings: Settings,
    timeline: TimelineRecord | None = None,
    wait_s: float | None = None,
    poll_interval_s: float = 5.0,
    wish: FinishWish = _AS_BEFORE,
    listener: Listener = ignore,
) -> tuple[Trouble, ...]:
    """
    Follow every known task, download what succeeds at once, conform it, and enter it all.

    Args:
        job: The job.
        settings: Key and address of the service.
        timeline: Only the takes of this timeline; None: all of the job's.
        wait_s: Seconds to wait for tasks that are not final; 0: one look; None: until all are.
        poll_interval_s: Seconds between two looks at one task; at least 5 unless the service is a simulator.
        wish: How media is made of the outputs.
        listener: Told of every change.

    Returns:
        What went wrong or still goes on.

    Raises:
        RunStoppedError: The service refuses our key.
        SettingsError: There is no key, and tasks are open; or there is no such policy, codec or sound.
    """
    finish = finish_for(job, wish)
    attempts.settle_dead_owners(job.ledger)
    fetch_again_what_is_lost(job, timeline, finish)
    problems: list[Trouble] = []
    suspects: set[str] = set()
    for _ in range(ROUNDS):
        todo = parts_in(job.takes(timeline=timeline), PartState.SUBMITTED, PartState.SUCCEEDED)
        if not todo:
            break
        collector = _Collector(job, settings, wish, listener, {part.task_id: (take, part) for take, part in todo})
        collector.suspects = suspects
        problems = collector.follow(wait_s, poll_interval_s)
        if not collector.again:
            break
    problems += conform(job, timeline=timeline, wish=wish, listener=listener)
    return (*problems, *waiting(job, timeline, ready_too=True))


def fetch_again_what_is_lost(job: Job, timeline: TimelineRecord | None, finish: Finish) -> None:
    """Send parts whose output vanished from the disk back to where it can be downloaded again."""
    for take, part in parts_in(job.takes(timeline=timeline), PartState.HOME):
        if (
            not any(serves(media, finish) for media in take.media)
            and not job.folder.absolute(part.output_path).is_file()
        ):
            tasks.output_lost(job.ledger, part)


class _Collector:
    """Follows tasks on one thread, while outputs come home on others."""

    def __init__(
        self,
        job: Job,
        settings: Settings,
        wish: FinishWish,
        listener: Listener,
        open_tasks: dict[str, tuple[TakeRecord, PartRecord]],
    ) -> None:
        self.job = job
        self.settings = settings
        self.wish = wish
        self.listener = listener
        self.open_tasks = open_tasks
        self.client = client_for(job, settings)
        self.again = False
        """Whether another round may bring home what this one did not."""
        self.suspects: set[str] = set()
        """Tasks whose output came home once and was no video that can be read."""

    def follow(self, wait_s: float | None, poll_interval_s: float) -> list[Trouble]:
        """Watch until every task is final or the time is up; return what went wrong or still goes on."""
        interval = poll_interval_s if self.settings.loopback else max(5.0, poll_interval_s)
        homecomings: list[Future[tuple[Trouble, ...]]] = []
        problems: list[Trouble] = []
        with ThreadPoolExecutor(HOMECOMINGS) as pool:
            try:
                for told in watch(
                    self.client.retrieve,
                    {task: part.submitted_at for task, (_, part) in self.open_tasks.items()},
                    clock=self.job.clock,
                    interval_s=interval,
                    deadline_s=wait_s,
                    minimum_interval_s=0.0 if self.settings.loopback else 5.0,
                ):
                    if isinstance(told, PollError):
                        self._unheard(told)
                        continue
                    state, problem = self._entered(told)
                    problems += [problem] if problem else []
                    if told.status is TaskStatus.SUCCEEDED and state is PartState.SUCCEEDED:
                        homecomings.append(pool.submit(self._bring_home, told))
            except TasksStillOpenError as exc:
                problems += self._still_open(exc.task_ids)
            problems += [problem for each in homecomings for problem in each.result()]
        return problems

    def _unheard(self, error: PollError) -> None:
        """Say that a poll brought nothing; the task lives on and is asked again."""
        take, part = self.open_tasks.get(error.task_id, (None, None))
        if take is not None and part is not None:
            self._tell(take, part, f"no news: {error.message}")

    def _still_open(self, task_ids: Iterable[str]) -> list[Trouble]:
        return [
            Trouble(
                f"{_named(take, part)}: task {part.task_id} is not finished yet; "
                f"`otiocomet resume {self.job.path}` goes on with it.",
                take.take_id,
            )
            for take, part in (self.open_tasks[task] for task in task_ids)
        ]

    def _tell(
        self,
        take: TakeRecord,
        part: PartRecord,
        message: str,
        *,
        stage: Stage = Stage.WATCH,
        progress: float | None = None,
        problem: bool = False,
    ) -> None:
        clip = clips_of(take) + part_of(take, part)
        self.listener(Event(stage, message, take_id=take.take_id, clip=clip, progress=progress, problem=problem))

    def _entered(self, snapshot: TaskSnapshot) -> tuple[PartState, Trouble | None]:
        """Enter what a poll told; return where the part stands and what a person should know."""
        take, part = self.open_tasks[snapshot.task_id]
        failure = _failure(snapshot)
        state = tasks.heard(self.job.ledger, part, snapshot, failure=failure)
        if state is PartState.FAILED and snapshot.cost_credits == 0:
            DayLimit.of(self.settings, clock=self.job.clock).refunded(snapshot.task_id)
        if state is PartState.FAILED:
            self._tell(take, part, failure, problem=True)
            return state, Trouble(f"{_named(take, part)}: {failure} (task {snapshot.task_id})", take.take_id)
        self._tell(take, part, snapshot.status.value.lower(), progress=snapshot.progress)
        return state, None

    def _bring_home(self, snapshot: TaskSnapshot) -> tuple[Trouble, ...]:
        """Download one task's output, enter it and make it fit; return what went wrong."""
        take, part = self.open_tasks[snapshot.task_id]
        self._tell(take, part, "downloading", stage=Stage.DOWNLOAD)
        try:
            output = download(
                snapshot.output_urls,
                into=self.job.folder.outputs / f"{take.take_id}_p{part.number}.mp4",
                task_id=snapshot.task_id,
                policy=AddressPolicy.for_base_url(self.settings.base_url),
                clock=self.job.clock,
            )
        except DownloadError as exc:
            self.again = self.again or exc.expired
            return (self._not_home(take, part, exc),)
        except CometError as exc:
            return (self._not_home(take, part, exc),)
        try:
            media_info(Path(output.path))
        except MediaError as exc:
            return self._unfit(take, part, exc)
        tasks.came_home(self.job.ledger, part, output_path=self.job.folder.relative(Path(output.path)))
        leave_for_others(self.job, take, part, Path(output.path), settings=self.settings, listener=self.listener)
        self._tell(take, part, "home", stage=Stage.DOWNLOAD, progress=1.0)
        return conform(self.job, take_ids=(take.take_id,), wish=self.wish, listener=self.listener)

    def _unfit(self, take: TakeRecord, part: PartRecord, error: MediaError) -> tuple[Trouble, ...]:
        """Download what is no readable video once more; give it to a person when it is none again."""
        if part.task_id not in self.suspects:
            self.suspects.add(part.task_id)
            self.again = True
            tasks.not_home(self.job.ledger, part, message=error.message)
            return ()
        message = (
            f"the output is no video that can be read: {error.message} It is kept in the job. Ask the service for the "
            f"task's output, then `otiocomet resolve --task-id {part.task_id}` fetches it again; or pay for another."
        )
        tasks.unusable(self.job.ledger, part, message=message)
        self._tell(take, part, message, problem=True)
        return (Trouble(f"{_named(take, part)}: {message} (task {part.task_id})", take.take_id),)

    def _not_home(self, take: TakeRecord, part: PartRecord, error: CometError) -> Trouble:
        tasks.not_home(self.job.ledger, part, message=error.message)
        message = f"{_named(take, part)}: {error} The task stays on the books; `otiocomet resume` tries again."
        self._tell(take, part, message, stage=Stage.DOWNLOAD, problem=True)
        return Trouble(message, take.take_id)


def _named(take: TakeRecord, part: PartRecord) -> str:
    return f"clip '{clips_of(take)}'{part_of(take, part)}"


def _failure(snapshot: TaskSnapshot) -> str:
    """Say why a task ended without an output, and what to do."""
    if snapshot.status is TaskStatus.CANCELLED:
        return "the task was cancelled at the service."
    if snapshot.status is TaskStatus.GONE:
        return "the service does not know the task any more. If it was deleted there, decide with `otiocomet resolve`."
    why = failure_meaning(snapshot.failure_code)
    said = f' It said: "{snapshot.failure}"' if snapshot.failure else ""
    code = f" ({snapshot.failure_code})" if snapshot.failure_code else ""
    return f"{why.meaning}{said}{code} {why.next_step}"
