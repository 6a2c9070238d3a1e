"""Hosts on this machine: where Blender and DaVinci Resolve look for what users add, by their makers' documents."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from otio_cometapi.errors import WrongUsageError, did_you_mean
from otio_cometapi.records.panels import HostPlace
from otio_cometapi.settings import home_folder

HOSTS = ("blender", "resolve")
"""Hosts that have a panel."""
MENU_NAME = "CometAPI takes.py"
"""What Resolve lists under Workspace > Scripts, without its suffix."""
_EXTENSION = "otio_cometapi"
_OLDEST_BLENDER, _NEXT_BLENDER = (4, 5), (5, 0)
"""Versions that the panel's manifest names: from the first, before the second."""
_VERSION = re.compile(r"^(\d+)\.(\d+)$")


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that is looked at."""

    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    """The environment."""
    platform: str = sys.platform
    """As `sys.platform` says it."""
    home: Path = field(default_factory=home_folder)
    """The user's."""
    root: Path = Path("/")
    """Where programs for all users lie; on Windows the drive."""

    def roaming(self) -> Path:
        """Return where Windows keeps what users' programs know."""
        return Path(self.variables.get("APPDATA") or self.home / "AppData" / "Roaming")

    def has(self, program: str) -> Path | None:
        """Return where a program is found on PATH."""
        found = shutil.which(program, path=self.variables.get("PATH", os.defpath))
        return Path(found) if found else None


def places(host: str, machine: Machine, *, folder: Path | None = None) -> tuple[HostPlace, ...]:
    """
    Return the folders of a host, of every version that is here; one without a sign where the host is not found.

    Args:
        host: One of `HOSTS`.
        machine: Where to look.
        folder: Name the host's folder instead: Blender's repository of extensions, Resolve's ``Fusion``.

    Raises:
        WrongUsageError: There is no panel for such a host.
    """
    if host == "blender":
        return tuple(_blender(machine, folder))
    if host == "resolve":
        return (_resolve(machine, folder),)
    raise WrongUsageError(
        f"there is no panel for '{host}'.{did_you_mean(host, HOSTS)}", next_step=f"Choose one of {', '.join(HOSTS)}."
    )


def _blender(machine: Machine, folder: Path | None) -> Iterator[HostPlace]:
    """
    Look for Blender.

    The folders are those of its manual, "Blender's Directory Layout": `BLENDER_USER_EXTENSIONS`, else ``extensions`` in
    `BLENDER_USER_RESOURCES`, else in the user's folder of each version. An extension from a file lies in the
    repository ``user_default``.
    """
    if folder is not None:
        yield HostPlace("blender", "Blender", folder / _EXTENSION, sign=folder if folder.is_dir() else None)
        return
    named = machine.variables.get("BLENDER_USER_EXTENSIONS", "")
    resources = machine.variables.get("BLENDER_USER_RESOURCES", "")
    if named or resources:
        repository = (Path(named) if named else Path(resources) / "extensions") / "user_default"
        yield HostPlace("blender", "Blender", repository / _EXTENSION, sign=Path(named or resources))
        return
    program = machine.has("blender") or _first(_blender_programs(machine))
    user = _blender_folder(machine)
    found = sorted(_blender_versions(user))
    if not any(_OLDEST_BLENDER <= each < _NEXT_BLENDER for each in found):
        found.append(_OLDEST_BLENDER)
    for each in found:
        text = f"{each[0]}.{each[1]}"
        mine = user / text
        trouble = ""
        if not _OLDEST_BLENDER <= each < _NEXT_BLENDER:
            trouble = f"The panel is for Blender 4.5; {text} was not tried, and it does not load there."
        sign = mine if mine.is_dir() else program
        yield HostPlace(
            "blender", f"Blender {text}", mine / "extensions" / "user_default" / _EXTENSION, sign=sign, trouble=trouble
        )


def _blender_folder(machine: Machine) -> Path:
    if machine.platform == "darwin":
        return machine.home / "Library" / "Application Support" / "Blender"
    if machine.platform == "win32":
        return machine.roaming() / "Blender Foundation" / "Blender"
    config = machine.variables.get("XDG_CONFIG_HOME", "")
    return (Path(config) if config else machine.home / ".config") / "blender"


def _blender_programs(machine: Machine) -> tuple[Path, ...]:
    if machine.platform == "darwin":
        return (machine.root / "Applications" / "Blender.app",)
    if machine.platform == "win32":
        return (Path(machine.variables.get("PROGRAMFILES") or machine.root / "Program Files") / "Blender Foundation",)
    return ()


def _blender_versions(user: Path) -> Iterator[tuple[int, int]]:
    """Yield the versions that have been started here since 4.2, the first with extensions."""
    for each in user.iterdir() if user.is_dir() else ():
        told = _VERSION.match(each.name)
        if told and each.is_dir() and (int(told[1]), int(told[2])) >= (4, 2):
            yield int(told[1]), int(told[2])


def _resolve(machine: Machine, folder: Path | None) -> HostPlace:
    """
    Look for DaVinci Resolve.

    The user's folder of scripts is the one that the README of its scripting API names (7 May 2025, of Resolve 20). The
    menu lists every Python file in it, so that our modules lie beside the folder of scripts, and one file in it.
    """
    fusion = folder or _fusion(machine)
    signs = (folder,) if folder else (fusion.parent, *_resolve_programs(machine))
    return HostPlace(
        "resolve",
        "DaVinci Resolve",
        fusion / "otiocomet",
        menu=fusion / "Scripts" / "Edit" / MENU_NAME,
        sign=_first(signs),
    )


def _fusion(machine: Machine) -> Path:
    if machine.platform == "darwin":
        support = machine.home / "Library" / "Application Support"
        return support / "Blackmagic Design" / "DaVinci Resolve" / "Fusion"
    if machine.platform == "win32":
        return machine.roaming() / "Blackmagic Design" / "DaVinci Resolve" / "Support" / "Fusion"
    return machine.home / ".local" / "share" / "DaVinciResolve" / "Fusion"


def _resolve_programs(machine: Machine) -> tuple[Path, ...]:
    """Return where Resolve lies, the folder of its scripting API first where a variable names it."""
    named = machine.variables.get("RESOLVE_SCRIPT_API", "")
    first = (Path(named),) if named else ()
    if machine.platform == "darwin":
        return (*first, machine.root / "Applications" / "DaVinci Resolve")
    if machine.platform == "win32":
        programs = Path(machine.variables.get("PROGRAMFILES") or machine.root / "Program Files")
        return (*first, programs / "Blackmagic Design" / "DaVinci Resolve")
    return (*first, machine.root / "opt" / "resolve", machine.root / "home" / "resolve")


def _first(paths: tuple[Path, ...]) -> Path | None:
    return next((path for path in paths if path.exists()), None)
