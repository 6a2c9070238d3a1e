"""Doctor of the panels: what keeps a host's panel from working, and what mends it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from otio_cometapi import __version__
from otio_cometapi.pipeline.host_panels import state_of
from otio_cometapi.pipeline.host_places import HOSTS, Machine, places
from otio_cometapi.records.findings import Finding, Level
from otio_cometapi.records.panels import HostPlace, Installed
from otio_cometapi.settings import config_folder
from otio_cometapi.settings.key_store import key_sources

_OF_A_SHELL = ("COMETAPI_KEY", "COMETAPI_KEY_FILE")


def examined_hosts(
    machine: Machine, *, hosts: tuple[str, ...] = HOSTS, folder: Path | None = None
) -> tuple[Finding, ...]:
    """
    Look at the panel of every host that is here; nothing is changed.

    Args:
        machine: Where to look.
        hosts: Which to look at.
        folder: The folder that was named when the panel was installed; None: where the host looks.
    """
    found: list[Finding] = []
    looked_at = [place for host in hosts for place in places(host, machine, folder=folder)]
    for place in looked_at:
        found += _examined(place, machine)
    if any(state_of(place).installed for place in looked_at):
        found.append(_key(machine))
    return tuple(found)


def in_short(machine: Machine) -> Iterator[Finding]:
    """Yield one finding on all panels, as bad as the worst, with where to read the rest; none where no host is here."""
    seen = [each for each in examined_hosts(machine) if each.level is not Level.LEFT_OUT]
    if not seen:
        return
    problems = [each.check for each in seen if each.level is Level.PROBLEM]
    notes = [each.check for each in seen if each.level is Level.NOTE]
    told = [f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"] if problems else []
    told += [f"{len(notes)} to know"] if notes else []
    step = "`otiocomet host doctor` shows what, and the next steps."
    if not told:
        yield Finding("hosts", Level.OK, "The panels in hosts are as they should be (`otiocomet host doctor`).")
        return
    about = ", ".join(dict.fromkeys((*problems, *notes)))
    yield Finding("hosts", Level.PROBLEM if problems else Level.NOTE, f"{', '.join(told)}: {about}.", step)


def _key(machine: Machine) -> Finding:
    """Look for a key where programs find it that no shell has started: they see none of its variables."""
    seen = {name: value for name, value in machine.variables.items() if name not in _OF_A_SHELL}
    used = next((each for each in key_sources(seen, config_folder(machine.variables)) if each.used), None)
    if used is not None:
        return Finding("key for hosts", Level.OK, f"A host that the desktop starts finds the key: {used.where}.")
    said = "A host that the desktop starts sees no COMETAPI_KEY of a shell, and neither file nor keyring holds a key."
    return Finding("key for hosts", Level.NOTE, said, "`otiocomet auth login` puts the key where hosts find it.")


def _examined(place: HostPlace, machine: Machine) -> Iterator[Finding]:
    state = state_of(place)
    if state.installed is None:
        if place.sign is None:
            yield Finding(place.host, Level.LEFT_OUT, f"{place.title} was not found on this machine.")
        elif place.trouble:
            yield Finding(place.host, Level.NOTE, place.trouble, "Use Blender 4.5 LTS.")
        else:
            said = f"{place.title} is here ({place.sign}), and has no panel of ours."
            yield Finding(place.host, Level.NOTE, said, f"`otiocomet host install {place.host}` puts it there.")
        return
    problems = list(_problems(place, state.installed, current=state.current))
    yield from problems
    if not problems:
        how = "linked" if state.installed.linked else "copied"
        said = f"{place.title}: the panel of {state.installed.version} ({how}) in {place.folder} calls "
        yield Finding(place.host, Level.OK, f"{said}{state.installed.program}.")
    if place.host == "resolve":
        yield from _python(machine)


def _problems(place: HostPlace, installed: Installed, *, current: bool) -> Iterator[Finding]:
    again = f"`otiocomet host install {place.host}` puts it right."
    if place.trouble:
        yield Finding(place.host, Level.PROBLEM, place.trouble, "Use Blender 4.5 LTS.")
    if not installed.program.is_file() or not os.access(installed.program, os.X_OK):
        said = f"{place.title}: the panel calls {installed.program}, and there is no such program any more."
        yield Finding(place.host, Level.PROBLEM, said, again)
    broken = [name for name in installed.files if not (place.folder / name).is_file()]
    if broken:
        said = f"{place.title}: {', '.join(broken)} of the panel in {place.folder} cannot be read."
        yield Finding(place.host, Level.PROBLEM, said, again)
    elif not current:
        said = f"{place.title}: the panel in {place.folder} is of {installed.version or 'an unknown version'}, and not "
        yield Finding(place.host, Level.PROBLEM, f"{said}the one of this package ({__version__}).", again)


def _python(machine: Machine) -> Iterator[Finding]:
    """
    Look for a Python that Resolve may find: it brings none, and takes one that is installed for all users.

    Its README asks for Python 3.6 or later, 64 bits, and does not say where it looks; on macOS people report that it
    takes the framework of python.org.
    """
    if machine.platform == "darwin":
        there = sorted((machine.root / "Library/Frameworks/Python.framework/Versions").glob("3.*"))
    else:
        names = ("py", "python", "python3") if machine.platform == "win32" else ("python3",)
        there = [found for name in names if (found := machine.has(name)) and not _is_of_an_environment(found)]
        there += [path for path in (machine.root / "usr/bin/python3",) if path.exists()]
    if there:
        said = f"Resolve may take the Python of {there[0]}; its Console (Py3) shows which it took."
        yield Finding("resolve python", Level.OK, said)
        return
    step = "Install Python 3 for all users from python.org, and start Resolve again."
    yield Finding("resolve python", Level.NOTE, "No Python was found that Resolve might take; it brings none.", step)


def _is_of_an_environment(program: Path) -> bool:
    return (program.parent.parent / "pyvenv.cfg").is_file()
