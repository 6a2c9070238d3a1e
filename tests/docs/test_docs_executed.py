"""README, the tutorial and the Python page are run as they stand, against the simulator."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from support import road, warm_scripts
from support.doc_pages import ROOT, Command, blocks, commands
from support.host_process import script

README = ROOT / "README.md"
TUTORIAL = ROOT / "docs" / "tutorial.md"
PYTHON = ROOT / "docs" / "reference" / "python.md"
METADATA = ROOT / "docs" / "reference" / "metadata.md"
DEMO = ("otiocomet", "demo", "demo")
YES = "y\n"
"""What a reader answers to "Send this now?"."""
QUICK = "0.05"
"""Seconds between polls: a simulator needs no rest, and the pages speak of a service that does."""


@dataclass(frozen=True)
class Reader:
    """Somebody who types what the pages say, in a folder of their own."""

    folder: Path
    """Where."""
    url: str
    """The simulator that they have started."""
    demonstrated: Path | None = None
    """What `otiocomet demo demo` has left once for all readers."""

    @property
    def environment(self) -> dict[str, str]:
        """What the programs find in their environment."""
        return road.environment(base_url=self.url, home=self.folder)

    def process(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a program in the folder."""
        return subprocess.run(
            list(words),
            check=False,
            cwd=self.folder,
            env=self.environment,
            input=YES,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def script(self, *words: str, installed: bool) -> subprocess.CompletedProcess[str]:
        """Run a console script in the folder: the *installed* one as it stands, or one that starts at once."""
        if installed:
            return self.process(script(words[0]), *words[1:])
        return warm_scripts.run(words, cwd=self.folder, env=self.environment, timeout_s=120, typed=YES)

    def types(self, page: Path, *, installed: bool = False) -> list[str]:
        """Run the page's `otiocomet` and `otioconvert` lines in their order; return what each printed."""
        said = []
        for command in commands(page):
            if command.words == DEMO and self.demonstrated is not None:
                shutil.copytree(self.demonstrated, self.folder / "demo")
            elif command.words[0] in ("otiocomet", "otioconvert"):
                ended = self.script(command.words[0], *hurried(command), installed=installed)
                assert ended.returncode == 0, (str(command), ended.stdout, ended.stderr)
                said.append(ended.stdout)
        return said

    def executes(self, page: Path) -> str:
        """Run the page's Python blocks as one program; return what it printed."""
        program = "\n".join(blocks(page, "python")).replace("poll_interval_s=5", f"poll_interval_s={QUICK}")
        ended = self.process(sys.executable, "-W", "error", "-c", program)
        assert ended.returncode == 0, (program, ended.stderr)
        return ended.stdout


def hurried(command: Command) -> tuple[str, ...]:
    """Return a line's arguments with short pauses between polls."""
    words = command.words[1:]
    if words[0] in ("run", "resume", "collect"):
        return (*words, "--poll-interval", QUICK)
    if any(word.startswith("wait=") for word in words):
        return (*words, "-a", f"poll_interval={QUICK}")
    return words


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the demonstration's edit once; return its folder."""
    folder = tmp_path_factory.mktemp("pages")
    ended = Reader(folder, "http://127.0.0.1:9").script(*DEMO, installed=True)
    assert ended.returncode == 0, ended.stderr
    return folder / "demo"


@pytest.fixture
def reader(tmp_path: Path, demonstrated: Path) -> Iterator[Reader]:
    """Yield a reader who has an edit with two marked clips, and a simulator."""
    shutil.copy(demonstrated / "edit.otio", tmp_path / "edit.otio")
    with road.simulator() as url:
        yield Reader(tmp_path, url, demonstrated)


def relinked(path: Path) -> dict[str, Any]:
    """Return the clips of a timeline that show a take, by name."""
    clips = otio.adapters.read_from_file(str(path)).find_clips()
    return {clip.name: clip for clip in clips if clip.active_media_reference_key.startswith("cometapi:")}


def test_readmes_commands_do_what_it_says(reader: Reader) -> None:
    """Plan, run and the three stock lines work in their order and relink the two marked clips."""
    said = reader.types(README, installed=True)
    assert any("2 new takes, 4.59 s of video, about 0.69 USD" in text for text in said), said
    assert set(relinked(reader.folder / "relinked.otio")) == {"window", "insert"}
    assert set(relinked(reader.folder / "linked.otio")) == {"window", "insert"}


def test_readmes_python_does_what_it_says(reader: Reader) -> None:
    """The four calls relink the clip that they name."""
    reader.executes(README)
    assert set(relinked(reader.folder / "relinked.otio")) == {"hands"}


def test_the_python_page_does_what_it_says(reader: Reader) -> None:
    """Its two programs plan, send, collect and go on later with the same job."""
    assert "2.92 s, about 0.44 USD (assumed)" in reader.executes(PYTHON)
    assert set(relinked(reader.folder / "relinked.otio")) == {"street"}


def test_the_tutorial_does_what_it_says(reader: Reader) -> None:
    """Every line works in its order; two takes are two references; going back is one assignment."""
    said = reader.types(TUTORIAL)
    assert any("\tstreet\t01:00:00:12\t02:06\t54\t2.92 s\t" in text for text in said)
    assert set(relinked(reader.folder / "restyled.otio")) == {"street"}
    second = relinked(reader.folder / "restyled_v2.otio")["street"]
    assert len([key for key in second.media_references() if key.startswith("cometapi:")]) == 2
    reader.executes(TUTORIAL)
    assert relinked(reader.folder / "original_again.otio") == {}
    assert road.answer(f"{reader.url}/_mock/verify")["creates"] == 2


def test_the_metadata_pages_examples_have_the_real_keys(demonstrated: Path) -> None:
    """The two examples have the keys that a relinked timeline has, and the tables explain each."""
    reference, note = (json.loads(text)["cometapi"] for text in blocks(METADATA, "json"))
    clip = relinked(demonstrated / "relinked.otio")["window"]
    found = json.loads(clip.media_reference.to_json_string())["metadata"]["cometapi"]
    assert {**reference, "source_url": "", "task_id": ""} == {**found, "source_url": "", "task_id": ""}
    assert note.keys() == set(clip.metadata["cometapi"])
    text = METADATA.read_text("utf-8")
    assert [key for key in (*found, *note) if f"`{key}`" not in text] == []
