"""The hosts of the proof, and how to say where a render differs from what it must show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from support import ges_host, melt_host
from support.edits import Shown
from support.numbered import numbers_of

if TYPE_CHECKING:
    import opentimelineio as otio


@dataclass(frozen=True)
class Host:
    """Someone else's program that renders timelines."""

    name: str
    """What people call it."""
    render: Callable[[otio.schema.Timeline, Path, Fraction], Path]
    """Renders a timeline at a rate into a file."""
    least_weight: float
    """The weight from which on a picture is visible in its dissolves."""


MELT = Host("melt", lambda edit, path, rate: melt_host.render(edit, path, rate=rate), melt_host.LEAST_WEIGHT)
MELT_OWN_DOCUMENT = Host(
    "melt, own document",
    lambda edit, path, rate: melt_host.render(edit, path, rate=rate, stock=False),
    melt_host.LEAST_WEIGHT,
)
KDENLIVE = Host(
    "Kdenlive project, melt", lambda edit, path, rate: melt_host.render_kdenlive(edit, path), melt_host.LEAST_WEIGHT
)
GES = Host("GES", lambda edit, path, rate: ges_host.render(edit, path, rate=rate), ges_host.LEAST_WEIGHT)


def differences(render: Path, expected: list[Shown], host: Host) -> list[str]:
    """Return a line for every frame of a render that does not show what it must; none for a right render."""
    rows = sorted({row for shown in expected for row in shown.numbers})
    read = numbers_of(render, rows)
    lines = [
        f"record frame {frame}: {host.name} shows {found}, not {shown.numbers}"
        for frame, (shown, found) in enumerate(zip(expected, read, strict=False))
        if not shown.agrees(found, least_weight=host.least_weight)
    ]
    if len(read) != len(expected):
        lines.append(f"{host.name} rendered {len(read)} frames, not {len(expected)}")
    return lines
