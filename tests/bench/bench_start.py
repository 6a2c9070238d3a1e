"""Starting: what a command costs before it has done anything."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import measuring
from bench.measuring import Row, child, compared, in_turn, process
from support.host_process import script

_EMPTY = """
import click


@click.command()
def empty():
    "Nothing."


empty(prog_name="empty")
"""


def made(folder: str) -> str:
    """Write a timeline of ten clips, one of them marked green."""
    from bench.big_edit import write_edit

    return str(write_edit(Path(folder) / "edit.otio", 10))


def main(arguments: Sequence[str] | None = None) -> Sequence[Row]:
    """Print what `--help` and a small plan take as whole processes."""
    flags = measuring.options(__doc__).parse_args(arguments)
    runs = measuring.runs_of(flags, 11)
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text(_EMPTY)
        edit = child(made, folder).value
        ours = [script("otiocomet"), "plan", edit, "--select", "marker:GREEN", "--prompt", "make it snow", "--json"]
        helps = in_turn(
            lambda: process(script("otiocomet"), "--help"),
            lambda: process(sys.executable, str(empty), "--help"),
            runs=runs,
        )
        plans = in_turn(lambda: process(*ours), lambda: process(script("otiocat"), edit), runs=runs)
    rows = [
        compared(f"{what}{of}", against, costs, aim=aim if figure == "cpu" else None, figure=figure)
        for what, against, costs, aim in (
            ("`otiocomet --help`", "an empty click command", helps, 1.3),
            ("`otiocomet plan` of 10 clips", "`otiocat` of the file", plans, 1.75),
        )
        for figure, of in (("cpu", ""), ("seconds", ", wall"))
    ]
    return measuring.told("start", rows, flags)
