"""`otiocomet mock` and `demo`: the simulator, and the whole road against it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import click

from otio_cometapi import settings as settings_module
from otio_cometapi.cli.doors import door
from otio_cometapi.cli.flags import FOLDER
from otio_cometapi.cli.sentences import line
from otio_cometapi.errors import MissingExtraError

PATIENCE_S = 30.0
"""How long the simulator may take to stand; it takes about one second."""


def _require_simulator() -> None:
    if not all(find_spec(name) for name in ("cometapi_mock", "flask", "waitress")):
        raise MissingExtraError("the simulator is not installed.", next_step="pip install 'otio-cometapi[mock]'")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@door
def mock(arguments: tuple[str, ...]) -> int:
    """
    Start the simulator of the service on this machine; the same as `cometapi-mock`, whose --help lists its options.

    \b
    otiocomet mock --port 8080
    """
    _require_simulator()
    os.execv(sys.executable, [sys.executable, "-m", "cometapi_mock", *arguments])  # noqa: S606 - no shell is meant


@contextmanager
def simulator() -> Iterator[str]:
    """Run the simulator as a process of its own for as long as the block lasts; yield its URL."""
    _require_simulator()
    process = subprocess.Popen(
        [sys.executable, "-m", "cometapi_mock", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        url = process.stdout.readline().strip()
        if not url.startswith("http://"):
            raise MissingExtraError("the simulator did not start.", next_step="Run `cometapi-mock` to see why.")
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@click.command()
@click.argument("folder", type=FOLDER, default=Path("demo"))
@door
def demo(folder: Path) -> int:
    """
    Show the whole road against the simulator, with pictures it makes itself.

    Needs no key and no network, and spends nothing. Leaves an edit, a job and the relinked timeline in FOLDER
    [default: demo].

    \b
    otiocomet demo
    """
    from otio_cometapi.pipeline.demo import demonstrate  # noqa: PLC0415 - imports the whole road

    with simulator() as url:
        settings = replace(settings_module.Settings(), base_url=url, key="demo")
        return demonstrate(folder, settings=settings, tell=line)
