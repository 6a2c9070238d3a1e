"""Flags that several commands share, and what they mean to the pipeline."""

from __future__ import annotations

import ast
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from otio_cometapi.cli.amounts import RATE, SEED, TIME
from otio_cometapi.errors import CometError, WrongUsageError, tame
from otio_cometapi.pipeline import extensions
from otio_cometapi.pipeline.budgets import budget_of, job_budget
from otio_cometapi.pipeline.executor import Executor, executor_for
from otio_cometapi.pipeline.options import (
    HOSTS,
    PLACEMENTS,
    TAKE_DEADLINE_S,
    URL_STYLES,
    Delivery,
    FinishWish,
    PlanOptions,
    Reuse,
    SendOptions,
    SourceWish,
)
from otio_cometapi.records import CONFORM_POLICIES, MEDIA_CODECS, MEDIA_SOUNDS
from otio_cometapi.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])

FOLDER = click.Path(path_type=Path)


def _all(*options: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


JSON = _all(
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables."),
    click.option("-q", "--quiet", is_flag=True, help="No tables, notes and progress: results and problems only."),
    click.option("-v", "--verbose", is_flag=True, help="Every step with its time, instead of bars."),
)
"""How a command speaks; `door` takes note of the last two."""


def _model_ids(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the models that a shell may complete."""
    from otio_cometapi.pipeline.read import models  # noqa: PLC0415 - only for shells
    from otio_cometapi.settings import load  # noqa: PLC0415

    try:
        return [model.id for model in models(load()) if model.id.startswith(incomplete)]
    except CometError:  # a shell has no place for it; the command will say it
        return []


reading_flags = _all(
    click.option("--rate", type=RATE, help="Frames per second, for formats that do not say it (EDL)."),
    click.option("-a", "arguments", multiple=True, metavar="KEY=VALUE", help="An argument for OTIO's adapter."),
)
"""How the timeline is read."""

choosing_flags = _all(
    click.option(
        "--select",
        multiple=True,
        metavar="WHAT",
        help="all, marker:GREEN, marker:vfx*, track:V2, name:sh0*, meta:path.to.key=value, range:TC-TC or at:TRACK@TC; "
        "repeat or separate by commas. Without it: clips with a marker that begins with 'comet:'.",
    ),
    click.option("--exclude", multiple=True, metavar="WHAT", help="The same, for clips to leave out."),
    click.option("--prompt", help="What the model is asked to do."),
    click.option("--model", help="Model id; see `otiocomet models`.", shell_complete=_model_ids),
    click.option("--seed", type=SEED, help="Without it every take has one of its own."),
    click.option("--ratio", help="Such as 1280:720; without it the model's nearest to the picture."),
    click.option("--reference", "references", multiple=True, metavar="IMAGE", help="An image to go by: file or URL."),
    click.option(
        "--keyframe",
        "keyframes",
        multiple=True,
        metavar="TC=IMAGE",
        help="An image for one moment of the timeline: 01:00:02:00=k1.png; repeat. For models that take keyframes.",
    ),
    click.option("--moderation", type=click.Choice(["auto", "low"]), help="Threshold for public figures."),
    click.option("--look", "look_file", type=FOLDER, metavar="FILE", help="A TOML or CSV file of looks."),
    click.option("--prompts-from", metavar="NAME[:WHAT]", default="", help="A prompt source that your studio added."),
    click.option("--handles", type=click.IntRange(min=0), help="Extra frames on both sides [default: 8]."),
    click.option("--parts", is_flag=True, help="Send a shot that is too long for its model in parts."),
    click.option(
        "--overlap", type=click.IntRange(min=1), help="Frames that parts share and are cross-faded [default: 8]."
    ),
    click.option("--takes", type=click.IntRange(min=1, max=100), help="Takes of every shot [default: 1]."),
    click.option("--deinterlace", is_flag=True, help="Send interlaced media, one whole frame for both fields."),
    click.option(
        "--vfr", type=click.Choice(["refuse", "convert"]), help="Media of varying frame rate [default: refuse]."
    ),
    click.option("--lut", type=FOLDER, metavar="FILE.cube", help="Send the pictures through a table, for log footage."),
)
"""Which clips, with what look."""

sending_flags = _all(
    click.option("--budget", metavar="120s|20usd", help="What the job may spend within 24 hours."),
    click.option("--day-limit", metavar="120s|20usd", help="What all your jobs may spend within 24 hours."),
    click.option("--yes", is_flag=True, help="Do not ask; without --budget at most 120 s of video are sent."),
    click.option(
        "--past-refusals",
        is_flag=True,
        help="Send although moderation refused the last takes: you have seen why.",
    ),
)
"""How money may be spent."""

cluster_flag = click.option(
    "--cluster", metavar="ADDRESS", default="", help="Cut and make media on this Dask cluster, such as tcp://farm:8786."
)
"""Where the work of codecs is done."""

publishing_flags = _all(
    click.option(
        "--publish", metavar="s3://BUCKET/PREFIX", help="Send clips by URL from here; 'none': inside the request again."
    ),
    click.option(
        "--publish-map", multiple=True, metavar="FOLDER=URL", help="A folder that a web server shows at this https URL."
    ),
)
"""How clips reach the service; the job remembers it."""

reusing_flags = _all(
    click.option("--no-reuse", is_flag=True, help="Pay again for what another job of yours has paid for."),
    click.option(
        "--pay-again", is_flag=True, help="Pay again for what another job paid, or may have paid, and is not at hand."
    ),
)
"""What is done with takes that another job paid for."""

finishing_flags = _all(
    click.option(
        "--conform",
        "conform_policy",
        metavar="|".join(CONFORM_POLICIES),
        help="How an output of another length is laid onto its span [default: auto].",
    ),
    click.option("--codec", type=click.Choice(MEDIA_CODECS), help="Codec of the media [default: h264]."),
    click.option("--sound", type=click.Choice(MEDIA_SOUNDS), help="Sound of the media [default: none]."),
    click.option(
        "--align/--no-align",
        "align",
        default=None,
        help="Move an output back that surely runs ahead or behind [default: only tell].",
    ),
)
"""How media is made of what comes back; the job remembers it."""

hosting_flags = _all(
    click.option("--host", type=click.Choice(HOSTS), help="Who will open the output [default: by its format]."),
    click.option(
        "--placement", type=click.Choice(PLACEMENTS), help="Takes beside their originals, or on a track above."
    ),
    click.option("--url-style", type=click.Choice(URL_STYLES), help="How addresses of media are written."),
    click.option(
        "--rebase-to-file/--no-rebase-to-file",
        "rebase",
        default=None,
        help="Count frames of the files from 0; everything else goes to OUT.comet.otio.",
    ),
)
"""Who will open the output; without a word on the rest, it is as that host wants it."""

waiting_flags = _all(
    click.option(
        "--poll-interval",
        type=TIME,
        default=5.0,
        show_default=True,
        help="Least seconds between two looks at a task; one that waits in a queue is looked at less often.",
    ),
    click.option("--wait", type=TIME, default=3600.0, show_default=True, help="Seconds to wait for tasks."),
    click.option(
        "--deadline",
        type=TIME,
        default=24.0,
        show_default=True,
        help="Hours after its create from which a task gets one look a run and is waited for no more.",
    ),
)
"""How long to wait."""


def plan_options(flags: Mapping[str, Any], *, media_root: Path) -> PlanOptions:
    """Return what `choosing_flags` say."""
    names = ("prompt", "model", "seed", "ratio", "moderation", "takes")
    look = {name: flags[name] for name in names if flags[name] is not None}
    look |= {name: list(flags[name]) for name in ("references", "keyframes") if flags[name]}
    return PlanOptions(
        select=tuple(flags["select"]),
        exclude=tuple(flags["exclude"]),
        look=look,
        look_file=flags["look_file"],
        prompts_from=flags["prompts_from"],
        handles=flags["handles"],
        parts=flags["parts"],
        overlap=flags["overlap"],
        media_root=media_root,
        source=SourceWish(deinterlace=flags["deinterlace"], vfr=flags["vfr"] or "refuse", lut=flags["lut"]),
        reuse=reuse_wish(flags),
    )


def limited(settings: Settings, flags: Mapping[str, Any]) -> Settings:
    """Return settings with what `sending_flags` and `publishing_flags` say in their place, where they say it."""
    if flags.get("day_limit"):
        budget_of(flags["day_limit"])  # a mistake here is one of usage
        settings = replace(settings, day_limit=flags["day_limit"])
    if flags.get("publish"):
        settings = replace(settings, publish=flags["publish"])
    return replace(settings, publish_map=tuple(flags["publish_map"])) if flags.get("publish_map") else settings


@contextmanager
def executor_of(flags: Mapping[str, Any]) -> Iterator[Executor]:
    """Give what `cluster_flag` names, after saying on standard error what answers there; else threads."""
    with executor_for(flags["cluster"], listener=lambda event: click.echo(tame(event.message), err=True)) as found:
        for name in [each for each in logging.root.manager.loggerDict if each.partition(".")[0] == "distributed"]:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what its log tells stands in our errors
        yield found


def reuse_wish(flags: Mapping[str, Any]) -> Reuse:
    """Return what `reusing_flags` say; the stronger word holds."""
    if flags.get("no_reuse"):
        return Reuse.NONE
    return Reuse.AT_HAND if flags.get("pay_again") else Reuse.ALL


def send_options(flags: Mapping[str, Any], settings: Settings) -> SendOptions:
    """Return what `sending_flags` and `waiting_flags` say; with --yes and no budget the default limit holds."""
    asked = not flags.get("yes")
    budget = budget_of(flags["budget"]) if flags.get("budget") else job_budget(settings, asked=asked)
    return SendOptions(
        budget=budget,
        poll_interval_s=flags.get("poll_interval", 5.0),
        wait_s=flags.get("wait", 3600.0),
        reuse=reuse_wish(flags),
        take_deadline_s=3600.0 * flags.get("deadline", TAKE_DEADLINE_S / 3600),
        past_refusals=bool(flags.get("past_refusals")),
    )


def finish_wish(flags: Mapping[str, Any]) -> FinishWish:
    """Return what `finishing_flags` say; a policy that nobody knows is a mistake before anything is done."""
    policy = flags["conform_policy"]
    if policy is not None and policy not in CONFORM_POLICIES:
        extensions.CONFORM_POLICIES.load(policy, CONFORM_POLICIES)
    return FinishWish(policy=flags["conform_policy"], codec=flags["codec"], sound=flags["sound"], align=flags["align"])


def host_wish(flags: Mapping[str, Any]) -> Delivery:
    """Return what `hosting_flags` say."""
    return Delivery(
        host=flags["host"] or "",
        placement=flags["placement"] or "",
        url_style=flags["url_style"] or "",
        rebase=flags["rebase"],
    )


def adapter_arguments(texts: tuple[str, ...]) -> dict[str, object]:
    """
    Read ``key=value`` arguments as `otioconvert` does: as Python literals where they parse, else as text.

    Raises:
        WrongUsageError: One has no ``=``.
    """
    found: dict[str, object] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise WrongUsageError(f"'-a {text}' is not of the form key=value.")
        try:
            found[key] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            found[key] = value
    return found
