"""
A small writer of MLT XML: a second witness beside the stock adapter, for edits with dissolves and nested stacks.

The stock adapter names media after their references, or after their clips where references have no name, and mixes up
the media of a dissolve when names repeat; this one names nothing twice.

A dissolve becomes a tractor of its own: the outgoing medium from the first frame of the overlap, the incoming medium
beside it, and a luma transition without a wipe between them. A nested stack becomes a tractor of its tracks, of which
the playlist shows what the stack's source range does; the stock adapter leaves it out, and what follows moves up.
"""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree as ET

import opentimelineio as otio


def mlt_document(timeline: otio.schema.Timeline, *, rate: Fraction) -> bytes:
    """Return MLT XML of a timeline whose ranges count frames of its files (see `rebased`), 320 x 180 at *rate*."""
    root = ET.Element("mlt", LC_NUMERIC="C")
    ET.SubElement(
        root,
        "profile",
        width="320",
        height="180",
        frame_rate_num=str(rate.numerator),
        frame_rate_den=str(rate.denominator),
        progressive="1",
        sample_aspect_num="1",
        sample_aspect_den="1",
        display_aspect_num="16",
        display_aspect_den="9",
        colorspace="709",
    )
    writer = _TrackWriter(root)
    main = ET.Element("tractor", id="main")
    for track in timeline.video_tracks():
        ET.SubElement(main, "track", producer=writer.playlist_of(track))
    root.append(main)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


class _TrackWriter:
    """Writes playlists, and before them what they refer to."""

    def __init__(self, root: ET.Element) -> None:
        self._root = root
        self._count = 0

    def _new_id(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._count}"

    def playlist_of(self, track: otio.schema.Track) -> str:
        """Write one track as a playlist and return its id."""
        entries: list[tuple[str, dict[str, str]]] = []
        for index, child in enumerate(track):
            before = track[index - 1] if index else None
            after = track[index + 1] if index + 1 < len(track) else None
            if isinstance(child, otio.schema.Transition):
                overlap = _frames(child.in_offset) + _frames(child.out_offset)
                tractor = self._dissolve(before, child, after)
                entries.append(("entry", {"producer": tractor, "in": "0", "out": str(overlap - 1)}))
            elif isinstance(child, otio.schema.Stack):
                shown = child.trimmed_range()
                first, last = _frames(shown.start_time), _frames(shown.end_time_inclusive())
                entries.append(("entry", {"producer": self._stack(child), "in": str(first), "out": str(last)}))
            elif isinstance(child, otio.schema.Gap):
                entries.append(("blank", {"length": str(_frames(child.trimmed_range().duration))}))
            else:
                head = _frames(before.out_offset) if isinstance(before, otio.schema.Transition) else 0
                tail = _frames(after.in_offset) if isinstance(after, otio.schema.Transition) else 0
                entries.extend(self._with_blanks(child, head, _length(child) - tail))
        identity = self._new_id("playlist")
        playlist = ET.SubElement(self._root, "playlist", id=identity)
        for tag, attributes in entries:
            ET.SubElement(playlist, tag, attributes)
        return identity

    def _stack(self, stack: otio.schema.Stack) -> str:
        """Write the tracks of a nested stack as a tractor and return its id."""
        playlists = [self.playlist_of(track) for track in stack]
        identity = self._new_id("stack")
        tractor = ET.SubElement(self._root, "tractor", id=identity)
        for playlist in playlists:
            ET.SubElement(tractor, "track", producer=playlist)
        return identity

    def _with_blanks(self, clip: otio.schema.Clip, first: int, end: int) -> list[tuple[str, dict[str, str]]]:
        """Write a clip's frames *first* to *end*, blank where its file has none: a nested stack may hide those."""
        start = _frames(clip.trimmed_range().start_time)
        has = _frames(clip.media_reference.available_range.duration)
        inside, outside = max(first, -start), min(end, has - start)
        blanks = [("blank", {"length": str(count)}) if count > 0 else None for count in (inside - first, end - outside)]
        middle = ("entry", self._used(clip, inside, outside)) if inside < outside else None
        return [entry for entry in (blanks[0], middle, blanks[1]) if entry is not None]

    def _used(self, clip: otio.schema.Clip, first: int, end: int) -> dict[str, str]:
        """Write a producer of a clip's file and return the entry that shows its frames *first* to *end*."""
        identity = self._new_id("producer")
        producer = ET.SubElement(self._root, "producer", id=identity)
        ET.SubElement(producer, "property", name="resource").text = clip.media_reference.target_url
        start = _frames(clip.trimmed_range().start_time)
        return {"producer": identity, "in": str(start + first), "out": str(start + end - 1)}

    def _dissolve(
        self, outgoing: otio.schema.Clip, transition: otio.schema.Transition, incoming: otio.schema.Clip
    ) -> str:
        """Write the overlap of two clips as a tractor of its own and return its id."""
        before, after = _frames(transition.in_offset), _frames(transition.out_offset)
        cut = _length(outgoing)
        tracks = [self._used(outgoing, cut - before, cut + after), self._used(incoming, -before, after)]
        identity = self._new_id("dissolve")
        last = str(before + after - 1)
        tractor = ET.SubElement(self._root, "tractor", {"id": identity, "in": "0", "out": last})
        for attributes in tracks:
            ET.SubElement(tractor, "track", attributes)
        luma = ET.SubElement(tractor, "transition", {"in": "0", "out": last})
        for name, value in (("mlt_service", "luma"), ("a_track", "0"), ("b_track", "1")):
            ET.SubElement(luma, "property", name=name).text = value
        return identity


def _frames(time: otio.opentime.RationalTime) -> int:
    return round(time.value)


def _length(clip: otio.schema.Clip) -> int:
    return _frames(clip.trimmed_range().duration)
