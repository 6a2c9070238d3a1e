"""
Pictures of the terminal for the documentation: what the commands really print, drawn as SVG without a camera.

``make pictures`` runs the scenes below against the simulator and writes docs/pictures anew. What differs from one
machine to the next (takes' ids, the folder) is replaced, so that the same program makes the same picture everywhere.
"""

from __future__ import annotations

import contextlib
import html
import io
import logging
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from cometapi_mock.server import MockServer
from otio_cometapi.cli import cli
from support.doc_desks import shoot

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
COLUMNS = 140
"""The width of the terminal that is drawn."""

_TAKE = re.compile(r"(?<=t1-)[0-9a-f]{8,}")
_NAMES = ("3f9ac02b", "7c41de90", "b250a1e6", "d8e13f07")
"""What stands for the takes' own ids, in the order of their first show: ids follow from coded frames."""

_FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
"""Rich's drawing without the fonts that it would fetch from another host: the reader's own are used."""
_LETTERS = re.compile(r"<text[^>]*-line-(\d+)\)\"[^>]*>(.*?)</text>", re.DOTALL)


@dataclass(frozen=True)
class Scene:
    """One picture."""

    name: str
    """Its file's."""
    lines: tuple[str, ...]
    """The command lines that are typed in it, in one folder with the scenes before."""


SCENES = (
    Scene("plan", ("otiocomet plan edit.otio",)),
    Scene("run", ("otiocomet run edit.otio -o relinked.otio --yes", "otiocomet plan edit.otio")),
    Scene("status", ("otiocomet status comet.cometjob",)),
)
"""Every picture, in the order in which they are taken."""


class _Terminal(io.StringIO):
    """What a command takes for a terminal."""

    def isatty(self) -> bool:
        """Say that somebody looks."""
        return True


def takes_of_all() -> dict[str, str]:
    """Type every scene against a simulator; return what stood on the terminal, by the picture's name."""
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place), MockServer() as mock:
        shoot(Path("films/media").absolute())
        Path("films/edit.otio").rename("edit.otio")
        environment = {
            "COMETAPI_BASE_URL": mock.url,
            "COMETAPI_KEY": "practice",
            "COLUMNS": str(COLUMNS),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            **{f"COMETAPI_{kind}_DIR": str(Path(place, kind.lower())) for kind in ("DATA", "STATE", "CONFIG", "CACHE")},
        }
        with patch.dict(os.environ, environment):
            os.environ.pop("NO_COLOR", None)
            found = {scene.name: "".join(_typed(line, place) for line in scene.lines) for scene in SCENES}
    known: dict[str, str] = {}
    for said in found.values():
        for take in _TAKE.findall(said):
            known.setdefault(take, _NAMES[len(known)])
    return {name: _TAKE.sub(lambda take: known[take[0]], said) for name, said in found.items()}


def _typed(line: str, place: str) -> str:
    """Run one line; return it with its prompt and what it printed for people, without progress."""
    words = line.split()[1:]
    hurried = [*words, "--poll-interval", "0.05"] if words[0] == "run" else words
    screen = _Terminal()
    code: object = "no exit"
    with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(io.StringIO()):
        try:
            cli.main(hurried, prog_name="otiocomet")
        except SystemExit as end:
            code = end.code
        finally:
            logging.captureWarnings(capture=False)
    assert not code, screen.getvalue()
    said = screen.getvalue().replace(f"{os.path.realpath(place)}/", "").replace(f"{place}/", "")
    return f"\x1b[1m$ {line}\x1b[0m\n{said}\n"


def drawn(name: str, said: str) -> str:
    """Return the picture of what stood on the terminal."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(said.rstrip()))
    title = next(scene.lines[0] for scene in SCENES if scene.name == name)
    return console.export_svg(title=title, theme=MONOKAI, code_format=_FORMAT, unique_id=f"otiocomet-{name}")


def lines_in(picture: str) -> list[str]:
    """
    Return a picture's lines in a fixed order, and without takes' ids.

    Commands list takes in the order of their ids, and ids follow from coded frames, which differ between processors.
    """
    lines: dict[int, list[str]] = {}
    for number, text in _LETTERS.findall(picture):
        lines.setdefault(int(number), []).append(html.unescape(text).replace("\xa0", " "))
    return sorted(" ".join(_TAKE.sub("", "".join(line)).split()) for line in lines.values())


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for title, text in takes_of_all().items():
        (PICTURES / f"{title}.svg").write_text(drawn(title, text), "utf-8")
