"""Somebody who types what the pages say: runs the fenced blocks of a page in their order, against a simulator."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from click.testing import CliRunner
from opentimelineio.console import otioconvert

from otio_cometapi.cli import cli

if TYPE_CHECKING:
    import pytest

QUICK = "0.05"
"""Seconds between polls: a simulator needs no rest, and the pages speak of a service that does."""

TYPED = ("sh", "console", "python")
"""Languages of blocks that a reader runs."""

_BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>not run|one of these)(?:: (?P<why>[^\n]+?))? -->\n)?"
    r"(?P<fence>```+)(?P<language>\w*)[^\n]*\n(?P<text>.*?)^(?P=fence)\s*$",
    re.MULTILINE | re.DOTALL,
)
_HEADS = re.compile(r"^at +(track|clip) ")


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    """What stands after its fence."""
    text: str
    """What stands in it."""
    not_run: str | None
    """Why a reader does not run it; None where they do."""
    alternatives: bool
    """Whether its lines are typed one or the other, and not one after the other."""

    @property
    def lines(self) -> list[tuple[str, list[str]]]:
        """The command lines, each with the output that the page shows for it."""
        found: list[tuple[str, list[str]]] = []
        for line in self.text.replace("\\\n", " ").splitlines():
            if self.language == "sh" and line.strip():
                found.append((line, []))
            elif self.language == "console" and line.startswith("$ "):
                found.append((line[2:], []))
            elif self.language == "console" and found:
                found[-1][1].append(line)
        return found


def blocks_of(page: Path) -> list[Block]:
    """Return a page's fenced blocks, in their order."""
    return [
        Block(
            language=found["language"],
            text=found["text"],
            not_run=(found["why"] or "") if found["mark"] == "not run" else None,
            alternatives=found["mark"] == "one of these",
        )
        for found in _BLOCK.finditer(page.read_text("utf-8"))
    ]


@dataclass
class Reader:
    """Somebody in a folder of their own, with a simulator."""

    folder: Path
    """Where they type; the current directory."""
    patch: pytest.MonkeyPatch
    """Sets what they export."""
    names: dict[str, str] = field(default_factory=dict)
    """What stands on the page for what only they know, such as a take's id."""
    ends: dict[str, list[int]] = field(default_factory=dict)
    """Exit codes of lines with these words, one after the other; the last one stays. Others end with 0."""
    variables: dict[str, object] = field(default_factory=dict)
    """What the page's Python may take for given."""
    said: list[str] = field(default_factory=list)
    """What each line printed, outputs and errors together."""

    def reads(self, page: Path) -> None:
        """Run the page's blocks in their order; each line must end as it should, and print what the page shows."""
        for block in blocks_of(page):
            if block.not_run is not None or block.language not in TYPED:
                continue
            if block.language == "python":
                self.executes(block.text)
            elif block.alternatives:
                for line, _ in reversed(block.lines):
                    with self.as_before(unless=line == block.lines[0][0]):
                        self.types(line)
            else:
                for line, shown in block.lines:
                    self.shows(line, shown)

    def shows(self, line: str, shown: list[str]) -> None:
        """Type a line and compare what the page shows for it."""
        self.types(line)
        found = _squeezed(self.said[-1])
        lost = [each for each in shown if each and not _HEADS.match(each) and _squeezed(each) not in found]
        assert lost == [], (line, self.said[-1])

    def types(self, line: str) -> str:
        """Run one command line in this process; return what it printed."""
        for shown, real in self.names.items():
            line = line.replace(shown, real)
        program, *words = shlex.split(line, comments=True)
        ended, said = self._run(program, words)
        self.said.append(said)
        codes = next((codes for part, codes in self.ends.items() if part in line), [0])
        assert ended == (codes.pop(0) if len(codes) > 1 else codes[0]), (line, said)
        return said

    def executes(self, program: str) -> str:
        """Run a program of the page; return what it printed."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            for shown, real in self.names.items():
                program = program.replace(shown, real)
            hurried = program.replace("poll_interval_s=5", f"poll_interval_s={QUICK}")
            exec(compile(hurried, "<page>", "exec"), self.variables)  # noqa: S102 - our own page
        self.said.append(printed.getvalue())
        return self.said[-1]

    @contextlib.contextmanager
    def as_before(self, *, unless: bool) -> Iterator[None]:
        """Put the folder back as it was."""
        kept = self.folder.with_name(f"{self.folder.name} before")
        shutil.copytree(self.folder, kept, symlinks=True)
        yield
        if not unless:
            for child in self.folder.iterdir():
                shutil.rmtree(child) if child.is_dir() else child.unlink()
            shutil.copytree(kept, self.folder, dirs_exist_ok=True, symlinks=True)
        shutil.rmtree(kept)

    def _run(self, program: str, words: list[str]) -> tuple[int, str]:
        if program == "export":
            name, _, value = words[0].partition("=")
            self.patch.setenv(name, os.path.expandvars(value))
            return 0, ""
        if program == "otioconvert":
            return self._converts(words)
        assert program == "otiocomet", f"the reader has no {program}: mark the block with <!-- not run: why -->"
        done = CliRunner().invoke(cli, hurried(words), input="y\n", prog_name="otiocomet")
        logging.captureWarnings(capture=False)  # the command's own process would have ended
        return done.exit_code, done.output

    def _converts(self, words: list[str]) -> tuple[int, str]:
        if any(word.startswith("wait=") for word in words):
            words = [*words, "-a", f"poll_interval={QUICK}"]
        self.patch.setattr(sys, "argv", ["otioconvert", *words])
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            otioconvert.main()
        return 0, printed.getvalue()


def hurried(words: list[str]) -> list[str]:
    """Return a command's words with short pauses between polls."""
    return [*words, "--poll-interval", QUICK] if words[0] in ("run", "resume", "collect") else words


def _squeezed(text: str) -> str:
    return " ".join(text.split())
