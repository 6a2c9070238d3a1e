"""`otiocomet plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from otio_cometapi import settings as settings_module
from otio_cometapi.cli import as_json as values
from otio_cometapi.cli.doors import door, print_json
from otio_cometapi.cli.flags import (
    FOLDER,
    JSON,
    adapter_arguments,
    choosing_flags,
    finish_wish,
    finishing_flags,
    limited,
    plan_options,
    reading_flags,
    reusing_flags,
    send_options,
    sending_flags,
    waiting_flags,
)
from otio_cometapi.cli.plan_table import show_plan
from otio_cometapi.cli.sentences import line
from otio_cometapi.pipeline.hints import NOTHING_SELECTED, selection_hints
from otio_cometapi.pipeline.options import DEFAULT_JOB, exit_of
from otio_cometapi.pipeline.plan import planned
from otio_cometapi.pipeline.read import read


def job_path(job: Path | None, output: Path | None) -> Path:
    """Return the job's folder: the one named, else ``comet.cometjob`` beside the output."""
    return job or (output or Path()).parent / DEFAULT_JOB


@click.command()
@click.argument("timeline", type=FOLDER)
@click.option("-o", "--output", type=FOLDER, help="Where `run` would write; says where the job is looked for.")
@click.option("--job", type=FOLDER, help="A job whose takes may serve again [default: comet.cometjob beside OUT].")
@choosing_flags
@reading_flags
@finishing_flags
@sending_flags
@reusing_flags
@waiting_flags
@JSON
@door
def plan(timeline: Path, output: Path | None, job: Path | None, *, as_json: bool, **flags: Any) -> int:
    """
    Show what would be sent, at what price, and why the rest is left out.

    Nothing is sent or paid, and nothing is written but what your media were measured to be, in your cache. The exit
    code is 0 where all that is chosen can go its way, 3 where only some of it can, or waits for you, and 1 where
    nothing can. Example:

    \b
    otiocomet plan edit.otio --select track:V2 --prompt "make it snow"
    """
    settings = limited(settings_module.load(with_key=False), flags)
    send_options(flags, settings)  # refuses a budget that cannot be read
    finish_wish(flags)  # and a policy that nobody knows
    found = planned(
        read(timeline, rate=flags["rate"], arguments=adapter_arguments(flags["arguments"])),
        job_path(job, output or timeline),
        options=plan_options(flags, media_root=timeline.absolute().parent),
        settings=settings,
    )
    if as_json:
        print_json(values.plan_values(found))
    else:
        show_plan(found)
        for hint in selection_hints(found, flags["select"]):
            line(hint)
        if all(clip.reason.startswith("not selected") for clip in found.clips):
            line(NOTHING_SELECTED[0].upper() + NOTHING_SELECTED[1:])
    return exit_of(found)
