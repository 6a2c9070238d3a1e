"""News of tasks: what a poll told, entered and said; and glances at open tasks while creates are still being sent."""

from __future__ import annotations

from dataclasses import dataclass

from otio_cometapi.comet.client import Client
from otio_cometapi.comet.failures import failure_meaning
from otio_cometapi.comet.pace import LEAST_INTERVAL_S
from otio_cometapi.errors import CometError, PollError
from otio_cometapi.events import Event, Listener, Stage
from otio_cometapi.jobs import alarms, tasks
from otio_cometapi.jobs.states import PartState
from otio_cometapi.pipeline.budgets import DayLimit
from otio_cometapi.pipeline.homecoming import Homecomings
from otio_cometapi.pipeline.job import Job, clips_of, named, part_of
from otio_cometapi.pipeline.options import Trouble
from otio_cometapi.records import PartRecord, TakeRecord, TaskSnapshot, TaskStatus
from otio_cometapi.settings import Settings

AT_A_GLANCE = 4
"""Tasks that are asked about between two creates, so that many open ones do not hold up the sending."""
_LOOPBACK_INTERVAL_S = 0.2


@dataclass(frozen=True, slots=True)
class News:
    """Where news of tasks go: into the books, and to whoever listens."""

    job: Job
    """The job whose tasks they are."""
    settings: Settings
    """Whether there is a limit of a day, whose book gets back what a task did not cost."""
    listener: Listener
    """Told of everything."""

    def entered(self, take: TakeRecord, part: PartRecord, snapshot: TaskSnapshot) -> tuple[PartState, Trouble | None]:
        """Enter what a poll told; return where the part stands and what a person should know."""
        ledger, clip = self.job.ledger, clips_of(take) + part_of(take, part)
        failure = failure_of(snapshot)
        state = tasks.heard(ledger, part, snapshot, failure=failure)
        if state is PartState.FAILED:
            if snapshot.cost_credits == 0:
                self._refund(snapshot.task_id, clip)
            if snapshot.status is TaskStatus.FAILED and failure_meaning(snapshot.failure_code).moderated:
                alarms.moderation_refused(ledger)
            self.listener(Event(Stage.WATCH, failure, take_id=take.take_id, clip=clip, problem=True))
            return state, Trouble(f"{named(take, part)}: {failure} (task {snapshot.task_id})", take.take_id)
        if snapshot.status is TaskStatus.SUCCEEDED:
            alarms.moderation_passed(ledger)
        said = snapshot.status.value.lower()
        self.listener(Event(Stage.WATCH, said, take_id=take.take_id, clip=clip, progress=snapshot.progress))
        return state, None

    def _refund(self, task_id: str, clip: str) -> None:
        try:
            DayLimit.of(self.settings, clock=self.job.clock).refunded(task_id)
        except CometError as exc:  # the other tasks go on, and too much is counted rather than too little
            message = f"the limit of a day goes on counting task {task_id}, which cost nothing: {exc}"
            self.listener(Event(Stage.WATCH, message, clip=clip, problem=True))


def failure_of(snapshot: TaskSnapshot) -> str:
    """Say why a task ended without an output, and what to do."""
    if snapshot.status is TaskStatus.CANCELLED:
        return "the task was cancelled at the service."
    if snapshot.status is TaskStatus.GONE:
        return "the service does not know the task any more. If it was deleted there, decide with `otiocomet resolve`."
    why = failure_meaning(snapshot.failure_code)
    said = f' It said: "{snapshot.failure}"' if snapshot.failure else ""
    code = f" ({snapshot.failure_code})" if snapshot.failure_code else ""
    return f"{why.meaning}{said}{code} {why.next_step}"


class Glances:
    """Looks at this run's tasks while more creates are sent, so that refusals are known before the last of them."""

    def __init__(self, news: News, client: Client, home: Homecomings | None = None) -> None:
        """Ask by *client*, enter by *news*; what is finished is brought home by *home*, if there is one."""
        self._news = news
        self._home = home
        self._clock = news.job.clock
        self._client = client
        self._interval = _LOOPBACK_INTERVAL_S if news.settings.loopback else LEAST_INTERVAL_S
        self._open: list[tuple[TakeRecord, PartRecord, float]] = []

    def follow(self, take: TakeRecord, part: PartRecord) -> None:
        """Look at this part's task too, when it is old enough."""
        self._open.append((take, part, self._clock.monotonic() + self._interval))

    def due_in_s(self) -> float | None:
        """Return after how many seconds there is a task to look at; None where there is none."""
        return max(0.0, self._open[0][2] - self._clock.monotonic()) if self._open else None

    def look(self) -> list[Trouble]:
        """
        Ask about those that were not asked for longest, if it is time; return what a person should know.

        Raises:
            RunStoppedError: The service refuses our key.
        """
        problems: list[Trouble] = []
        for _ in range(AT_A_GLANCE):
            if not self._open or self._open[0][2] > self._clock.monotonic():
                break
            take, part, _due = self._open.pop(0)
            try:
                snapshot = self._client.retrieve(part.task_id, submitted_at=part.submitted_at)
            except PollError:  # `collect` asks again, with patience
                continue
            state, problem = self._news.entered(take, part, snapshot)
            problems += [problem] if problem else []
            if self._home and snapshot.status is TaskStatus.SUCCEEDED and state is PartState.SUCCEEDED:
                self._home.bring(take, part, snapshot)
            if not snapshot.status.is_final:
                self.follow(take, part)
        return problems
