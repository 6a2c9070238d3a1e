"""Who may read what of a job, and what may leave the machine at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import opentimelineio as otio
import pytest

from otio_cometapi.pipeline.allowed import images_outside, outside, sequence_outside
from otio_cometapi.records import Look, SequenceSpec
from support import road, warm_scripts
from support.edits import three_tracks
from support.flow import FILM, Desk, clips, desk, fast, taken
from support.road import simulator

NOBODY = 65534
"""The user of Linux who owns nothing."""
LOOK_AROUND = """
import json, os, sys
seen = {}
for folder, folders, files in os.walk(sys.argv[1], onerror=lambda error: seen.__setitem__(error.filename, "closed")):
    for name in files:
        path = os.path.join(folder, name)
        try:
            with open(path, "rb") as file:
                file.read(1)
            seen[path] = "read"
        except OSError:
            seen[path] = "closed"
print(json.dumps(seen))
"""


@pytest.fixture
def finished() -> Iterator[Desk]:
    """Yield a finished job of an ordinary user, in a folder that everybody may enter."""
    folder = Path(tempfile.mkdtemp(prefix="comet-users-"))
    folder.chmod(0o755)
    mask = os.umask(0o022)
    try:
        with simulator() as url:
            made = desk(folder / "desk", url)
            assert made.run()["exit"] == 0
            yield made
    finally:
        os.umask(mask)
        shutil.rmtree(folder)


def mode(path: Path) -> int:
    """Return a path's permissions."""
    return path.stat().st_mode & 0o777


def test_private_parts_are_closed_and_media_follows_the_umask(finished: Desk) -> None:
    """After a whole road: folders under private/ are 0700, the ledger is 0600, media and the timeline are 0644."""
    job = finished.folder / "comet.cometjob"
    folders = [job / "private", *(path for path in (job / "private").rglob("*") if path.is_dir())]
    assert {mode(path) for path in folders} == {0o700}
    assert mode(job / "private" / "ledger.sqlite") == 0o600
    assert {mode(path) for path in (job / "media").iterdir()} == {0o644}
    assert mode(finished.folder / "out.otio") == 0o644
    assert mode(job / "media") == 0o755


@pytest.mark.proof
def test_another_user_reads_the_media_and_nothing_else(finished: Desk) -> None:
    """As a second user: media, card and timelines can be read, nothing under private/ can even be listed."""
    assert os.geteuid() == 0, "run as root, which alone can become another user"
    job = finished.folder / "comet.cometjob"
    ended = subprocess.run(
        ["/usr/bin/env", "python3", "-c", LOOK_AROUND, str(job)],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        env={"PATH": "/usr/bin:/bin:/usr/local/bin"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    seen = {Path(path).relative_to(job): what for path, what in json.loads(ended.stdout).items()}
    assert seen.pop(Path("private")) == "closed"
    assert not [path for path in seen if path.parts[0] == "private"]
    assert set(seen.values()) == {"read"}
    assert len([path for path in seen if path.parts[0] == "media"]) == 5


# -- allowed_media_roots


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """Return an allowed folder and one beside it whose name begins alike, each with a file."""
    allowed, other = tmp_path / "Allowed", tmp_path / "Allowed-not"
    for folder in (allowed, other):
        folder.mkdir()
        (folder / "a.mov").write_bytes(b"x")
    return allowed, other


def test_without_roots_every_file_may_be_sent(places: tuple[Path, Path]) -> None:
    """Nobody who has not set a bound meets one."""
    assert outside(places[1] / "a.mov", ()) == ""


def test_what_lies_below_a_root_may_be_sent(places: tuple[Path, Path]) -> None:
    """By its path, by a link to the folder, by a root with a link in it, and where it does not exist yet."""
    allowed, other = places
    (other / "link").symlink_to(allowed)
    assert outside(allowed / "a.mov", (allowed,)) == ""
    assert outside(allowed / "deep" / "er" / "gone.mov", (allowed,)) == ""
    assert outside(other / "link" / "a.mov", (allowed,)) == ""
    assert outside(allowed / "a.mov", (other / "link",)) == ""
    assert outside(other / ".." / "Allowed" / "a.mov", (allowed,)) == ""


def test_what_leads_out_of_a_root_may_not_be_sent(places: tuple[Path, Path]) -> None:
    """Links in a root, ``..``, names that begin alike, and roots that are not there open nothing."""
    allowed, other = places
    (allowed / "link.mov").symlink_to(other / "a.mov")
    (allowed / "folder").symlink_to(other)
    for path in (allowed / "link.mov", allowed / "folder" / "a.mov", allowed / ".." / "Allowed-not" / "a.mov"):
        assert "allowed_media_roots" in outside(path, (allowed,))
    assert outside(other / "a.mov", (allowed,))
    assert outside(allowed / "a.mov", (allowed / "nothing",))
    assert outside(allowed.parent / "allowed" / "a.mov", (allowed,))


def test_a_folder_is_known_by_what_it_is_and_not_by_how_it_is_spelled(
    places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a file system does not mind capitals, both spellings are one folder: its number decides."""
    allowed, _ = places
    real = Path.stat

    def blind(path: Path, **more: bool) -> os.stat_result:
        return real(Path(str(path).replace("aLLOWED", "Allowed")), **more)

    monkeypatch.setattr(Path, "stat", blind)
    assert outside(allowed.parent / "aLLOWED" / "a.mov", (allowed,)) == ""


def test_every_image_of_a_sequence_counts(places: tuple[Path, Path]) -> None:
    """A link in the middle of a sequence is no way to send a picture from elsewhere."""
    allowed, other = places
    for number in range(3):
        (allowed / f"shot.{number:04d}.png").write_bytes(b"x")
    sequence = SequenceSpec(str(allowed), "shot.", ".png", 0, 3, FILM)
    assert sequence_outside(sequence, (allowed,)) == ""
    (allowed / "shot.0001.png").unlink()
    (allowed / "shot.0001.png").symlink_to(other / "a.mov")
    assert "shot.0001.png" in sequence_outside(sequence, (allowed,))


def test_reference_images_are_bounded_and_addresses_are_not(places: tuple[Path, Path]) -> None:
    """Reference images are sent too; what is on the web is there already."""
    allowed, other = places
    look = Look("x", "gen4_aleph", references=(str(allowed / "a.mov"), "https://cdn.example.com/a.png"))
    assert images_outside(look, (allowed,)) == ""
    beside = Look("x", "gen4_aleph", references=(str(other / "a.mov"),))
    assert images_outside(beside, (allowed,)).startswith("the reference image ")


def test_media_outside_of_the_roots_is_left_out_of_a_run_and_of_what_a_job_goes_on_with(tmp_path: Path) -> None:
    """`run` leaves such clips out by name; a job planned without the bound sends nothing once there is one."""
    with simulator() as url:
        made = Desk(tmp_path, url, three_tracks(tmp_path / "media", FILM))
        other = tmp_path / "other"
        other.mkdir()
        timeline = made.edit.timeline.clone()
        first = next(iter(timeline.find_clips()))
        shutil.copyfile(first.media_reference.target_url, other / "secret.mp4")
        (tmp_path / "media" / "link.mp4").symlink_to(other / "secret.mp4")
        first.media_reference.target_url = str(tmp_path / "media" / "link.mp4")
        otio.adapters.write_to_file(timeline, str(tmp_path / "linked.otio"))
        pick = ("--select", "name:sh010,name:sh020", "--prompt", "x")
        assert made.comet("export", "linked.otio", "--job", "early.cometjob", *pick).returncode == 0
        bounded = {**road.environment(base_url=url, home=tmp_path), "COMETAPI_ALLOWED_MEDIA_ROOTS": f"{tmp_path}/media"}

        def comet(*arguments: str) -> subprocess.CompletedProcess[str]:
            return warm_scripts.run(["otiocomet", *arguments], cwd=tmp_path, env=bounded, timeout_s=120)

        said = json.loads(comet("run", "linked.otio", "-o", "out.otio", *pick, *fast()).stdout)
        assert "allowed_media_roots" in " ".join(said["problems"])
        assert {clip.name: bool(taken(clip)) for clip in clips(tmp_path / "out.otio")}["sh010"] is False
        assert made.creates() == 1
        later = json.loads(comet("resume", "early.cometjob", "-o", "later.otio", *fast()).stdout)
        assert "allowed_media_roots" in " ".join(later["problems"])
        assert made.creates() == 1  # the other shot is paid for in the first job
        assert sorted(take["state"] for take in later["takes"]) == ["READY", "REFUSED"]
