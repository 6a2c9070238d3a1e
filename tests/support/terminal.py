"""A real terminal of any width: what a command draws there, and what it is sent from the keyboard."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping
from pathlib import Path

_STEERING = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")


def drawn(*command: str, columns: int, environment: Mapping[str, str], cwd: Path) -> tuple[bytes, int]:
    """Run a command on a terminal of *columns*; return all that it wrote there, and its exit code."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    kept = {name: value for name, value in environment.items() if name not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd, env={"TERM": "xterm-256color", **kept}
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65_536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    return shown, process.wait(60)


def text_of(shown: bytes) -> str:
    """Return what was drawn without what steers the terminal."""
    return _STEERING.sub(b"", shown).decode("utf-8")
