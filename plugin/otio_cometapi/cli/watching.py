"""`otiocomet status` and `resolve`."""

from __future__ import annotations

from pathlib import Path

import click

from otio_cometapi import settings as settings_module
from otio_cometapi.cli import as_json as values
from otio_cometapi.cli.amounts import INTERVAL
from otio_cometapi.cli.doors import door, print_json, print_json_line
from otio_cometapi.cli.flags import FOLDER, JSON
from otio_cometapi.cli.sentences import line
from otio_cometapi.cli.tables import show_candidates, show_costs, show_takes
from otio_cometapi.pipeline import resolve as resolving
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import Exit
from otio_cometapi.pipeline.status import AT_REST, costs_of, creates_of, meaning, state_of, total


@click.command()
@click.argument("job", type=FOLDER)
@click.option("--watch", is_flag=True, help="Show it again whenever it changes, until no take goes on by itself.")
@click.option("--interval", type=INTERVAL, default=2.0, show_default=True, help="Seconds between two looks.")
@JSON
@door
def status(job: Path, *, watch: bool, interval: float, as_json: bool) -> int:
    """
    Show where every take of a job stands. Asks nothing of the service; `collect` does.

    With --watch it follows what a run or a collect in another window enters; with --json, a line for every change.

    \b
    otiocomet status comet.cometjob
    otiocomet status comet.cometjob --watch
    """
    with Job(job) as opened:
        if watch:
            return _watched(opened, interval, as_json=as_json)
        if as_json:
            print_json(values.job_values(opened))
        else:
            show_takes(opened.takes(), creates_of(opened))
            show_costs(total(costs_of(opened).values()))
    return 0


def _watched(job: Job, interval: float, *, as_json: bool) -> int:
    """Show where the takes stand whenever that changes, until all are at their end or wait for a person."""
    before: object = None
    while True:
        takes = job.takes()
        if takes != before:
            before = takes
            if as_json:
                print_json_line(values.job_values(job))
            else:
                click.clear()  # does nothing in a pipe
                show_takes(takes, creates_of(job))
                show_costs(total(costs_of(job).values()))
        if all(state_of(take) in AT_REST for take in takes):
            return Exit.DONE
        job.clock.sleep(interval)


@click.command()
@click.argument("job", type=FOLDER)
@click.argument("take", default="")
@click.option("--resubmit", is_flag=True, help="Send it once more at the next resume; it may be paid twice.")
@click.option("--task-id", help="This is its task: follow it.")
@click.option("--part", type=click.IntRange(min=1), help="Only this part of it, where a take has several.")
@click.option("--abandon", is_flag=True, help="Give it up.")
@click.option("--list", "ask_list", is_flag=True, help="Look into the account's task list (COMETAPI_ACCESS_TOKEN).")
@JSON
@door
def resolve(
    job: Path,
    take: str,
    *,
    resubmit: bool,
    task_id: str | None,
    part: int | None,
    abandon: bool,
    ask_list: bool,
    as_json: bool,
) -> int:
    """
    Decide on a take whose fate only a person can know.

    TAKE is its id, or the beginning of it; without one, the takes that wait are shown. Example:

    \b
    otiocomet resolve comet.cometjob
    otiocomet resolve comet.cometjob t1-3f9ac02b --task-id 12a01a5e-ab55-4aa7-b002-7b873546cf76
    """
    words = sum([resubmit, bool(task_id), abandon])
    if words > 1 or (take and not ask_list and words == 0) or (words and (ask_list or not take)):
        raise click.UsageError("Say one of --resubmit, --task-id ID and --abandon, or --list.")
    if abandon and part:
        raise click.UsageError("A take is given up as a whole: leave --part out.")
    with Job(job) as opened:
        if not words:
            return _show_waiting(opened, take, ask_list=ask_list, as_json=as_json)
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


def _show_waiting(job: Job, take: str, *, ask_list: bool, as_json: bool) -> int:
    """Show what waits for a person, and what the account's task list knows of it; decide nothing."""
    takes = (job.take(take),) if take else resolving.waiting(job)
    found = resolving.candidates(job, settings=settings_module.load(), take_id=take) if ask_list else ()
    creates = creates_of(job)
    if as_json:
        shown = [values.waiting_values(each, creates, found) for each in takes]
        print_json({"takes": shown, "limits": resolving.LIMITS if ask_list else None})
        return 0
    if not takes:
        line("No take waits for a person.")
    else:
        show_takes(takes, creates)
    if ask_list:
        show_candidates(found)
    return 0
