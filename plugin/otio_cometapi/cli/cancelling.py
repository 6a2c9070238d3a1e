"""`otiocomet cancel`."""

from __future__ import annotations

from pathlib import Path

import click

from otio_cometapi import settings as settings_module
from otio_cometapi.cli import as_json as values
from otio_cometapi.cli.doors import door, print_json
from otio_cometapi.cli.flags import JSON
from otio_cometapi.cli.progress import progress
from otio_cometapi.cli.running import JOB, TIMELINE_ONLY
from otio_cometapi.cli.sentences import line
from otio_cometapi.errors import WrongUsageError
from otio_cometapi.pipeline.cancel import cancel as stop
from otio_cometapi.pipeline.job import Job


@click.command()
@JOB
@TIMELINE_ONLY
@click.option("--remote", is_flag=True, help="Also delete tasks that wait at the service and did not begin.")
@click.option("--running", is_flag=True, help="With --remote: running tasks too, though they are charged.")
@JSON
@door
def cancel(job: Path, timeline_name: str | None, *, remote: bool, running: bool, as_json: bool) -> int:
    """
    Stop what was not sent, so that no resume sends it; what was sent stays on the books.

    With --remote, what is finished is collected first. Finished tasks and tasks of unknown state are never deleted;
    running ones go on, since they are charged either way. The service's pages do not say whether tasks can be deleted
    there: where not, nothing changes and the answer is shown.

    \b
    otiocomet cancel comet.cometjob
    otiocomet cancel comet.cometjob --remote
    """
    if running and not remote:
        raise WrongUsageError("--running says which tasks at the service are meant.", next_step="Add --remote.")
    settings = settings_module.load() if remote else None
    with Job(job) as opened:
        which = opened.timeline(timeline_name) if timeline_name else None
        with progress(as_json=as_json) as listener:
            done = stop(opened, settings=settings, timeline=which, running_too=running, listener=listener)
        if as_json:
            print_json(
                {
                    **values.job_values(opened),
                    "stopped": list(done.stopped),
                    "tasks": [{"id": task, "fate": fate.value, "message": said} for task, fate, said in done.tasks],
                    "problems": [trouble.message for trouble in done.troubles],
                    "exit": int(done.exit),
                }
            )
            return done.exit
    for take_id in done.stopped:
        way_back = f"`otiocomet resolve {job} {take_id[:11]} --resubmit` takes that back"
        line(f"take {take_id[:11]} will not be sent; {way_back}.")
    for task, _, said in done.tasks:
        line(f"task {task}: {said}.")
    for trouble in done.troubles:
        line(f"problem: {trouble.message}")
    if not done.stopped and not done.tasks and not done.troubles:
        line("There is nothing to cancel: everything that the job has was sent or decided.")
    return done.exit
