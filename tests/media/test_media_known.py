"""What files were measured to be is kept for the next plan, and believed of unchanged files only."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from otio_cometapi.media import known as known_media
from otio_cometapi.media.fingerprint import fingerprint
from otio_cometapi.media.known import KnownMedia, Standing
from otio_cometapi.media.probe import media_info
from otio_cometapi.records import AS_IT_IS, MediaInfo, Treatment
from support.numbered import write_numbered

_LONG_AGO = (1_600_000_000, 1_600_000_000)


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a file that counts as old as soon as it is written."""
    monkeypatch.setattr(known_media, "_SETTLED_NS", 0)
    path = tmp_path / "film.mp4"
    write_numbered(path, frame_count=12, rate=Fraction(24), row=0)
    os.utime(path, _LONG_AGO)
    return path


def _kept(folder: Path, path: Path, treatment: Treatment = AS_IT_IS) -> MediaInfo:
    info = media_info(path, treatment)
    _keep(folder, path, info, treatment)
    return info


def _keep(folder: Path, path: Path, info: MediaInfo, treatment: Treatment = AS_IT_IS) -> None:
    standing = Standing.of(path)
    assert standing is not None
    KnownMedia(folder).keep(info, path, treatment, standing=standing, fingerprint=fingerprint(path))


def _found(folder: Path, path: Path, treatment: Treatment = AS_IT_IS) -> MediaInfo | None:
    standing = Standing.of(path)
    assert standing is not None
    return KnownMedia(folder).info(path, treatment, standing=standing, fingerprint=fingerprint(path))


def test_an_unchanged_file_is_known_as_it_was_measured(tmp_path: Path, film: Path) -> None:
    """Every fact comes back as it was measured, fractions and empty fields included."""
    info = _kept(tmp_path / "cache", film)
    assert _found(tmp_path / "cache", film) == info
    assert _found(tmp_path / "elsewhere", film) is None


def test_a_file_with_other_content_is_measured_again(tmp_path: Path, film: Path) -> None:
    """Other bytes under the same name, with size and time set as they were, are not taken for the old ones."""
    _kept(tmp_path / "cache", film)
    data = bytearray(film.read_bytes())
    data[-1] ^= 1
    film.write_bytes(data)
    os.utime(film, _LONG_AGO)
    assert _found(tmp_path / "cache", film) is None


def test_a_file_that_was_only_touched_or_replaced_by_its_copy_is_measured_again(tmp_path: Path, film: Path) -> None:
    """Whatever writes to a file or puts another in its place is seen, also where the content looks the same."""
    _kept(tmp_path / "cache", film)
    os.utime(film, (1_600_000_001, 1_600_000_001))
    assert _found(tmp_path / "cache", film) is None
    _kept(tmp_path / "cache", film)
    shutil.copy2(film, tmp_path / "copy.mp4")
    (tmp_path / "copy.mp4").replace(film)
    assert _found(tmp_path / "cache", film) is None


def test_a_file_that_has_just_changed_is_not_believed_yet(tmp_path: Path) -> None:
    """Within two seconds of its last change a file may change again without its times telling."""
    path = tmp_path / "film.mp4"
    write_numbered(path, frame_count=12, rate=Fraction(24), row=0)
    _kept(tmp_path / "cache", path)
    assert _found(tmp_path / "cache", path) is None
    (entry,) = (tmp_path / "cache").iterdir()
    later = path.stat().st_ctime_ns + 2 * 10**9
    os.utime(entry, ns=(later, later))
    assert _found(tmp_path / "cache", path) is not None


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"facts": {}}', "[" * 5000])
def test_what_is_damaged_or_foreign_is_passed_over(tmp_path: Path, film: Path, damage: str) -> None:
    """An entry that is no entry costs a measurement and nothing else; the next one takes its place."""
    info = _kept(tmp_path / "cache", film)
    (entry,) = (tmp_path / "cache").iterdir()
    entry.write_text(damage)
    assert _found(tmp_path / "cache", film) is None
    _kept(tmp_path / "cache", film)
    assert _found(tmp_path / "cache", film) == info


@pytest.mark.parametrize(
    "wrong",
    [{"frame_count": "12"}, {"path": "/home/somebody/else.mp4"}],
    ids=["no record", "another file"],
)
def test_an_entry_whose_record_is_wrong_is_passed_over(tmp_path: Path, film: Path, wrong: dict[str, str]) -> None:
    """Right facts with a wrong record are not believed either: what is sent is the file that was looked at."""
    _kept(tmp_path / "cache", film)
    (entry,) = (tmp_path / "cache").iterdir()
    values = json.loads(entry.read_text())
    entry.write_text(json.dumps({**values, "info": {**values["info"], **wrong}}))
    assert _found(tmp_path / "cache", film) is None


def test_entries_of_another_version_are_passed_over(
    tmp_path: Path, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version of this package or of its codec library that may measure otherwise measures again."""
    _kept(tmp_path / "cache", film)
    monkeypatch.setattr(known_media, "_MADE_BY", [*known_media._MADE_BY[:-1], "0.0.0"])
    assert _found(tmp_path / "cache", film) is None


def test_another_treatment_is_measured_for_itself(tmp_path: Path, film: Path) -> None:
    """What was measured for one treatment is not taken for another."""
    _kept(tmp_path / "cache", film)
    assert _found(tmp_path / "cache", film, Treatment(deinterlace=True)) is None


def test_what_is_refused_is_not_kept(tmp_path: Path, film: Path) -> None:
    """A refusal may end when an extra is installed, so it is found anew each time."""
    refused = replace(media_info(film), refusals=("it is high dynamic range",))
    _keep(tmp_path / "cache", film, refused)
    assert not (tmp_path / "cache").exists()


def test_a_folder_that_cannot_be_made_is_no_trouble(tmp_path: Path, film: Path) -> None:
    """Where nothing can be kept, everything is measured as before."""
    (tmp_path / "cache").write_text("a file where the folder should be")
    _kept(tmp_path / "cache", film)
    assert _found(tmp_path / "cache", film) is None


def _forget_old(cache: Path, film: Path) -> Path:
    """Keep one more file and forget what is old; return the entry that was kept."""
    treatment, standing = Treatment(convert_vfr=True), Standing.of(film)
    assert standing is not None
    before = set(cache.iterdir())
    known = KnownMedia(cache)
    known.keep(media_info(film, treatment), film, treatment, standing=standing, fingerprint=fingerprint(film))
    known.forget_old()
    return next(each for each in cache.iterdir() if each not in before)


def test_entries_of_long_ago_are_forgotten(tmp_path: Path, film: Path) -> None:
    """The folder does not grow for ever; its files are its owner's alone."""
    cache = tmp_path / "cache"
    _kept(cache, film)
    _kept(cache, film, Treatment(deinterlace=True))
    old, recent = sorted(cache.iterdir())
    os.utime(old, _LONG_AGO)
    new = _forget_old(cache, film)
    assert sorted(cache.iterdir()) == sorted([recent, new])
    assert new.stat().st_mode & 0o077 == 0


def test_an_entry_of_a_clock_that_ran_ahead_costs_the_others_nothing(tmp_path: Path, film: Path) -> None:
    """One day with a wrong clock does not make everything that is kept after it count as old."""
    cache = tmp_path / "cache"
    _kept(cache, film)
    (ahead,) = cache.iterdir()
    os.utime(ahead, (4_000_000_000, 4_000_000_000))
    new = _forget_old(cache, film)
    assert list(cache.iterdir()) == [new]


def test_what_is_not_ours_is_never_forgotten(tmp_path: Path, film: Path) -> None:
    """Where the folder that was named for caches holds rushes, sounds or other people's notes, they stay."""
    cache = tmp_path / "cache"
    _kept(cache, film)
    others = [cache / name for name in ("rushes.mov", ".hidden", "notes.json", f"{'a' * 64}.json.bak", ".a.b.part")]
    for each in others:
        each.write_text("an old file of somebody's")
        os.utime(each, _LONG_AGO)
    _forget_old(cache, film)
    assert all(each.exists() for each in others)


def test_an_entry_that_somebody_else_may_have_written_is_passed_over(tmp_path: Path, film: Path) -> None:
    """Nobody else decides what a file is, nor which file is read: in a folder open to others nothing is believed."""
    cache = tmp_path / "cache"
    info = _kept(cache, film)
    cache.chmod(0o770)
    assert _found(cache, film) is None
    cache.chmod(0o700)
    assert _found(cache, film) == info


def test_what_is_no_file_stands_nowhere(tmp_path: Path) -> None:
    """A pipe or a folder under a video's name is never opened to be told by its content: a pipe may never end."""
    os.mkfifo(tmp_path / "pipe.mp4")
    assert [Standing.of(path) for path in (tmp_path / "pipe.mp4", tmp_path, tmp_path / "none.mp4")] == [None] * 3
