"""An editor at Resolve's stand-in: a cut of numbered media, the panel as Resolve loads it, and answers to its forms."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import opentimelineio as otio

import otio_cometapi
from support import road, warm_scripts
from support.edits import numbered_media
from support.host_process import script
from support.resolve_stand_in import Marks, PoolItem, Resolve, Timeline

if TYPE_CHECKING:
    import pytest

PANEL = Path(otio_cometapi.__file__).parent / "panels" / "resolve"
RATE = Fraction(24)
HOUR = 86400
_NAME = "otiocomet_resolve_under_test"


def panel(name: str) -> ModuleType:
    """Import one of the panel's modules, under a name of its own as Resolve's menu does."""
    if _NAME not in sys.modules:
        package = ModuleType(_NAME)
        package.__path__ = [str(PANEL)]
        sys.modules[_NAME] = package
    return importlib.import_module(f"{_NAME}.{name}")


def night_cut(media: Path) -> otio.schema.Timeline:
    """Return a cut from one hour on: sh010, sh020 and sh030 on the first track, sh040 above the second of them."""
    plates = numbered_media(media, RATE)[0]
    base, upper = otio.schema.Track("Video 1", kind="Video"), otio.schema.Track("Video 2", kind="Video")
    base.extend([plates.clip("sh010", 0, 30), plates.clip("sh020", 40, 24), plates.clip("sh030", 80, 20)])
    gap = otio.schema.Gap(source_range=otio.opentime.TimeRange(_time(0), _time(32)))
    upper.extend([gap, plates.clip("sh040", 110, 16)])
    made = otio.schema.Timeline("Night 2/3", global_start_time=_time(HOUR))
    made.tracks.extend([base, upper])
    return made


def _time(frame: int) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(frame, float(RATE))


@dataclass
class Editor:
    """Answers forms, and keeps what was said."""

    answers: list[Mapping[str, str] | None]
    """One for every form; a form's own values hold for what is not named. None: the page was closed."""
    on_tell: Callable[[], object] = lambda: None
    """Called whenever something is told."""
    on_form: Callable[[Any], object] = lambda form: None
    """Called with every form."""
    forms: list[Any] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def ask(self, form: Any) -> dict[str, str] | None:
        """Fill a form in."""
        self.forms.append(form)
        self.on_form(form)
        answer = self.answers.pop(0)
        if answer is None:
            return None
        wrong = set(answer) - {each.name for each in form.fields} - {"button"}
        assert not wrong, f"the form has no {wrong}"
        assert answer.get("button", "") in dict(form.buttons), form.buttons
        return {**{each.name: each.value for each in form.fields}, "button": "", **answer}

    def tell(self, title: str, lines: Any = (), link: str = "") -> None:
        """Hear."""
        self.said += [title, *lines, *([link] if link else [])]
        self.on_tell()

    def end(self, title: str, lines: Any = ()) -> None:
        """Hear the last."""
        self.said += [title, *lines]


class WarmProcess:
    """What the panel takes for `subprocess.Popen`: a process like any other, without the second of a start."""

    def __init__(self, arguments: list[str], *, stdin: int, stdout: Any, stderr: Any, env: Any, **_: Any) -> None:
        """Start the program."""
        with Path(os.devnull).open("rb") as nothing:
            self._started = warm_scripts.start(
                [Path(arguments[0]).name, *arguments[1:]],
                cwd=Path.cwd(),
                env=env,
                streams=[nothing.fileno(), stdout.fileno(), stderr.fileno()],
            )
        self.pid = self._started.pid
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends; raise as `Popen.wait` does."""
        if self.returncode is None:
            try:
                self.returncode = self._started.wait(road.RUN_LIMIT_S if timeout is None else timeout)
            except TimeoutError as exc:
                raise subprocess.TimeoutExpired("otiocomet", timeout or 0.0) from exc
        return self.returncode

    def terminate(self) -> None:
        """Ask it to end."""
        os.kill(self.pid, signal.SIGTERM)


_WARM = SimpleNamespace(Popen=WarmProcess, DEVNULL=subprocess.DEVNULL, TimeoutExpired=subprocess.TimeoutExpired)


@dataclass
class ResolveDesk:
    """A project in the stand-in, and the simulator behind the program."""

    folder: Path
    url: str
    monkeypatch: pytest.MonkeyPatch
    arguments: tuple[str, ...] = ("--poll-interval", "0.05")
    installed: bool = False
    """Whether the program is started as it is installed, and not as a warm process."""

    def __post_init__(self) -> None:
        """Set the program's environment, and what the installer would have written."""
        for name, value in road.environment(base_url=self.url, home=self.folder).items():
            self.monkeypatch.setenv(name, value)
        written = {"program": script("otiocomet"), "takes": str(self.folder / "takes")}
        program = panel("program")
        self.monkeypatch.setattr(program, "record", lambda: {**written, "arguments": list(self.arguments)})
        self.opened: list[str] = []
        self.monkeypatch.setattr(program, "subprocess", subprocess if self.installed else _WARM)

    def resolve(self, marks: dict[str, Marks], *, version: tuple[int, int] = (20, 0), **more: Any) -> Resolve:
        """Return Resolve with the cut open."""
        cut = night_cut(self.folder / "media")
        urls = {clip.media_reference.target_url for clip in cut.find_clips()}
        product = more.pop("product", "Studio")
        items = [PoolItem(url) for url in sorted(urls)]
        host = Resolve(Timeline(cut, marks=marks, pool=items, **more), version=version, product=product)
        host._project._pool._root._clips.extend(items)
        return host

    def start(self, host: Resolve, editor: Editor) -> int:
        """Choose the script in the menu."""
        code: int = panel("script").main(host, editor, self._open)
        return code

    def _open(self, url: str) -> bool:
        self.opened.append(url)
        return True

    @property
    def takes(self) -> Path:
        """The project's folder."""
        (found,) = (self.folder / "takes").iterdir()
        return found

    def verify(self) -> dict[str, Any]:
        """Return what the simulator says of all it was asked."""
        found: dict[str, Any] = road.answer(f"{self.url}/_mock/verify")
        return found
