"""`otiocomet report`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from otio_cometapi.cli.doors import door
from otio_cometapi.cli.flags import FOLDER, JSON
from otio_cometapi.cli.report_table import csv_text, json_values, rows_of
from otio_cometapi.cli.running import JOB
from otio_cometapi.cli.sentences import line
from otio_cometapi.cli.tables import show_costs, show_report
from otio_cometapi.errors import WrongUsageError
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.report import report as make_report
from otio_cometapi.pipeline.written import put_text


@click.command()
@JOB
@click.option("--timeline", "timeline_name", help="Only this one of the job's timelines [default: all, latest first].")
@click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values.")
@click.option("-o", "--output", type=FOLDER, metavar="FILE", help="Write to FILE, as .csv or .json.")
@JSON
@door
def report(job: Path, timeline_name: str | None, output: Path | None, *, as_csv: bool, as_json: bool) -> int:
    """
    List every clip and take with its timecodes, look, task, state and cost: what a production asks for.

    A take's cost stands on its first line only, so that a column's sum is what was spent. Asks nothing of the service.

    \b
    otiocomet report comet.cometjob
    otiocomet report comet.cometjob --csv -o takes.csv
    """
    kinds = {*(["csv"] if as_csv else []), *(["json"] if as_json else [])}
    if not kinds and output:
        kinds = {output.suffix.lower().removeprefix(".")} & {"csv", "json"}
    if len(kinds) > 1 or (output and not kinds):
        raise WrongUsageError("a report is written as one of CSV and JSON.", next_step="Say --csv or --json.")
    with Job(job) as opened:
        found = make_report(opened, timeline=opened.timeline(timeline_name) if timeline_name else None)
    rows = rows_of(found)
    as_values = json.dumps(json_values(found, rows), ensure_ascii=False, indent=2) + "\n"
    text = csv_text(rows) if "csv" in kinds else as_values
    if output:
        # spreadsheets open a file by double click, and know UTF-8 by this mark only; programs read pipes
        put_text(output, ("\N{ZERO WIDTH NO-BREAK SPACE}" if "csv" in kinds else "") + text)
    elif kinds:
        click.echo(text, nl=False)
    else:
        show_report(rows)
    if output or not kinds:
        show_costs(found.total)
    if output:
        line(f"The report: {output}")
    return 0
