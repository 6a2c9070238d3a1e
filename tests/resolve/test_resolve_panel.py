"""The parts of the script for DaVinci Resolve: what points at clips, what an old version lacks, how it asks."""

from __future__ import annotations

import ast
import io
import re
import runpy
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from support.resolve_desk import PANEL, Editor, ResolveDesk, panel
from support.resolve_stand_in import Marks, Project, Resolve, UndocumentedCallError, marker

MODULES = sorted(PANEL.glob("*.py"))
NEVER_ASKED = "http://127.0.0.1:9"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ResolveDesk:
    """Return a project in the stand-in; the service is never asked."""
    return ResolveDesk(tmp_path, NEVER_ASKED, monkeypatch)


def ways(host: Resolve) -> dict[str, tuple[str, ...]]:
    """Return what points at clips, with the names of those."""
    return {key: tuple(item.name for item in way.items) for key, way in panel("edit").Edit(host).ways().items()}


MARKS = {
    "sh010": Marks("Orange", ("Cyan",), marker("Green", note="comet: snow")),
    "sh040": Marks("Orange", (), marker("Green", name="look here")),
    "sh030": Marks("Teal"),
}


def test_colours_flags_markers_and_the_playhead_point_at_clips(desk: ResolveDesk) -> None:
    """Each is a way of its own, those that begin with `comet:` first, with the clips that it means."""
    assert ways(desk.resolve(MARKS, playhead="sh020")) == {
        "comet: markers": ("sh010",),
        "clip colour Orange": ("sh010", "sh040"),
        "clip colour Teal": ("sh030",),
        "flag Cyan": ("sh010",),
        "marker Green": ("sh010", "sh040"),
        "the clip under the playhead": ("sh020",),
    }


@pytest.mark.parametrize(("version", "found"), [((20, 0), ("sh010", "sh020")), ((19, 0), None)])
def test_in_and_out_marks_count_where_the_version_tells_them(
    desk: ResolveDesk, version: tuple[int, int], found: tuple[str, ...] | None
) -> None:
    """Marks are frames of the timeline, the last one included; before 19.1 nobody tells them."""
    host = desk.resolve({}, version=version, marks_in_out={"in": 29, "out": 30})
    assert ways(host).get("in and out marks") == found


def test_a_clip_is_named_by_track_and_the_frame_in_its_middle(desk: ResolveDesk) -> None:
    """What goes to `--select` means that clip alone, whatever others are called; `comet:` markers need no word."""
    found = panel("edit").Edit(desk.resolve(MARKS)).ways()
    assert found["clip colour Orange"].terms == ("at:1@15", "at:2@40")
    assert found["comet: markers"].terms == ()


@pytest.mark.parametrize(
    ("host", "words"),
    [
        (lambda desk: desk.resolve({"sh010": Marks("Blue")}, version=(18, 1)), "writes no OpenTimelineIO; 18.5 and"),
        (lambda desk: desk.resolve({"sh010": Marks("Blue")}, export_fails=True), "did not export 'Night 2/3' to"),
        (lambda desk: desk.resolve({}), "Nothing in 'Night 2/3' points at a clip. Give the clips one clip colour"),
        (lambda _: Resolve(), "No timeline is open."),
    ],
    ids=["before 18.5", "an export that fails", "nothing is marked", "no timeline"],
)
def test_what_cannot_be_is_said_with_what_to_do(
    desk: ResolveDesk, host: Callable[[ResolveDesk], Resolve], words: str
) -> None:
    """Nothing is asked of the service or the program, and the sentence names the way on."""
    editor = Editor([{"prompt": "snow", "button": "plan"}])
    assert desk.start(host(desk), editor) == 1
    assert words in editor.said[-1]


def test_no_project_is_said(desk: ResolveDesk) -> None:
    """So is the lack of an open project."""
    host = Resolve()
    host._project = None
    editor = Editor([])
    assert desk.start(host, editor) == 1
    assert "No project is open." in editor.said[-1]


def test_a_closed_page_sends_nothing(desk: ResolveDesk) -> None:
    """Who never answers has not agreed."""
    editor = Editor([None])
    assert desk.start(desk.resolve(MARKS), editor) == 1
    assert "Nothing was sent, as you wished." in editor.said


def test_a_program_that_moved_is_named(desk: ResolveDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old path and the command that mends it are in the sentence."""
    monkeypatch.setattr(panel("program"), "record", lambda: {"program": "/nowhere/otiocomet"})
    monkeypatch.setenv("PATH", "")
    editor = Editor([])
    assert desk.start(desk.resolve(MARKS), editor) == 1
    assert "/nowhere/otiocomet" in editor.said[-1]
    assert "otiocomet host install resolve" in editor.said[-1]


def test_takes_never_go_into_another_project(desk: ResolveDesk, tmp_path: Path) -> None:
    """Who opens another project while takes are on their way finds nothing imported there, and is told the way back."""
    host = desk.resolve(MARKS)
    edit = panel("edit").Edit(host)
    host._project = other = Project("Day shoot", [])
    with pytest.raises(panel("program").PanelError, match="Another project is open by now"):
        panel("bringing").bring(edit, tmp_path / "x.otio", "x", [])
    assert other._pool.GetRootFolder().GetSubFolderList() == []


@pytest.mark.parametrize(("product", "codec"), [("", "dnxhr"), ("Studio", "")])
def test_the_free_version_on_linux_gets_what_it_can_decode(
    desk: ResolveDesk, monkeypatch: pytest.MonkeyPatch, product: str, codec: str
) -> None:
    """It decodes no H.264, so DNxHR stands in the form at first."""
    monkeypatch.setattr(sys, "platform", "linux")
    editor = Editor([None])
    desk.start(desk.resolve(MARKS, product=product), editor)
    assert [field.value for field in editor.forms[0].fields if field.name == "codec"] == [codec]


def test_the_stand_in_knows_the_documented_calls_only(desk: ResolveDesk) -> None:
    """A call that the README does not name raises, so that a script which counts on one cannot pass."""
    host = desk.resolve({})
    with pytest.raises(UndocumentedCallError):
        host.GetSelectedClips()
    with pytest.raises(UndocumentedCallError):
        host._project.GetCurrentTimeline().GetItemListInTrack("video", 0)


# How it asks


def form() -> Any:
    """Return a form with everything in it."""
    asking = panel("asking")
    fields = [asking.Field("prompt", "Prompt", "snow"), asking.Field("clips", "Clips", "b", (("a", "A"), ("b", "B")))]
    rows = [["clip", "reason"], ["<b>sh</b>", "sent"]]
    return asking.Form("Night <1>", ["A line"], rows, fields, [("plan", "Estimate"), ("", "Cancel")], "http://x/")


@pytest.fixture
def page() -> Iterator[Any]:
    """Yield the page, which thinks that a browser shows it."""
    made = panel("asking").Page(lambda _: True)
    yield made
    made._shown_last.set()
    made.end("over")


def asked(page: Any) -> tuple[threading.Thread, list[Any]]:
    """Let the page ask, and return the thread that waits with where its answers go."""
    answers: list[Any] = []
    waiting = threading.Thread(target=lambda: answers.append(page.ask(form())), daemon=True)
    waiting.start()
    while page._form is None:
        waiting.join(0.01)
    return waiting, answers


def test_the_page_asks_and_hears(page: Any) -> None:
    """A browser gets the form, with everything in it escaped; what it sends back is the answer."""
    waiting, answers = asked(page)
    shown = urlopen(page.url).read().decode()
    assert "Night &lt;1&gt;" in shown
    assert "&lt;b&gt;sh&lt;/b&gt;" in shown
    assert '<option value="b" selected>' in shown
    sent = urlencode({"prompt": " more snow ", "clips": "a", "button": "plan", "other": "x"}).encode()
    assert 'http-equiv="refresh"' in urlopen(page.url, sent).read().decode()
    waiting.join(5)
    assert answers == [{"prompt": "more snow", "clips": "a", "button": "plan"}]


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        (lambda url: url + "x", {}),
        (lambda url: url.rpartition("/")[0] + "/", {}),
        (lambda url: url, {"Host": "evil.example"}),
    ],
    ids=["another token", "no token", "another name for this machine"],
)
def test_the_page_is_shown_to_nobody_else(page: Any, change: Callable[[str], str], headers: dict[str, str]) -> None:
    """Without the address's secret part, or by another host's name, there is nothing."""
    with pytest.raises(HTTPError, match="404"):
        urlopen(Request(change(page.url), headers=headers))


def test_another_sites_form_is_not_an_answer(page: Any) -> None:
    """What a browser marks as sent from elsewhere is refused."""
    waiting, answers = asked(page)
    sent = Request(page.url, b"button=plan", headers={"Sec-Fetch-Site": "cross-site"})
    with pytest.raises(HTTPError, match="404"):
        urlopen(sent)
    assert answers == []
    page.answer("button=")
    waiting.join(5)


def test_without_a_browser_the_address_is_told() -> None:
    """Where none can be opened, the address stands in Resolve's console."""
    out = io.StringIO()
    made = panel("asking").Page(lambda _: False, out)
    made._shown_last.set()
    made.end("over")
    assert made.url in out.getvalue()


def test_the_console_asks_by_numbers() -> None:
    """In a terminal, choices and buttons have numbers, and an empty line leaves what stands there."""
    out, typed = io.StringIO(), iter(["", "1", "1"])
    found = panel("asking").Console(lambda _: next(typed), out).ask(form())
    assert found == {"prompt": "snow", "clips": "a", "button": "plan"}
    assert "  2  B  [usual]" in out.getvalue()


def test_the_console_says_a_thing_once() -> None:
    """What is told every second is written when it changes."""
    out = io.StringIO()
    console = panel("asking").Console(lambda _: "", out)
    for link in ("", "", "http://x/"):
        console.tell("On their way.", ["Wait."], link)
    assert out.getvalue().splitlines() == ["On their way.", "Wait.", "On their way.", "Wait.", "http://x/"]


def test_a_browsers_idle_connection_holds_nobody_up(page: Any) -> None:
    """Browsers open connections ahead and say nothing on them; the page is shown all the same."""
    with socket.create_connection(("127.0.0.1", int(page.url.split(":")[2].split("/")[0]))):
        assert urlopen(page.url, timeout=5).status == 200


# What Resolve's Python may be


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_python_3_6_reads_it(path: Path) -> None:
    """The grammar of 3.6, the lowest that the README of Resolve 20 asks for, and nothing that came after it."""
    tree = ast.parse(path.read_text("utf-8"), feature_version=(3, 6))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "" if not node.level else ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    later = {"dataclasses", "contextvars", "zoneinfo", "graphlib", "tomllib", "__future__"}
    assert imported - {""} <= set(sys.stdlib_module_names) - later
    words = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not words & {
        "removeprefix",
        "removesuffix",
        "ThreadingHTTPServer",
        "is_relative_to",
        "readlink",
        "fromisoformat",
    }
    names = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    assert not names & {"capture_output", "text", "missing_ok", "dirs_exist_ok"}


def test_the_menus_file_finds_its_folder_without_knowing_its_own(tmp_path: Path, monkeypatch: Any) -> None:
    """Resolve need not tell a script where it lies: the line that the installer writes is enough."""
    (tmp_path / "__init__.py").write_text('"""A panel."""\n')
    (tmp_path / "script.py").write_text("SEEN = []\n\n\ndef main(resolve):\n    SEEN.append(resolve)\n")
    source = (PANEL / "launcher.py").read_text("utf-8")
    written = re.sub(r'^FOLDER = ""$', f"FOLDER = {str(tmp_path)!r}", source, flags=re.MULTILINE)
    exec(compile(written, "menu", "exec"), {"resolve": "the host"})  # noqa: S102 - as Resolve does
    assert sys.modules["otiocomet_resolve.script"].SEEN == ["the host"]
    for name in [each for each in sys.modules if each.split(".")[0] == "otiocomet_resolve"]:
        monkeypatch.delitem(sys.modules, name)


def test_the_file_as_it_lies_in_the_package_does_nothing() -> None:
    """Without that line it only defines names."""
    assert runpy.run_path(str(PANEL / "launcher.py"))["FOLDER"] == ""
