"""How every command begins and ends: settings in, errors as sentences, exit codes."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

import click

from otio_cometapi.cli.drawing import LOUDNESS
from otio_cometapi.errors import BudgetError, CometError, WrongUsageError, tame
from otio_cometapi.pipeline.options import DEFAULT_JOB, Exit

_CODES = {BudgetError: Exit.MONEY, WrongUsageError: Exit.USAGE}

Command = Callable[..., int | None]


def door(function: Command) -> Command:
    """Turn this package's errors into one line on standard error, and the result into an exit code."""

    @wraps(function)
    def called(*args: Any, **kwargs: Any) -> None:
        click.get_current_context().meta[LOUDNESS] = int(kwargs.pop("verbose", False)) - int(kwargs.pop("quiet", False))
        logging.captureWarnings(capture=True)  # libraries' warnings are no news to an editor
        try:
            sys.exit(int(function(*args, **kwargs) or 0))
        except CometError as exc:
            fail(exc, as_json=bool(kwargs.get("as_json")))
        except (KeyboardInterrupt, click.Abort):  # the second is Ctrl-C at a question
            click.echo(err=True)  # below the ^C
            click.echo(tame(f"otiocomet: interrupted; what was sent stays on the books.{_way_on(kwargs)}"), err=True)
            sys.exit(Exit.INTERRUPTED)
        except BrokenPipeError:
            sys.stderr.close()  # the reader of our output has gone, and so does nobody need a complaint
            sys.exit(Exit.NOTHING)

    return called


def fail(error: CometError, *, as_json: bool) -> NoReturn:
    """End with an error's sentence and the exit code that belongs to it."""
    code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), Exit.NOTHING)
    if as_json:
        print_problem(str(error), code=code)
    click.echo(f"otiocomet: {error}", err=True)
    sys.exit(code)


def print_problem(sentence: str, *, code: int) -> None:
    """Print the object of an error."""
    print_json({"clips": [], "takes": [], "problems": [sentence], "exit": int(code)})


_STEERING = re.compile(
    r"[\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
"""Control characters that JSON may hold as they are; those below U+0020 are escaped by every writer of JSON."""


def print_json(values: object) -> None:
    """Print one JSON object; what could steer a terminal stands in it as JSON's own escapes, so nothing is lost."""
    text = json.dumps(values, ensure_ascii=False, indent=2)
    click.echo(_STEERING.sub(lambda found: f"\\u{ord(found.group()):04x}", text))


def print_json_line(values: object) -> None:
    """Print one JSON object on one line: one of many."""
    text = json.dumps(values, ensure_ascii=False)
    click.echo(_STEERING.sub(lambda found: f"\\u{ord(found.group()):04x}", text))


def _way_on(flags: dict[str, Any]) -> str:
    """Name the command that goes on with an interrupted job, where there is one."""
    job, output = flags.get("job"), flags.get("output")
    if job is None and output is not None:
        job = output.parent / DEFAULT_JOB
    if job is None or not job.exists():
        return ""
    return f" Go on with `otiocomet resume {job} -o {output or 'OUT'}`."
