"""The program `otiocomet`: where it is, and how it is started and heard."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

RECORD = "otiocomet.json"
"""A file beside this one, written by `otiocomet host install resolve`."""
_LEFT_OUT = ("PYTHONHOME", "PYTHONPATH")
"""The Python that Resolve found is none of the program's business."""


class PanelError(Exception):
    """What went wrong and what to do next, as a sentence for the editor."""


def record() -> Dict[str, Any]:
    """Return what the installer has written; empty where nobody did."""
    return read_object(Path(__file__).with_name(RECORD))


def find() -> str:
    """
    Return the path of `otiocomet`: as installed, else on PATH.

    Raises:
        PanelError: It is nowhere.
    """
    named = str(record().get("program", ""))
    if named and os.access(named, os.X_OK):
        return named
    found = shutil.which("otiocomet")
    if found:
        return found
    missing = f"There is no program at {named} any more. " if named else "The program otiocomet was not found. "
    raise PanelError(missing + "Install otio-cometapi, then run `otiocomet host install resolve` again.")


class Running(NamedTuple):
    """A command that was started; it goes on when this script ends."""

    process: Any
    told: Path
    """Where its one JSON object goes."""
    said: Path
    """Where its sentences go."""

    def ended(self, within_s: float) -> bool:
        """Wait so long at most, and tell whether it is over."""
        try:
            self.process.wait(timeout=within_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def problem(self) -> str:
        """Return why it did not do its work: its last sentence, or that of its object."""
        problems = read_object(self.told).get("problems") or []
        lines = self.said.read_text("utf-8", errors="replace").strip().splitlines() if self.said.is_file() else []
        said = str(problems[0]) if problems else (lines[-1] if lines else f"exit code {self.process.returncode}")
        return said[len("otiocomet: ") :] if said.startswith("otiocomet: ") else said


def start(arguments: List[str], told: Path, program: Optional[str] = None) -> Running:
    """
    Start a command in a session of its own; *told* gets its JSON, a ``.log`` beside it its sentences.

    Raises:
        PanelError: It cannot be started.
    """
    said = told.with_suffix(".log")
    variables = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    detached: Dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        detached = {"creationflags": 0x00000200 | 0x08000000}  # a group of its own, and no window
    called = [program or find(), *arguments]
    try:
        with _private(told) as out, _private(said) as err:
            process = subprocess.Popen(
                called, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=variables, **detached
            )
    except OSError as exc:
        raise PanelError(f"{called[0]} cannot be started: {exc}.") from exc
    return Running(process, told, said)


def _private(path: Path) -> Any:
    """Open a new file that its owner alone may read: the review page's address would let others in."""
    if path.exists():
        path.unlink()
    return os.fdopen(os.open(str(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def told_by(arguments: List[str], told: Path) -> Dict[str, Any]:
    """
    Run a command to its end and return its JSON object, with its exit code as ``exit``.

    Raises:
        PanelError: It told nothing.
    """
    running = start(arguments, told)
    running.process.wait()
    found = read_object(told)
    if not found:
        raise PanelError(f"otiocomet {arguments[0]}: {running.problem()}")
    found["exit"] = running.process.returncode
    return found


def read_object(path: Path) -> Dict[str, Any]:
    """Return the JSON object in a file; empty while there is none, or half of one."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
