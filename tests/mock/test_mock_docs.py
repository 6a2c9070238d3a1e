"""The simulator's page in the documentation: complete, and its examples run."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from cometapi_mock.__main__ import _parser
from cometapi_mock.scenarios import VARIANTS, WIRE_FAULTS, named_scenarios, scenarios_from

PAGE = (Path(__file__).parents[2] / "docs" / "mock_server.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def plugin_arguments() -> list[str]:
    """Return what makes pytest load the plugin, unless the installed package announces it."""
    announced = any(entry.value == "cometapi_mock.pytest_plugin" for entry in entry_points(group="pytest11"))
    return [] if announced else ["-p", "cometapi_mock.pytest_plugin"]


@pytest.mark.parametrize("name", named_scenarios())
def test_every_scenario_is_documented(name: str) -> None:
    """The page has a row for each named scenario, in the scenario's own words."""
    assert f"| `{name}` | {named_scenarios()[name].about} |" in PAGE


@pytest.mark.parametrize("word", [*VARIANTS, *WIRE_FAULTS])
def test_every_variant_and_fault_is_documented(word: str) -> None:
    """The page names each kind of output and each fault."""
    assert f"`{word}`" in PAGE


def test_every_option_of_the_command_is_documented() -> None:
    """The page names each option that the command's help does."""
    options = re.findall(r"--[a-z-]+", _parser().format_help())
    assert [option for option in options if option != "--help" and f"`{option}" not in PAGE] == []


def test_the_example_file_of_scenarios_can_be_read() -> None:
    """The TOML example is one that the simulator takes."""
    (text,) = re.findall(r"^```toml\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    tables = tomllib.loads(text)
    tables.pop("rules")
    assert set(scenarios_from(tables)) == {"slow_then_moderated", "flaky"}


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder, as another project would."""
    command = [sys.executable, "-m", "pytest", "-q", *plugin_arguments(), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    "workers", [pytest.param([], id="alone"), pytest.param(["-n", "2"], id="xdist", marks=pytest.mark.proof)]
)
def test_the_complete_example_passes(tmp_path: Path, workers: list[str]) -> None:
    """The example of the page is a test file that passes in an empty folder, alone and under pytest-xdist."""
    (tmp_path / "test_take_client.py").write_text(EXAMPLES[0], encoding="utf-8")
    done = run_pytest(tmp_path, "-W", "error", *workers)
    assert "4 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


def test_the_example_without_pytest_runs(tmp_path: Path) -> None:
    """The second example prints an address and ends well."""
    done = subprocess.run([sys.executable, "-c", EXAMPLES[1]], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("http://127.0.0.1:")


def test_check_fails_a_test_that_buys_twice(tmp_path: Path) -> None:
    """A test that sends one body twice fails at check, with the tasks' ids."""
    example = EXAMPLES[0] + "\n\ndef test_twice(cometapi_mock):\n" + "    take(cometapi_mock.url, BODY)\n" * 2
    (tmp_path / "test_twice.py").write_text(f"{example}    cometapi_mock.check()\n", encoding="utf-8")
    done = run_pytest(tmp_path, "-k", "twice", "test_twice.py")
    assert "one body was created 2 times" in done.stdout


def test_the_plugin_imports_nothing_until_it_is_used(tmp_path: Path) -> None:
    """A test run that asks for no simulator imports neither the server nor what it needs."""
    (tmp_path / "test_none.py").write_text(
        "import sys\n\n\ndef test_none():\n"
        "    heavy = {'flask', 'waitress', 'av', 'yaml', 'jsonschema', 'cometapi_mock.server'}\n"
        "    assert heavy & set(sys.modules) == set()\n"
    )
    done = run_pytest(tmp_path)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
