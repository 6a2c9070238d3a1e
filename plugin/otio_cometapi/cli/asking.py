"""The one question that is asked before money is spent."""

from __future__ import annotations

import sys

import click

from otio_cometapi.cli.plan_table import estimate, show_plan
from otio_cometapi.cli.sentences import line
from otio_cometapi.errors import BudgetError
from otio_cometapi.pipeline.budgets import Spending
from otio_cometapi.records import Plan


def agreed(plan: Plan, *, as_json: bool) -> bool:
    """
    Show a plan and ask whether to send it.

    Raises:
        BudgetError: Nobody is there to answer.
    """
    if as_json:  # standard output belongs to the one object
        click.echo(estimate(plan), err=True)
    else:
        show_plan(plan)
    return _yes()


def agreed_to_rest(rest: Spending, *, as_json: bool) -> None:
    """
    Ask whether what was planned and not sent yet may be sent.

    Raises:
        BudgetError: The answer was no, or nobody is there to answer.
    """
    dollars = "price unknown" if rest.usd is None else f"about {float(rest.usd):.2f} USD (assumed)"
    said = f"{float(rest.seconds):.2f} s of video were planned and not sent yet, {dollars}."
    if as_json:
        click.echo(said, err=True)
    else:
        line(said)
    if not _yes():
        raise BudgetError("nothing was sent, as you wished.", next_step="`otiocomet collect` follows the rest.")


def _yes() -> bool:
    try:
        return click.confirm("Send this now?", default=False, err=True)
    except click.Abort as exc:
        if sys.stdin.isatty():
            raise KeyboardInterrupt from exc
        raise BudgetError(
            "nobody was there to say whether this may be sent; nothing was sent.",
            next_step="Give --yes to send without being asked.",
        ) from exc
