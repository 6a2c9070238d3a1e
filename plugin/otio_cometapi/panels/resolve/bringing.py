"""Takes into Resolve: their media and a timeline of a new name into the bin COMET. Nothing that is there is changed."""

from pathlib import Path
from typing import Any, Iterable, List, NamedTuple, Set

from .edit import Edit
from .program import PanelError

BIN = "COMET"


class Brought(NamedTuple):
    """What came of it."""

    name: str
    """The new timeline's."""
    offline: List[str]
    """Clips of it that show no media."""
    media: int
    """Files that were imported."""


def names(edit: Edit) -> Set[str]:
    """Return the names of all timelines of the project."""
    count = int(edit.project.GetTimelineCount())
    return {str(edit.project.GetTimelineByIndex(number).GetName()) for number in range(1, count + 1)}


def next_name(edit: Edit, folder: Path) -> str:
    """Return the next version's name, which neither the project nor the folder has."""
    taken, number = names(edit), 1
    while True:
        name = f"{edit.name} comet v{number:03d}"
        if name not in taken and not file_of(folder, name).exists():
            return name
        number += 1


def file_of(folder: Path, name: str) -> Path:
    """Return where a version's timeline file lies."""
    return folder / (safe(name) + ".otio")


def safe(name: str) -> str:
    """Return a name as a file may bear it on every platform."""
    kept = "".join(each if each.isalnum() or each in " ._-" else "_" for each in name)
    return kept.strip(" .")[:80] or "timeline"


def bring(edit: Edit, file: Path, name: str, media: Iterable[str]) -> Brought:
    """
    Import a timeline file under *name*, and the media of its takes, into the bin COMET.

    Raises:
        PanelError: Resolve did not import it, or the project is no longer open.
    """
    if not edit.is_open():
        raise PanelError(
            f"Another project is open by now. Open the one with '{edit.name}' and start this again: 'Bring in what is "
            "finished' imports the takes, for nothing."
        )
    pool = edit.project.GetMediaPool()
    before = pool.GetCurrentFolder()
    target = _bin(pool)
    pool.SetCurrentFolder(target)
    try:
        known = {str(each.GetClipProperty("File Path")) for each in target.GetClipList() or []}
        fresh = [path for path in media if path not in known and Path(path).is_file()]
        if fresh:
            pool.ImportMedia(fresh)
        options = {"timelineName": name, "importSourceClips": True}
        made = pool.ImportTimelineFromFile(str(file), options)
    finally:
        if before:
            pool.SetCurrentFolder(before)
    if not made:
        raise PanelError(
            f"Resolve did not import {file}. Import it by hand with File > Import > Timeline...; nothing is lost."
        )
    return Brought(str(made.GetName()), _offline(made), len(fresh))


def _bin(pool: Any) -> Any:
    root = pool.GetRootFolder()
    for each in root.GetSubFolderList() or []:
        if each.GetName() == BIN:
            return each
    made = pool.AddSubFolder(root, BIN)
    if not made:
        raise PanelError(f"Resolve made no bin '{BIN}' in the media pool. Is the project read-only?")
    return made


def _offline(timeline: Any) -> List[str]:
    found: List[str] = []
    for track in range(1, int(timeline.GetTrackCount("video")) + 1):
        items = timeline.GetItemListInTrack("video", track) or []
        found.extend(str(each.GetName()) for each in items if not each.GetMediaPoolItem())
    return found
