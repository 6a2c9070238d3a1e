"""Back to the originals: which original a clip showed before it showed media of ours, in its own numbers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import opentimelineio as otio

from otio_cometapi.editorial.active import Active, active_of
from otio_cometapi.editorial.media_urls import path_of
from otio_cometapi.editorial.metadata import entry_of
from otio_cometapi.editorial.provenance import NAMESPACE, NOTE
from otio_cometapi.editorial.ranges import clip_range
from otio_cometapi.editorial.rates import rate_label, snapped_rate, whole
from otio_cometapi.editorial.rebase import move_markers
from otio_cometapi.editorial.relink import reel_of
from otio_cometapi.editorial.sources import OWN_KEY, real_path
from otio_cometapi.editorial.spans import at_rate, origin_of
from otio_cometapi.records import ClipRange, Conformed, MediaInfo, TakeRecord


@dataclass(frozen=True, slots=True)
class Home:
    """One medium of ours, and the original that it stands for."""

    take: TakeRecord
    """Its take."""
    media: Conformed
    """The medium."""
    source_key: str
    """The key that the original had on its clip."""
    find_reference: Callable[[], Any]
    """Returns the original, an OTIO media reference; it may stand in a file that is still to be read."""
    reference_rate: float
    """The rate to write the medium's available range in."""


class Homes:
    """Every medium of a job, found by take, path, file name or reel."""

    def __init__(self, homes: Iterable[Home], *, media_root: Path) -> None:
        """Index *homes*; of two for one medium the first counts. Relative addresses begin at *media_root*."""
        self._media_root = media_root
        self._by_path: dict[str, Home] = {}
        self._by_name: dict[str, Home] = {}
        self._by_take: dict[str, list[Home]] = {}
        self._by_reel: dict[str, list[Home]] = {}
        self._at: dict[str, tuple[Home | None, Home | None]] = {}
        for home in homes:
            folder, name = os.path.split(home.media.path)
            path = os.path.join(real_path(folder), name)  # noqa: PTH118 - one search of the folder for all its media
            if os.path.islink(path):  # noqa: PTH114 - as above
                path = os.path.realpath(path)
            if path in self._by_path:
                continue
            self._by_path[path] = home
            self._by_name.setdefault(Path(home.media.path).name.lower(), home)
            self._by_take.setdefault(home.take.take_id, []).append(home)
            self._by_reel.setdefault(reel_of(home.take.take_id), []).append(home)

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._by_path)

    def shows_take(self, clip: Any) -> bool:
        """Tell whether a clip's active reference is media of ours, of this job or another."""
        reference = clip.media_reference
        return reference is not None and (
            bool(_take_id(clip.active_media_reference_key, reference)) or isinstance(self.of(clip), Home)
        )

    def of(self, clip: Any, active: Active | None = None) -> Home | str | None:
        """
        Return the home of what a clip shows; None: it is not ours; a clause: it is ours and has none here.

        *active* is the clip's active reference, where it has been read.
        """
        active = active or active_of(clip)
        if active is None:
            return None
        url = active.url
        here, found = self._at.get(url) or self._looked_for(url)
        if here is not None:
            return here
        take_id = _id_in(active.key, active.own)
        if take_id:
            several = self._by_take.get(take_id, [])
            chosen = [found] if found in several else several
            return chosen[0] if chosen else f"its take {take_id[:11]} is none of this job's"
        if found is not None:
            return found
        return self._by_its_reel(clip) if not url else None

    def knows(self, url: str) -> bool:
        """Tell whether an address is that of a medium, or has the file name of one."""
        return (self._at.get(url) or self._looked_for(url)) != (None, None)

    def _looked_for(self, url: str) -> tuple[Home | None, Home | None]:
        """Return the medium at an address, and the one with the address's file name; each is looked for once."""
        place = path_of(url, media_root=self._media_root) if url else None
        here = self._by_path.get(os.path.realpath(place.path)) if place is not None and place.path is not None else None
        named = self._by_name.get(PurePosixPath(url.replace("\\", "/")).name.lower())
        self._at[url] = here, named
        return here, named

    def _by_its_reel(self, clip: Any) -> Home | None:
        """Return the medium whose reel a clip without an address names, if its numbers are the medium's."""
        used = _frames(_used(clip))
        for writer, column in (("cmx_3600", "reel"), ("ALE", "Tape")):
            own = entry_of(clip.metadata, writer)
            reel = own.get(column) if hasattr(own, "get") else None
            for home in self._by_reel.get(str(reel).upper(), []) if reel else ():
                first = home.media.start_frame
                if used and first <= used.start and used.end <= first + home.media.span.frame_count:
                    return home
        return None


def _take_id(key: str, reference: Any) -> str:
    """Return the id of the take that a reference says it shows; empty where it says nothing of the kind."""
    if key.lower().startswith(OWN_KEY):
        return key[len(OWN_KEY) :]
    return _id_in(key, entry_of(reference.metadata, NAMESPACE))


def _id_in(key: str, own: Any) -> str:
    """Return the same; *own* stands in the reference's metadata under our name."""
    if key.lower().startswith(OWN_KEY):
        return key[len(OWN_KEY) :]
    return str(own.get("take_id") or "") if hasattr(own, "get") and own.get("schema") else ""


def has_original(clip: Any) -> bool:
    """Tell whether a clip still carries a reference that is not ours."""
    return any(
        reference is not None
        and not isinstance(reference, otio.schema.MissingReference)
        and not _take_id(key, reference)
        for key, reference in clip.media_references().items()
        if key != clip.active_media_reference_key
    )


def put_back(clip: Any, home: Home) -> str:
    """
    Give a clip that shows *home*'s medium its original back, in place, beside the medium, which stays active.

    The source range, and markers that count in it, come into the original's numbers, whatever numbers the host wrote.

    Returns:
        Why it cannot be done, a clause; empty where it was.
    """
    written = _used(clip)
    used = _frames(written)
    if used is None:
        return "it has no range that can be read"
    seen = at_rate(used, home.media.span.rate)
    if seen is None:
        return (
            f"it counts at {rate_label(used.rate)} frames per second and its media at "
            f"{rate_label(home.media.span.rate)}; give the right --rate where the format names none"
        )
    origin = origin_of(seen, _frames(clip.media_reference.available_range), _info_of(home))
    if isinstance(origin, str):
        return origin
    moved = whole((home.media.start_frame - origin.frame) * used.rate / home.media.span.rate)
    if moved is None:
        return "its numbers are no whole frames of its media"
    rate = written.duration.rate if snapped_rate(written.duration.rate) == used.rate else float(used.rate)
    clip.source_range = otio.opentime.TimeRange(
        otio.opentime.RationalTime(used.start + moved, rate), otio.opentime.RationalTime(used.frame_count, rate)
    )
    move_markers(clip, -moved, used.rate)
    ours = clip.media_reference.clone()
    ours.available_range = otio.opentime.TimeRange(
        otio.opentime.RationalTime(home.media.start_frame, home.reference_rate),
        otio.opentime.RationalTime(home.media.span.frame_count, home.reference_rate),
    )
    key = f"{OWN_KEY}{home.take.take_id}"
    clip.set_media_references({home.source_key: home.find_reference().clone(), key: ours}, key)
    return ""


def claim(clip: Any, home: Home) -> None:
    """Say on a clip, in place, that what it shows is ours, where its original cannot be put back."""
    key = f"{OWN_KEY}{home.take.take_id}"
    clip.set_media_references({key: clip.media_reference.clone()}, key)


def show_original(clip: Any, key: str = "") -> None:
    """Make a clip's original active again, in place: the one under *key*, else the first that is not ours."""
    references = clip.media_references()
    if key not in references:
        key = next(each for each, reference in references.items() if reference and not _take_id(each, reference))
    clip.set_media_references(references, key)
    own = entry_of(clip.metadata, NAMESPACE)
    if hasattr(own, "keys") and NOTE in own:
        del own[NOTE]
        if not len(own):
            del clip.metadata[NAMESPACE]


def source_key_of(clip: Any) -> str:
    """Return the key that a clip's active reference names as its source's; empty where it names none."""
    reference = clip.media_reference
    own: Any = entry_of(reference.metadata, NAMESPACE) if reference is not None else None
    return str(own.get("source_key") or "") if hasattr(own, "get") else ""


def _used(clip: Any) -> Any:
    reference = clip.media_reference
    return clip.source_range or (reference.available_range if reference is not None else None)


def _frames(time_range: Any) -> ClipRange | None:
    found = clip_range(time_range) if time_range is not None else ""
    return None if isinstance(found, str) or found.frame_count < 1 else found


def _info_of(home: Home) -> MediaInfo:
    """Return the medium as a host sees it: its frames and its timecode."""
    media = home.media
    return MediaInfo(
        path=media.path,
        frame_count=media.span.frame_count,
        rate=media.span.rate,
        width=media.width,
        height=media.height,
        size_bytes=0,
        codec="",
        pixel_format="",
        start_timecode=media.start_timecode,
        start_frame=media.start_frame if media.start_timecode else None,
        drop_frame=home.take.info.drop_frame,
    )
