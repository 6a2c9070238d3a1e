"""Collect: follow the tasks, bring their outputs home at once and make them fit."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from otio_cometapi.clock import utc_text
from otio_cometapi.comet.addresses import AddressPolicy
from otio_cometapi.comet.download import download
from otio_cometapi.comet.watch import TasksStillOpenError, watch
from otio_cometapi.errors import CometError, DownloadError, MediaError, PollError
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs import attempts, tasks
from otio_cometapi.jobs.states import PartState
from otio_cometapi.media.probe import media_info
from otio_cometapi.pipeline.conform import conform, finish_for, serves
from otio_cometapi.pipeline.job import Job, clips_of, named, part_of, parts_in
from otio_cometapi.pipeline.news import News
from otio_cometapi.pipeline.options import TAKE_DEADLINE_S, FinishWish, Trouble
from otio_cometapi.pipeline.parts import waiting
from otio_cometapi.pipeline.publish import withdraw_what_ended
from otio_cometapi.pipeline.reuse import leave_for_others
from otio_cometapi.pipeline.submit import client_for
from otio_cometapi.records import Finish, MediaInfo, PartRecord, TakeRecord, TaskSnapshot, TaskStatus, TimelineRecord
from otio_cometapi.settings import Settings

_AS_BEFORE = FinishWish()

LARGEST_SIDE = 8192
"""Pixels; the largest output of any model known, upscalers included, has 4096."""

MOST_FRAMES_LONGER = 20
"""No model makes an output this many times longer than what it was sent, at any rate."""

HOMECOMINGS = 4
"""Downloads and conforms at a time."""

ROUNDS = 3
"""Times that an expired URL is asked for anew in one run."""


def collect(  # noqa: PLR0913 - keyword-only, and each is a flag of the command line
    job: Job,
    *,
    settings: Settings,
    timeline: TimelineRecord | None = None,
    wait_s: float | None = None,
    take_deadline_s: float = TAKE_DEADLINE_S,
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
        take_deadline_s: A task whose create is older gets one look and is waited for no more; its id stays.
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
    started = job.clock.monotonic()
    for _ in range(ROUNDS):
        todo = parts_in(job.takes(timeline=timeline), PartState.SUBMITTED, PartState.SUCCEEDED)
        if not todo:
            break
        asked = {take.take_id for take, _ in todo}
        collector = _Collector(job, settings, wish, listener, {part.task_id: (take, part) for take, part in todo})
        collector.suspects = suspects
        left = None if wait_s is None else max(0.0, wait_s - (job.clock.monotonic() - started))
        problems = [problem for problem in problems if problem.take_id not in asked]
        problems += collector.follow(left, poll_interval_s, take_deadline_s)
        if not collector.again:
            break
    withdraw_what_ended(job, listener=listener)
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
        self.news = News(job, settings, listener)
        self.client = client_for(job, settings)
        self.again = False
        """Whether another round may bring home what this one did not."""
        self.suspects: set[str] = set()
        """Tasks whose output came home once and was no video that can be read."""

    def follow(self, wait_s: float | None, poll_interval_s: float, take_deadline_s: float) -> list[Trouble]:
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
                    task_deadline_s=take_deadline_s,
                    minimum_interval_s=0.0 if self.settings.loopback else 5.0,
                ):
                    if isinstance(told, PollError):
                        self._unheard(told)
                        continue
                    take, part = self.open_tasks[told.task_id]
                    state, problem = self.news.entered(take, part, told)
                    problems += [problem] if problem else []
                    if told.status is TaskStatus.SUCCEEDED and state is PartState.SUCCEEDED:
                        homecomings.append(pool.submit(self._bring_home, told))
            except TasksStillOpenError as exc:
                problems += self._still_open(exc.task_ids, take_deadline_s)
            except BaseException:
                # Whoever stops us waits for what is being fetched, not for what is queued behind it.
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            problems += [problem for each in homecomings for problem in each.result()]
        return problems

    def _unheard(self, error: PollError) -> None:
        """Say that a poll brought nothing; the task lives on and is asked again."""
        take, part = self.open_tasks.get(error.task_id, (None, None))
        if take is not None and part is not None:
            self._tell(take, part, f"no news: {error.message}")

    def _still_open(self, task_ids: Iterable[str], take_deadline_s: float) -> list[Trouble]:
        return [self._waited_for(task_id, take_deadline_s) for task_id in task_ids]

    def _waited_for(self, task_id: str, take_deadline_s: float) -> Trouble:
        take, part = self.open_tasks[task_id]
        message = f"task {task_id} is not finished yet; `otiocomet resume {self.job.path}` goes on with it."
        if self.job.clock.now() >= part.submitted_at + take_deadline_s:
            message = (
                f"task {task_id} was sent {utc_text(part.submitted_at)} and has not ended within its deadline of "
                f"{take_deadline_s / 3600:g} h, so it is waited for no more. Its id is kept: every "
                f"`otiocomet resume {self.job.path}` looks at it once; --deadline waits longer."
            )
        return Trouble(f"{named(take, part)}: {message}", take.take_id)

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
            _check_size(media_info(Path(output.path)), sent=take.span_of(part).frame_count + take.pad_of(part))
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
        return (Trouble(f"{named(take, part)}: {message} (task {part.task_id})", take.take_id),)

    def _not_home(self, take: TakeRecord, part: PartRecord, error: CometError) -> Trouble:
        tasks.not_home(self.job.ledger, part, message=error.message)
        message = f"{named(take, part)}: {error} The task stays on the books; `otiocomet resume` tries again."
        self._tell(take, part, message, stage=Stage.DOWNLOAD, problem=True)
        return Trouble(message, take.take_id)


def _check_size(info: MediaInfo, *, sent: int) -> None:
    """
    Refuse a picture or a length that no model makes of *sent* frames: a small file may unpack to any size.

    Raises:
        MediaError: It is that large.
    """
    if max(info.width, info.height) > LARGEST_SIDE or info.frame_count > MOST_FRAMES_LONGER * max(sent, 24):
        raise MediaError(
            f"it claims {info.frame_count:,} frames of {info.width}x{info.height}, where {sent:,} frames were sent."
        )
