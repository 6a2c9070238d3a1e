"""Every command and every Python block of every page is run as it stands, against the simulator."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import opentimelineio as otio
import pytest

from cometapi_mock.server import MockServer
from support.doc_desks import DESKS, TRIED_ELSEWHERE, Desk, shoot
from support.doc_pages import PAGES, ROOT, blocks, named
from support.doc_reader import TYPED, Reader, blocks_of

METADATA = ROOT / "docs" / "reference" / "metadata.md"


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the edit and its films once; return the edit's file."""
    return shoot(tmp_path_factory.mktemp("pages") / "media")


@pytest.fixture
def desk(tmp_path: Path, films: Path, cometapi_mock: MockServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Yield somebody who has an edit with two marked clips, and a simulator."""
    folder = tmp_path / "desk"
    folder.mkdir()
    shutil.copy(films, folder / "edit.otio")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COMETAPI_BASE_URL", cometapi_mock.url)
    monkeypatch.setenv("COMETAPI_KEY", "practice")
    yield Desk(Reader(folder, monkeypatch), cometapi_mock)
    assert "COMETAPI_KEY" in os.environ


def relinked(path: str) -> dict[str, otio.schema.Clip]:
    """Return the clips of a timeline that show a take, by name."""
    clips = otio.adapters.read_from_file(path).find_clips()
    return {clip.name: clip for clip in clips if clip.active_media_reference_key.startswith("cometapi:")}


def read(desk: Desk, name: str) -> None:
    """Lay out what a page needs, and type what it says."""
    DESKS[name](desk)
    desk.reader.reads(ROOT / name)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_block_is_run_or_says_why_not(page: Path) -> None:
    """Each block of commands or Python belongs to a page that is typed, or bears a reason of more than a word."""
    untold = [
        block.text
        for block in blocks_of(page)
        if block.language in TYPED
        and (len((block.not_run or "").split()) < 3 if block.not_run is not None else named(page) not in DESKS)
    ]
    assert untold == [] or named(page) in TRIED_ELSEWHERE
    assert all((ROOT / place).exists() for place in TRIED_ELSEWHERE.values())


OWN_TESTS = (
    "README.md",
    "docs/tutorial.md",
    "docs/reference/python.md",
    "docs/reference/metadata.md",
    "docs/how-to/from-blender.md",
)


@pytest.mark.parametrize("name", [name for name in DESKS if name not in OWN_TESTS])
def test_a_page_does_what_it_says(desk: Desk, name: str) -> None:
    """Each line ends as it should and prints what the page shows for it; no body is created twice."""
    read(desk, name)
    assert desk.reader.said != []
    desk.mock.check()


def test_readme_does_what_it_says(desk: Desk) -> None:
    """Plan, run, the three stock lines and the four calls relink the clips that they name."""
    read(desk, "README.md")
    assert set(relinked("linked.otio")) == {"window", "insert"}
    assert set(relinked("relinked.otio")) == {"hands"}
    assert desk.mock.verify()["creates"] == 3


def test_the_python_page_does_what_it_says(desk: Desk) -> None:
    """Its programs plan, send, collect, go on later with the same job, and do so twice at once beside an event loop."""
    read(desk, "docs/reference/python.md")
    assert "['hands', 'window']" in desk.reader.said[-1]
    assert "2.92 s, about 0.44 USD (assumed)" in desk.reader.said[0]
    assert set(relinked("relinked.otio")) == {"street"}


def test_the_tutorial_does_what_it_says(desk: Desk) -> None:
    """Every line works in its order; two takes are two references; going back is one assignment."""
    read(desk, "docs/tutorial.md")
    assert set(relinked("restyled.otio")) == {"street"}
    second = relinked("restyled_v2.otio")["street"]
    assert len([key for key in second.media_references() if key.startswith("cometapi:")]) == 2
    assert relinked("original_again.otio") == {}
    assert desk.mock.verify()["creates"] == 2


def test_the_metadata_page_has_the_real_keys(desk: Desk) -> None:
    """Its examples have the keys that a relinked timeline has, the tables explain each, and going back works."""
    desk.run()
    reference, note = (json.loads(text)["cometapi"] for text in blocks(METADATA, "json"))
    clip = relinked("relinked.otio")["window"]
    found = json.loads(clip.media_reference.to_json_string())["metadata"]["cometapi"]
    its_own = {"source_url": "", "task_id": "", "take_id": "", "checks": ""}
    assert {**reference, **its_own} == {**found, **its_own}
    assert [check.keys() for check in found["checks"]] == [check.keys() for check in reference["checks"]]
    assert note.keys() == set(clip.metadata["cometapi"])
    text = METADATA.read_text("utf-8")
    assert [key for key in (*found, *note) if f"`{key}`" not in text] == []
    read(desk, "docs/reference/metadata.md")
    assert desk.reader.variables["clip"].active_media_reference_key == "DEFAULT_MEDIA"  # type: ignore[attr-defined]


def test_the_blender_page_lays_strips_where_the_cut_is(desk: Desk) -> None:
    """Each strip begins at its record frame, counted from 1, and shows the frames of its file that the cut shows."""
    read(desk, "docs/how-to/from-blender.md")
    made = desk.reader.variables["made"]
    assert isinstance(made, list)
    found = [
        (strip.name, strip.channel, strip.frame_start + strip.frame_offset_start, strip.frame_final_duration)
        for strip in made
    ]
    assert found[:3] == [("street", 1, 1, 48), ("window", 1, 49, 48), ("hands", 1, 97, 36)]
    (take,) = [strip for strip in made if "/comet.cometjob/media/" in strip.filepath]
    assert (take.frame_start + take.frame_offset_start, take.frame_final_duration) == (1, 48)
    assert take.frame_offset_start == 8
