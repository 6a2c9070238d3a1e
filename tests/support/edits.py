"""
Edits over numbered media, and what every record frame of them must show by OTIO's definition.

Nothing here uses the plugin: the expected numbers come from `source_range`, the start of the active reference's
`available_range` and the transitions alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

from support.numbered import write_numbered

RATES = (Fraction(24), Fraction(25), Fraction(24000, 1001), Fraction(30000, 1001))
"""The rates at which conformed files are read frame by frame, in frames per second."""


@dataclass(frozen=True)
class Medium:
    """One numbered file and how an edit counts its frames."""

    path: Path
    """Where it lies."""
    row: int
    """The row in which its numbers stand."""
    rate: Fraction
    """Frames per second."""
    frame_count: int
    """How many frames it has."""
    clip_space_start: int
    """The number that `source_range` gives its first frame."""
    first_number: int
    """The number that its first frame shows."""

    def reference(self) -> otio.schema.ExternalReference:
        """Return a new reference to the whole file, counted in clip space."""
        return otio.schema.ExternalReference(
            target_url=str(self.path),
            available_range=_range(self.clip_space_start, self.frame_count, self.rate),
        )

    def clip(self, name: str, first: int, frame_count: int) -> otio.schema.Clip:
        """Return a clip of *frame_count* frames from the file's frame *first* (its first is 0) on."""
        return otio.schema.Clip(
            name=name,
            media_reference=self.reference(),
            source_range=_range(self.clip_space_start + first, frame_count, self.rate),
        )


@dataclass(frozen=True)
class Edit:
    """A timeline over numbered media."""

    timeline: otio.schema.Timeline
    """The edit."""
    rate: Fraction
    """Its rate, and that of all its media, in frames per second."""
    media: tuple[Medium, ...]
    """The media it shows."""

    def medium_of(self, url: str) -> Medium:
        """Return the medium that a target URL (an absolute path) names."""
        return next(medium for medium in self.media if str(medium.path) == url)


@dataclass(frozen=True)
class Shown:
    """What one record frame shows."""

    numbers: dict[int, int]
    """Number by row; two rows inside a dissolve, none in a gap."""
    weights: dict[int, float]
    """How much of the picture each row has, 0 to 1, in a linear dissolve."""

    def agrees(self, read: dict[int, int], *, least_weight: float = 0.0) -> bool:
        """
        Tell whether the numbers *read* in a rendered frame are these.

        A row with less weight than *least_weight* may be missing, but never shows another number.
        """
        needed = {row for row, weight in self.weights.items() if weight >= least_weight}
        return needed <= read.keys() and read.items() <= self.numbers.items()


def _time(frame: int, rate: Fraction) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(frame, float(rate))


def _range(first: int, frame_count: int, rate: Fraction) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(_time(first, rate), _time(frame_count, rate))


def _gap(frame_count: int, rate: Fraction) -> otio.schema.Gap:
    return otio.schema.Gap(source_range=_range(0, frame_count, rate))


def one_hour(rate: Fraction) -> tuple[str, int]:
    """Return the timecode one hour, drop-frame at 30000/1001, and its number of frames at *rate*."""
    text = "01:00:00;00" if rate == Fraction(30000, 1001) else "01:00:00:00"
    return text, round(otio.opentime.from_timecode(text, float(rate)).value)


def numbered_media(folder: Path, rate: Fraction) -> tuple[Medium, Medium, Medium]:
    """
    Write three media at *rate*, 320 x 180, and return them.

    The first (row 1, 150 frames) is counted by its own timecode, which starts at one hour. The second (row 5, 150
    frames) carries ten hours, and the edit counts it from 1001 on: clip space unlike file timecode. The third (row 3,
    24 frames) has no timecode and is counted from 0.
    """
    folder.mkdir(parents=True, exist_ok=True)
    timecode, hour = one_hour(rate)
    plates = write_numbered(folder / "plates.mp4", frame_count=150, rate=rate, row=1, start_timecode=timecode, gop=48)
    ten_hours = timecode.replace("01", "10", 1)
    second_unit = write_numbered(
        folder / "second unit.mov",
        frame_count=150,
        rate=rate,
        row=5,
        start_timecode=ten_hours,
        gop=25,
        first_number=3000,
    )
    insert = write_numbered(
        folder / "insert.mp4", frame_count=24, rate=rate, row=3, gop=250, b_frames=False, first_number=7000
    )
    return (
        Medium(plates, 1, rate, 150, hour, 0),
        Medium(second_unit, 5, rate, 150, 1001, 3000),
        Medium(insert, 3, rate, 24, 0, 7000),
    )


def three_tracks(folder: Path, rate: Fraction) -> Edit:
    """
    Return an edit of 100 frames: cuts in mid-GOP on V1, a gap, clips above on V2 and V3.

    The clip on V3 has no source range: it shows its whole medium. One medium is cut twice on V1.
    """
    plates, second_unit, insert = numbered_media(folder, rate)
    base = otio.schema.Track(name="V1", kind=otio.schema.TrackKind.Video)
    base.extend([plates.clip("sh010", 31, 34), _gap(5, rate), second_unit.clip("sh020", 37, 33)])
    base.append(plates.clip("sh030", 101, 28))
    middle = otio.schema.Track(name="V2", kind=otio.schema.TrackKind.Video)
    middle.extend([_gap(22, rate), second_unit.clip("sh040", 110, 21), _gap(57, rate)])
    top = otio.schema.Track(name="V3", kind=otio.schema.TrackKind.Video)
    whole = otio.schema.Clip(name="sh050", media_reference=insert.reference())
    top.extend([_gap(54, rate), whole, _gap(22, rate)])
    return _edit("three tracks", (base, middle, top), (plates, second_unit, insert))


def dissolve(folder: Path, rate: Fraction) -> Edit:
    """Return an edit of 90 frames on one track with a dissolve of 6 frames before and 10 after the cut."""
    plates, second_unit, _ = numbered_media(folder, rate)
    track = otio.schema.Track(name="V1", kind=otio.schema.TrackKind.Video)
    track.append(plates.clip("sh110", 29, 34))
    track.append(
        otio.schema.Transition(
            name="dissolve",
            transition_type=otio.schema.TransitionTypes.SMPTE_Dissolve,
            in_offset=_time(6, rate),
            out_offset=_time(10, rate),
        )
    )
    track.append(second_unit.clip("sh120", 53, 36))
    track.append(plates.clip("sh130", 97, 20))
    return _edit("dissolve", (track,), (plates, second_unit))


EDITS: dict[str, Callable[[Path, Fraction], Edit]] = {"three tracks": three_tracks, "dissolve": dissolve}
"""Every edit of the proof, by name: a folder for the media and a rate make one."""


def _edit(name: str, tracks: tuple[otio.schema.Track, ...], media: tuple[Medium, ...]) -> Edit:
    rate = media[0].rate
    timeline = otio.schema.Timeline(name=name, global_start_time=_time(one_hour(rate)[1], rate))
    timeline.tracks.extend(list(tracks))
    return Edit(timeline, rate, media)


def expected_numbers(edit: Edit) -> list[Shown]:
    """Return what every record frame of an edit must show: the topmost clip, or both clips of its dissolve."""
    shown = _numbers_in(edit.timeline.video_tracks(), edit)
    return [shown.get(frame, Shown({}, {})) for frame in range(timeline_length(edit.timeline))]


def _numbers_in(tracks: list[otio.schema.Track], edit: Edit) -> dict[int, Shown]:
    """Return what tracks show together, the last on top, by frame."""
    shown: dict[int, Shown] = {}
    for track in tracks:
        shown |= _numbers_on(track, edit)
    return shown


def _frames(time: otio.opentime.RationalTime) -> int:
    """Return a time's whole frames; a part of a frame is a mistake in the edit."""
    frames = round(time.value)
    assert abs(time.value - frames) < 1e-6, time
    return frames


def timeline_length(timeline: otio.schema.Timeline) -> int:
    """Return how many record frames a timeline has: those of its longest video track."""
    return max(_track_length(track) for track in timeline.video_tracks())


def _track_length(track: otio.schema.Track) -> int:
    return sum(_frames(item.trimmed_range().duration) for item in track if isinstance(item, otio.core.Item))


def _numbers_on(track: otio.schema.Track, edit: Edit) -> dict[int, Shown]:
    """Return what one track shows, by record frame; frames of its gaps are missing."""
    shown: dict[int, Shown] = {}
    starts = _starts(track)
    for index, child in enumerate(track):
        if isinstance(child, otio.schema.Clip):
            for frame in range(starts[index], starts[index] + _frames(child.trimmed_range().duration)):
                numbers = _number_at(child, frame - starts[index], edit)
                shown[frame] = Shown(numbers, dict.fromkeys(numbers, 1.0))
        if isinstance(child, otio.schema.Stack):
            inside, first = _numbers_in(list(child), edit), _frames(child.trimmed_range().start_time)
            for frame in range(_frames(child.trimmed_range().duration)):
                if first + frame in inside:
                    shown[starts[index] + frame] = inside[first + frame]
    for index, child in enumerate(track):
        if isinstance(child, otio.schema.Transition):
            before, after = _frames(child.in_offset), _frames(child.out_offset)
            for step in range(before + after):
                frame = starts[index] - before + step
                outgoing = _number_at(track[index - 1], frame - starts[index - 1], edit)
                incoming = _number_at(track[index + 1], frame - starts[index], edit)
                part = step / (before + after)
                weights = dict.fromkeys(outgoing, 1 - part) | dict.fromkeys(incoming, part)
                shown[frame] = Shown(outgoing | incoming, weights)
    return shown


def _starts(track: otio.schema.Track) -> list[int]:
    """Return the record frame at which every child starts; for a transition, that of its cut."""
    starts, position = [], 0
    for child in track:
        starts.append(position)
        if isinstance(child, otio.core.Item):
            position += _frames(child.trimmed_range().duration)
    return starts


def _number_at(clip: Any, offset: int, edit: Edit) -> dict[int, int]:
    """Return row and number that a clip shows *offset* frames after its cut (negative: before it)."""
    reference = clip.media_reference
    medium = edit.medium_of(reference.target_url)
    in_clip_space = _frames(clip.trimmed_range().start_time) + offset
    in_file = in_clip_space - _frames(reference.available_range.start_time)
    assert 0 <= in_file < medium.frame_count, f"{clip.name} has no handle for its frame {offset}"
    return {medium.row: medium.first_number + in_file}
