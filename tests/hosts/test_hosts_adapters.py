"""Which of the stock adapters write dissolves and nested stacks at all: what decides who renders what here."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import opentimelineio as otio
import pytest

from support import host_process
from support.edits import Edit, Medium
from support.host_copy import rebased
from support.scenes import Scene, edit_of

pytestmark = pytest.mark.proof

RATE = Fraction(24000, 1001)


def edit(transition: str, nesting: str) -> Edit:
    """Return a scene over media that need not be there."""
    media = (
        Medium(Path("/media/a.mov"), 1, RATE, 150, 1000, 0),
        Medium(Path("/media/b.mov"), 5, RATE, 150, 0, 3000),
        Medium(Path("/media/c.mov"), 3, RATE, 24, 0, 7000),
    )
    return edit_of([Scene(transition, nesting, "as it was")], media, recut=False)


def written(made: Edit, suffix: str, folder: Path) -> str:
    """Return what `otioconvert` writes of an edit in a host's format."""
    source, document = folder / "edit.otio", folder / f"edit.{suffix}"
    otio.adapters.write_to_file(rebased(made.timeline, uris=suffix == "xges"), str(source))
    host_process.run([host_process.script("otioconvert"), "-i", str(source), "-o", str(document)])
    return document.read_text(encoding="utf-8")


def entries(document: str) -> list[tuple[str, str]]:
    """Return in and out of everything that an MLT document's playlists show."""
    root = ET.fromstring(document)  # noqa: S314 - written by the adapter just now
    return [(entry.attrib["in"], entry.attrib["out"]) for entry in root.iter("entry") if "in" in entry.attrib]


def test_the_mlt_adapter_writes_dissolves(tmp_path: Path) -> None:
    """A dissolve is a transition of 8 frames in the document."""
    document = written(edit("equal", "flat"), "mlt", tmp_path)
    assert len(re.findall("<transition[ >]", document)) == 1
    assert "luma" in document


def test_the_mlt_adapter_leaves_nested_stacks_out(tmp_path: Path) -> None:
    """No playlist shows a stack as an entry between in and out, so that the stack's trim is nowhere."""
    made = edit("none", "nested")
    shown = made.timeline.tracks[0][0].trimmed_range()
    trim = (str(round(shown.start_time.value)), str(round(shown.end_time_inclusive().value)))
    assert trim not in entries(written(made, "mlt", tmp_path))


def test_the_kdenlive_adapter_leaves_dissolves_out(tmp_path: Path) -> None:
    """Its documents with and without a dissolve have as many transitions, those that every track has."""
    counts = [
        len(re.findall("<transition[ >]", written(edit(kind, "flat"), "kdenlive", tmp_path)))
        for kind in ("none", "equal")
    ]
    assert counts[0] == counts[1]


def test_the_kdenlive_adapter_leaves_nested_stacks_out(tmp_path: Path) -> None:
    """Nothing of a nested stack's clips is on a track of the project."""
    document = written(edit("none", "nested"), "kdenlive", tmp_path)
    root = ET.fromstring(document)  # noqa: S314 - written by the adapter just now
    lists = [playlist for playlist in root.iter("playlist") if playlist.attrib.get("id") != "main_bin"]
    assert sum(1 for playlist in lists for _ in playlist.iter("entry")) == 0


def test_the_ges_adapter_writes_dissolves_and_stacks(tmp_path: Path) -> None:
    """A dissolve is a transition clip; a stack is a timeline of its own inside the document, at 30/1 again."""
    assert 'type-name="GESTransitionClip"' in written(edit("equal", "flat"), "xges", tmp_path)
    nested = written(edit("none", "nested"), "xges", tmp_path)
    assert nested.count('extractable-type-name="GESTimeline"') == 1
    assert nested.count("30/1") == 2


def test_ges_does_not_load_the_stacks_that_its_adapter_writes(tmp_path: Path) -> None:
    """The document names the stack by its name where GES wants an address, and no picture comes out."""
    nested = written(edit("none", "nested"), "xges", tmp_path)
    assert 'asset-id="compound 0" type-name="GESUriClip"' in nested
