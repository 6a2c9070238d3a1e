"""Collect: follow the tasks, bring their outputs home at once and make them fit."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack

from otio_cometapi.clock import utc_text
from otio_cometapi.comet.client import Client
from otio_cometapi.comet.pace import LEAST_INTERVAL_S, REMEMBERED, Pace
from otio_cometapi.comet.watch import TasksStillOpenError, watch
from otio_cometapi.errors import PollError
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs import attempts, tasks
from otio_cometapi.jobs.durations import add_durations, durations
from otio_cometapi.jobs.states import PartState
from otio_cometapi.pipeline.conform import conform, finish_for, serves
from otio_cometapi.pipeline.executor import Executor
from otio_cometapi.pipeline.homecoming import Homecomings, homecomings
from otio_cometapi.pipeline.job import Job, clips_of, named, part_of, parts_in
from otio_cometapi.pipeline.news import News
from otio_cometapi.pipeline.options import TAKE_DEADLINE_S, FinishWish, Trouble
from otio_cometapi.pipeline.parts import waiting
from otio_cometapi.pipeline.publish import withdraw_what_ended
from otio_cometapi.pipeline.submit import client_for
from otio_cometapi.pipeline.to_come import AT_THE_SERVICE, tell_to_come
from otio_cometapi.records import Finish, PartRecord, TakeRecord, TaskStatus, TimelineRecord
from otio_cometapi.settings import Settings

_AS_BEFORE = FinishWish()

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
    executor: Executor | None = None,
    home: Homecomings | None = None,
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
        executor: Makes it; None: threads of this machine.
        home: What brings outputs home already, with its own wish and executor; None: a new one for this call.
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
    if home is None:  # else whoever gave it has told
        tell_to_come(job, timeline, states=AT_THE_SERVICE, finish=finish, listener=listener)
    with ExitStack() as stack:
        fetcher = home or stack.enter_context(
            homecomings(job, settings, wish=wish, executor=executor, listener=listener)
        )
        problems = _rounds(
            fetcher, timeline, wait_s=wait_s, take_deadline_s=take_deadline_s, poll_interval_s=poll_interval_s
        )
        withdraw_what_ended(job, listener=listener)
        if fetcher.media:
            problems += conform(job, timeline=timeline, wish=wish, executor=fetcher.executor, listener=listener)
    return (*problems, *waiting(job, timeline, ready_too=True))


def _rounds(
    home: Homecomings,
    timeline: TimelineRecord | None,
    *,
    wait_s: float | None,
    take_deadline_s: float,
    poll_interval_s: float,
) -> list[Trouble]:
    """Follow open tasks, and once more those whose output could not be fetched as it was told."""
    job = home.job
    problems: list[Trouble] = []
    started = job.clock.monotonic()
    for _ in range(ROUNDS):
        home.again = False
        underway = home.underway
        problems += home.told()
        found = parts_in(job.takes(timeline=timeline), PartState.SUBMITTED, PartState.SUCCEEDED)
        todo = {part.task_id: (take, part) for take, part in found if part.task_id not in underway}
        if not todo and not underway:
            break
        asked = {take.take_id for take, _ in todo.values()}
        problems = [problem for problem in problems if problem.take_id not in asked]
        left = None if wait_s is None else max(0.0, wait_s - (job.clock.monotonic() - started))
        try:
            if todo:
                with client_for(job, home.settings) as client:
                    problems += _Collector(home, client, todo).follow(left, poll_interval_s, take_deadline_s)
        except BaseException:
            home.drop()
            raise
        problems += home.settled()
        if not home.again:
            break
    return [*problems, *home.settled()]


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

    def __init__(self, home: Homecomings, client: Client, open_tasks: dict[str, tuple[TakeRecord, PartRecord]]) -> None:
        self.home = home
        self.job = home.job
        self.settings = home.settings
        self.open_tasks = open_tasks
        self.news = News(home.job, home.settings, home.listener)
        self.client = client

    def follow(self, wait_s: float | None, poll_interval_s: float, take_deadline_s: float) -> list[Trouble]:
        """Watch until every task is final or the time is up; return what went wrong or still goes on."""
        pace = self._pace(poll_interval_s)
        problems: list[Trouble] = []
        try:
            for told in watch(
                self.client.retrieve,
                {task: part.submitted_at for task, (_, part) in self.open_tasks.items()},
                clock=self.job.clock,
                pace=pace,
                deadline_s=wait_s,
                task_deadline_s=take_deadline_s,
            ):
                if isinstance(told, PollError):
                    self._unheard(told)
                    continue
                take, part = self.open_tasks[told.task_id]
                state, problem = self.news.entered(take, part, told)
                problems += [problem] if problem else []
                if told.status is TaskStatus.SUCCEEDED and state is PartState.SUCCEEDED:
                    self.home.bring(take, part, told)
        except TasksStillOpenError as exc:
            problems += self._still_open(exc.task_ids, take_deadline_s)
        if pace.learned:
            add_durations(self.job.ledger, pace.learned, most=REMEMBERED)
        return problems

    def _pace(self, interval_s: float) -> Pace:
        """Return how often tasks are asked for, by what this job's earlier ones have taught."""
        return Pace(
            interval_s,
            minimum_interval_s=0.0 if self.settings.loopback else LEAST_INTERVAL_S,
            kinds={task_id: take.look.model for task_id, (take, _) in self.open_tasks.items()},
            known=durations(self.job.ledger),
        )

    def _unheard(self, error: PollError) -> None:
        """Say that a poll brought nothing; the task lives on and is asked again."""
        take, part = self.open_tasks.get(error.task_id, (None, None))
        if take is not None and part is not None:
            clip = clips_of(take) + part_of(take, part)
            message = f"no news: {error.message}"
            self.home.listener(Event(Stage.WATCH, message, take_id=take.take_id, clip=clip))

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
