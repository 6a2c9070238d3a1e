"""`otiocomet doctor`: everything that a first run stumbles over, with the next step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from otio_cometapi.cli.doors import door, print_json
from otio_cometapi.cli.drawing import hanging, styled
from otio_cometapi.cli.flags import FOLDER, JSON
from otio_cometapi.cli.sentences import line
from otio_cometapi.pipeline.doctor import Ward
from otio_cometapi.pipeline.doctor import doctor as examined
from otio_cometapi.pipeline.options import Exit
from otio_cometapi.records.findings import Finding, Level
from otio_cometapi.records.plain import plain

_STYLES = {Level.OK: "green", Level.NOTE: "yellow", Level.PROBLEM: "red", Level.LEFT_OUT: "dim"}


@click.command()
@click.argument("job", type=FOLDER, required=False)
@click.option("--offline", is_flag=True, help="Ask nothing of the service, a shared ledger or a store.")
@JSON
@door
def doctor(job: Path | None, *, offline: bool, as_json: bool) -> int:
    """
    Look at everything that a first run stumbles over, and say what to do next.

    Packages, OTIO's plugin, formats, codecs, configuration, key, disks, folders, ledger (JOB's, where one is named),
    hosts, proxy, certificates, clock, and the service itself. Nothing is changed and nothing is charged. Exit code 1
    where there is a problem.

    \b
    otiocomet doctor
    otiocomet doctor comet.cometjob --offline
    """
    found = examined(Ward(job=job, offline=offline))
    problems = sum(each.level is Level.PROBLEM for each in found)
    code = Exit.NOTHING if problems else Exit.DONE
    if as_json:
        print_json({"findings": [plain(each) for each in found], "exit": int(code)})
        return code
    show_findings(found)
    notes = sum(each.level is Level.NOTE for each in found)
    said = f"{problems} problem{'' if problems == 1 else 's'}" if problems else "No problem"
    line(f"{said}{f', {notes} to know' if notes else ''}.")
    return code


def show_findings(findings: Sequence[Finding]) -> None:
    """Print findings, a paragraph each, with the next step below."""
    wide = max((len(each.check) for each in findings), default=0)
    for each in findings:
        first = f"{each.level.value:8}  {each.check:{wide}}  "
        for number, text in enumerate(hanging(first, each.message, last=each.next_step)):
            click.echo(text if number else styled(text, _STYLES[each.level], upto=8))
