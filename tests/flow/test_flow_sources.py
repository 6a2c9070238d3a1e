"""Sources that are no plain video, down the whole road through the real command."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import opentimelineio as otio
import pytest

from support import source_kinds
from support.flow import Desk, clips, fast, taken
from support.numbered import numbers_of, write_numbered
from support.source_kinds import CLOSED, Kind, x264

RATE = Fraction(25)
COUNT = 20
FIRST = 12


def time(frame: int) -> otio.opentime.RationalTime:
    """Return a time at 25 frames a second."""
    return otio.opentime.RationalTime(frame, 25)


def clip(name: str, reference: Any, first: int = FIRST) -> otio.schema.Clip:
    """Return a clip of 20 frames from the frame *first* on."""
    used = otio.opentime.TimeRange(time(first), time(COUNT))
    return otio.schema.Clip(name, reference, used)


def file_reference(path: Path, count: int = 60) -> otio.schema.ExternalReference:
    """Return a reference to a file, counted from 0."""
    return otio.schema.ExternalReference(str(path), otio.opentime.TimeRange(time(0), time(count)))


def turned(folder: Path) -> Path:
    """Write frames that players turn upside down, numbered where the simulator's mark then is not."""
    path = write_numbered(folder / "straight.mp4", frame_count=60, rate=RATE, row=4)
    into = folder / "turned.mov"
    with av.open(str(path)) as reader, av.open(str(into), "w") as writer:
        stream = reader.streams.video[0]
        copy = writer.add_stream_from_template(stream)
        copy.set_display_rotation(180)
        for packet in reader.demux(stream):
            if packet.pts is not None:
                packet.stream = copy
                writer.mux(packet)
    return into


def images(folder: Path, suffix: str, pixel_format: str, encoder: str) -> otio.schema.ImageSequenceReference:
    """Write a numbered sequence from 1001 on; return a reference to it, counted from 1001."""
    folder.mkdir()
    for number in range(60):
        path = folder / f"sh.{1001 + number:04d}{suffix}"
        with av.open(str(path), "w", format="image2", options={"update": "1"}) as container:
            stream: Any = container.add_stream(encoder, rate=25)
            stream.width, stream.height, stream.pix_fmt = 320, 180, pixel_format
            frame = source_kinds.picture(Kind("x"), number).reformat(format=pixel_format)
            frame.pts, frame.time_base = 0, 1 / RATE
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return otio.schema.ImageSequenceReference(
        target_url_base=str(folder) + "/",
        name_prefix="sh.",
        name_suffix=suffix,
        start_frame=1001,
        frame_step=1,
        rate=25,
        frame_zero_padding=4,
        available_range=otio.opentime.TimeRange(time(1001), time(60)),
    )


def pattern(folder: Path) -> otio.schema.ExternalReference:
    """Return a reference to the same images as hosts write it that know no image sequences."""
    return otio.schema.ExternalReference(str(folder / "sh.####.png"), otio.opentime.TimeRange(time(1001), time(60)))


def saved(at_desk: Desk, *made: otio.schema.Clip) -> None:
    """Write a timeline of clips in a row."""
    timeline = otio.schema.Timeline("odd", global_start_time=time(90000))
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    track.extend(made)
    timeline.tracks.append(track)
    at_desk.save(timeline, "odd.otio")


def shown(one: Any) -> list[int | None]:
    """Return the numbers that a clip's active media shows over its source range."""
    reference = one.media_reference
    first = round((one.source_range.start_time - reference.available_range.start_time).value)
    found = numbers_of(reference.target_url, (0, 4))[first : first + COUNT]
    return [each.get(0, each.get(4)) for each in found]


@pytest.fixture
def odd(at_desk: Desk) -> Desk:
    """Return a desk with a turned, an interlaced, a varying source and one with alpha, and an image sequence."""
    folder = at_desk.folder / "odd"
    folder.mkdir()
    fields = Kind("fields", rate=RATE, frame_count=60, codec_options=x264("interlaced=1:tff=1:keyint=12"))
    steps = Kind("vfr", rate=RATE, frame_count=60, steps=(1, 1, 1, 1, 1, 2, 1), codec_options=CLOSED)
    alpha = Kind("alpha", suffix=".mov", codec="qtrle", pixel_format="argb", rate=RATE, frame_count=60)
    saved(
        at_desk,
        clip("turned", file_reference(turned(folder))),
        clip("fields", file_reference(source_kinds.write(folder, fields))),
        clip("varying", file_reference(source_kinds.write(folder, steps))),
        clip("alpha", file_reference(source_kinds.write(folder, alpha))),
        clip("images", images(folder / "seq", ".png", "rgb24", "png"), 1001 + FIRST),
        clip("pattern", pattern(folder / "seq"), 1001 + FIRST),
    )
    return at_desk


def planned(at_desk: Desk, *more: str) -> dict[str, dict[str, Any]]:
    """Return the clips of a plan by name."""
    asked = ("--select", "all", "--prompt", "make it snow", "--json", *more)
    ended = at_desk.comet("plan", "odd.otio", *asked)
    return {each["name"]: each for each in json.loads(ended.stdout)["clips"]}


def test_plan_names_what_is_refused_and_what_would_help(odd: Desk) -> None:
    """Without flags interlaced and varying sources stay out with the flag that sends them; alpha is warned of."""
    found = planned(odd)
    assert {name for name, each in found.items() if each["selected"]} == {"turned", "alpha", "images", "pattern"}
    assert "--deinterlace" in found["fields"]["reason"]
    assert "--vfr convert" in found["varying"]["reason"]
    assert any("alpha" in warning for warning in found["alpha"]["warnings"])
    asked = planned(odd, "--deinterlace", "--vfr", "convert")
    assert all(each["selected"] for each in asked.values())
    assert any("not exact in fields" in warning for warning in asked["fields"]["warnings"])
    assert any("times, not for stored frames" in warning for warning in asked["varying"]["warnings"])


def test_every_kind_of_source_comes_back_frame_for_frame(odd: Desk) -> None:
    """Turned, interlaced, varying, with alpha, as images: each clip shows what it showed; the same images cost once."""
    asked = ("--select", "all", "--prompt", "make it snow", "--deinterlace", "--vfr", "convert")
    ended = odd.comet("run", "odd.otio", "-o", "out.otio", *asked, *fast())
    assert ended.returncode == 0, ended.stdout + ended.stderr
    relinked = {one.name: one for one in clips(odd.folder / "out.otio")}
    assert all(taken(one) for one in relinked.values())
    plain = list(range(FIRST, FIRST + COUNT))
    by_time = [0, 1, 2, 3, 4, 5, 5]
    by_time += list(range(6, 60))
    for name, one in relinked.items():
        assert shown(one) == (by_time[FIRST : FIRST + COUNT] if name == "varying" else plain), name
    notes = relinked["fields"].media_reference.metadata["cometapi"]["conform_notes"]
    assert any("both of its fields" in note for note in notes)
    images_of = relinked["images"].media_reference
    assert images_of.metadata["cometapi"]["source_url"].endswith("/seq/sh.####.png")
    assert images_of.available_range.start_time.value == 1001 + images_of.metadata["cometapi"]["span"]["first_frame"]
    assert odd.creates() == 5


def test_scene_linear_images_go_through_the_look_files_view(at_desk: Desk) -> None:
    """EXR is refused without a named view and comes back with one; another view is another take."""
    saved(at_desk, clip("linear", images(at_desk.folder / "exr", ".exr", "gbrpf32le", "exr"), 1001 + FIRST))
    assert "scene-linear" in planned(at_desk)["linear"]["reason"]
    look = at_desk.folder / "look.toml"
    ids = []
    for view in ("ACES 1.0 - SDR Video", "Un-tone-mapped"):
        look.write_text(f'[color]\nsource = "ACEScg"\nview = "{view}"\n', encoding="utf-8")
        found = planned(at_desk, "--look", "look.toml")["linear"]
        assert found["selected"], found["reason"]
        assert any(view in warning for warning in found["warnings"])
        ids += found["takes"]
    assert len(set(ids)) == 2
    asked = ("--select", "all", "--prompt", "make it snow", "--look", "look.toml")
    ended = at_desk.comet("run", "odd.otio", "-o", "out.otio", *asked, *fast())
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (one,) = clips(at_desk.folder / "out.otio")
    assert shown(one) == list(range(FIRST, FIRST + COUNT))


def test_a_table_for_log_footage_is_another_take_and_warned_of(at_desk: Desk) -> None:
    """`--lut` enters the take's identity by content, warns of the host's grade, and a missing file stops the run."""
    path = source_kinds.write(at_desk.folder, Kind("log", rate=RATE, frame_count=60))
    saved(at_desk, clip("log", file_reference(path)))
    table = at_desk.folder / "film.cube"
    rows = "\n".join(f"{red} {green} {blue}" for blue in (0, 1) for green in (0, 1) for red in (0, 1))
    table.write_text(f"LUT_3D_SIZE 2\n{rows}\n", encoding="utf-8")
    plain, graded = planned(at_desk)["log"], planned(at_desk, "--lut", "film.cube")["log"]
    assert plain["takes"] != graded["takes"]
    assert any("host's grade" in warning for warning in graded["warnings"])
    table.rename(at_desk.folder / "other.cube")
    assert planned(at_desk, "--lut", "other.cube")["log"]["takes"] == graded["takes"]
    ended = at_desk.comet("plan", "odd.otio", "--select", "all", "--prompt", "x", "--lut", "film.cube")
    assert ended.returncode != 0
    assert "film.cube' cannot be read" in ended.stderr
