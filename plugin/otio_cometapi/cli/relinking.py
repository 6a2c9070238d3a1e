"""`otiocomet relink` and `restore`: takes into a timeline, and originals back; offline, and free."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from otio_cometapi.cli.doors import door, print_json
from otio_cometapi.cli.flags import (
    FOLDER,
    JSON,
    adapter_arguments,
    cluster_flag,
    executor_of,
    finish_wish,
    finishing_flags,
    host_wish,
    hosting_flags,
    reading_flags,
)
from otio_cometapi.cli.progress import progress
from otio_cometapi.cli.running import JOB, OUTPUT, TIMELINE, ended
from otio_cometapi.cli.sentences import line
from otio_cometapi.pipeline import relink as relinking
from otio_cometapi.pipeline import restore as restoring
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import Exit, RunResult
from otio_cometapi.pipeline.read import read
from otio_cometapi.pipeline.written import remember_written


@click.command()
@JOB
@OUTPUT
@TIMELINE
@finishing_flags
@hosting_flags
@cluster_flag
@click.option(
    "--take", "take", multiple=True, metavar="N|ID", help="The take to show, by number or id [default: the first]."
)
@JSON
@door
def relink(job: Path, output: Path, timeline_name: str | None, *, as_json: bool, **flags: Any) -> int:
    """
    Write a job's timeline with its finished takes; offline.

    \b
    otiocomet relink comet.cometjob -o relinked.otio
    otiocomet relink comet.cometjob -o for_resolve.otio --host resolve
    otiocomet relink comet.cometjob -o second.otio --take 2
    """
    delivery = host_wish(flags)
    relinking.check_output(output, timeline=None, delivery=delivery)
    with executor_of(flags) as executor, Job(job) as opened, progress(as_json=as_json) as listener:
        which = opened.timeline(timeline_name)
        if which.source_path:
            relinking.check_output(output, timeline=Path(which.source_path), delivery=delivery)
        shown = relinking.relink(
            opened,
            timeline=which,
            wish=finish_wish(flags),
            delivery=delivery,
            output=output.absolute(),
            wanted_takes=flags["take"],
            executor=executor,
            listener=listener,
        )
        warnings = relinking.write(shown, output.absolute(), listener=listener)
        remember_written(opened, output, which, delivery=delivery, wanted_takes=flags["take"])
        result = RunResult(
            job=opened.path,
            output=output.absolute(),
            timeline=shown.timeline,
            plan=None,
            takes=opened.takes(timeline=which),
            relinked=shown.clips,
            problems=tuple(trouble.message for trouble in shown.missing),
            warnings=(*shown.notes, *warnings),
        )
    return ended(result, as_json=as_json)


@click.command()
@click.argument("timeline", type=FOLDER)
@click.option("-o", "--output", type=FOLDER, required=True, help="Where the timeline with its originals goes.")
@click.option("--job", type=FOLDER, required=True, help="The job whose media the timeline shows.")
@reading_flags
@JSON
@door
def restore(timeline: Path, output: Path, job: Path, *, as_json: bool, **flags: Any) -> int:
    """
    Put the originals back, in a timeline that came out of a host which forgot them; offline.

    Takes on a COMET track above their originals are taken away. What cannot be restored is named, and stays.

    \b
    otiocomet restore from_resolve.otio --job comet.cometjob -o originals.otio
    """
    relinking.check_output(output, timeline=timeline)
    tree = read(timeline, rate=flags["rate"], arguments=adapter_arguments(flags["arguments"]))
    with Job(job) as opened:
        found = restoring.restore(tree, opened, media_root=timeline.absolute().parent)
    wrote = found.exit is not Exit.NOTHING
    warnings = restoring.write(found, output.absolute()) if wrote else ()
    if as_json:
        print_json(
            {
                "output": str(output.absolute()) if wrote else None,
                "restored": list(found.clips),
                "removed": list(found.removed),
                "problems": list(found.problems),
                "warnings": list(warnings),
                "exit": int(found.exit),
            }
        )
    else:
        for name in found.clips:
            line(f"'{name}' shows its original again.")
        for name in found.removed:
            line(f"The take above '{name}' is gone.")
        for sentence in (*found.problems, *warnings):
            line(sentence)
        if wrote:
            line(f"The timeline with its originals: {output}")
    return found.exit
