"""Panels into hosts: copied or linked, known again by a record of their own, and taken away without a trace."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sysconfig
from collections.abc import Iterator
from dataclasses import asdict
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from otio_cometapi import __version__
from otio_cometapi.errors import CometError, SettingsError, WrongUsageError
from otio_cometapi.pipeline.written import put_text
from otio_cometapi.records.panels import HostPlace, HostState, Installed

RECORD = "otiocomet.json"
"""In a panel's folder: what was put there, and which program it calls. Both hosts' panels read it."""
POINTER = "otiocomet_path.txt"
"""Beside it: the program's path alone."""
_LAUNCHER = "launcher.py"
_FOLDER_LINE = re.compile(r'^FOLDER = ""$', re.MULTILINE)
_OURS = "otiocomet host install"
"""What stands in every menu file that we wrote."""


def panel_files(host: str) -> dict[str, Traversable]:
    """
    Return the files of a host's panel as they lie in the package, by their path in the panel's folder.

    Raises:
        SettingsError: The package holds none.
    """
    top = resources.files("otio_cometapi").joinpath("panels", host)
    found = dict(sorted(_files_in(top, ""))) if top.is_dir() else {}
    if not found:
        raise SettingsError(
            f"this installation of otio-cometapi holds no panel for {host}",
            next_step="Install the package anew: pip install --force-reinstall otio-cometapi.",
        )
    return found


def _files_in(folder: Traversable, begins: str) -> Iterator[tuple[str, Traversable]]:
    for each in folder.iterdir():
        if each.is_dir():
            if each.name != "__pycache__":
                yield from _files_in(each, f"{begins}{each.name}/")
        elif not each.name.endswith(".pyc"):
            yield f"{begins}{each.name}", each


def this_program() -> Path:
    """
    Return the `otiocomet` of this environment.

    Raises:
        SettingsError: There is none, and none on PATH.
    """
    scripts = Path(sysconfig.get_path("scripts"))
    for name in ("otiocomet", "otiocomet.exe"):
        if (scripts / name).is_file():
            return scripts / name
    found = shutil.which("otiocomet")
    if found:
        return Path(found).absolute()
    raise SettingsError(
        f"the program otiocomet is neither in {scripts} nor on PATH",
        next_step="Install the package: pip install otio-cometapi.",
    )


def state_of(place: HostPlace) -> HostState:
    """Return what lies in a host's folder."""
    installed = _installed(place)
    return HostState(place, installed, current=installed is not None and _is_current(place, installed))


def _installed(place: HostPlace) -> Installed | None:
    try:
        told = json.loads((place.folder / RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(told, dict) or told.get("panel") != place.host:
        return None
    files = told.get("files")
    return Installed(
        version=str(told.get("version", "")),
        program=Path(str(told.get("program", ""))),
        files={str(name): str(mark) for name, mark in files.items()} if isinstance(files, dict) else {},
        linked=bool(told.get("linked")),
        menu=str(told.get("menu", "")),
    )


def _is_current(place: HostPlace, installed: Installed) -> bool:
    """Tell whether the files that lie there are the package's, and the menu's file leads to them."""
    wanted = {name: _digest(file.read_bytes()) for name, file in panel_files(place.host).items()}
    there = {name: _digest_at(place.folder / name) for name in installed.files}
    if there != wanted:
        return False
    return place.menu is None or _read(place.menu) == _menu_text(place)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest_at(path: Path) -> str:
    try:
        return _digest(path.read_bytes())
    except OSError:
        return ""


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError):
        return ""


def install(place: HostPlace, *, link: bool = False, takes: Path | None = None) -> HostState:
    """
    Put a host's panel into its folder, in place of an older one of ours, and write which program it calls.

    Args:
        place: Where.
        link: Put links to the package's files there instead of copies, so that an update of the package holds at once.
        takes: Where the panel for Resolve keeps jobs and takes; None: ``CometAPI`` in the user's folder.

    Raises:
        WrongUsageError: Something else lies there, or the host is not here.
        SettingsError: It cannot be written, or this installation is not whole.
    """
    if place.sign is None:
        raise WrongUsageError(
            f"{place.title} was not found on this machine; nothing was installed.",
            next_step="Start it once, or name its folder with --folder; `otiocomet host list` says where we look.",
        )
    files, program, before = panel_files(place.host), this_program(), _installed(place)
    _refuse_others(place, before)
    record: dict[str, object] = {
        "panel": place.host,
        **asdict(Installed(__version__, program, {}, link, str(place.menu or ""))),
        "program": str(program),
        "files": {name: _digest(file.read_bytes()) for name, file in files.items()},
        **({"takes": str(takes.absolute())} if takes else {}),
    }
    try:
        for name, file in files.items():
            _put(file, place.folder / name, link=link)
        for name in set(before.files if before else ()) - set(files):
            (place.folder / name).unlink(missing_ok=True)
        put_text(place.folder / POINTER, f"{program}\n")
        if place.menu is not None:
            place.menu.parent.mkdir(parents=True, exist_ok=True)
            put_text(place.menu, _menu_text(place))
        put_text(place.folder / RECORD, json.dumps(record, indent=2) + "\n")
    except (OSError, WrongUsageError) as exc:
        raise _unwritable(place, exc) from exc
    return state_of(place)


def _refuse_others(place: HostPlace, before: Installed | None) -> None:
    """Touch nothing that somebody else has put there."""
    if before is None and place.folder.is_dir() and any(place.folder.iterdir()):
        raise WrongUsageError(
            f"{place.folder} holds something that `otiocomet host install` did not put there; nothing was changed.",
            next_step="Move it away, then run this again.",
        )
    if place.menu is not None and os.path.lexists(place.menu) and _OURS not in _read(place.menu):
        raise WrongUsageError(
            f"{place.menu} was not written by `otiocomet host install`; nothing was changed.",
            next_step="Move it away, then run this again.",
        )


def _put(file: Traversable, target: Path, *, link: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    if link:
        if not isinstance(file, Path):
            raise WrongUsageError(
                "the package lies in an archive, which cannot be linked to", next_step="Copy instead."
            )
        part.symlink_to(file.absolute())
    else:
        part.write_bytes(file.read_bytes())
    part.replace(target)


def _menu_text(place: HostPlace) -> str:
    """Return the file for the host's menu: the panel's own, with the line that says where the rest lies."""
    source = panel_files(place.host)[_LAUNCHER].read_text("utf-8")
    return _FOLDER_LINE.sub(lambda _: f"FOLDER = {str(place.folder)!r}", source)


def uninstall(place: HostPlace) -> tuple[Path, ...]:
    """
    Take away what `install` has put there, and nothing else; return what was removed.

    Raises:
        WrongUsageError: There is no panel of ours.
        SettingsError: Something cannot be removed.
    """
    installed = _installed(place)
    if installed is None:
        raise WrongUsageError(
            f"there is no panel of ours in {place.folder}; nothing was removed.",
            next_step="`otiocomet host list` says where there is one.",
        )
    menu = [place.menu] if place.menu is not None and _OURS in _read(place.menu) else []
    ours = [*menu, *(place.folder / name for name in (*installed.files, POINTER, RECORD))]
    removed = [path for path in ours if os.path.lexists(path)]
    try:
        for path in removed:
            path.unlink()
        for cache in sorted(place.folder.rglob("__pycache__")):
            shutil.rmtree(cache)
        for folder in sorted({path.parent for path in removed if path not in menu}, reverse=True):
            if not any(folder.iterdir()):
                folder.rmdir()
    except OSError as exc:
        raise _unwritable(place, exc) from exc
    return tuple(removed)


def _unwritable(place: HostPlace, exc: OSError | CometError) -> SettingsError:
    said = exc.message if isinstance(exc, CometError) else f"{exc.filename or place.folder}: {exc.strerror or exc}"
    return SettingsError(
        f"the panel for {place.title} cannot be written or removed: {said}",
        next_step="See who owns that folder, then run this again.",
    )
