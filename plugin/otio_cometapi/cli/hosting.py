"""`otiocomet host`: the panels for Blender and DaVinci Resolve, put into their folders, looked at, and taken away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from otio_cometapi.cli.doors import door, print_json
from otio_cometapi.cli.drawing import Column, print_table
from otio_cometapi.cli.flags import FOLDER, JSON
from otio_cometapi.cli.health import show_findings
from otio_cometapi.cli.sentences import line
from otio_cometapi.errors import WrongUsageError
from otio_cometapi.pipeline import host_panels
from otio_cometapi.pipeline.host_doctor import examined_hosts
from otio_cometapi.pipeline.host_places import HOSTS, Machine, places
from otio_cometapi.pipeline.options import Exit
from otio_cometapi.records.findings import Level
from otio_cometapi.records.panels import HostPlace, HostState
from otio_cometapi.records.plain import plain

_COLUMNS = (Column("host"), Column("here"), Column("panel", text=True), Column("folder", text=True))
_NEXT = {
    "blender": "In Blender: Edit > Preferences > Add-ons, switch on 'CometAPI takes'; then N in the Video Sequencer.",
    "resolve": "In Resolve, on the Edit page: Workspace > Scripts > CometAPI takes. (Never tried in Resolve itself.)",
}
HOST = click.argument("name", metavar="HOST", type=click.Choice(HOSTS))
INTO = click.option(
    "--folder",
    type=FOLDER,
    metavar="DIR",
    help="The host's folder: Blender's repository of extensions, Resolve's 'Fusion' [default: where the host looks].",
)


@click.group()
def host() -> None:
    """
    Put the panel for Blender or DaVinci Resolve into its folder, look at it, take it away.

    \b
    otiocomet host list
    otiocomet host install blender
    otiocomet host install resolve
    otiocomet host doctor
    """


@host.command("list")
@JSON
@door
def list_(*, as_json: bool) -> int:
    """
    List the hosts that have a panel: which are on this machine, and what is installed.

    \b
    otiocomet host list
    """
    states = [host_panels.state_of(place) for name in HOSTS for place in places(name, Machine())]
    if as_json:
        print_json({"hosts": [_values(state) for state in states]})
        return Exit.DONE
    rows = [
        [state.place.title, "yes" if state.place.sign else "no", _said(state), str(state.place.folder)]
        for state in states
    ]
    print_table("Hosts", _COLUMNS, rows)
    return Exit.DONE


@host.command()
@HOST
@INTO
@click.option("--link", is_flag=True, help="Link to this package's files, so that an update of it holds at once.")
@click.option(
    "--takes", type=FOLDER, metavar="DIR", help="Where Resolve's panel keeps jobs and takes [default: ~/CometAPI]."
)
@JSON
@door
def install(name: str, *, folder: Path | None, link: bool, takes: Path | None, as_json: bool) -> int:
    """
    Copy a panel into its host's folder, and write there which otiocomet it calls: this one.

    An older panel of ours is replaced; what somebody else put there is left alone, and nothing is installed.

    \b
    otiocomet host install blender
    otiocomet host install resolve --takes /mnt/projects/takes
    """
    if takes is not None and name != "resolve":
        raise WrongUsageError(
            "--takes is for Resolve.", next_step="Blender's panel keeps takes beside the .blend file."
        )
    chosen = [place for place in places(name, Machine(), folder=folder) if not place.trouble]
    states = [host_panels.install(place, link=link, takes=takes) for place in chosen]
    if as_json:
        print_json({"hosts": [_values(state) for state in states]})
        return Exit.DONE
    for state in states:
        place = state.place
        how = "linked" if link else "copied"
        line(f"The panel for {place.title} was {how}: {place.folder}")
        if place.menu:
            line(f"The menu's file: {place.menu}")
        line(f"It calls {host_panels.this_program()}.")
    line(_NEXT[name])
    line(f"Undo it with `otiocomet host uninstall {name}{f' --folder {folder}' if folder else ''}`.")
    return Exit.DONE


@host.command()
@HOST
@INTO
@JSON
@door
def uninstall(name: str, *, folder: Path | None, as_json: bool) -> int:
    """
    Take a panel away again: what `host install` has put there, and nothing else. Jobs and takes stay.

    \b
    otiocomet host uninstall resolve
    """
    found = places(name, Machine(), folder=folder)
    chosen: list[HostPlace] = [place for place in found if host_panels.state_of(place).installed] or list(found[:1])
    removed = [str(path) for place in chosen for path in host_panels.uninstall(place)]
    if as_json:
        print_json({"removed": removed})
    for path in () if as_json else removed:
        line(f"Removed: {path}")
    return Exit.DONE


@host.command()
@click.argument("name", metavar="[HOST]", type=click.Choice(HOSTS), required=False)
@INTO
@JSON
@door
def doctor(name: str | None, *, folder: Path | None, as_json: bool) -> int:
    """
    Look at the panels: whether hosts are here, panels are this package's, their program is there, and finds a key.

    Nothing is changed. Exit code 1 where there is a problem.

    \b
    otiocomet host doctor
    otiocomet host doctor resolve --folder /opt/resolve/Fusion
    """
    if folder is not None and name is None:
        raise WrongUsageError(
            "--folder is one host's.", next_step="Name the host: otiocomet host doctor resolve --folder DIR."
        )
    found = examined_hosts(Machine(), hosts=(name,) if name else HOSTS, folder=folder)
    code = Exit.NOTHING if any(each.level is Level.PROBLEM for each in found) else Exit.DONE
    if as_json:
        print_json({"findings": [plain(each) for each in found], "exit": int(code)})
    else:
        show_findings(found)
    return code


def _said(state: HostState) -> str:
    if state.installed is None:
        return state.place.trouble or "none"
    return f"{state.installed.version}{'' if state.current else ' (not the one of this package)'}"


def _values(state: HostState) -> dict[str, Any]:
    """Return a host's state as it is printed."""
    place, installed = state.place, state.installed
    return {
        "host": place.host,
        "title": place.title,
        "found": str(place.sign) if place.sign else None,
        "folder": str(place.folder),
        "menu": str(place.menu) if place.menu else None,
        "trouble": place.trouble or None,
        "installed": installed is not None,
        "version": installed.version if installed else None,
        "program": str(installed.program) if installed else None,
        "linked": bool(installed and installed.linked),
        "current": state.current,
    }
