"""Homecoming: outputs on their way home, downloaded a few at a time and made to fit as there is room."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from threading import Semaphore

from otio_cometapi.comet.addresses import AddressPolicy
from otio_cometapi.comet.download import download
from otio_cometapi.errors import CometError, DownloadError, MediaError
from otio_cometapi.events import Event, Listener, Stage
from otio_cometapi.jobs import tasks
from otio_cometapi.media.memory import share_one_heap
from otio_cometapi.media.probe import media_info
from otio_cometapi.pipeline.conform import conform
from otio_cometapi.pipeline.executor import Executor, at_hand
from otio_cometapi.pipeline.job import Job, clips_of, named, part_of
from otio_cometapi.pipeline.options import FinishWish, Trouble
from otio_cometapi.pipeline.reuse import leave_for_others
from otio_cometapi.records import MediaInfo, Output, PartRecord, TakeRecord, TaskSnapshot
from otio_cometapi.settings import Settings

LARGEST_SIDE = 8192
"""Pixels; the largest output of any model known, upscalers included, has 4096."""

MOST_FRAMES_LONGER = 20
"""No model makes an output this many times longer than what it was sent, at any rate."""

DOWNLOADS = 4
"""Downloads at a time."""
_MOST_WAITING = 64
"""Outputs that are home and wait for their media, at most; each costs a thread that sleeps."""


class Homecomings:
    """Brings outputs home on threads of its own, while others send and watch."""

    def __init__(
        self,
        job: Job,
        settings: Settings,
        wish: FinishWish,
        listener: Listener,
        *,
        executor: Executor,
        media: bool = True,
    ) -> None:
        """Have nothing to bring yet; `homecomings` closes it."""
        self.media = media
        """Whether outputs are made to fit here."""
        self.job = job
        self.settings = settings
        self.wish = wish
        self.listener = listener
        self.executor = executor
        self.again = False
        """Whether another round may bring home what this one did not."""
        self._suspects: set[str] = set()
        self._downloading = Semaphore(DOWNLOADS)
        self._pool = ThreadPoolExecutor(DOWNLOADS + min(executor.room, _MOST_WAITING), thread_name_prefix="home")
        self._open: dict[str, Future[tuple[Trouble, ...]]] = {}
        self._ended: list[Trouble] = []

    def bring(self, take: TakeRecord, part: PartRecord, snapshot: TaskSnapshot) -> None:
        """Begin to bring a finished task's output home."""
        self._put_away()
        self._open[part.task_id] = self._pool.submit(self._bring_home, take, part, snapshot)

    @property
    def underway(self) -> frozenset[str]:
        """The tasks whose outputs are being brought home."""
        return frozenset(task_id for task_id, each in self._open.items() if not each.done())

    def told(self) -> list[Trouble]:
        """Return what went wrong since this was asked last; waits for nothing."""
        self._put_away()
        ended, self._ended = self._ended, []
        return ended

    def settled(self) -> list[Trouble]:
        """Wait for all that are on their way; return what went wrong since this was asked last."""
        wait(self._open.values())
        return self.told()

    def drop(self) -> None:
        """Begin no other; whoever stops us waits for what is being fetched, not for what is queued behind it."""
        for each in self._open.values():
            each.cancel()

    def close(self) -> None:
        """Wait for what is being fetched."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _put_away(self) -> None:
        """Keep nothing of what has ended but its troubles, so that a long run takes no more memory than a short one."""
        for task_id in [task_id for task_id, each in self._open.items() if each.done()]:
            ended = self._open.pop(task_id)
            self._ended += () if ended.cancelled() else ended.result()

    def _bring_home(self, take: TakeRecord, part: PartRecord, snapshot: TaskSnapshot) -> tuple[Trouble, ...]:
        """Download one task's output, enter it and make it fit; return what went wrong."""
        try:
            with self._downloading:
                output = self._fetched(take, part, snapshot)
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
        if not self.media:
            return ()
        return conform(
            self.job, take_ids=(take.take_id,), wish=self.wish, executor=self.executor, listener=self.listener
        )

    def _fetched(self, take: TakeRecord, part: PartRecord, snapshot: TaskSnapshot) -> Output:
        self._tell(take, part, "downloading", stage=Stage.DOWNLOAD)
        return download(
            snapshot.output_urls,
            into=self.job.folder.outputs / f"{take.take_id}_p{part.number}.mp4",
            task_id=snapshot.task_id,
            policy=AddressPolicy.for_base_url(self.settings.base_url),
            clock=self.job.clock,
        )

    def _unfit(self, take: TakeRecord, part: PartRecord, error: MediaError) -> tuple[Trouble, ...]:
        """Download what is no readable video once more; give it to a person when it is none again."""
        if part.task_id not in self._suspects:
            self._suspects.add(part.task_id)
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


@contextmanager
def homecomings(
    job: Job,
    settings: Settings,
    *,
    wish: FinishWish,
    executor: Executor | None,
    media: bool = True,
    listener: Listener,
) -> Iterator[Homecomings]:
    """
    Give a place that brings outputs home; at the end of the block it waits for what is being fetched.

    Without *media*, outputs are not made to fit.
    """
    share_one_heap()
    with at_hand(executor) as maker:
        home = Homecomings(job, settings, wish, listener, executor=maker, media=media)
        try:
            yield home
        except BaseException:
            home.drop()
            raise
        finally:
            home.close()


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
