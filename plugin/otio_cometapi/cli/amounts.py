"""Amounts on the command line: numbers with limits, refused by click with the option's name, exit code 2."""

from __future__ import annotations

import math
from typing import Any

import click

SEED = click.IntRange(0, 2**32 - 1)
"""The service's page: 0 to 4294967295."""


class _Finite(click.FloatRange):
    """A number within limits; neither ``nan``, which lies within any, nor ``inf``, which no clock reaches."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number, or end with the option's name and what it takes."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is no finite number.", param, ctx)
        return number


TIME = _Finite(min=0)
"""Seconds or hours, none or more."""

INTERVAL = _Finite(min=0.1)
"""Seconds between two looks of a person."""

RATE = _Finite(min=0, min_open=True)
"""Frames per second."""
