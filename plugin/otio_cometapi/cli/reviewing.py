"""`otiocomet review`: the page on which takes are judged, served here or as a folder to send."""

from __future__ import annotations

import webbrowser
from importlib.util import find_spec
from pathlib import Path

import click

from otio_cometapi import settings as settings_module
from otio_cometapi.cli.doors import door, print_json
from otio_cometapi.cli.flags import FOLDER, JSON
from otio_cometapi.cli.judging import user_name
from otio_cometapi.cli.running import JOB, TIMELINE
from otio_cometapi.cli.sentences import count, line
from otio_cometapi.errors import MissingExtraError
from otio_cometapi.pipeline.job import Job
from otio_cometapi.records import TimelineRecord


@click.command()
@JOB
@TIMELINE
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="The port on this machine [default: a free one]."
)
@click.option("--no-open", is_flag=True, help="Print the address only; open no browser.")
@click.option("--export", "export_to", type=FOLDER, metavar="DIR", help="Write the page as a folder to send, and end.")
@click.option("--by", default="", metavar="NAME", help="Who decides [default: your user name].")
@JSON
@door
def review(
    job: Path,
    timeline_name: str | None,
    *,
    port: int,
    no_open: bool,
    export_to: Path | None,
    by: str,
    as_json: bool,
) -> int:
    """
    Look at a job's takes beside their originals, and decide.

    The page is served on this machine until you press Ctrl-C. What is approved, rejected or chosen steers `relink`.
    With --export it is a folder that anybody can open, and decides nothing.

    \b
    otiocomet review comet.cometjob
    otiocomet review comet.cometjob --export for_the_director
    """
    if not all(find_spec(name) for name in ("flask", "waitress", "jinja2")):
        raise MissingExtraError("the review page is not installed.", next_step="pip install 'otio-cometapi[review]'")
    settings = settings_module.load()
    with Job(job, settings=settings) as opened:
        which = opened.timeline(timeline_name)
        if export_to is not None:
            return _write(opened, which if timeline_name else None, export_to, as_json=as_json)
        _serve(opened, which, settings, port=port, by=by or user_name(), no_open=no_open, as_json=as_json)
    return 0


def _write(job: Job, which: TimelineRecord | None, into: Path, *, as_json: bool) -> int:
    from otio_cometapi.pipeline.review_folder import write_review_folder  # noqa: PLC0415 - opens videos

    made = write_review_folder(job, into, timeline=which)
    if as_json:
        print_json(
            {"page": str(made.page), "clips": made.clip_count, "problems": list(made.problems), "exit": made.exit}
        )
        return int(made.exit)
    for problem in made.problems:
        line(f"problem: {problem}")
    line(f"The page with {count(made.clip_count, 'clip')}: {made.page}")
    if made.timeline_count > 1:
        line(f"{count(made.timeline_count - 1, 'other timeline')} can be opened from it; --timeline writes one alone.")
    return int(made.exit)


def _serve(
    job: Job,
    which: TimelineRecord,
    settings: settings_module.Settings,
    *,
    port: int,
    by: str,
    no_open: bool,
    as_json: bool,
) -> None:
    from otio_cometapi.review_app.room import Opening  # noqa: PLC0415 - an extra
    from otio_cometapi.review_app.server import ReviewServer  # noqa: PLC0415 - an extra

    with ReviewServer(Opening(job, which, settings, by), port=port) as server:
        if as_json:
            print_json({"url": server.url, "port": server.port})
        else:
            line(server.url)
            line("This address is good once, for one browser of this machine. Ctrl-C ends the review.")
        if not no_open:
            webbrowser.open(server.url)
        try:
            server.wait()
        except KeyboardInterrupt:  # the usual end
            click.echo(err=True)
            line(f"What was decided stands in the job. `otiocomet relink {job.path} -o OUT` goes by it.")
