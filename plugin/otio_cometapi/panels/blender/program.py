"""The program `otiocomet`: where it is, and how it is started and heard without anybody waiting."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

fcntl: Any = import_module("fcntl") if find_spec("fcntl") else None
"""Python's locks on files; none on Windows."""

POINTER = "otiocomet_path.txt"
"""A file beside this one, written by who installed the panel: the path of the program."""
_LEFT_OUT = ("PYTHONHOME", "PYTHONPATH")
"""Blender's own Python is none of the program's business."""


class NotStartedError(Exception):
    """A command was not started; the text says why, and what to do."""


class ProgramMissingError(NotStartedError):
    """The program is not where it was looked for."""


class OfflineError(NotStartedError):
    """Blender is not to go online."""


def find(preferred: str = "") -> str:
    """
    Return the path of `otiocomet`: as preferred, as installed, on PATH, or in a usual place.

    Raises:
        ProgramMissingError: It is nowhere.
    """
    if preferred:
        if _runs(Path(preferred)):
            return preferred
        raise ProgramMissingError(f"There is no program at {preferred}. Correct it in the add-on's preferences.")
    pointer = Path(__file__).with_name(POINTER)
    if pointer.is_file():
        named = Path(pointer.read_text("utf-8").strip())
        if _runs(named):
            return str(named)
    on_path = shutil.which("otiocomet")
    if on_path:
        return on_path
    for folder in _usual_places():
        for name in ("otiocomet", "otiocomet.exe"):
            if _runs(folder / name):
                return str(folder / name)
    raise ProgramMissingError(
        "otiocomet was not found. Install it (`pipx install 'otio-cometapi[all]'`), or name it in the add-on's "
        "preferences."
    )


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _usual_places() -> list[Path]:
    home = Path.home()
    return [home / ".local/bin", Path("/usr/local/bin"), Path("/opt/homebrew/bin"), home / "AppData/Roaming/Python"]


@dataclass
class Running:
    """A command that was started; it goes on when Blender ends."""

    told: Path
    """Where its one JSON object goes."""
    process: subprocess.Popen[bytes] | None = None
    """None where an earlier session of Blender started it."""

    @property
    def ended(self) -> bool:
        """Whether it is over; never waits."""
        return not alive(self.told) if self.process is None else self.process.poll() is not None

    @property
    def code(self) -> int:
        """Its exit code, once it has ended."""
        if self.process is None or self.process.returncode is None:
            return int(self.object().get("exit", 1))
        return self.process.returncode

    def object(self) -> dict[str, Any]:
        """Return what it told; empty where it told nothing."""
        return read_object(self.told)

    def problem(self) -> str:
        """Return its last sentence, or that of the object's problems; empty where all went well."""
        if self.code == 0:
            return ""
        said = self.told.with_suffix(".log")
        problems = self.object().get("problems") or []
        lines = said.read_text("utf-8", errors="replace").strip().splitlines() if said.is_file() else []
        found = str(problems[0]) if problems else (lines[-1] if lines else "it was stopped before its end")
        return found.removeprefix("otiocomet: ")


def alive(told: Path) -> bool:
    """
    Whether a command that writes to this file still runs, whoever started it.

    It holds the file locked for as long as it lives. Where there are no such locks, nobody knows: then not.
    """
    if fcntl is None:
        return False
    try:
        with told.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def start(program: str, arguments: Sequence[str], *, told: Path) -> Running:
    """
    Start a command in a session of its own; *told* gets its JSON, a ``.log`` beside it its sentences.

    Raises:
        ProgramMissingError: It cannot be started.
    """
    said = told.with_suffix(".log")
    told.parent.mkdir(parents=True, exist_ok=True)
    variables = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    detached: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        detached = {"creationflags": 0x00000200 | 0x08000000}  # a process group of its own, and no window
    try:
        with told.open("wb") as out, said.open("wb") as err:
            _lock(out)  # goes over to the process, and ends with it
            process = subprocess.Popen(
                [program, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=variables, **detached
            )
    except OSError as exc:
        raise ProgramMissingError(f"{program} cannot be started: {exc}. Correct it in the preferences.") from exc
    return Running(told, process)


def _lock(file: BinaryIO) -> None:
    if fcntl is not None:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; empty while there is none, or half of one."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
