"""Rules for the code itself: sizes, names, and what stands nowhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path.relative_to(ROOT).as_posix() for source in ("plugin", "mock_server") for path in (ROOT / source).rglob("*.py")
)
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc", "stuff", "tools"}

each_module = pytest.mark.parametrize("name", MODULES)


def tree_of(name: str) -> ast.Module:
    """Parse a module."""
    return ast.parse((ROOT / name).read_text("utf-8"))


def functions_of(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines, decorators and docstring aside."""
    first = function.body[0]
    has_docstring = ast.get_docstring(function, clean=False) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def calls_of(tree: ast.Module) -> set[str]:
    """Return the dotted names of everything that is called."""
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def test_there_are_modules() -> None:
    """The rules below look at something."""
    assert len(MODULES) > 80


@each_module
def test_a_module_is_short(name: str) -> None:
    """No module passes 300 lines; a longer one is split by noun."""
    assert len((ROOT / name).read_text("utf-8").splitlines()) <= LONGEST_MODULE


@each_module
def test_a_function_is_short(name: str) -> None:
    """No function passes 44 lines, its docstring not counted."""
    lengths = {function.name: length_of(function) for function in functions_of(tree_of(name))}
    assert {each: length for each, length in lengths.items() if length > LONGEST_FUNCTION} == {}


@each_module
def test_a_module_is_named_for_what_it_holds(name: str) -> None:
    """No module bears one of the words that say nothing."""
    words = {word for part in Path(name).with_suffix("").parts for word in part.split("_")}
    assert not words & EMPTY_WORDS


@each_module
def test_a_module_says_what_it_is(name: str) -> None:
    """Every module begins with a sentence."""
    assert (ast.get_docstring(tree_of(name)) or "").strip().rstrip('"').endswith((".", ":", "!", "?"))


@each_module
def test_no_error_is_caught_blindly(name: str) -> None:
    """No bare `except:`, and none of everything, but to clean up and raise it again."""
    for node in ast.walk(tree_of(name)):
        if isinstance(node, ast.ExceptHandler) and ast.unparse(node.body[-1]) != "raise":
            caught = ast.unparse(node.type) if node.type else ""
            assert not {"", "Exception", "BaseException"} & {word.strip(" ()") for word in caught.split(",")}, (
                node.lineno
            )


@pytest.mark.parametrize("name", [each for each in MODULES if each.startswith("plugin/")])
def test_time_is_a_parameter(name: str) -> None:
    """Nothing in the plugin but its clock asks what time it is, or sleeps."""
    asked = {"time.time", "time.sleep", "time.monotonic", "datetime.now", "datetime.datetime.now", "datetime.utcnow"}
    if not name.endswith("otio_cometapi/clock.py"):
        assert not calls_of(tree_of(name)) & asked


@pytest.mark.parametrize("name", [each for each in MODULES if each.startswith("plugin/") and "/cli/" not in each])
def test_only_the_command_line_prints(name: str) -> None:
    """Progress is an event; nothing else writes to the terminal."""
    assert not calls_of(tree_of(name)) & {"print", "sys.stdout.write", "sys.stderr.write"}


@each_module
def test_nothing_is_left_to_be_written(name: str) -> None:
    """No stubs."""
    names = {node.id for node in ast.walk(tree_of(name)) if isinstance(node, ast.Name)}
    assert "NotImplementedError" not in names


def test_nothing_is_left_to_be_done(repository_files: list[Path]) -> None:
    """No file says that something is still to be done."""
    later = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")) + r")\b")
    found = [str(name) for name in repository_files if later.search((ROOT / name).read_text("utf-8", "replace"))]
    assert found == []


def test_no_file_knows_the_machine_it_was_written_on(repository_files: list[Path]) -> None:
    """No path of a developer's machine stands in the repository."""
    places = re.compile("|".join((r"(?<![\w.])/wo" + r"rk/", r"/tm" + r"p/(venv|pytest)")))
    found = {
        str(name): match[0]
        for name in repository_files
        if (match := places.search((ROOT / name).read_text("utf-8", "replace")))
    }
    assert found == {}
