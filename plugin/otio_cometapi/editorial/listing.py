"""Listing: where every clip of a timeline stands, in the words of a production's lists."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from otio_cometapi.editorial.otio_errors import AdapterBorder
from otio_cometapi.editorial.structure import cuts_of
from otio_cometapi.editorial.timecodes import reads_as_drop_frame
from otio_cometapi.timecode import label_text


@dataclass(frozen=True, slots=True)
class ListedClip:
    """One clip on a video track."""

    name: str
    """The clip's name."""
    track: str
    """The track's name, or V1, V2 ... counted from the bottom where it has none."""
    record_in: str
    """Timecode of its first frame in the timeline; empty where nothing of it is seen there."""
    record_out: str
    """Timecode of the frame after its last, as an EDL writes it."""
    reel: str
    """Reel or tape, as the timeline says it; empty where it says none."""
    record: tuple[int, int] | None = None
    """Its first frame and the one after its last, in the timeline's numbers; None where nothing of it is seen there."""
    rate: Fraction = Fraction(24)
    """The timeline's rate."""
    drop_frame: bool = False
    """Whether the timeline's timecode skips numbers."""


def listed_clips(timeline: Any) -> tuple[ListedClip, ...]:
    """Return every clip on a video track, in the order of `find_clips()`."""
    found = []
    with AdapterBorder("list the timeline's clips"):
        for cut in cuts_of(timeline):
            drop = reads_as_drop_frame(cut.start, cut.rate)
            for place in cut.clips:
                first, end, record = "", "", None
                if place.record is not None:
                    record = (round(place.record[0]) + cut.start, round(place.record[1]) + cut.start)
                    first, end = (label_text(each, cut.rate, drop_frame=drop) for each in record)
                reel = _reel(place.clip)
                found.append(ListedClip(place.clip.name or "", place.track, first, end, reel, record, cut.rate, drop))
    return tuple(found)


def _reel(clip: Any) -> str:
    """Return the reel that the clip's writer names: EDL, ALE, or FCP 7 XML with its file's timecode."""
    reference = clip.media_reference
    for metadata in (clip.metadata, reference.metadata if reference is not None else {}):
        for path in (("cmx_3600", "reel"), ("ALE", "Tape"), ("fcp_xml", "timecode", "reel", "name")):
            value: Any = metadata
            for key in path:
                value = value.get(key) if hasattr(value, "get") else None
            if value:
                return str(value)
    return ""
