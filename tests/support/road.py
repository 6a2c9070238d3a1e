"""Runs the console scripts as processes: the simulator on a free port, and `otiocomet` against it."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from support.host_process import script

START_LIMIT_S = 30.0
RUN_LIMIT_S = 150.0


@contextmanager
def simulator(*arguments: str) -> Iterator[str]:
    """Start `cometapi-mock` on a free port and yield its URL, the first line that it prints."""
    process = subprocess.Popen(
        [script("cometapi-mock"), "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    too_late = threading.Timer(START_LIMIT_S, process.kill)
    too_late.start()
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        too_late.cancel()
        assert url.startswith("http://127.0.0.1:"), f"the simulator's first line is {url!r}, not its URL"
        yield url
    finally:
        too_late.cancel()
        process.terminate()
        process.communicate(timeout=START_LIMIT_S)


def otiocomet(
    *arguments: str, base_url: str, home: Path, cwd: Path | None = None, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """
    Run one `otiocomet` command with a user's folders of its own under *home*; the caller judges its exit code.

    *more* are further variables of its environment.
    """
    return subprocess.run(
        [script("otiocomet"), *arguments],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**environment(base_url=base_url, home=home), **(more or {})},
        timeout=RUN_LIMIT_S,
    )


def environment(*, base_url: str, home: Path) -> dict[str, str]:
    """Return an environment that names the simulator and keeps the user's own folders and settings out."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COMETAPI_", "XDG_"))}
    return {**kept, "COMETAPI_BASE_URL": base_url, "COMETAPI_KEY": "test", "HOME": str(home)}


def answer(url: str) -> Any:
    """Return the JSON that the simulator answers at *url*."""
    with urlopen(url, timeout=START_LIMIT_S) as response:  # noqa: S310 - a loopback URL that the simulator printed
        return json.load(response)
