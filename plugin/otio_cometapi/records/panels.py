"""Panels: what a host is given, where that goes, and what lies there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class HostPlace:
    """One folder of a host on this machine into which its panel goes."""

    host: str
    """What people pass to `otiocomet host install`."""
    title: str
    """The host and, where it keeps folders for each, its version."""
    folder: Path
    """Where the panel's files go; made by the installer."""
    menu: Path | None = None
    """The file that the host lists in its menu, where that lies elsewhere."""
    sign: Path | None = None
    """What shows that the host is here; None: nothing does."""
    trouble: str = ""
    """Why the panel would not run there, a sentence; empty where it would."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A panel that the installer has put somewhere, as its own record says."""

    version: str
    """Of this package."""
    program: Path
    """The `otiocomet` that it calls."""
    files: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of every file as it was put there, by its path in the folder."""
    linked: bool = False
    """Whether the files are links into the package."""
    menu: str = ""
    """The file in the host's menu; empty where there is none."""


@dataclass(frozen=True, slots=True)
class HostState:
    """A host's folder, and what lies there."""

    place: HostPlace
    installed: Installed | None
    """None: not our panel, or nothing."""
    current: bool = False
    """Whether it is the panel of this package, file by file."""
