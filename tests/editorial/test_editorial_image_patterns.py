"""Addresses such as `sh010.####.exr` in a reference to a single file: an image sequence, never a still."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from otio_cometapi.editorial.sources import SourceFinder
from otio_cometapi.records import SourceCandidate
from support.otio_builders import clip, span


def images(folder: Path, *numbers: int, name: str = "sh010.{:04d}.exr") -> Path:
    """Make empty files that have the numbers."""
    for number in numbers:
        (folder / name.format(number)).touch()
    return folder


def candidate(url: str, available: Any) -> SourceCandidate:
    """Return what a clip's reference to an address comes to."""
    made = clip(ref=otio.schema.ExternalReference(url, available))
    (found,) = SourceFinder(media_root=Path("/"), own_media_dirs=()).candidates(made)
    return found


@pytest.mark.parametrize(
    ("name", "padding"),
    [("sh010.####.exr", 4), ("sh010.%04d.exr", 4), ("sh010.#.exr", 1), ("sh010.%d.exr", 0)],
)
def test_a_pattern_names_the_files_that_the_available_range_counts(name: str, padding: int, tmp_path: Path) -> None:
    """Nuke's and RV's patterns; the first frame is the file with the number at which the range starts."""
    images(tmp_path, 1001)
    found = candidate(str(tmp_path / name), span(1001, 100, 25))
    assert found.problem == ""
    assert found.sequence is not None
    assert (found.sequence.first_image, found.sequence.frame_count) == (1001, 100)
    assert (found.sequence.rate, found.sequence.padding) == (Fraction(25), padding)
    assert found.sequence.path_of(1001) == str(tmp_path / "sh010.1001.exr")


@pytest.mark.parametrize(
    "url", ["file://{}/sh010.%23%23%23%23.exr", "file://{}/sh010.####.exr", "file://{}/sh010.%2504d.exr"]
)
def test_a_pattern_is_read_out_of_a_file_url(url: str, tmp_path: Path) -> None:
    """Encoded or not."""
    images(tmp_path, 1001)
    found = candidate(url.format(tmp_path), span(1001, 100, 25))
    assert found.sequence is not None, found.problem
    assert found.sequence.path_of(1001) == str(tmp_path / "sh010.1001.exr")


def test_a_pattern_without_numbers_is_named(tmp_path: Path) -> None:
    """No available range: which file is the first frame would be a guess."""
    images(tmp_path, 1001)
    found = candidate(str(tmp_path / "sh010.####.exr"), None)
    assert found.sequence is None
    assert "has no available range" in found.problem


def test_numbers_that_no_file_has_are_named(tmp_path: Path) -> None:
    """A range from 0 over files from 1001 on does not tell which file is the first frame."""
    images(tmp_path, 1001)
    found = candidate(str(tmp_path / "sh010.####.exr"), span(0, 100, 25))
    assert found.sequence is None
    assert "sh010.0000.exr" in found.problem
    assert "still" not in found.problem


def test_a_pattern_of_one_frame_is_a_still(tmp_path: Path) -> None:
    """One image is no moving picture, whatever its address looks like."""
    images(tmp_path, 1001)
    assert "still" in candidate(str(tmp_path / "sh010.####.exr"), span(1001, 1, 25)).problem


def test_a_file_with_number_signs_in_its_name_is_that_file(tmp_path: Path) -> None:
    """A movie may be called so."""
    (tmp_path / "take ##2.mov").touch()
    found = candidate(str(tmp_path / "take ##2.mov"), span(0, 100, 25))
    assert (found.problem, found.sequence) == ("", None)
    assert found.path == str(tmp_path / "take ##2.mov")
