"""
A stand-in for DaVinci Resolve: the calls that the README of its scripting API documents, and no other.

Signatures, return values and counting are the README's ("Last Updated: 7 May 2025", of Resolve 20): tracks from 1,
positions in frames that begin with the timeline's start timecode, None or False where something did not work. A call
that is not documented raises, and so does a documented one with other arguments. Resolve itself never ran here.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import av
import opentimelineio as otio

SINCE = {"EXPORT_OTIO": (18, 5), "GetMarkInOut": (19, 1)}
"""Names that came later than 18.0; an older stand-in does not have them."""


class UndocumentedCallError(Exception):
    """Somebody counts on what the README does not promise."""


class Documented:
    """Has the names that its class defines, and no other."""

    def __getattr__(self, name: str) -> Any:
        """Refuse what is not documented; what only a later version has is missing."""
        if name in SINCE:
            raise AttributeError(name)
        if name.startswith("__"):
            raise AttributeError(name)
        raise UndocumentedCallError(f"{type(self).__name__}.{name} is not in the README")

    def __setattr__(self, name: str, value: object) -> None:
        """Keep attributes of our own, which begin with an underscore."""
        if not name.startswith("_"):
            raise UndocumentedCallError(f"{type(self).__name__}.{name} cannot be set")
        super().__setattr__(name, value)


@dataclass
class Marks:
    """What an editor has set on one clip, none of which stands in an exported `.otio`, markers aside."""

    colour: str = ""
    flags: tuple[str, ...] = ()
    markers: dict[float, dict[str, Any]] = field(default_factory=dict)


def marker(colour: str, name: str = "", note: str = "") -> dict[float, dict[str, Any]]:
    """Return one marker as `GetMarkers` tells it."""
    return {4.0: {"color": colour, "duration": 1.0, "note": note, "name": name, "customData": ""}}


class PoolItem(Documented):
    """`MediaPoolItem`."""

    def __init__(self, path: str) -> None:
        self._path = path

    def GetName(self) -> str:
        return Path(self._path).name

    def GetClipProperty(self, name: str) -> str:
        return self._path if name == "File Path" else ""


class Item(Documented):
    """`TimelineItem`."""

    def __init__(self, clip: Any, first: int, marks: Marks, pool_item: PoolItem | None) -> None:
        self._clip, self._first, self._marks, self._pool_item = clip, first, marks, pool_item

    def GetName(self) -> str:
        return str(self._clip.name)

    def GetStart(self) -> int:
        return self._first

    def GetEnd(self) -> int:
        return self._first + self.GetDuration()

    def GetDuration(self) -> int:
        return round(self._clip.trimmed_range().duration.value)

    def GetClipColor(self) -> str:
        return self._marks.colour

    def GetFlagList(self) -> list[str]:
        return list(self._marks.flags)

    def GetMarkers(self) -> dict[float, dict[str, Any]]:
        return dict(self._marks.markers)

    def GetMediaPoolItem(self) -> PoolItem | None:
        return self._pool_item


class Timeline(Documented):
    """`Timeline`, over an OTIO timeline that it never changes."""

    def __init__(
        self, made: Any, *, marks: dict[str, Marks] | None = None, pool: Sequence[PoolItem] = (), **more: Any
    ) -> None:
        self._made, self._marks = made, marks or {}
        self._pool, self._more = pool, more
        self._start = round(made.global_start_time.value) if made.global_start_time else 0
        self._version: tuple[int, ...] = (20, 0)

    def GetName(self) -> str:
        return str(self._made.name)

    def GetStartFrame(self) -> int:
        return self._start

    def GetTrackCount(self, kind: str) -> int:
        return len(self._tracks(kind))

    def GetTrackName(self, kind: str, number: int) -> str:
        return str(self._track(kind, number).name)

    def GetIsTrackEnabled(self, kind: str, number: int) -> bool:
        return bool(self._track(kind, number).enabled)

    def GetItemListInTrack(self, kind: str, number: int) -> list[Item]:
        track = self._track(kind, number)
        return [self._item(track, each) for each in track if isinstance(each, otio.schema.Clip)]

    def GetCurrentVideoItem(self) -> Item | None:
        name = self._more.get("playhead")
        return next((item for item in self._all() if item.GetName() == name), None)

    def Export(self, path: str, kind: object, subtype: object) -> bool:
        if kind != "otio" or subtype != "none":
            raise UndocumentedCallError("an export of another kind")
        if self._more.get("export_fails"):
            return False
        otio.adapters.write_to_file(_as_resolve_writes(self._made, self._marks), path)
        return True

    def __getattr__(self, name: str) -> Any:
        if name == "GetMarkInOut" and self._version >= SINCE[name]:
            marks = self._more.get("marks_in_out")
            return lambda: {"video": dict(marks), "audio": dict(marks)} if marks else {}
        return super().__getattr__(name)

    def _all(self) -> list[Item]:
        return [item for n in range(1, self.GetTrackCount("video") + 1) for item in self.GetItemListInTrack("video", n)]

    def _tracks(self, kind: str) -> list[Any]:
        if kind not in {"video", "audio", "subtitle"}:
            raise UndocumentedCallError(f"a track of the kind {kind!r}")
        wanted = {"video": otio.schema.TrackKind.Video, "audio": otio.schema.TrackKind.Audio}.get(kind)
        return [track for track in self._made.tracks if track.kind == wanted]

    def _track(self, kind: str, number: int) -> Any:
        if not 1 <= number <= self.GetTrackCount(kind):
            raise UndocumentedCallError(f"track {number}: they count from 1")
        return self._tracks(kind)[number - 1]

    def _item(self, track: Any, clip: Any) -> Item:
        first = self._start + round(track.range_of_child(clip).start_time.value)
        shown = clip.media_reference
        url = shown.target_url if isinstance(shown, otio.schema.ExternalReference) else ""
        return Item(clip, first, self._marks.get(clip.name, Marks()), _found(self._pool, url, clip))


def _found(pool: Sequence[PoolItem], url: str, clip: Any) -> PoolItem | None:
    """Return the pool's item for a clip whose range lies within the timecode of the file, as Resolve asks."""
    item = next((item for item in pool if item.GetClipProperty("File Path") == url), None)
    if item is None:
        return None
    used = clip.trimmed_range()
    first, frames = _extent(url, used.start_time.rate)
    within = first <= used.start_time.value and used.end_time_exclusive().value <= first + frames
    return item if within else None


@cache
def _extent(path: str, rate: float) -> tuple[int, int]:
    """Return a file's first frame by its own timecode, and how many it has."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        told = [each.metadata.get("timecode") for each in container.streams] + [container.metadata.get("timecode")]
        frames = stream.frames or sum(1 for _ in container.demux(stream)) - 1
    text = next((each for each in told if each), "00:00:00:00")
    return round(otio.opentime.from_timecode(text, rate).value), frames


def _as_resolve_writes(made: Any, marks: dict[str, Marks]) -> Any:
    """Return a timeline as Resolve writes it: no metadata of others, markers, and neither clip colours nor flags."""
    copy = made.clone()
    copy.metadata.clear()
    copy.metadata["Resolve_OTIO"] = {"Resolve OTIO Meta Version": "1.0"}
    for clip in copy.find_clips():
        clip.metadata.clear()
        for frame, told in marks.get(clip.name, Marks()).markers.items():
            begins = clip.trimmed_range().start_time
            place = otio.opentime.RationalTime(begins.value + frame, begins.rate)
            made_marker = otio.schema.Marker(
                name=told["name"],
                color=told["color"].upper(),
                marked_range=otio.opentime.TimeRange(place, otio.opentime.RationalTime(1, begins.rate)),
                metadata={"Resolve_OTIO": {"Note": told["note"]}},
            )
            clip.markers.append(made_marker)
    return copy


class Folder(Documented):
    """`Folder`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._clips: list[PoolItem] = []
        self._folders: list[Folder] = []

    def GetName(self) -> str:
        return self._name

    def GetClipList(self) -> list[PoolItem]:
        return list(self._clips)

    def GetSubFolderList(self) -> list[Folder]:
        return list(self._folders)


class Pool(Documented):
    """`MediaPool`."""

    def __init__(self, project: Project) -> None:
        self._project, self._root = project, Folder("Master")
        self._current = self._root
        self._timelines: dict[str, str] = {}

    def GetRootFolder(self) -> Folder:
        return self._root

    def AddSubFolder(self, parent: Folder, name: str) -> Folder:
        made = Folder(name)
        parent._folders.append(made)
        return made

    def GetCurrentFolder(self) -> Folder:
        return self._current

    def SetCurrentFolder(self, folder: Folder) -> bool:
        self._current = folder
        return True

    def ImportMedia(self, paths: list[str]) -> list[PoolItem]:
        made = [PoolItem(path) for path in paths if Path(path).is_file()]
        self._current._clips.extend(made)
        return made

    def ImportTimelineFromFile(self, path: str, options: dict[str, Any]) -> Timeline | None:
        if not set(options) <= {"timelineName", "importSourceClips", "sourceClipsPath", "sourceClipsFolders"}:
            raise UndocumentedCallError(f"import options {options}")
        made = otio.adapters.read_from_file(path)
        made.name = options["timelineName"]
        if made.name in [each.GetName() for each in self._project._timelines]:
            return None
        if options.get("importSourceClips", True):
            urls = {each.media_reference.target_url for each in made.find_clips()}
            self.ImportMedia(sorted(urls - {each._path for each in self._all()}))
        new = Timeline(made, pool=self._all())
        self._timelines[made.name] = self._current.GetName()
        self._project._timelines.append(new)
        return new

    def _all(self) -> list[PoolItem]:
        return [*self._root._clips, *(clip for folder in self._root._folders for clip in folder._clips)]


class Project(Documented):
    """`Project`."""

    def __init__(self, name: str, timelines: list[Timeline]) -> None:
        self._name, self._timelines = name, timelines
        self._pool = Pool(self)

    def GetName(self) -> str:
        return self._name

    def GetUniqueId(self) -> str:
        return f"{zlib.crc32(self._name.encode()):08x}-0000-4000-8000-000000000000"

    def GetMediaPool(self) -> Pool:
        return self._pool

    def GetCurrentTimeline(self) -> Timeline | None:
        return self._timelines[0] if self._timelines else None

    def GetTimelineCount(self) -> int:
        return len(self._timelines)

    def GetTimelineByIndex(self, number: int) -> Timeline:
        if not 1 <= number <= len(self._timelines):
            raise UndocumentedCallError(f"timeline {number}: they count from 1")
        return self._timelines[number - 1]


class Projects(Documented):
    """`ProjectManager`."""

    def __init__(self, project: Project | None) -> None:
        self._project = project

    def GetCurrentProject(self) -> Project | None:
        return self._project


class Resolve(Documented):
    """`Resolve`, with one project of one timeline."""

    def __init__(self, *timelines: Timeline, version: tuple[int, int] = (20, 0), product: str = "Studio") -> None:
        self._version, self._product = version, product
        self._project = Project("Night: shoot", list(timelines))
        for each in timelines:
            each._version = version

    @property
    def EXPORT_NONE(self) -> str:
        return "none"

    def __getattr__(self, name: str) -> Any:
        if name == "EXPORT_OTIO" and self._version >= SINCE[name]:
            return "otio"
        return super().__getattr__(name)

    def GetProjectManager(self) -> Projects:
        return Projects(self._project)

    def GetVersionString(self) -> str:
        return ".".join(str(each) for each in self._version) + ".0.1"

    def GetProductName(self) -> str:
        return f"DaVinci Resolve {self._product}".strip()
