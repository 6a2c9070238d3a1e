"""Blender without a window: the module `bpy` in a Python of its own, with the panel installed as an extension."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

import otio_cometapi
from support.host_process import script
from support.numbered import ROWS, read_numbers
from support.road import environment

STAGE = Path(__file__).with_name("blender_stage.py")
PANEL = Path(otio_cometapi.__file__).parent / "panels" / "blender"
ROOT = Path(__file__).parents[2]
LIMIT_S = 300.0


def blender_python() -> str:
    """Return the Python that has `bpy`: `BLENDER_PYTHON`, else the one that `make test-blender` makes."""
    return os.environ.get("BLENDER_PYTHON") or str(ROOT / ".venv" / "blender" / "bin" / "python")


def install(home: Path) -> Path:
    """Copy the panel into the extensions of a user of Blender, as an installer does; return the folder."""
    folder = home / "blender" / "extensions" / "user_default" / "otio_cometapi"
    shutil.copytree(PANEL, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "otiocomet_path.txt").write_text(script("otiocomet") + "\n", "utf-8")
    return folder


def play(
    lines: str,
    *,
    home: Path,
    base_url: str = "http://127.0.0.1:9",
    blend: Path | None = None,
    more: Mapping[str, Any] | None = None,
    key: bool = True,
) -> dict[str, Any]:
    """
    Play a script in Blender and return what it told.

    Args:
        lines: The script; it has the names of `blender_stage`.
        home: A user's folder in which the panel is installed.
        base_url: The service.
        blend: A file that is open when the script begins.
        more: Names that the script finds in `given`.
        key: Whether there is a key for the service.
    """
    head = f"given = {dict(more or {})!r}\n"
    if blend is not None:
        head += f"bpy.ops.wm.open_mainfile(filepath={str(blend)!r})\n"
        head += 'bpy.ops.ed.undo_push(message="opened")\n'  # a window does so
    path = home / "script.py"
    path.write_text(head + textwrap.dedent(lines), "utf-8")
    variables = {**environment(base_url=base_url, home=home), "BLENDER_USER_RESOURCES": str(home / "blender")}
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", *([] if key else ["COMETAPI_KEY"])):
        variables.pop(name, None)
    done = subprocess.run(
        [blender_python(), str(STAGE), str(path)],
        check=False,
        capture_output=True,
        text=True,
        env=variables,
        cwd=home,
        timeout=LIMIT_S,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


@dataclass(frozen=True)
class Rendered:
    """One frame that Blender rendered."""

    numbers: dict[int, int]
    """By row; those that cannot be read are missing."""
    colour: tuple[int, ...]
    """Its mean: red, green, blue."""


def rendered_in(folder: Path, rows: Iterable[int] = ROWS) -> dict[int, Rendered]:
    """Return every frame that was rendered into a folder, by its number in the scene."""
    found = {}
    for path in sorted(folder.glob("*.png")):
        with av.open(str(path)) as container:
            picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
        colour = tuple(round(float(level)) for level in picture[::6, ::6].reshape(-1, 3).mean(axis=0))
        found[int(path.stem)] = Rendered(read_numbers(picture, rows), colour)
    return found


def numbers_in(folder: Path, row: int) -> dict[int, int | None]:
    """Return the number in one row of every rendered frame; None where it cannot be read."""
    return {frame: each.numbers.get(row) for frame, each in rendered_in(folder, (row,)).items()}
