"""`otiocomet run`, `resume`, and the verbs one by one."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from otio_cometapi import settings as settings_module
from otio_cometapi.cli import as_json as values
from otio_cometapi.cli.asking import agreed, agreed_to_rest
from otio_cometapi.cli.doors import door, print_json
from otio_cometapi.cli.flags import (
    FOLDER,
    JSON,
    adapter_arguments,
    choosing_flags,
    cluster_flag,
    executor_of,
    finish_wish,
    finishing_flags,
    host_wish,
    hosting_flags,
    plan_options,
    publishing_flags,
    reading_flags,
    reusing_flags,
    send_options,
    sending_flags,
    waiting_flags,
)
from otio_cometapi.cli.plan_table import estimate
from otio_cometapi.cli.planning import job_path
from otio_cometapi.cli.progress import progress
from otio_cometapi.cli.sending import sending_settings
from otio_cometapi.cli.sentences import line
from otio_cometapi.cli.tables import show_run, show_takes
from otio_cometapi.events import Listener
from otio_cometapi.pipeline import collect as collecting
from otio_cometapi.pipeline import export as exporting
from otio_cometapi.pipeline import relink as relinking
from otio_cometapi.pipeline import run as runs
from otio_cometapi.pipeline import submit as submitting
from otio_cometapi.pipeline.deliver import remembered_delivery
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import Exit, RunOrder, RunResult, Trouble
from otio_cometapi.pipeline.plan import planned
from otio_cometapi.pipeline.read import read
from otio_cometapi.records import Plan
from otio_cometapi.settings import Settings

OUTPUT = click.option("-o", "--output", type=FOLDER, required=True, help="Where the relinked timeline goes.")
TIMELINE = click.option("--timeline", "timeline_name", help="One of the job's timelines [default: the latest].")
TIMELINE_ONLY = click.option("--timeline", "timeline_name", help="Only this one of the job's timelines [default: all].")
JOB = click.argument("job", type=FOLDER)


@click.command()
@click.argument("timeline", type=FOLDER)
@OUTPUT
@click.option("--job", type=FOLDER, help="The job folder [default: comet.cometjob beside OUT].")
@choosing_flags
@reading_flags
@finishing_flags
@hosting_flags
@sending_flags
@publishing_flags
@reusing_flags
@waiting_flags
@cluster_flag
@JSON
@door
def run(timeline: Path, output: Path, job: Path | None, *, as_json: bool, **flags: Any) -> int:
    """
    Go the whole road: send the chosen clips and write the relinked timeline.

    Asks before it spends. May be interrupted and run again at any time; what was sent is never sent twice.

    \b
    otiocomet run edit.otio -o relinked.otio --select marker:GREEN --prompt "make it snow"
    """
    flags["as_json"] = as_json
    relinking.check_output(output, timeline=timeline, delivery=host_wish(flags))
    settings = sending_settings(flags, job_path(job, output))
    order = RunOrder(
        output=output.absolute(),
        job=job_path(job, output),
        options=plan_options(flags, media_root=timeline.absolute().parent),
        send=send_options(flags, settings),
        finish=finish_wish(flags),
        source_path=str(timeline.absolute()),
        in_place=True,
        delivery=host_wish(flags),
    )
    tree = read(timeline, rate=flags["rate"], arguments=adapter_arguments(flags["arguments"]))
    entered: list[Listener] = []

    def agree(plan: Plan) -> bool:
        yes = agreed(plan, as_json=as_json)
        if yes:
            entered.append(stack.enter_context(progress(as_json=as_json)))
        return yes

    with executor_of(flags) as executor, ExitStack() as stack:  # the bars begin after the question
        if flags["yes"]:
            entered.append(stack.enter_context(progress(as_json=as_json)))
        result = runs.run(
            tree,
            order,
            settings=settings,
            agree=None if flags["yes"] else agree,
            executor=executor,
            listener=lambda event: entered[0](event) if entered else None,
        )
    return ended(result, as_json=as_json)


def ended(result: RunResult, *, as_json: bool) -> int:
    """Show what came of a run, and return its exit code."""
    if as_json:
        print_json(values.run_values(result))
    else:
        show_run(result)
    for problem in result.problems if as_json or result.exit is Exit.NOTHING else ():
        click.echo(f"otiocomet: {problem}", err=True)
    if result.exit is Exit.PARTLY and not as_json:
        if result.goes_on:
            line(f"Go on with `otiocomet resume {result.job} -o OUT`.")
        elif result.waits:
            line(f"Decide with `otiocomet resolve {result.job} TAKE`; `otiocomet resolve --help` says how.")
    return result.exit


@click.command()
@JOB
@OUTPUT
@TIMELINE
@finishing_flags
@hosting_flags
@sending_flags
@publishing_flags
@reusing_flags
@waiting_flags
@cluster_flag
@JSON
@door
def resume(job: Path, output: Path, timeline_name: str | None, *, as_json: bool, **flags: Any) -> int:
    """
    Go on from wherever a job stood; nothing is sent twice.

    On a finished job this writes the relinked timeline again. Example:

    \b
    otiocomet resume comet.cometjob -o relinked.otio
    """
    flags["as_json"] = as_json
    relinking.check_output(output, timeline=None)
    settings = sending_settings(flags, job)
    send = send_options(flags, settings)
    with executor_of(flags) as executor, Job(job) as opened:
        which = opened.timeline(timeline_name)
        source = Path(which.source_path) if which.source_path else None
        relinking.check_output(output, timeline=source, delivery=remembered_delivery(opened, host_wish(flags)))
        ask_to_send(opened, which, flags, settings)
        with progress(as_json=as_json) as listener:
            result = runs.finish(
                opened,
                output.absolute(),
                send=send,
                settings=settings,
                timeline=which,
                wish=finish_wish(flags),
                executor=executor,
                listener=listener,
            )
    return ended(result, as_json=as_json)


def ask_to_send(job: Job, which: Any, flags: dict[str, Any], settings: Settings) -> None:
    """Ask before takes that were not sent yet are."""
    rest = runs.unsent(job, settings, which)
    if rest.seconds and not flags["yes"]:
        agreed_to_rest(rest, as_json=flags["as_json"])


@click.command()
@click.argument("timeline", type=FOLDER)
@click.option("--job", type=FOLDER, required=True, help="The job folder, made where there is none.")
@choosing_flags
@reading_flags
@publishing_flags
@reusing_flags
@cluster_flag
@click.option("--no-cut", is_flag=True, help="Only plan: a render farm cuts (`otiocomet farm`).")
@JSON
@door
def export(timeline: Path, job: Path, *, no_cut: bool, as_json: bool, **flags: Any) -> int:
    """
    Plan a timeline into a job and cut its frames; sends nothing.

    \b
    otiocomet export edit.otio --job comet.cometjob --select all --prompt "make it snow"
    """
    settings = sending_settings(flags, job)
    tree = read(timeline, rate=flags["rate"], arguments=adapter_arguments(flags["arguments"]))
    options = plan_options(flags, media_root=timeline.absolute().parent)
    found = planned(tree, job, options=options, settings=settings)
    if not found.takes:
        result = RunResult(
            job, None, None, found, (), (), found.problems or runs.nothing_selected(found, options.select)
        )
        return ended(result, as_json=as_json)
    with (
        executor_of(flags) as executor,
        Job.with_plan(job, found, timeline=tree, source_path=str(timeline.absolute()), settings=settings) as opened,
        progress(as_json=as_json) as listener,
    ):
        troubles: tuple[Trouble, ...] = ()
        if not no_cut:
            troubles = exporting.export(
                opened, settings=settings, refused_too=True, reuse=options.reuse, executor=executor, listener=listener
            )
        return verb_ended(opened, troubles, as_json=as_json, first=(estimate(found), *found.problems))


@click.command()
@JOB
@sending_flags
@publishing_flags
@reusing_flags
@JSON
@door
def submit(job: Path, *, as_json: bool, **flags: Any) -> int:
    """
    Send what a job has ready, once.

    \b
    otiocomet submit comet.cometjob --yes --budget 60s
    """
    flags["as_json"] = as_json
    settings = sending_settings(flags, job)
    send = send_options(flags, settings)
    with Job(job) as opened:
        ask_to_send(opened, None, flags, settings)
        with progress(as_json=as_json) as listener:
            troubles = submitting.submit(
                opened,
                settings=settings,
                budget=send.budget,
                reuse=send.reuse,
                past_refusals=send.past_refusals,
                listener=listener,
            )
        return verb_ended(opened, troubles, as_json=as_json)


@click.command()
@JOB
@finishing_flags
@waiting_flags
@cluster_flag
@JSON
@door
def collect(job: Path, *, as_json: bool, **flags: Any) -> int:
    """
    Follow a job's tasks and bring finished outputs home; sends nothing.

    \b
    otiocomet collect comet.cometjob --wait 0     one look
    """
    settings = settings_module.load()
    with executor_of(flags) as executor, Job(job) as opened, progress(as_json=as_json) as listener:
        troubles = collecting.collect(
            opened,
            settings=settings,
            wait_s=flags["wait"],
            take_deadline_s=3600.0 * flags["deadline"],
            poll_interval_s=flags["poll_interval"],
            wish=finish_wish(flags),
            executor=executor,
            listener=listener,
        )
        return verb_ended(opened, troubles, as_json=as_json)


def verb_ended(job: Job, troubles: tuple[Trouble, ...], *, as_json: bool, first: tuple[str, ...] = ()) -> int:
    """Show where the takes stand after one verb, and what went wrong."""
    if as_json:
        print_json({**values.job_values(job), "problems": [trouble.message for trouble in troubles]})
    else:
        for sentence in first:
            line(sentence)
        show_takes(job.takes())
        for trouble in troubles:
            line(f"problem: {trouble.message}")
    sys.stdout.flush()
    return Exit.PARTLY if troubles else Exit.DONE
