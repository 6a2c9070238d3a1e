"""What commands print with `--json` is what the schema in the package says, no key more and none less."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from click.testing import Result
from jsonschema import Draft202012Validator

from support import road
from support.edits import three_tracks
from support.flow import FILM
from support.help_pages import every_command, output_schema

Called = Callable[..., Result]
WITHOUT = {"mock", "demo", "completion", "auth", "config", "farm", "farm template", "host"}
"""Commands that print no object: programs, a script for a shell, and groups."""


def strict(value: Any) -> Any:
    """Return a schema that lets no key pass that it does not name."""
    if isinstance(value, dict):
        closed = {key: strict(each) for key, each in value.items()}
        if isinstance(value.get("properties"), dict) and "additionalProperties" not in value:
            closed["additionalProperties"] = False
        return closed
    return [strict(each) for each in value] if isinstance(value, list) else value


def problems_of(name: str, printed: str) -> list[str]:
    """Return where an object is not what the schema says of a command; `error` for the object of an error."""
    schema = output_schema()
    top = {"$ref": "#/$defs/error"} if name == "error" else {"$ref": f"#/commands/{name}"}
    validator = Draft202012Validator({**strict(schema), **top})
    return [
        f"{'/'.join(map(str, each.absolute_path))}: {each.message}"
        for each in validator.iter_errors(json.loads(printed))
    ]


def test_the_schema_is_one() -> None:
    """The file is a JSON Schema, with an entry for every command that prints an object."""
    schema = output_schema()
    Draft202012Validator.check_schema(schema)
    for entry in schema["commands"].values():
        Draft202012Validator.check_schema(entry)
    assert set(schema["commands"]) == set(every_command()) - WITHOUT


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """Yield a simulator."""
    with road.simulator() as url:
        yield url


@pytest.fixture
def desk(home: Path, service: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the work folder with an edit in it, and set the simulator as the service."""
    work = home / "work"
    otio.adapters.write_to_file(three_tracks(home / "media", FILM).timeline, str(work / "edit.otio"))
    monkeypatch.setenv("COMETAPI_BASE_URL", service)
    monkeypatch.setenv("COMETAPI_KEY", "test")
    return work


PICK = ("--select", "track:V3", "--prompt", "make it snow", "--json")


@pytest.mark.usefixtures("desk")
def test_a_whole_road_prints_what_the_schema_says(called: Called) -> None:
    """Plan, export, submit, collect, status, relink, run, resume, report, strip, clean, restore, move and more."""
    lines = {
        "plan": ("edit.otio", *PICK),
        "export": ("edit.otio", "--job", "a.cometjob", *PICK),
        "submit": ("a.cometjob", "--yes", "--json"),
        "collect": ("a.cometjob", "--poll-interval", "0.05", "--json"),
        "status": ("a.cometjob", "--json"),
        "relink": ("a.cometjob", "-o", "relinked.otio", "--json"),
        "run": ("edit.otio", "-o", "out.otio", "--job", "a.cometjob", "--yes", *PICK),
        "resume": ("a.cometjob", "-o", "again.otio", "--json"),
        "resolve": ("a.cometjob", "--json"),
        "cancel": ("a.cometjob", "--json"),
        "report": ("a.cometjob", "--json"),
        "strip": ("a.cometjob", "-o", "strip.svg", "--json"),
        "clean": ("a.cometjob", "--json"),
        "restore": ("relinked.otio", "--job", "a.cometjob", "-o", "back.otio", "--json"),
        "move": ("a.cometjob", "b.cometjob", "--json"),
        "farm export": ("b.cometjob", "--takes", "1-2", "--json"),
        "farm send": ("b.cometjob", "--yes", "--json"),
        "farm conform": ("b.cometjob", "--takes", "1", "--json"),
        "farm relink": ("b.cometjob", "-o", "farmed.otio", "--json"),
        "models": ("--json",),
        "doctor": ("--json",),
        "auth status": ("--check", "--json"),
        "config path": ("--json",),
        "config init": ("--json",),
        "config show": ("--json",),
        "host list": ("--json",),
        "host install": ("resolve", "--folder", ".", "--json"),
        "host doctor": ("--json",),
        "host uninstall": ("resolve", "--folder", ".", "--json"),
    }
    found = {}
    for name, arguments in lines.items():
        done = called(*name.split(), *arguments)
        assert done.exit_code in (0, 3), (name, done.output)
        found[name] = problems_of(name, done.stdout)
    assert {name: each for name, each in found.items() if each} == {}
    assert Path("strip.svg").read_text("utf-8").startswith("<svg")


@pytest.mark.usefixtures("desk")
def test_what_waits_and_what_is_decided(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """`resolve` prints the takes that wait with their creates, then the take that was decided on."""
    with road.simulator("--scenario", "lost_html") as url:
        monkeypatch.setenv("COMETAPI_BASE_URL", url)
        called("run", "edit.otio", "-o", "out.otio", "--job", "a.cometjob", "--yes", *PICK)
        waiting = called("resolve", "a.cometjob", "--json")
        take = json.loads(waiting.stdout)["takes"][0]["id"]
        assert problems_of("resolve", waiting.stdout) == []
        assert problems_of("resolve", called("resolve", "a.cometjob", take, "--abandon", "--json").stdout) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", "no.cometjob"),
        ("plan", "no.otio"),
        ("relink", "no.cometjob", "-o", "x.otio"),
        ("auth", "login"),
        ("docter",),
        ("relink", "no.cometjob"),
        ("plan", "x.otio", "--takes", "many"),
        ("resolve", "no.cometjob", "t1-x"),
    ],
    ids=" ".join,
)
def test_an_error_is_an_object_too(called: Called, arguments: tuple[str, ...]) -> None:
    """Whatever ends with an error prints the object of an error, and its exit code stands in it."""
    done = called(*arguments, "--json")
    assert problems_of("error", done.stdout) == []
    assert json.loads(done.stdout)["exit"] == done.exit_code != 0


def test_login_and_logout(called: Called) -> None:
    """Their objects name places, and no key."""
    kept = called("auth", "login", "--json", given="sk-very-secret").stdout
    gone = called("auth", "logout", "--json").stdout
    assert problems_of("auth login", kept) + problems_of("auth logout", gone) == []
    assert "sk-very" not in kept + gone
