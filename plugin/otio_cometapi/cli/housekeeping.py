"""`otiocomet clean` and `move`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from otio_cometapi.cli.doors import door, print_json
from otio_cometapi.cli.flags import FOLDER, JSON
from otio_cometapi.cli.progress import progress
from otio_cometapi.cli.running import JOB
from otio_cometapi.cli.sentences import line
from otio_cometapi.cli.tables import show_cleaning
from otio_cometapi.pipeline import clean as cleaning
from otio_cometapi.pipeline import move as moving
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import Exit


@click.command()
@JOB
@click.option("--outputs", is_flag=True, help="Also what tasks of abandoned takes delivered: paid for, gone for good.")
@click.option("--yes", is_flag=True, help="Remove it without being asked.")
@JSON
@door
def clean(job: Path, *, outputs: bool, yes: bool, as_json: bool) -> int:
    """
    Say what a job can do without, by kind, and remove it when told to.

    Exports that can be cut again, media made in a way that is not wanted any more, and what dead processes have left.
    Outputs are kept, but those of abandoned takes with --outputs. Nothing goes that a timeline which the job wrote
    points to, or that an open task needs.

    \b
    otiocomet clean comet.cometjob
    otiocomet clean comet.cometjob --yes
    """
    with Job(job) as opened:
        found = cleaning.cleaning(opened, outputs=outputs)
        if not as_json:
            show_cleaning(found)
        wanted = yes or (not as_json and bool(found.items) and _agreed("Remove this now?"))
        gone = cleaning.remove(opened, found, outputs=outputs) if wanted and found.items else None
    if as_json:
        items = [
            {"kind": item.kind.value, "path": str(item.path), "bytes": item.size_bytes, "why": item.why}
            for item in found.items
        ]
        sizes = {kind.value: found.size_of(kind) for kind in cleaning.Kind}
        removed = [str(item.path) for item in gone.items] if gone else []
        kept = [*found.kept, *(gone.kept if gone else ())]
        print_json({"items": items, "bytes": sizes, "removed": removed, "kept": kept})
    elif gone:
        for sentence in gone.kept:
            line(sentence)
        line(f"{len(gone.items)} removed.")
    elif found.items:
        line("Nothing was removed. Give --yes to remove it.")
    return Exit.PARTLY if gone and gone.kept else Exit.DONE


@click.command()
@JOB
@click.argument("place", type=FOLDER)
@click.option("--yes", is_flag=True, help="Write the job's timelines again without being asked.")
@click.option("--copy", "by_copy", is_flag=True, help="Copy and verify, also where one rename would do.")
@JSON
@door
def move(job: Path, place: Path, *, yes: bool, by_copy: bool, as_json: bool) -> int:
    """
    Bring a job to another place, on this or another file system, so that everything still links.

    Killed at any moment, the job is whole in one place; call it again to go on. Timelines that the job wrote point to
    where its media was: those that nobody has changed are written again, when told to; for the others the line to type
    is shown.

    \b
    otiocomet move comet.cometjob /archive/comet.cometjob
    """
    with progress(as_json=as_json) as listener:
        here = moving.move(job, place, by_copy=by_copy, listener=listener)
    if not as_json:
        line(f"The job is {here}")
    with Job(here) as opened:
        stale = moving.stale_timelines(opened)
        for each in stale if not as_json else ():
            line(f"{each.path} points to where the media was{f'; {each.why}' if each.why else ''}.")
        fresh = [each for each in stale if not each.why]
        wanted = bool(fresh) and (yes or (not as_json and _agreed("Write these again?")))
        done, left = moving.write_again(opened) if wanted else ((), stale)
    if as_json:
        values = [{"path": str(each.path), "why": each.why, "command": each.command} for each in left]
        code = int(Exit.PARTLY if left else Exit.DONE)
        print_json({"job": str(here), "written": [str(path) for path in done], "stale": values, "exit": code})
    else:
        for path in done:
            line(f"{path} is written again.")
        for each in left:
            over = ", over what was changed in it" if each.why else ""
            line(f"{each.path}: `{each.command}` writes it again{over}.")
    return Exit.PARTLY if left else Exit.DONE


def _agreed(question: str) -> bool:
    """Ask a person; nobody there is a no."""
    return sys.stdin.isatty() and click.confirm(question, default=False, err=True)
