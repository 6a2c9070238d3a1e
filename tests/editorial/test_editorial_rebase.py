"""Copies whose ranges count frames of the file from 0."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from otio_cometapi.editorial.rebase import active_media, rebased
from otio_cometapi.editorial.relink import timeline_relinked
from otio_cometapi.editorial.structure import video_clips
from otio_cometapi.records import MediaInfo
from support.otio_builders import NTSC_FILM, clip, link, marker, media_info, reference, span, take, time, timeline

FILM = Fraction(24000, 1001)


def copy_of(made: Any, **infos: MediaInfo) -> tuple[Any, tuple[str, ...]]:
    """Return the first clip of a rebased copy, and what was said."""
    root = made if isinstance(made, otio.schema.Timeline) else timeline(made)
    known = {info.path: info for info in infos.values()}
    copy, notes = rebased(root, infos=known, media_root=Path("/media"))
    return video_clips(copy)[0], notes


def test_both_ranges_move_by_the_first_frame_of_the_file() -> None:
    """A clip from 01:00:00:10 of a file from 01:00:00:00 is its frame 10."""
    one, notes = copy_of(clip("x", 86410, 24, ref=reference(start=86400, count=200)))
    assert (one.source_range, one.media_reference.available_range) == (span(10, 24), span(0, 200))
    assert notes == ()


def test_only_the_active_reference_is_carried() -> None:
    """Other references count in other numbers; the sidecar has them."""
    made = timeline_relinked(timeline(clip("x", 30, 24)), [link(0, take(origin=0))])
    one, _ = copy_of(made)
    assert list(one.media_references()) == ["cometapi:t1"]
    assert one.active_media_reference_key == "cometapi:t1"


def test_the_input_is_not_changed() -> None:
    """It is a copy."""
    made = timeline(clip("x", 86410, 24, ref=reference(start=86400)))
    before = made.to_json_string()
    copy_of(made)
    assert made.to_json_string() == before


def test_rates_as_hosts_write_them_lose_no_frame() -> None:
    """23.976 against 24000/1001 at 20 hours is 1001 frames in, not 1003."""
    start = 20 * 3600 * 24
    made = clip("x", start + 1001, 24, rate=23.976, ref=reference(start=start, count=5000, rate=NTSC_FILM))
    one, _ = copy_of(made)
    assert one.source_range == span(1001, 24, 23.976)
    assert one.media_reference.available_range == span(0, 5000, NTSC_FILM)


def test_a_reference_to_a_part_of_the_file_counts_from_the_files_first_frame() -> None:
    """Measuring the file tells where it starts."""
    info = media_info("/media/a.mov", 500, start_timecode="01:00:00:00", start_frame=86400)
    one, _ = copy_of(clip("x", 86460, 24, ref=reference(start=86450, count=100)), a=info)
    assert one.source_range == span(60, 24)
    assert one.media_reference.available_range == span(50, 100)


def test_a_reference_without_a_range_goes_by_the_file() -> None:
    """Its timecode says what its first frame is called."""
    info = media_info("/media/a.mov", 500, start_timecode="01:00:00:00", start_frame=86400)
    one, _ = copy_of(clip("x", 86460, 24, ref=otio.schema.ExternalReference("/media/a.mov")), a=info)
    assert (one.source_range, one.media_reference.available_range) == (span(60, 24), span(0, 500))


def test_what_cannot_be_told_stays_and_is_said() -> None:
    """No range and no file: no guess."""
    one, notes = copy_of(clip("x", 86460, 24, ref=otio.schema.ExternalReference("/media/gone.mov")))
    assert one.source_range == span(86460, 24)
    assert "'x'" in notes[0]


def test_markers_stay_on_their_frames() -> None:
    """Markers in clip space move along; Kdenlive's count from the clip's first frame and stay."""
    made = clip("x", 86410, 24, ref=reference(start=86400), markers=(marker("here", 86415),))
    made.markers.append(marker("there", 5, metadata={"kdenlive": {"type": 1}}))
    one, _ = copy_of(made)
    assert [each.marked_range.start_time.value for each in one.markers] == [15, 5]


def test_the_source_range_that_was_not_written_is_written() -> None:
    """It shows its whole media."""
    one, _ = copy_of(otio.schema.Clip("x", reference(start=86400, count=50)))
    assert (one.source_range, one.media_reference.available_range) == (span(0, 50), span(0, 50))


@pytest.mark.parametrize("style", ["path", "file-uri"])
def test_addresses_of_files_that_are_there_are_written_for_the_host(tmp_path: Path, style: str) -> None:
    """The originals' too: melt takes no percent-encoded address, GES nothing else."""
    file = tmp_path / "a b.mov"
    file.write_bytes(b"x")
    made = timeline(clip("x", 0, 24, ref=reference(file.as_uri())), clip("y", 0, 24, ref=reference("C:\\x\\y.mov")))
    copy, _ = rebased(made, infos={}, media_root=tmp_path, url_style=style)
    urls = [each.media_reference.target_url for each in video_clips(copy)]
    assert urls == [str(file) if style == "path" else file.as_uri(), "C:\\x\\y.mov"]
    assert active_media(made, media_root=tmp_path)[0] in (str(file), "C:/x/y.mov")


def test_sound_moves_along() -> None:
    """Clips of sound tracks count as their files do, too."""
    made = timeline(clip("v", 86410, 24, ref=reference(start=86400)))
    sound = otio.schema.Track("A1", kind="Audio")
    sound.append(clip("s", 86410, 24, ref=reference("/media/s.wav", start=86400)))
    made.tracks.append(sound)
    copy, _ = rebased(made, infos={}, media_root=Path("/media"))
    assert [each.source_range for each in copy.find_clips()] == [span(10, 24), span(10, 24)]


def test_the_cut_is_the_same() -> None:
    """Lengths, gaps, transitions and the timeline's start stay."""
    made = timeline(clip("a", 86410, 24, ref=reference(start=86400)), clip("b", 86440, 24, ref=reference(start=86400)))
    made.tracks[0].insert(1, otio.schema.Transition("d", "SMPTE_Dissolve", time(4), time(6)))
    made.global_start_time = time(86400)
    copy, _ = rebased(made, infos={}, media_root=Path("/media"))
    for before, after in zip(made.find_clips(), copy.find_clips(), strict=True):
        assert before.trimmed_range_in_parent() == after.trimmed_range_in_parent()
        assert after.visible_range().start_time.value == before.visible_range().start_time.value - 86400
    assert copy.global_start_time == time(86400)
