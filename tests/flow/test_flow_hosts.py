"""`--host` and its companions, through the real command: what each host gets, and nothing lost beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import opentimelineio as otio
import pytest

from support.flow import Desk, clips, desk, fast, numbers_shown, taken
from support.host_copy import media_path
from support.numbered import numbers_of
from support.road import simulator


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Yield a desk whose edit has gone down the road once, into `comet.cometjob`."""
    with simulator() as url:
        at_desk = desk(tmp_path_factory.mktemp("hosts") / "desk", url)
        assert at_desk.run()["exit"] == 0
        yield at_desk


def relinked(at_desk: Desk, output: str, *flags: str) -> dict[str, Any]:
    """Write the job's timeline once more, and return what the command said."""
    ended = at_desk.comet("relink", "comet.cometjob", "-o", output, "--timeline", "edit.otio", "--json", *flags)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def sources_shown(at_desk: Desk) -> list[list[dict[int, int]]]:
    """Return the numbers that every clip of the untouched edit shows."""
    edit = at_desk.edit.timeline.clone()
    for clip in edit.find_clips():
        clip.source_range = clip.trimmed_range()
    return [numbers_shown(clip) for clip in edit.find_clips()]


def file_numbers(clip: Any) -> list[dict[int, int]]:
    """Return the numbers that a clip shows when its source range counts frames of the file."""
    first, count = round(clip.source_range.start_time.value), round(clip.source_range.duration.value)
    return numbers_of(media_path(clip.media_reference.target_url))[first : first + count]


@pytest.mark.parametrize("host", ["resolve", "premiere", "kdenlive", "hiero", "xstudio"])
def test_hosts_of_one_reference_get_takes_above_an_untouched_cut(done: Desk, host: str) -> None:
    """The edit's tracks are as they were; the takes lie on COMET tracks and show the originals' frames."""
    relinked(done, f"{host}.otio", "--host", host)
    before, after = done.edit.timeline, otio.adapters.read_from_file(str(done.folder / f"{host}.otio"))
    cut = [track for track in after.tracks if not track.name.startswith("COMET")]
    assert [track.to_json_string() for track in cut] == [track.to_json_string() for track in before.tracks]
    laid = {clip.name: clip for clip in after.find_clips() if taken(clip)}
    assert set(laid) == {clip.name for clip in before.find_clips()}
    for clip, shown in zip(before.find_clips(), sources_shown(done), strict=True):
        take = laid[clip.name]
        url = take.media_reference.target_url
        assert url.startswith("file:///" if host in ("premiere", "hiero", "xstudio") else "/"), url
        take.media_reference.target_url = str(media_path(url))
        assert numbers_shown(take) == shown, clip.name
        assert take.transformed_time(otio.opentime.RationalTime(0, 24), after.tracks) is not None


@pytest.mark.parametrize("host", ["generic", "rv", "avid"])
def test_other_hosts_get_references_beside_the_originals(done: Desk, host: str) -> None:
    """No track is added, and every clip carries both references."""
    relinked(done, f"{host}.otio", "--host", host)
    after = clips(done.folder / f"{host}.otio")
    assert len(after) == len(clips(done.timeline))
    assert all(taken(clip) and len(clip.media_references()) == 2 for clip in after)


@pytest.mark.parametrize(("host", "begins"), [("mlt", "/"), ("ges", "file:///"), ("blender", "/")])
def test_hosts_that_count_from_zero_get_a_copy_and_a_sidecar(done: Desk, host: str, begins: str) -> None:
    """Every clip shows its frames by number from the file's first; all references stand in the .otio beside it."""
    said = relinked(done, f"{host}.otio", "--host", host)
    after = otio.adapters.read_from_file(str(done.folder / f"{host}.otio"))
    for clip in after.find_clips():
        assert clip.media_reference.available_range.start_time.value == 0
        assert clip.media_reference.target_url.startswith(begins)
        assert len(clip.media_references()) == 1
    shown = {clip.name: numbers for clip, numbers in zip(clips(done.timeline), sources_shown(done), strict=True)}
    for clip in after.find_clips():
        assert file_numbers(clip) == shown[clip.name], (clip.name, clip.active_media_reference_key)
    beside = done.folder / f"{host}.otio.comet.otio"
    assert str(beside) in said["warnings"][-1]
    assert {clip.source_range and clip.source_range.start_time.value for clip in clips(beside)} >= {
        clip.source_range and clip.source_range.start_time.value for clip in clips(done.timeline)
    }


def test_a_reference_output_may_be_rebased_too(done: Desk) -> None:
    """--rebase-to-file without a host: the takes as the clips' only references, both in the sidecar."""
    relinked(done, "zero.otio", "--rebase-to-file")
    for clip, numbers in zip(clips(done.folder / "zero.otio"), sources_shown(done), strict=True):
        assert taken(clip)
        assert file_numbers(clip) == numbers
    assert all(len(clip.media_references()) == 2 for clip in clips(done.folder / "zero.otio.comet.otio"))


@pytest.mark.parametrize("suffix", ["xml", "edl", "ale"])
def test_formats_of_one_reference_get_a_sidecar_and_a_warning(done: Desk, suffix: str) -> None:
    """The loss is told when it happens, with the file that has everything."""
    flags = ("--timeline", "one.otio") if suffix == "edl" else ()
    if suffix == "edl":
        one = done.edit.timeline.clone()
        del one.tracks[1:]
        done.save(one, "one.otio")
        assert done.run(timeline="one.otio", output="one_out.otio")["exit"] == 0
    said = relinked(done, f"cut.{suffix}", *flags)
    assert any("active reference" in warning for warning in said["warnings"])
    assert str(done.folder / f"cut.{suffix}.comet.otio") in said["warnings"][-1]
    assert all(len(clip.media_references()) == 2 for clip in clips(done.folder / f"cut.{suffix}.comet.otio"))


@pytest.mark.parametrize("style", ["path", "file-uri", "relative"])
def test_addresses_are_written_in_the_style_asked_for(done: Desk, style: str) -> None:
    """Each names the file that is there; the originals' addresses stay."""
    folder = done.folder / "sub" / style
    folder.mkdir(parents=True)
    relinked(done, str(folder / "out.otio"), "--url-style", style)
    for clip, before in zip(clips(folder / "out.otio"), clips(done.timeline), strict=True):
        url = clip.media_reference.target_url
        assert url.startswith({"path": "/", "file-uri": "file:///", "relative": "../../"}[style])
        path = folder / url if style == "relative" else media_path(url)
        assert path.is_file(), url
        assert clip.media_references()["DEFAULT_MEDIA"].target_url == before.media_reference.target_url


def test_a_run_on_a_timeline_with_takes_above_sends_and_doubles_nothing(at_desk: Desk) -> None:
    """The originals below are served by the takes that stand; the COMET tracks are as many as before."""
    at_desk.run("--host", "resolve", output="first.otio")
    paid = at_desk.creates()
    first = otio.adapters.read_from_file(str(at_desk.folder / "first.otio"))
    said = at_desk.run("--host", "resolve", timeline="first.otio", output="second.otio")
    assert said["exit"] == 0, said["problems"]
    assert at_desk.creates() == paid
    second = otio.adapters.read_from_file(str(at_desk.folder / "second.otio"))
    assert [track.name for track in second.tracks] == [track.name for track in first.tracks]
    assert second.tracks.to_json_string() == first.tracks.to_json_string()


def test_resume_goes_on_for_the_host_that_run_was_told(at_desk: Desk) -> None:
    """The job remembers the host; another word on `resume` beats it."""
    at_desk.run("--host", "resolve")
    at_desk.comet("resume", "comet.cometjob", "-o", "again.otio", *fast())
    assert (at_desk.folder / "again.otio").read_bytes() == (at_desk.folder / "out.otio").read_bytes()
    at_desk.comet("resume", "comet.cometjob", "-o", "beside.otio", "--host", "rv", "--placement", "reference", *fast())
    assert len(clips(at_desk.folder / "beside.otio")) == len(clips(at_desk.timeline))


@pytest.mark.parametrize(
    ("flags", "output", "words"),
    [
        (("--placement", "track"), "out.edl", "one video track"),
        (("--no-rebase-to-file",), "out.mlt", "wrong frames"),
        (("--host", "resolv"), "out.otio", "resolv"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_before_anything_is_sent(
    at_desk: Desk, flags: tuple[str, ...], output: str, words: str
) -> None:
    """Exit 2, the reason, and no create."""
    ended = at_desk.comet("run", "edit.otio", "-o", output, "--select", "all", "--prompt", "p", *fast(), *flags)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert at_desk.creates() == 0


def test_the_sidecar_never_overwrites_the_input(at_desk: Desk) -> None:
    """A timeline named like the sidecar of the output is refused as an output's neighbour."""
    path = at_desk.save(at_desk.edit.timeline, "cut.xml.comet.otio")
    before = path.read_bytes()
    picks = ("--select", "all", "--prompt", "p")
    ended = at_desk.comet("run", path.name, "-o", "cut.xml", *picks, *fast())
    assert ended.returncode == 2
    assert "never changed" in ended.stderr
    assert path.read_bytes() == before


def test_the_adapter_reads_a_job_for_a_host(done: Desk) -> None:
    """`-a host=... placement=... url_style=... rebase=1`, as stock tools pass them."""
    job = str(done.folder / "comet.cometjob")
    known = {"adapter_name": "cometapi", "timeline": "edit.otio"}
    laid = otio.adapters.read_from_file(job, **known, host="resolve")
    assert any(track.name.startswith("COMET") for track in laid.tracks)
    beside = otio.adapters.read_from_file(job, **known, host="resolve", placement="reference", url_style="file-uri")
    assert all(clip.media_reference.target_url.startswith("file:///") for clip in beside.find_clips())
    zero = otio.adapters.read_from_file(job, **known, rebase=1)
    assert {clip.media_reference.available_range.start_time.value for clip in zero.find_clips()} == {0}
    with pytest.raises(otio.exceptions.OTIOError, match="avid"):
        otio.adapters.read_from_file(job, **known, host="avido")


def test_media_stays_where_a_copy_points_to(done: Desk) -> None:
    """Host copies share the job's media; nothing is made twice."""
    media = sorted(Path(done.folder, "comet.cometjob", "media").iterdir())
    relinked(done, "once more.otio", "--host", "mlt")
    assert sorted(Path(done.folder, "comet.cometjob", "media").iterdir()) == media


def add_sound(path: Path) -> None:
    """Give a video a sound track of its length, the picture untouched."""
    louder = path.with_name(f"loud {path.name}")
    with av.open(str(path)) as source, av.open(str(louder), "w") as target:
        picture = source.streams.video[0]
        copy = target.add_stream_from_template(picture)
        sound: Any = target.add_stream("aac", rate=48000)
        sound.layout = "mono"
        for packet in source.demux(picture):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
        for number in range(300):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 48000, number * 1024
            target.mux(sound.encode(frame))
        target.mux(sound.encode(None))
    louder.replace(path)


def test_sound_never_stands_beside_a_timecode_track_for_ges(at_desk: Desk) -> None:
    """GES does not load MP4 with both; other hosts get both."""
    add_sound(at_desk.edit.media[0].path)
    picks = ("--exclude", "name:sh02*,name:sh03*,name:sh04*,name:sh05*", "--sound", "source")
    assert at_desk.run(*picks, "--host", "ges", output="ges.otio")["exit"] == 0
    for host, both in (("ges", False), ("resolve", True)):
        relinked(at_desk, f"{host}.otio", "--host", host)
        (take,) = [clip for clip in clips(at_desk.folder / f"{host}.otio") if taken(clip)]
        with av.open(str(media_path(take.media_reference.target_url))) as container:
            has_sound, timecode = bool(container.streams.audio), container.streams.video[0].metadata.get("timecode")
        assert (has_sound and timecode is not None) is both
