"""Flags that several commands share, and what they mean to the pipeline."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from otio_cometapi.errors import WrongUsageError
from otio_cometapi.pipeline.budgets import DEFAULT_BUDGET, budget_of
from otio_cometapi.pipeline.options import PlanOptions, SendOptions

F = TypeVar("F", bound=Callable[..., Any])

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
FOLDER = click.Path(path_type=Path)


def _all(*options: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


reading_flags = _all(
    click.option("--rate", type=float, help="Frames per second, for formats that do not say it (EDL)."),
    click.option("-a", "arguments", multiple=True, metavar="KEY=VALUE", help="An argument for OTIO's adapter."),
)
"""How the timeline is read."""

choosing_flags = _all(
    click.option(
        "--select",
        multiple=True,
        metavar="WHAT",
        help="all, marker:GREEN, marker:vfx*, track:V2, name:sh0*, meta:path.to.key=value or range:TC-TC; "
        "repeat or separate by commas. Without it: clips with a marker that begins with 'comet:'.",
    ),
    click.option("--exclude", multiple=True, metavar="WHAT", help="The same, for clips to leave out."),
    click.option("--prompt", help="What the model is asked to do."),
    click.option("--model", help="Model id; see `otiocomet models`."),
    click.option("--seed", type=int, help="0 to 4294967295; without it every take has one of its own."),
    click.option("--ratio", help="Such as 1280:720; without it the model's nearest to the picture."),
    click.option("--reference", "references", multiple=True, metavar="IMAGE", help="An image to go by: file or URL."),
    click.option("--moderation", type=click.Choice(["auto", "low"]), help="Threshold for public figures."),
    click.option("--look", "look_file", type=FOLDER, metavar="FILE", help="A TOML or CSV file of looks."),
    click.option("--handles", type=click.IntRange(min=0), help="Extra frames on both sides [default: 8]."),
    click.option("--takes", type=click.IntRange(min=1, max=100), help="Takes of every shot [default: 1]."),
)
"""Which clips, with what look."""

sending_flags = _all(
    click.option("--budget", metavar="120s|20usd", help="What the job may spend within 24 hours."),
    click.option("--yes", is_flag=True, help="Do not ask; without --budget at most 120 s of video are sent."),
)
"""How money may be spent."""

waiting_flags = _all(
    click.option(
        "--poll-interval", type=float, default=5.0, show_default=True, help="Seconds between two looks at one task."
    ),
    click.option("--wait", type=float, default=3600.0, show_default=True, help="Seconds to wait for tasks."),
)
"""How long to wait."""


def plan_options(flags: Mapping[str, Any], *, media_root: Path) -> PlanOptions:
    """Return what `choosing_flags` say."""
    names = ("prompt", "model", "seed", "ratio", "moderation", "takes")
    look = {name: flags[name] for name in names if flags[name] is not None}
    if flags["references"]:
        look["references"] = list(flags["references"])
    return PlanOptions(
        select=tuple(flags["select"]),
        exclude=tuple(flags["exclude"]),
        look=look,
        look_file=flags["look_file"],
        handles=flags["handles"],
        media_root=media_root,
    )


def send_options(flags: Mapping[str, Any]) -> SendOptions:
    """Return what `sending_flags` and `waiting_flags` say; with --yes and no budget the default limit holds."""
    budget = budget_of(flags["budget"]) if flags.get("budget") else None
    if budget is None and flags.get("yes"):
        budget = DEFAULT_BUDGET
    return SendOptions(
        budget=budget, poll_interval_s=max(0.0, flags.get("poll_interval", 5.0)), wait_s=flags.get("wait", 3600.0)
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
