"""Demo: the whole road on a small edit whose pictures are made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from otio_cometapi.editorial import timeline_io
from otio_cometapi.editorial.sample_edit import CAMERAS, RATE, sample_edit
from otio_cometapi.errors import JobError
from otio_cometapi.events import Event, Stage
from otio_cometapi.jobs.folder import discard
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.media.testcard import write_testcard
from otio_cometapi.pipeline.budgets import DEFAULT_BUDGET
from otio_cometapi.pipeline.options import PlanOptions, RunOrder, RunResult, SendOptions
from otio_cometapi.pipeline.run import run
from otio_cometapi.records import Plan
from otio_cometapi.settings import Settings
from otio_cometapi.timecode import timecode_text

Tell = Callable[[str], None]

_STEPS = {
    (Stage.EXPORT, "cut"): "cut",
    (Stage.DOWNLOAD, "home"): "came home",
}


def demonstrate(folder: Path, *, settings: Settings, tell: Tell) -> int:
    """
    Make an edit, send its marked clips to the service of *settings*, and relink what comes back.

    Args:
        folder: Where everything is left.
        settings: The simulator's address.
        tell: Shows a sentence.

    Returns:
        The exit code.
    """
    where = folder.absolute()
    media = where / "media"
    _shoot(media)
    discard(where / "demo.cometjob")  # its tasks lived in a simulator that is gone
    edit = sample_edit(media)
    timeline_io.write_timeline(edit, where / "edit.otio")
    tell(f"An edit of three tracks at 24000/1001 frames per second: {where / 'edit.otio'}")
    tell(f"The simulator answers at {settings.base_url}; nothing leaves this machine, nothing is paid.")
    order = RunOrder(
        output=where / "relinked.otio",
        job=where / "demo.cometjob",
        options=PlanOptions(media_root=where),
        send=SendOptions(budget=DEFAULT_BUDGET, poll_interval_s=0.05),
        source_path=str(where / "edit.otio"),
    )

    def agree(plan: Plan) -> bool:
        _tell_plan(plan, tell)
        return True

    result = run(edit, order, settings=settings, agree=agree, listener=lambda event: _tell_event(event, tell))
    _tell_result(result, tell)
    return int(result.exit)


def _shoot(media: Path) -> None:
    """Make the files that the edit uses."""
    try:
        media.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise JobError(f"{media} cannot be made: {exc.strerror}.", next_step="Name another folder.") from exc
    for camera in CAMERAS:
        write_testcard(
            media / camera.name,
            frame_count=camera.frame_count,
            rate=RATE,
            width=640,
            height=360,
            start_timecode=timecode_text(camera.start, RATE, drop_frame=False),
            seed=camera.seed,
        )


def _tell_event(event: Event, tell: Tell) -> None:
    step = _STEPS.get((event.stage, event.message), "")
    if event.message.startswith(("sent, task", "fits by")):
        step = event.message
    if step:
        tell(f"  {event.clip}: {step}")


def _tell_plan(plan: Plan, tell: Tell) -> None:
    takes = {take.take_id: take for take in plan.takes}
    for clip in plan.clips:
        at = f"{clip.record_timecode} {clip.track} '{clip.name}'"
        if not clip.selected:
            tell(f"{at}: stays as it is, {clip.reason}")
        for take_id in clip.take_ids:
            take = takes[take_id]
            cost = "nothing to pay" if not take.seconds else f"about {float(take.usd or 0):.2f} USD (assumed)"
            tell(
                f"{at}: {clip.frame_count} frames from {clip.source_timecode}, sent with handles as "
                f"{take.shot.span.frame_count} frames ({float(take.shot.wire_seconds):.2f} s), {cost}: "
                f'"{take.look.prompt}"'
            )
    usd = "" if plan.usd is None else f", about {float(plan.usd):.2f} USD (assumed)"
    tell(f"Estimate: {float(plan.seconds):.2f} s of video{usd}.")


def _tell_result(result: RunResult, tell: Tell) -> None:
    for take in result.takes:
        for made in take.media:
            tell(
                f"'{', '.join(take.clip_names)}' is {state_of(take)}: {made.span.frame_count} frames from "
                f"{made.start_timecode} in {made.path}"
            )
    for problem in result.problems:
        tell(f"problem: {problem}")
    if result.output:
        tell(f"{len(result.relinked)} clips relinked; the originals are one click away, under their own keys.")
        tell(f"The relinked timeline: {result.output}")
        tell(f"The job:               {result.job}")
