"""The sentences that people read beside tables."""

from __future__ import annotations

import click

from otio_cometapi.cli.drawing import loudness, terminal_width, wrapped
from otio_cometapi.errors import tame


def line(text: str) -> None:
    """Print one sentence; a terminal gets it broken between words, and a command in it stays whole."""
    shown = tame(text)
    width = terminal_width()
    # what is indented is laid out already
    broken = [shown] if width is None or shown.startswith(" ") else wrapped(shown, width)
    for each in broken:
        click.echo(each)


def note(text: str) -> None:
    """Print one sentence that may be missed: not with --quiet."""
    if loudness() >= 0:
        line(text)


def count(number: int, noun: str) -> str:
    """Return a number of things: ``1 clip``, ``2 clips``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
