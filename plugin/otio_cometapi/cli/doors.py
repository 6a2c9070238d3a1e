"""How every command begins and ends: settings in, errors as sentences, exit codes."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

import click

from otio_cometapi.errors import BudgetError, CometError
from otio_cometapi.pipeline.options import Exit

Command = Callable[..., int | None]


def door(function: Command) -> Command:
    """Turn this package's errors into one line on standard error, and the result into an exit code."""

    @wraps(function)
    def called(*args: Any, **kwargs: Any) -> None:
        logging.captureWarnings(capture=True)  # libraries' warnings are no news to an editor
        try:
            sys.exit(int(function(*args, **kwargs) or 0))
        except CometError as exc:
            fail(exc, as_json=bool(kwargs.get("as_json")))
        except KeyboardInterrupt:
            job = kwargs.get("job")
            go_on = f" Go on with `otiocomet resume {job}`." if job else ""
            click.echo(f"\notiocomet: interrupted; what was sent stays on the books.{go_on}", err=True)
            sys.exit(Exit.INTERRUPTED)
        except BrokenPipeError:
            sys.stderr.close()  # the reader of our output has gone, and so does nobody need a complaint
            sys.exit(Exit.NOTHING)

    return called


def fail(error: CometError, *, as_json: bool) -> NoReturn:
    """End with an error's sentence and the exit code that belongs to it."""
    code = Exit.MONEY if isinstance(error, BudgetError) else Exit.NOTHING
    if as_json:
        print_json({"clips": [], "takes": [], "problems": [str(error)], "exit": int(code)})
    click.echo(f"otiocomet: {error}", err=True)
    sys.exit(code)


def print_json(values: object) -> None:
    """Print one JSON object."""
    click.echo(json.dumps(values, ensure_ascii=False, indent=2))
