"""`otiocomet strip`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from otio_cometapi.cli.doors import door, print_json
from otio_cometapi.cli.flags import FOLDER, JSON
from otio_cometapi.cli.running import JOB, TIMELINE
from otio_cometapi.cli.sentences import line
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import Exit
from otio_cometapi.pipeline.strip import strip_of, strip_svg
from otio_cometapi.pipeline.written import put_text
from otio_cometapi.records import StripState
from otio_cometapi.records.plain import plain


@click.command()
@JOB
@click.option("-o", "--output", type=FOLDER, required=True, metavar="FILE.svg", help="Where the picture goes.")
@TIMELINE
@click.option("--width", type=click.IntRange(320, 20000), default=1200, show_default=True, help="Width in pixels.")
@JSON
@door
def strip(job: Path, output: Path, timeline_name: str | None, *, width: int, as_json: bool) -> int:
    """
    Draw a job's timeline: what was replaced, what is on its way, what failed and what was left out. Offline.

    The picture (SVG) has a title and a description for those who do not see it, and asks nothing of anybody.

    \b
    otiocomet strip comet.cometjob -o strip.svg
    """
    with Job(job) as opened:
        found = strip_of(opened, timeline=opened.timeline(timeline_name))
    put_text(output, strip_svg(found, width=width))
    counts = Counter(segment.state for segment in found.segments)
    if as_json:
        print_json({"output": str(output.absolute()), **plain(found)})
    else:
        line(", ".join(f"{counts[state]} {state}" for state in StripState) + f": {output}")
    return Exit.DONE
