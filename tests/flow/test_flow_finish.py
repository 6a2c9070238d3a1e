"""How media is made, chosen through the real doors: conform policy and codec, remembered by the job."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import av
import opentimelineio as otio
import pytest

from support import road, warm_scripts
from support.flow import Desk, clips, numbers_shown, taken


def shown_as_before(at_desk: Desk, name: str) -> bool:
    """Tell whether every clip of a relinked timeline shows the source frames that it showed before."""
    for clip in clips(at_desk.folder / name):
        if not taken(clip):
            return False
        shown = numbers_shown(clip)
        clip.active_media_reference_key = clip.media_reference.metadata["cometapi"]["source_key"]
        if shown != numbers_shown(clip):
            return False
    return True


def codecs(path: Path) -> set[str]:
    """Return the codecs of the media that a timeline's clips show, with their files' endings."""
    found = set()
    for clip in clips(path):
        with av.open(clip.media_reference.target_url) as container:
            ending = Path(clip.media_reference.target_url).suffix
            found.add(container.streams.video[0].codec_context.name + ending)
    return found


def test_a_job_goes_on_in_the_codec_it_began_with(at_desk: Desk) -> None:
    """`resume` and `relink` keep the codec of `run`; another one makes media beside it, without a new create."""
    assert at_desk.run("--codec", "prores")["exit"] == 0
    assert codecs(at_desk.folder / "out.otio") == {"prores.mov"}
    assert shown_as_before(at_desk, "out.otio")
    job = str(at_desk.folder / "comet.cometjob")
    media = sorted((at_desk.folder / "comet.cometjob" / "media").iterdir())
    assert at_desk.comet("resume", job, "-o", "again.otio", "--yes").returncode == 0
    assert codecs(at_desk.folder / "again.otio") == {"prores.mov"}
    assert at_desk.comet("relink", job, "-o", "plain.otio", "--codec", "h264").returncode == 0
    assert codecs(at_desk.folder / "plain.otio") == {"h264.mp4"}
    assert shown_as_before(at_desk, "plain.otio")
    both = sorted((at_desk.folder / "comet.cometjob" / "media").iterdir())
    assert len(both) == 2 * len(media)
    assert set(media) <= set(both)
    assert at_desk.creates() == 5


@pytest.fixture
def short(at_desk: Desk) -> Desk:
    """Return a desk whose outputs came back a frame short of what the cut shows."""
    said = at_desk.run("--handles", "0", "--prompt", "snow [[scenario:output_frame_less]]")
    assert said["exit"] != 0
    assert any("does not fit its span" in problem for problem in said["problems"])
    return at_desk


def test_what_does_not_fit_is_held_when_asked_and_only_then(short: Desk) -> None:
    """An output a frame short is refused until `--conform hold`, which is free, recorded and remembered."""
    job = str(short.folder / "comet.cometjob")
    refused = short.comet("relink", job, "-o", "refused.otio", "--json")
    assert json.loads(refused.stdout)["relinked"] == []
    creates = short.creates()
    for more in (("--conform", "hold"), ()):
        done = short.comet("relink", job, "-o", "held.otio", "--json", *more)
        assert done.returncode == 0, done.stdout
        for clip in clips(short.folder / "held.otio"):
            facts: Any = clip.media_reference.metadata["cometapi"]
            numbers = numbers_shown(clip)
            assert facts["conform"] == "hold"
            assert numbers[-1] == numbers[-2]
            assert len({str(each) for each in numbers}) == len(numbers) - 1
            assert clip.media_reference.available_range.duration.value == facts["span"]["frame_count"]
    assert short.creates() == creates


def test_the_adapter_reads_with_a_policy(short: Desk) -> None:
    """`otioconvert -a conform=hold` lays on what does not fit otherwise; a policy that there is not is named."""

    def convert(policy: str) -> subprocess.CompletedProcess[str]:
        return warm_scripts.run(
            ["otioconvert", "-i", "comet.cometjob", "-a", f"conform={policy}", "-o", "read.otio"],
            cwd=short.folder,
            env=road.environment(base_url=short.url, home=short.folder),
            timeout_s=120,
        )

    wrong = convert("stretch")
    assert wrong.returncode != 0
    assert "no conform policy 'stretch'" in wrong.stderr
    right = convert("hold")
    assert right.returncode == 0, right.stderr
    relinked = otio.adapters.read_from_file(str(short.folder / "read.otio"))
    assert all(taken(clip) for clip in relinked.find_clips())


def test_avid_gets_dnxhr_in_mxf_and_the_reel_that_its_list_names(at_desk: Desk) -> None:
    """`run --host avid --codec dnxhr` makes each medium once, as MXF of its clip's frames; the EDL names its reel."""
    edit = at_desk.edit.timeline.clone()
    del edit.tracks[1:]
    at_desk.save(edit, "one.otio")
    said = at_desk.run("--host", "avid", "--codec", "dnxhr", timeline="one.otio", output="cut.edl")
    assert said["exit"] == 0, said["problems"]
    assert codecs(at_desk.folder / "cut.edl.comet.otio") == {"dnxhd.mxf"}
    assert shown_as_before(at_desk, "cut.edl.comet.otio")
    made = sorted((at_desk.folder / "comet.cometjob" / "media").iterdir())
    assert {path.suffix for path in made} == {".mxf"}
    listed = {line.split()[1] for line in (at_desk.folder / "cut.edl").read_text().splitlines() if line[:3].isdigit()}
    reels = set()
    for path in made:
        with av.open(str(path)) as container:
            reels.add(container.streams.video[0].metadata["reel_name"])
    assert listed == reels
    again = at_desk.comet("relink", "comet.cometjob", "-o", "cut.otio", "--codec", "dnxhr", "--host", "resolve")
    assert again.returncode == 0, again.stderr
    assert {path.suffix for path in (at_desk.folder / "comet.cometjob" / "media").iterdir()} == {".mxf", ".mov"}
