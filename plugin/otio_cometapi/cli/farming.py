"""`otiocomet farm`: one job on a render farm, step by step."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click

from otio_cometapi import settings as settings_module
from otio_cometapi.cli.doors import door, print_json
from otio_cometapi.cli.flags import (
    FOLDER,
    JSON,
    limited,
    publishing_flags,
    reusing_flags,
    send_options,
    sending_flags,
    waiting_flags,
)
from otio_cometapi.cli.progress import progress
from otio_cometapi.cli.running import JOB, OUTPUT, TIMELINE, ask_to_send, ended, verb_ended
from otio_cometapi.cli.sentences import line
from otio_cometapi.errors import WrongUsageError
from otio_cometapi.pipeline import dockets, farming
from otio_cometapi.pipeline import run as runs
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import Exit, Trouble

TAKES = click.option("--takes", required=True, metavar="RANGE", help="Which takes, from 1 on: 7, 1-20 or 1-3,7.")


@click.group()
def farm() -> None:
    """
    One job on a render farm: a template for it, and the steps that the template runs.

    Only `send` spends, and only it needs the key. `export` and `conform` need the job's folder and its media, under
    the same paths as here; neither key nor ledger.

    \b
    otiocomet farm template comet.cometjob -o farm.json --output relinked.otio
    """


@farm.command()
@JOB
@click.option("-o", "--to", "target", type=FOLDER, help="The file to write [default: print it].")
@click.option("--output", type=FOLDER, required=True, help="Where the relinked timeline will go.")
@click.option("--budget", default="120s", show_default=True, metavar="120s|20usd", help="What may be spent.")
@TIMELINE
@door
def template(job: Path, target: Path | None, output: Path, budget: str, timeline_name: str | None) -> int:
    """
    Write an Open Job Description template for a planned job, and down in the job what is to be cut.

    \b
    otiocomet export edit.otio --job comet.cometjob --select all --prompt "make it snow" --no-cut
    otiocomet farm template comet.cometjob -o farm.json --output relinked.otio
    openjd check farm.json
    """
    with Job(job) as opened:
        made, troubles = farming.prepared(
            opened,
            opened.timeline(timeline_name),
            output=output.absolute(),
            beside=target.absolute().parent if target else Path.cwd(),
            budget=budget,
            settings=settings_module.load(),
        )
    text = json.dumps(made, indent=2)
    if target is None:
        click.echo(text)
    else:
        target.write_text(text + "\n", encoding="utf-8")
        given = [each["name"] for each in made["parameterDefinitions"] if "default" not in each]
        more = f" It wants to be given {' and '.join(given)}, which lie outside its folder." if given else ""
        line(f"{target} is written.{more}")
    return _told(troubles)


@farm.command()
@JOB
@TAKES
@JSON
@door
def export(job: Path, takes: str, *, as_json: bool) -> int:
    """
    Cut takes of a job on any machine of the farm.

    \b
    otiocomet farm export comet.cometjob --takes 1-20
    """
    return _carried_out(job, dockets.CUT, takes, as_json=as_json)


@farm.command()
@JOB
@TIMELINE
@sending_flags
@publishing_flags
@reusing_flags
@waiting_flags
@JSON
@door
def send(job: Path, timeline_name: str | None, *, as_json: bool, **flags: Any) -> int:
    """
    Send what the farm has cut and bring home what comes back, on the one machine that has the key.

    \b
    otiocomet farm send comet.cometjob --yes --budget 120s
    """
    flags["as_json"] = as_json
    settings = limited(settings_module.load(), flags)
    options = send_options(flags, settings)
    with Job(job) as opened:
        which = opened.timeline(timeline_name)
        ask_to_send(opened, which, flags, settings)
        with progress(as_json=as_json) as listener:
            troubles = farming.sent(opened, which, send=options, settings=settings, listener=listener)
        verb_ended(opened, troubles, as_json=as_json)
    return Exit.DONE  # the farm's next step shows what is finished, whatever else waits


@farm.command()
@JOB
@TAKES
@JSON
@door
def conform(job: Path, takes: str, *, as_json: bool) -> int:
    """
    Make media of what came back, on any machine of the farm.

    \b
    otiocomet farm conform comet.cometjob --takes 1-20
    """
    return _carried_out(job, dockets.FIT, takes, as_json=as_json)


@farm.command()
@JOB
@OUTPUT
@TIMELINE
@JSON
@door
def relink(job: Path, output: Path, timeline_name: str | None, *, as_json: bool) -> int:
    """
    Enter what the farm has made and write the relinked timeline; what is still missing is made here.

    \b
    otiocomet farm relink comet.cometjob -o relinked.otio
    """
    with Job(job) as opened, progress(as_json=as_json) as listener:
        troubles = dockets.taken_in(opened)
        result = runs.relinked_and_written(
            opened, output.absolute(), opened.timeline(timeline_name), troubles=troubles, listener=listener
        )
        dockets.clear(opened.folder)
    return ended(result, as_json=as_json)


def _carried_out(job: Path, kind: str, takes: str, *, as_json: bool) -> int:
    """Do some takes' dockets; what fails for good is noted in the job and told by the coordinator."""
    made, failed = dockets.carry_out(job, kind, numbers(takes))
    if as_json:
        print_json({"made": made, "problems": failed})
        return Exit.DONE
    for each in made:
        line(f"{each} is there.")
    for each in failed:
        line(f"problem: {each}")
    if not made and not failed:
        line("There is nothing to do for these takes.")
    return Exit.DONE


def _told(troubles: tuple[Trouble, ...]) -> int:
    for trouble in troubles:
        line(f"problem: {trouble.message}")
    return Exit.DONE


def numbers(text: str) -> tuple[int, ...]:
    """
    Read ``7``, ``1-20`` or ``1-3,7``.

    Raises:
        WrongUsageError: It is none of these.
    """
    found: list[int] = []
    for piece in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,9})(?:-(\d{1,9}))?\s*", piece)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last or last - first >= 1_000_000:
            raise WrongUsageError(f"'--takes {text}' is no range of takes.", next_step="Write 7, 1-20 or 1-3,7.")
        found += range(first, last + 1)
    return tuple(dict.fromkeys(found))
