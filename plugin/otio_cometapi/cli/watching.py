"""`otiocomet status` and `resolve`."""

from __future__ import annotations

from pathlib import Path

import click

from otio_cometapi.cli import as_json as values
from otio_cometapi.cli.doors import door, print_json
from otio_cometapi.cli.flags import FOLDER, JSON
from otio_cometapi.cli.tables import line, show_costs, show_takes
from otio_cometapi.pipeline import resolve as resolving
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.status import costs_of, meaning, total


@click.command()
@click.argument("job", type=FOLDER)
@JSON
@door
def status(job: Path, *, as_json: bool) -> int:
    """
    Show where every take of a job stands. Asks nothing of the service.

    \b
    otiocomet status comet.cometjob
    """
    with Job(job) as opened:
        if as_json:
            print_json(values.job_values(opened))
        else:
            show_takes(opened.takes())
            show_costs(total(costs_of(opened).values()))
    return 0


@click.command()
@click.argument("job", type=FOLDER)
@click.argument("take")
@click.option("--resubmit", is_flag=True, help="Send it once more at the next resume; it may be paid twice.")
@click.option("--task-id", help="This is its task: follow it.")
@click.option("--part", type=click.IntRange(min=1), help="Only this part of it, where a take has several.")
@click.option("--abandon", is_flag=True, help="Give it up.")
@JSON
@door
def resolve(
    job: Path, take: str, *, resubmit: bool, task_id: str | None, part: int | None, abandon: bool, as_json: bool
) -> int:
    """
    Decide on a take whose fate only a person can know.

    TAKE is its id, or the beginning of it. Example:

    \b
    otiocomet resolve comet.cometjob t1-3f9ac02b --task-id 12a01a5e-ab55-4aa7-b002-7b873546cf76
    """
    if sum([resubmit, bool(task_id), abandon]) != 1:
        raise click.UsageError("Say one of --resubmit, --task-id ID and --abandon.")
    if abandon and part:
        raise click.UsageError("A take is given up as a whole: leave --part out.")
    with Job(job) as opened:
        if task_id:
            decided = resolving.adopt(opened, take, task_id=task_id, part=part)
        elif resubmit:
            decided = resolving.resubmit(opened, take, part=part)
        else:
            decided = resolving.abandon(opened, take)
    if as_json:
        print_json(values.take_values(decided))
    else:
        line(f"take {decided.take_id[:11]}: {meaning(decided)}")
    return 0
