"""Progress while a run goes on: bars on a terminal, plain lines in a pipe, nothing with `--json` or `--quiet`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from otio_cometapi.cli.drawing import loudness
from otio_cometapi.cli.forecast import Forecast, TakeProgress, left_briefly, left_words
from otio_cometapi.clock import Clock, SystemClock, utc_text
from otio_cometapi.errors import tame
from otio_cometapi.events import Event, Listener, Stage, ignore

MOST_ROWS = 12
"""Bars that are drawn at once; those that are done make room for those that are not."""
_NARROW = 60


@contextmanager
def progress(*, as_json: bool) -> Iterator[Listener]:
    """Yield a listener that shows events on standard error for as long as the block lasts."""
    loud = loudness()
    if as_json or loud < 0:
        yield _problems() if loud < 0 and not as_json else ignore
    elif loud > 0 or not sys.stderr.isatty():
        yield _lines(SystemClock(), times=loud > 0)
    else:
        with _bars(SystemClock()) as listener:
            yield listener


def _problems() -> Listener:
    """Return a listener that prints what a person should look at, and nothing else."""

    def listen(event: Event) -> None:
        if event.problem:
            click.echo(tame(f"{event.clip + ': ' if event.clip else ''}{event.message}"), err=True)

    return listen


def _lines(clock: Clock, *, times: bool) -> Listener:
    """Return a listener that prints a line for every change; with *times* for every event, with its time."""
    lock = threading.Lock()
    last: dict[str, str] = {}
    forecast = Forecast()
    done = 0

    def listen(event: Event) -> None:
        nonlocal done
        share = f" {event.progress:.0%}" if event.progress not in (None, 1.0) else ""
        said = f"{event.stage.value}: {event.clip + ': ' if event.clip else ''}{event.message}{share}"
        with lock:
            forecast.heard(event, now=clock.monotonic())
            if not times and (last.get(event.take_id) == said or event.stage is Stage.PLAN):
                return
            last[event.take_id] = said
            click.echo(tame(f"{utc_text(clock.now())}  {said}" if times else said), err=True)
            if forecast.done > done:
                done = forecast.done
                click.echo(_overall(forecast, clock), err=True)

    return listen


def _overall(forecast: Forecast, clock: Clock) -> str:
    """Say how many takes are done, and how long the rest may take."""
    said = f"{forecast.done} of {len(forecast.takes)} takes done"
    if forecast.done == len(forecast.takes):
        return said
    return f"{said}, {left_words(forecast.seconds_left(now=clock.monotonic()))}"


@contextmanager
def _bars(clock: Clock) -> Iterator[Listener]:
    """Yield a listener that draws a bar for every take, and one for all of them with the time that is left."""
    from rich.console import Console  # noqa: PLC0415 - slow to import
    from rich.markup import escape  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415
    from rich.table import Column  # noqa: PLC0415

    console = Console(stderr=True)
    narrow = console.width < _NARROW
    columns: list[Any] = [TextColumn("{task.description}", table_column=Column(ratio=1, no_wrap=True, min_width=10))]
    columns += [BarColumn(bar_width=6 if narrow else 24), TextColumn("{task.fields[said]}")]
    with Progress(*columns, console=console, transient=True, expand=narrow) as bars:
        overall = bars.add_task("all takes", total=100.0, said="")
        rows: dict[str, Any] = {}
        forecast = Forecast()
        lock = threading.Lock()

        def listen(event: Event) -> None:
            with lock:
                take = forecast.heard(event, now=clock.monotonic())
                if take is not None:
                    show(event.take_id, take)
            if event.problem:
                bars.console.print(escape(tame(f"{event.clip + ': ' if event.clip else ''}{event.message}")))

        def show(take_id: str, take: TakeProgress) -> None:
            if take_id not in rows:
                rows[take_id] = bars.add_task(escape(tame(take.clip))[:40], total=100.0, said="")
            shown = sum(bars.tasks[bars.task_ids.index(each)].visible for each in rows.values())
            away = take.percent >= 100 and shown > MOST_ROWS
            bars.update(rows[take_id], completed=take.percent, said=take.words, visible=not away)
            share = sum(each.percent for each in forecast.takes.values()) / len(forecast.takes)
            seconds = forecast.seconds_left(now=clock.monotonic())
            done, count = forecast.done, len(forecast.takes)
            said = f"{done}/{count}, {left_briefly(seconds)}" if narrow else f"{done} of {count}, {left_words(seconds)}"
            bars.update(overall, completed=share, said=said)

        yield listen
