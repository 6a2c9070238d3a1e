"""`host`: panels go where their hosts look, call this environment's program, and can be taken away again."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

import otio_cometapi
from otio_cometapi.pipeline import host_panels
from otio_cometapi.pipeline.host_doctor import examined_hosts
from otio_cometapi.pipeline.host_places import HOSTS, MENU_NAME, Machine, places
from otio_cometapi.records.findings import Level
from support.host_process import script
from support.resolve_desk import panel
from support.resolve_stand_in import Resolve

Called = Callable[..., Result]
PANELS = Path(otio_cometapi.__file__).parent / "panels"
WITH_PANEL = [host for host in HOSTS if (PANELS / host).is_dir()]
BLENDER_ON = {
    "linux": ".config/blender",
    "darwin": "Library/Application Support/Blender",
    "win32": "AppData/Roaming/Blender Foundation/Blender",
}
FUSION_ON = {
    "linux": ".local/share/DaVinciResolve/Fusion",
    "darwin": "Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion",
    "win32": "AppData/Roaming/Blackmagic Design/DaVinci Resolve/Support/Fusion",
}
PROGRAMS_ON = {
    "linux": "opt/resolve",
    "darwin": "Applications/DaVinci Resolve",
    "win32": "Program Files/Blackmagic Design/DaVinci Resolve",
}
each_platform = pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])


def machine(home: Path, platform: str = "linux", **variables: str) -> Machine:
    """Return a machine on which nothing is, but what lies under *home*."""
    known = {"PATH": "", "COMETAPI_CONFIG_DIR": str(home / "config"), **variables}
    return Machine(known, platform, home, home / "root")


@pytest.fixture
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a person's folder in which Resolve and Blender were started before."""
    for name in ("XDG_CONFIG_HOME", "BLENDER_USER_EXTENSIONS", "BLENDER_USER_RESOURCES", "RESOLVE_SCRIPT_API"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    (home / FUSION_ON["linux"]).mkdir(parents=True)
    (home / BLENDER_ON["linux"] / "4.5").mkdir(parents=True)
    return home


def files_under(folder: Path) -> set[str]:
    """Return every file below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


# -- where hosts look


@each_platform
def test_resolves_folders_are_those_of_its_readme(tmp_path: Path, platform: str) -> None:
    """The user's folder of scripts on each platform, its modules out of the menu's sight, and the host found or not."""
    (place,) = places("resolve", machine(tmp_path, platform))
    assert place.folder == tmp_path / FUSION_ON[platform] / "otiocomet"
    assert place.menu == tmp_path / FUSION_ON[platform] / "Scripts" / "Edit" / MENU_NAME
    assert place.sign is None
    program = tmp_path / "root" / PROGRAMS_ON[platform]
    program.mkdir(parents=True)
    assert places("resolve", machine(tmp_path, platform))[0].sign == program


def test_the_scripting_apis_folder_shows_that_resolve_is_here(tmp_path: Path) -> None:
    """`RESOLVE_SCRIPT_API` counts, and moves no folder."""
    (place,) = places("resolve", machine(tmp_path, RESOLVE_SCRIPT_API=str(tmp_path)))
    assert place.sign == tmp_path
    assert place.folder == tmp_path / FUSION_ON["linux"] / "otiocomet"


@each_platform
def test_blenders_folders_are_those_of_its_manual(tmp_path: Path, platform: str) -> None:
    """Every version that was started has a folder; those that the panel is not for are told, and 4.1 had none."""
    user = tmp_path / BLENDER_ON[platform]
    for version in ("4.1", "4.5", "5.0", "config"):
        (user / version).mkdir(parents=True)
    found = {place.title: place for place in places("blender", machine(tmp_path, platform))}
    assert list(found) == ["Blender 4.5", "Blender 5.0"]
    assert found["Blender 4.5"].folder == user / "4.5" / "extensions" / "user_default" / "otio_cometapi"
    assert [place.trouble[:29] for place in found.values()] == ["", "The panel is for Blender 4.5;"]


@pytest.mark.parametrize(
    ("name", "where"), [("BLENDER_USER_EXTENSIONS", ""), ("BLENDER_USER_RESOURCES", "extensions/")]
)
def test_blenders_variables_move_its_folder(tmp_path: Path, name: str, where: str) -> None:
    """Both are followed as its manual says."""
    (place,) = places("blender", machine(tmp_path, **{name: str(tmp_path / "b")}))
    assert place.folder == tmp_path / "b" / where / "user_default" / "otio_cometapi"


# -- install and uninstall


@pytest.mark.parametrize("host", WITH_PANEL)
@pytest.mark.parametrize("more", [(), ("--link",)], ids=["copied", "linked"])
def test_a_panel_is_put_there_whole_and_taken_away_whole(
    at_home: Path, called: Called, host: str, more: tuple[str, ...]
) -> None:
    """Every file of the package's panel goes into the host's folder and works there; uninstalling leaves nothing."""
    before = files_under(at_home)
    done = called("host", "install", host, *more, "--json")
    assert done.exit_code == 0, done.output
    (told,) = json.loads(done.stdout)["hosts"]
    assert (told["installed"], told["current"], told["linked"]) == (True, True, bool(more))
    folder = Path(told["folder"])
    panel_here = {name for name in files_under(PANELS / host) if "__pycache__" not in name}
    assert files_under(folder) == panel_here | {"otiocomet.json", "otiocomet_path.txt"}
    assert all((folder / name).read_bytes() == (PANELS / host / name).read_bytes() for name in panel_here)
    assert all((folder / name).is_symlink() == bool(more) for name in panel_here)
    assert (folder / "otiocomet_path.txt").read_text().strip() == told["program"] == script("otiocomet")
    (folder / "__pycache__").mkdir()
    assert called("host", "uninstall", host).exit_code == 0
    assert files_under(at_home) == before
    assert not folder.exists()


def test_the_installed_script_runs_as_resolves_menu_runs_it(
    at_home: Path, called: Called, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The menu's file alone, without knowing where it lies, finds the panel and hands it the host."""
    (told,) = json.loads(called("host", "install", "resolve", "--json").stdout)["hosts"]
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    loaded = set(sys.modules)
    text = Path(told["menu"]).read_text("utf-8")
    asking = Path(told["folder"]) / "asking.py"
    asking.write_text(asking.read_text("utf-8").replace("_LAST_LOOK_S = 10.0", "_LAST_LOOK_S = 0.0"), "utf-8")
    exec(compile(text, "menu", "exec"), {"resolve": Resolve()})  # noqa: S102 - as Resolve does
    assert "No timeline is open." in capsys.readouterr().out
    for name in set(sys.modules) - loaded:
        del sys.modules[name]


def test_what_the_installer_writes_is_what_the_script_reads(at_home: Path, called: Called, monkeypatch: Any) -> None:
    """Program and place of the takes reach the panel."""
    (told,) = json.loads(called("host", "install", "resolve", "--takes", "takes", "--json").stdout)["hosts"]
    program = panel("program")
    monkeypatch.setattr(program, "__file__", str(Path(told["folder"], "program.py")))
    assert program.find() == script("otiocomet")
    assert program.record()["takes"] == str(Path("takes").absolute())


def test_the_undo_is_told(at_home: Path, called: Called) -> None:
    """Installing says what it calls, what to do in the host, and how to take it back."""
    said = called("host", "install", "resolve").stdout
    assert "Undo it with `otiocomet host uninstall resolve`." in said
    assert "Workspace > Scripts > CometAPI takes" in said


def test_installing_again_replaces_ours_and_drops_what_is_no_more(at_home: Path, called: Called) -> None:
    """An older panel of ours gives way; a file that the package no longer has goes with it, others stay."""
    (told,) = json.loads(called("host", "install", "resolve", "--json").stdout)["hosts"]
    folder = Path(told["folder"])
    record = json.loads((folder / "otiocomet.json").read_text())
    (folder / "old.py").write_text("x")
    (folder / "mine.txt").write_text("x")
    (folder / "script.py").write_text("x")
    (folder / "otiocomet.json").write_text(json.dumps({**record, "files": {**record["files"], "old.py": "?"}}))
    (state,) = json.loads(called("host", "install", "resolve", "--json").stdout)["hosts"]
    assert state["current"]
    assert not (folder / "old.py").exists()
    assert (folder / "mine.txt").exists()


@pytest.mark.parametrize("where", ["otiocomet/script.py", f"Scripts/Edit/{MENU_NAME}"], ids=["folder", "menu"])
def test_what_others_put_there_is_left_alone(at_home: Path, called: Called, where: str) -> None:
    """A folder or a file of that name that is not ours stops the installation before anything is written."""
    theirs = at_home / FUSION_ON["linux"] / where
    theirs.parent.mkdir(parents=True)
    theirs.write_text("print('mine')\n")
    before = files_under(at_home)
    done = called("host", "install", "resolve")
    assert done.exit_code == 2
    assert "nothing was changed" in done.stderr
    assert files_under(at_home) == before
    assert theirs.read_text() == "print('mine')\n"


def test_a_host_that_is_not_here_gets_nothing(home: Path, called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a sign of the host nothing is written; its folder can be named."""
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("RESOLVE_SCRIPT_API", raising=False)
    done = called("host", "install", "resolve")
    assert done.exit_code == 2
    assert "--folder" in done.stderr
    (home / "Fusion").mkdir()
    named = ("resolve", "--folder", str(home / "Fusion"))
    assert called("host", "install", *named).exit_code == 0
    assert (home / "Fusion" / "Scripts" / "Edit" / MENU_NAME).is_file()
    assert "copied" in called("host", "doctor", *named).stdout
    assert called("host", "uninstall", *named).exit_code == 0
    assert called("host", "doctor", "--folder", "x").exit_code == 2


def test_nothing_of_ours_cannot_be_uninstalled(at_home: Path, called: Called) -> None:
    """Where nothing was installed, nothing is removed, and the command says so."""
    done = called("host", "uninstall", "resolve")
    assert done.exit_code == 2
    assert "nothing was removed" in done.stderr


# -- doctor


@pytest.fixture
def installed(at_home: Path) -> Path:
    """Return the folder of an installed panel for Resolve."""
    (place,) = places("resolve", machine(at_home))
    host_panels.install(place)
    return place.folder


def diagnosis(home: Path, **variables: str) -> list[tuple[Level, str, str]]:
    """Return what the doctor says of Resolve's panel, its Python aside."""
    found = examined_hosts(machine(home, **variables), hosts=("resolve",))
    return [(each.level, each.message, each.next_step) for each in found if each.check == "resolve"]


def test_a_healthy_panel_is_ok(installed: Path, at_home: Path) -> None:
    """This package's files, and a program that is there."""
    assert [level for level, _, _ in diagnosis(at_home)] == [Level.OK]


def _older(folder: Path) -> None:
    record = json.loads((folder / "otiocomet.json").read_text())
    (folder / "script.py").write_text("old")
    (folder / "otiocomet.json").write_text(json.dumps({**record, "version": "0.0.9"}))


def _moved(folder: Path) -> None:
    record = json.loads((folder / "otiocomet.json").read_text())
    (folder / "otiocomet.json").write_text(json.dumps({**record, "program": "/nowhere/otiocomet"}))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_older, "is of 0.0.9, and not the one of this package"),
        (_moved, "calls /nowhere/otiocomet, and there is no such program"),
        (lambda folder: (folder / "edit.py").unlink(), "edit.py of the panel"),
        (lambda folder: (folder.parent / "Scripts" / "Edit" / MENU_NAME).unlink(), "not the one of this package"),
    ],
    ids=["older", "program moved", "a file gone", "menu gone"],
)
def test_what_is_wrong_is_named_with_what_mends_it(
    installed: Path, at_home: Path, harm: Callable[[Path], None], words: str
) -> None:
    """Each harm is one problem, and installing again mends it."""
    harm(installed)
    ((level, message, next_step),) = diagnosis(at_home)
    assert level is Level.PROBLEM
    assert words in message
    assert "otiocomet host install resolve" in next_step
    host_panels.install(places("resolve", machine(at_home))[0])
    assert [each[0] for each in diagnosis(at_home)] == [Level.OK]


def test_a_host_without_a_panel_is_a_note_and_no_host_is_left_out(tmp_path: Path) -> None:
    """Neither is a problem."""
    assert [each[0] for each in diagnosis(tmp_path)] == [Level.LEFT_OUT]
    assert [each[0] for each in diagnosis(tmp_path, RESOLVE_SCRIPT_API=str(tmp_path))] == [Level.NOTE]


@each_platform
def test_the_lack_of_a_python_for_resolve_is_told(home: Path, platform: str) -> None:
    """Resolve brings none; where none is found that it might take, the next step is to install one."""
    (home / FUSION_ON[platform]).mkdir(parents=True)
    host_panels.install(places("resolve", machine(home, platform))[0])
    found = {each.check: each for each in examined_hosts(machine(home, platform), hosts=("resolve",))}
    assert found["resolve python"].level is Level.NOTE
    assert "python.org" in found["resolve python"].next_step


def test_a_key_that_only_a_shell_has_is_told(installed: Path, at_home: Path) -> None:
    """Programs that the desktop starts see no variables of a shell; a file is found."""

    def said() -> tuple[Level, str]:
        here = machine(at_home, COMETAPI_KEY="sk-very-secret")
        (found,) = [each for each in examined_hosts(here, hosts=("resolve",)) if each.check == "key for hosts"]
        assert "sk-very" not in found.message
        return found.level, found.next_step

    level, next_step = said()
    assert level is Level.NOTE
    assert "otiocomet auth login" in next_step
    (at_home / "config").mkdir()
    (at_home / "config" / "key").write_text("sk-very-secret")
    (at_home / "config" / "key").chmod(0o600)
    assert said()[0] is Level.OK


def test_problems_end_with_1(installed: Path, called: Called) -> None:
    """A script may ask the doctor."""
    assert called("host", "doctor").exit_code == 0
    _moved(installed)
    done = called("host", "doctor", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["exit"] == 1


def test_the_list_has_every_host(at_home: Path, called: Called) -> None:
    """With its folder, whether it is here, and what is installed."""
    called("host", "install", "resolve")
    told = {each["host"]: each for each in json.loads(called("host", "list", "--json").stdout)["hosts"]}
    assert list(told) == list(HOSTS)
    assert told["resolve"]["installed"]
    assert os.path.lexists(told["resolve"]["menu"])
    assert told["blender"]["found"] == str(at_home / BLENDER_ON["linux"] / "4.5")


def test_doctor_says_in_one_line_what_host_doctor_says_at_length(called: Called, at_home: Path) -> None:
    """Hosts without a panel are to know; a panel that lost a file is a problem, exit code 1, with where to read on."""
    assert hosts_line(called)[:2] == ["note", "2 to know: blender, resolve."]
    assert called("host", "install", "resolve").exit_code == 0
    script_file = next((at_home / FUSION_ON["linux"]).rglob("*.py"))
    script_file.unlink()
    level, said, step = hosts_line(called)
    assert (level, said.startswith("1 problem, "), "resolve" in said) == ("problem", True, True), said
    assert "`otiocomet host doctor`" in step


def test_doctor_is_silent_about_hosts_that_are_not_here(
    called: Called, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is neither Blender nor Resolve, doctor has no line on them."""
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", "")
    assert hosts_line(called) == []


def hosts_line(called: Called) -> list[str]:
    """Return level, sentence and next step of what `doctor` says of hosts; nothing where it says nothing."""
    told = json.loads(called("doctor", "--offline", "--json").output)["findings"]
    found = [each for each in told if each["check"] == "hosts"]
    return [found[0][name] for name in ("level", "message", "next_step")] if found else []
