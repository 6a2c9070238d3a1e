"""Completion in real shells: what a person types before the tab, and what stands there after it."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from support.host_process import script

pytestmark = pytest.mark.proof

Called = Callable[..., Result]
PATIENCE_S = 30.0


@pytest.fixture
def variables(home: Path) -> dict[str, str]:
    """Return the environment of a shell that finds the program."""
    place = str(Path(script("otiocomet")).parent)
    return {**os.environ, "HOME": str(home), "ZDOTDIR": str(home), "PATH": f"{place}:{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("otiocomet st", {"status", "strip"}),
        ("otiocomet auth log", {"login", "logout"}),
        ("otiocomet plan --model gen4", {"gen4_aleph"}),
    ],
)
def test_fish_completes(home: Path, called: Called, variables: dict[str, str], typed: str, expected: set[str]) -> None:
    """Fish, asked what it would offer, offers commands, those of a group, and models."""
    (home / "otiocomet.fish").write_text(called("completion", "fish").output)
    ended = subprocess.run(
        ["fish", "--no-config", "-c", f"source {home}/otiocomet.fish; complete -C '{typed}'"],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert {line.partition("\t")[0] for line in ended.stdout.splitlines()} == expected, ended.stderr


def test_fish_tells_all_of_a_description(home: Path, called: Called, variables: dict[str, str]) -> None:
    """A comma does not end it."""
    (home / "otiocomet.fish").write_text(called("completion", "fish").output)
    command = f"source {home}/otiocomet.fish; complete -C 'otiocomet stri'"
    told = subprocess.check_output(["fish", "--no-config", "-c", command], env=variables, text=True)
    assert "what was replaced, waits" in told


@pytest.fixture
def zsh(home: Path, called: Called, variables: dict[str, str]) -> Iterator[int]:
    """Yield the terminal of a zsh that has the script where its help says."""
    (home / "zfunc").mkdir()
    (home / "zfunc" / "_otiocomet").write_text(called("completion", "zsh").output)
    lines = (f"fpath=({home}/zfunc $fpath)", "autoload -Uz compinit", "compinit -D -u", "PS1='ready> '")
    (home / ".zshrc").write_text("\n".join(lines) + "\n")
    program = shutil.which("zsh")
    assert program is not None
    process, terminal = pty.fork()
    if process == 0:
        os.execve(program, ["zsh", "-i"], {**variables, "TERM": "dumb"})  # noqa: S606 - no other shell is meant
    yield terminal
    os.write(terminal, b"\x03exit\r")
    os.close(terminal)
    os.waitpid(process, 0)


def shown(terminal: int, words: bytes) -> bytes:
    """Return what a terminal shows until it shows these words; all of it where it never does."""
    found, end = b"", time.monotonic() + PATIENCE_S
    while words not in found and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            found += os.read(terminal, 65536)
    return found


def test_zsh_completes(zsh: int) -> None:
    """The first tab, after the beginning of a command, and the second, after that of a model, write the rest of it."""
    assert b"ready> " in shown(zsh, b"ready> ")
    os.write(zsh, b"otiocomet stri\t")
    assert b"otiocomet strip" in shown(zsh, b"otiocomet strip")
    os.write(zsh, b"\x15otiocomet plan --model gen4\t")  # the line is emptied first
    assert b"_aleph" in shown(zsh, b"_aleph")
