"""Progress while a run goes on: bars on a terminal, plain lines in a pipe, nothing with `--json`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from otio_cometapi.errors import tame
from otio_cometapi.events import Event, Listener, Stage, ignore

_STAGES = {Stage.EXPORT: 0, Stage.SUBMIT: 1, Stage.WATCH: 2, Stage.DOWNLOAD: 3, Stage.CONFORM: 4}
_STEPS = len(_STAGES)


@contextmanager
def progress(*, as_json: bool) -> Iterator[Listener]:
    """Yield a listener that shows events on standard error for as long as the block lasts."""
    if as_json:
        yield ignore
    elif sys.stderr.isatty():
        with _bars() as listener:
            yield listener
    else:
        yield _lines()


def _lines() -> Listener:
    """Return a listener that prints a line for every change."""
    lock = threading.Lock()
    last: dict[str, str] = {}

    def listen(event: Event) -> None:
        share = f" {event.progress:.0%}" if event.progress not in (None, 1.0) else ""
        said = f"{event.stage.value}: {event.clip + ': ' if event.clip else ''}{event.message}{share}"
        with lock:
            if last.get(event.take_id) != said and event.stage is not Stage.PLAN:
                last[event.take_id] = said
                click.echo(tame(said), err=True)

    return listen


@contextmanager
def _bars() -> Iterator[Listener]:
    """Yield a listener that draws a bar for every take."""
    from rich.console import Console  # noqa: PLC0415 - slow to import
    from rich.markup import escape  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        rows: dict[str, TaskID] = {}
        lock = threading.Lock()

        def listen(event: Event) -> None:
            if not event.take_id or event.stage not in _STAGES:
                return
            with lock:
                if event.take_id not in rows:
                    rows[event.take_id] = bars.add_task(escape(tame(event.clip)), total=_STEPS, said="")
                done = _STAGES[event.stage] + (event.progress or 0.0)
                said = escape(tame(event.message))[:60]
                bars.update(rows[event.take_id], completed=done, said=said)
            if event.problem:
                bars.console.print(escape(tame(f"{event.clip}: {event.message}")))

        yield listen
