"""Runs the console scripts as warm processes: the simulator on a free port, and `otiocomet` against it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from support import warm_scripts
from support.host_process import script

START_LIMIT_S = 30.0
RUN_LIMIT_S = 150.0


@contextmanager
def simulator(*arguments: str) -> Iterator[str]:
    """Start `cometapi-mock` on a free port and yield its URL, the first line that it prints."""
    reader, writer = os.pipe()
    with Path(os.devnull).open("r+b") as nothing, os.fdopen(reader, "rb") as printed:
        try:
            process = warm_scripts.start(
                ["cometapi-mock", "--port", "0", *arguments],
                cwd=Path.cwd(),
                env=os.environ,
                streams=[nothing.fileno(), writer, nothing.fileno()],
            )
        finally:
            os.close(writer)
        too_late = threading.Timer(START_LIMIT_S, os.kill, (process.pid, signal.SIGKILL))
        too_late.start()
        try:
            url = printed.readline().decode().strip()
            too_late.cancel()
            assert url.startswith("http://127.0.0.1:"), f"the simulator's first line is {url!r}, not its URL"
            yield url
        finally:
            too_late.cancel()
            process.end(START_LIMIT_S)


def otiocomet(
    *arguments: str,
    base_url: str,
    home: Path,
    cwd: Path | None = None,
    more: Mapping[str, str] | None = None,
    installed: bool = False,
) -> subprocess.CompletedProcess[str]:
    """
    Run one `otiocomet` command with a user's folders of its own under *home*; the caller judges its exit code.

    *more* are further variables of its environment; with *installed*, the script itself is started.
    """
    variables = {**environment(base_url=base_url, home=home), **(more or {})}
    if not installed:
        return warm_scripts.run(["otiocomet", *arguments], cwd=cwd or Path.cwd(), env=variables, timeout_s=RUN_LIMIT_S)
    return subprocess.run(
        [script("otiocomet"), *arguments],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=variables,
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
