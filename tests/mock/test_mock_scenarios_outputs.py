"""Named scenarios: polls and downloads that go wrong, outputs that are not what was sent."""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
import requests

from cometapi_mock.server import MockServer
from support.mock_client import MockClient, body_for, frame_number, grey_frames, numbered_clip, stream_facts
from support.mock_expectations import DOWNLOADS, FRAMES, OUTPUTS, POLLS


@pytest.fixture(scope="module")
def shared() -> Iterator[MockClient]:
    """Return a client of a simulator that all tests of this file share."""
    with MockServer() as server:
        yield MockClient(server.url)


@pytest.fixture(scope="module")
def clip25(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return 30 numbered frames at 25 per second."""
    return numbered_clip(tmp_path_factory.mktemp("mock") / "n25.mp4", frames=30, rate=Fraction(25))


def asked(name: str, clip: Path, **changes: Any) -> dict[str, Any]:
    """Return a body whose prompt asks for a scenario."""
    return body_for(clip, promptText=f"[[scenario:{name}]]", **changes)


def polled(client: MockClient, task_id: str) -> int | str:
    """Return the status of a poll, or what became of it."""
    try:
        answer = client.poll(task_id, timeout=0.5)
        answer.json()
    except requests.JSONDecodeError:
        return answer.status_code if answer.status_code != 200 else "no JSON"
    except requests.RequestException:
        return "cut"
    return answer.status_code


@pytest.mark.parametrize("name", POLLS)
def test_polls_go_wrong_as_the_scenario_says_and_the_task_lives_on(shared: MockClient, clip25: Path, name: str) -> None:
    """The second poll and those after it go wrong; where the scenario says so, the task succeeds in the end."""
    task_id = shared.created(asked(name, clip25))
    assert [polled(shared, task_id) for _ in POLLS[name]] == POLLS[name]


def downloaded(url: str, whole: int) -> int | str:
    """Return what became of a download."""
    try:
        answer = requests.get(url, timeout=0.5, allow_redirects=False)
    except requests.RequestException:
        return "cut"
    if answer.status_code != 200:
        return answer.status_code
    if answer.headers["Content-Type"] != "video/mp4":
        return answer.headers["Content-Type"].split(";")[0]
    return {whole: "whole", whole // 2: "half"}.get(len(answer.content), len(answer.content))


@pytest.mark.parametrize("name", DOWNLOADS)
def test_downloads_go_wrong_as_the_scenario_says(
    shared: MockClient, server: MockServer, clip25: Path, name: str
) -> None:
    """The first and the second download of an address end as the scenario says."""
    plain = MockClient(server.url)
    prompt = asked(name, clip25)["promptText"]
    # The same prompt without the directive's effect: what the whole file measures.
    server.service.scenarios[name] = server.service.scenarios["ok"]
    first = plain.finished(plain.created(body_for(clip25, promptText=prompt)))["output"][0]
    whole = len(requests.get(first, timeout=9).content)
    url = shared.finished(shared.created(asked(name, clip25)))["output"][0]
    assert (downloaded(url, whole), downloaded(url, whole)) == DOWNLOADS[name]


def test_a_poll_renews_an_address_that_has_expired(shared: MockClient, clip25: Path) -> None:
    """In expired_output the address of the next poll is another one, and works."""
    task_id = shared.created(asked("expired_output", clip25, seed=9))
    first = shared.finished(task_id)["output"][0]
    second = shared.poll(task_id).json()["output"][0]
    assert first != second
    assert (requests.get(first, timeout=9).status_code, requests.get(second, timeout=9).status_code) == (403, 200)


def test_an_address_expires_with_virtual_time(shared: MockClient, clip25: Path) -> None:
    """In output_expires_soon an address works for a minute, and a poll gives a new one afterwards."""
    task_id = shared.created(asked("output_expires_soon", clip25, seed=9))
    first = shared.finished(task_id)["output"][0]
    assert shared.poll(task_id).json()["output"][0] == first
    shared.control("advance", {"seconds": 61})
    assert requests.get(first, timeout=9).status_code == 403
    assert requests.get(shared.poll(task_id).json()["output"][0], timeout=9).status_code == 200


def test_a_redirected_download_ends_at_the_whole_file(shared: MockClient, clip25: Path) -> None:
    """In download_redirect a client that follows gets the file."""
    url = shared.finished(shared.created(asked("download_redirect", clip25, seed=9)))["output"][0]
    assert [step.status_code for step in requests.get(url, timeout=9).history] == [302]


def test_ranges_bring_home_what_always_breaks_off(shared: MockClient, clip25: Path, tmp_path: Path) -> None:
    """In download_half_always a client that asks for the rest, again and again, gets the file."""
    url = shared.finished(shared.created(asked("download_half_always", clip25, seed=9)))["output"][0]
    total, got = int(requests.head(url, timeout=9).headers["Content-Length"]), b""
    while len(got) < total:
        answer = requests.get(url, headers={"Range": f"bytes={len(got)}-"}, stream=True, timeout=9)
        assert answer.status_code == 206
        got += _read_what_comes(answer)
    (tmp_path / "out.mp4").write_bytes(got)
    assert [frame_number(grey) for grey in grey_frames(tmp_path / "out.mp4")] == FRAMES


def _read_what_comes(answer: requests.Response) -> bytes:
    got = b""
    try:
        for piece in answer.iter_content(1):
            got += piece
    except requests.RequestException:
        return got
    return got


def test_ranges_are_ignored_where_the_scenario_says(shared: MockClient, clip25: Path) -> None:
    """In download_no_range a request for a part gets the whole with HTTP 200."""
    url = shared.finished(shared.created(asked("download_no_range", clip25, seed=9)))["output"][0]
    answer = requests.get(url, headers={"Range": "bytes=0-9"}, timeout=9)
    assert answer.status_code == 200
    assert len(answer.content) > 10


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_frames_of_the_output_are_those_that_the_scenario_names(
    shared: MockClient, clip25: Path, tmp_path: Path, name: str
) -> None:
    """The numbers that the output's frames show are the expected ones, in order."""
    output = shared.output(shared.created(asked(name, clip25)), tmp_path / "out")
    assert [frame_number(grey) for grey in grey_frames(output)] == OUTPUTS[name]


def test_only_five_seconds_of_a_longer_input_come_back(shared: MockClient, tmp_path: Path) -> None:
    """In output_first_5s an input of 130 frames at 25 per second comes back with 125."""
    clip = numbered_clip(tmp_path / "long.mp4", frames=130, rate=Fraction(25), size=(160, 90))
    output = shared.output(shared.created(asked("output_first_5s", clip)), tmp_path / "out.mp4")
    assert len(grey_frames(output)) == 125


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("output_other_rate", (Fraction(24), 320, 180, 0)),
        ("output_resampled", (Fraction(24), 320, 180, 0)),
        ("output_other_size", (Fraction(25), 848, 480, 0)),
        ("output_letterboxed", (Fraction(25), 848, 480, 0)),
        ("output_with_sound", (Fraction(25), 320, 180, 1)),
        ("output_prores", (Fraction(25), 320, 180, 0)),
    ],
)
def test_rate_raster_and_sound_are_those_that_the_scenario_names(
    shared: MockClient, clip25: Path, tmp_path: Path, name: str, expected: tuple[Fraction, int, int, int]
) -> None:
    """Rate, width, height and number of sound tracks are as expected."""
    output = shared.output(shared.created(asked(name, clip25)), tmp_path / "out")
    assert stream_facts(output) == expected


@pytest.mark.parametrize(("name", "codec"), [("output_prores", "prores"), ("output_hevc10", "hevc"), ("ok", "h264")])
def test_the_codec_is_the_one_that_the_scenario_names(
    shared: MockClient, clip25: Path, tmp_path: Path, name: str, codec: str
) -> None:
    """The codec of the output is the expected one."""
    output = shared.output(shared.created(asked(name, clip25)), tmp_path / "out")
    with av.open(str(output)) as container:
        assert container.streams.video[0].codec_context.name == codec


def test_uneven_times_are_uneven(shared: MockClient, clip25: Path, tmp_path: Path) -> None:
    """In output_vfr the steps between frames are not all equal."""
    output = shared.output(shared.created(asked("output_vfr", clip25)), tmp_path / "out.mp4")
    with av.open(str(output)) as container:
        times = [frame.pts or 0 for frame in container.decode(video=0)]
    assert len({later - earlier for earlier, later in itertools.pairwise(times)}) > 1


def test_a_late_start_is_half_a_second(shared: MockClient, clip25: Path, tmp_path: Path) -> None:
    """In output_late_start the first frame is shown about half a second after the file's beginning."""
    output = shared.output(shared.created(asked("output_late_start", clip25)), tmp_path / "out.mp4")
    with av.open(str(output)) as container:
        first = next(container.decode(video=0))
        assert 0.45 < float(first.time or 0) < 0.55


def test_black_is_black(shared: MockClient, clip25: Path, tmp_path: Path) -> None:
    """In output_black no pixel is brighter than black."""
    output = shared.output(shared.created(asked("output_black", clip25)), tmp_path / "out.mp4")
    assert max(int(grey.max()) for grey in grey_frames(output)) <= 18


def test_letterbox_bars_stand_around_the_picture(shared: MockClient, clip25: Path, tmp_path: Path) -> None:
    """In output_letterboxed the outer rows are black and the middle is not."""
    output = shared.output(shared.created(asked("output_letterboxed", clip25)), tmp_path / "out.mp4")
    grey = grey_frames(output)[20]
    assert int(grey[:30].max()) <= 18
    assert int(grey[240].max()) > 100


def test_a_zip_holds_a_picture_for_each_frame(shared: MockClient, clip25: Path) -> None:
    """In output_png_zip the output is an archive of as many PNG files as there are frames, in order."""
    url = shared.finished(shared.created(asked("output_png_zip", clip25)))["output"][0]
    answer = requests.get(url, timeout=9)
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        with av.open(io.BytesIO(archive.read(names[17]))) as picture:
            assert frame_number(next(picture.decode(video=0)).to_ndarray(format="gray")) == 17
    assert names == [f"frame_{number:05d}.png" for number in range(1, 31)]


@pytest.mark.parametrize("name", ["output_truncated_file", "output_text_file", "output_empty_file"])
def test_a_broken_file_downloads_well_and_does_not_decode(
    shared: MockClient, clip25: Path, tmp_path: Path, name: str
) -> None:
    """The download is complete by its length, and decoding it fails."""
    output = shared.output(shared.created(asked(name, clip25)), tmp_path / "out.mp4")
    with pytest.raises(av.error.FFmpegError):
        grey_frames(output)
