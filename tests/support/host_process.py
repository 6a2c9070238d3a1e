"""Runs the programs of other people that the proofs need, with a time limit and a clear word when one is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import av

from support.host_copy import HostError, HostTimeoutError
from support.numbered import frames_of

TIME_LIMIT_S = 120.0
"""Seconds after which a host that has not finished is stopped."""


def script(name: str) -> str:
    """
    Return the path of a console script that stands beside this Python, else on PATH.

    Raises:
        HostError: There is no such script.
    """
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise HostError(f"cannot run {name}: it is not installed beside {sys.executable}; install the project")
    return found


def program(name: str, *, package: str) -> str:
    """
    Return the path of a host's program.

    Raises:
        HostError: It is not installed; *package* says what to install.
    """
    found = shutil.which(name)
    if found is None:
        raise HostError(f"cannot render: {name} is not installed; apt-get install {package}")
    return found


def run(arguments: list[str], *, time_limit_s: float = TIME_LIMIT_S) -> str:
    """
    Run a program to its end, without a display, and return what it wrote.

    Raises:
        HostTimeoutError: It did not end in time.
        HostError: It failed.
    """
    environment = {**os.environ, "SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "LC_ALL": "C.UTF-8"}
    environment.pop("DISPLAY", None)
    try:
        done = subprocess.run(
            arguments,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            timeout=time_limit_s,
        )
    except subprocess.TimeoutExpired as exc:
        text = (exc.stdout or b"").decode(errors="replace")
        raise HostTimeoutError(f"{' '.join(arguments)} did not end in {time_limit_s:g} s: {text[-2000:]}") from exc
    text = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise HostError(f"{' '.join(arguments)} failed with code {done.returncode}: {text[-2000:]}")
    return text


def counted(path: Path, frame_count: int, log: str) -> Path:
    """
    Return *path* when it holds *frame_count* frames.

    Raises:
        HostError: It is missing, no video, or of another length; *log* is what the host wrote.
    """
    if not path.exists():
        raise HostError(f"no render at {path}: {log[-2000:]}")
    try:
        found = sum(1 for _ in frames_of(path))
    except av.FFmpegError as exc:
        raise HostError(f"cannot read the render {path}: {exc}; {log[-2000:]}") from exc
    if found != frame_count:
        raise HostError(f"{path} has {found} frames, the timeline {frame_count}: {log[-2000:]}")
    return path
