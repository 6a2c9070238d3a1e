"""`otiocomet judge`: what a person says of a take, for scripts and panels that show takes themselves."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from otio_cometapi import settings as settings_module
from otio_cometapi.cli import as_json as values
from otio_cometapi.cli.doors import door, print_json
from otio_cometapi.cli.flags import JSON
from otio_cometapi.cli.running import JOB, TIMELINE
from otio_cometapi.cli.sentences import line
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.judge import judge as judge_take
from otio_cometapi.records import ReviewedUse


def user_name() -> str:
    """Return who is at work, as the system knows it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # nobody is known to a container by name
        return "somebody"


@click.command()
@JOB
@click.argument("take")
@TIMELINE
@click.option("--approve", "word", flag_value="approve", help="It is good: the clip shows it.")
@click.option("--reject", "word", flag_value="reject", help="It is not: no clip shows it.")
@click.option("--choose", "word", flag_value="choose", help="Of several takes the clip shows this one.")
@click.option("--clear", "word", flag_value="clear", help="Take back what was said before.")
@click.option("--note", help="Words about it, in place of those before.")
@click.option("--clip", "clip_index", type=click.IntRange(min=0), help="Only on this clip, by its index in the plan.")
@click.option("--by", default="", metavar="NAME", help="Who decides [default: your user name].")
@JSON
@door
def judge(
    job: Path,
    take: str,
    timeline_name: str | None,
    *,
    word: str | None,
    note: str | None,
    clip_index: int | None,
    by: str,
    as_json: bool,
) -> int:
    """
    Say what you think of a take; `relink` goes by it.

    TAKE is its id, or the beginning of it. The same is said on the page of `otiocomet review`, with the pictures.

    \b
    otiocomet judge comet.cometjob t1-3f9ac02b --approve
    otiocomet judge comet.cometjob t1-3f9ac02b --reject --note "the snow falls up"
    """
    said = ([(word, "")] if word else []) + ([("note", note)] if note is not None else [])
    if not said:
        raise click.UsageError("Say one of --approve, --reject, --choose and --clear, or --note.")
    found: tuple[ReviewedUse, ...] = ()
    with Job(job, settings=settings_module.load()) as opened:
        which = opened.timeline(timeline_name)
        for each, text in said:
            found = judge_take(
                opened, take, each, by=by or user_name(), text=text, clip_index=clip_index, timeline=which
            )
    if as_json:
        print_json({"reviews": [values.review_values(use) for use in found]})
        return 0
    for use in found:
        words = [str(use.review.verdict), "chosen" if use.review.chosen else "", use.review.note]
        line(f"{use.clip_name}: take {use.take_id[:11]}: {', '.join(filter(None, words)) or 'nothing said'}")
    return 0
