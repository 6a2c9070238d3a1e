"""What Resolve shows: the current timeline, and which of its clips something in the host points at."""

import importlib
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Tuple

from .program import PanelError

_NO_FILE = "Export the timeline as OpenTimelineIO by hand (File > Export > Timeline...) and go on with `otiocomet run`."


class Item(NamedTuple):
    """One clip on a video track."""

    track: int
    """From 1, from the bottom."""
    first: int
    """Its first frame, counted from the timeline's first."""
    frames: int
    """How long it is."""
    name: str
    colour: str
    """Its clip colour; empty where it has none."""
    flags: Tuple[str, ...]
    """Colours of its flags."""
    markers: Tuple[Dict[str, Any], ...]
    """Its own markers."""

    @property
    def term(self) -> str:
        """What `--select` says of it: its track, and the frame in its middle, which no transition touches."""
        return f"at:{self.track}@{self.first + self.frames // 2}"


class Way(NamedTuple):
    """One way in which clips are pointed at."""

    label: str
    """For the editor, with how many they are."""
    items: Tuple[Item, ...]
    """The clips."""
    terms: Tuple[str, ...]
    """For `--select`; empty: clips with a `comet:` marker, which is what the program takes by itself."""


class Edit:
    """The timeline that is open in Resolve. It is read and exported, and never changed."""

    def __init__(self, resolve: Any = None) -> None:
        """Find what is open; raise a PanelError where nothing is."""
        self.resolve = resolve or _connected()
        self.project = self.resolve.GetProjectManager().GetCurrentProject()
        if not self.project:
            raise PanelError("No project is open. Open one, and its timeline.")
        self._mark = self.project.GetUniqueId()
        self.timeline = self.project.GetCurrentTimeline()
        if not self.timeline:
            raise PanelError("No timeline is open. Open the one whose clips are to be sent.")
        self.name = str(self.timeline.GetName())
        self.items = tuple(self._items())

    def is_open(self) -> bool:
        """Tell whether the project that we began with is the one that is open now."""
        now = self.resolve.GetProjectManager().GetCurrentProject()
        return bool(now) and now.GetUniqueId() == self._mark

    def _items(self) -> List[Item]:
        start, found = int(self.timeline.GetStartFrame()), []
        for track in range(1, self._tracks() + 1):
            for each in self.timeline.GetItemListInTrack("video", track) or []:
                markers = tuple((each.GetMarkers() or {}).values())
                flags = tuple(str(flag) for flag in each.GetFlagList() or [])
                place = (int(each.GetStart()) - start, int(each.GetDuration()), str(each.GetName()))
                found.append(Item(track, place[0], place[1], place[2], str(each.GetClipColor() or ""), flags, markers))
        return found

    def ways(self) -> "OrderedDict[str, Way]":
        """Return every way in which clips are pointed at here, by a key."""
        found: OrderedDict[str, List[Item]] = OrderedDict()
        for item in self.items:
            texts = [str(marker.get(key, "")) for marker in item.markers for key in ("name", "note")]
            keys = ["comet: markers"] if any(text.lower().startswith("comet:") for text in texts) else []
            keys += ["clip colour " + item.colour] if item.colour else []
            keys += ["flag " + flag for flag in item.flags]
            keys += ["marker " + str(marker.get("color", "")) for marker in item.markers]
            for key in OrderedDict.fromkeys(keys):
                found.setdefault(key, []).append(item)
        self._add("in and out marks", self._between_marks(), found)
        self._add("the clip under the playhead", self._under_playhead(), found)
        first = ["comet: markers"] if "comet: markers" in found else []
        return OrderedDict((key, _way(key, found[key])) for key in first + sorted(set(found) - set(first)))

    @staticmethod
    def _add(key: str, items: List[Item], found: "OrderedDict[str, List[Item]]") -> None:
        if items:
            found[key] = items

    def _between_marks(self) -> List[Item]:
        """Return the clips between the timeline's in and out marks, where the version tells them (19.1)."""
        method = getattr(self.timeline, "GetMarkInOut", None)
        marks = (method() or {}).get("video", {}) if callable(method) else {}
        if "in" not in marks or "out" not in marks:
            return []
        low, high = int(marks["in"]), int(marks["out"])
        shown = [bool(self.timeline.GetIsTrackEnabled("video", track)) for track in range(1, self._tracks() + 1)]
        return [
            item
            for item in self.items
            if shown[item.track - 1] and item.first <= high and low < item.first + item.frames
        ]

    def _tracks(self) -> int:
        return int(self.timeline.GetTrackCount("video"))

    def _under_playhead(self) -> List[Item]:
        current = self.timeline.GetCurrentVideoItem()
        if not current:
            return []
        first = int(current.GetStart()) - int(self.timeline.GetStartFrame())
        here = (first, int(current.GetDuration()), str(current.GetName()))
        return [item for item in self.items if (item.first, item.frames, item.name) == here][-1:]

    def export(self, path: Path) -> None:
        """
        Write the timeline as OpenTimelineIO.

        Raises:
            PanelError: This version of Resolve does not, or could not.
        """
        kind = getattr(self.resolve, "EXPORT_OTIO", None)
        version = str(self.resolve.GetVersionString())
        if kind is None:
            raise PanelError(f"Resolve {version} writes no OpenTimelineIO; 18.5 and later do. {_NO_FILE}")
        fresh = path.with_name("exporting.otio")
        if fresh.exists():
            fresh.unlink()
        done = self.timeline.Export(str(fresh), kind, self.resolve.EXPORT_NONE)
        if not done or not fresh.is_file():
            raise PanelError(f"Resolve {version} did not export '{self.name}' to {fresh}. {_NO_FILE}")
        fresh.replace(path)

    def is_free_on_linux(self, platform: str) -> bool:
        """Tell whether this is the version that decodes no H.264."""
        return platform.startswith("linux") and "studio" not in str(self.resolve.GetProductName()).lower()


def _way(key: str, items: List[Item]) -> Way:
    label = f"{key} ({len(items)} clip{'' if len(items) == 1 else 's'})"
    return Way(label, tuple(items), () if key == "comet: markers" else tuple(item.term for item in items))


def _connected() -> Any:
    """Return the running Resolve for a script that was started outside of it."""
    found = None
    with suppress(ImportError):
        found = importlib.import_module("DaVinciResolveScript").scriptapp("Resolve")
    if not found:
        raise PanelError(
            "Resolve was not found. Start this from its menu Workspace > Scripts; or, from outside, let Resolve run, "
            "allow external scripting, and set RESOLVE_SCRIPT_API, RESOLVE_SCRIPT_LIB, PYTHONPATH as its README says."
        )
    return found
