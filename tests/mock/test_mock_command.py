"""The command as a process."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from cometapi_mock.scenarios import named_scenarios
from cometapi_mock.server import MockServer

COMMAND = [sys.executable, "-W", "error", "-m", "cometapi_mock"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_line_is_the_address_and_a_signal_stops_it_cleanly(number: signal.Signals) -> None:
    """The first line is an address that answers at once; a signal ends the command with exit code 0."""
    with subprocess.Popen(
        [*COMMAND, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        url = running.stdout.readline().strip()
        try:
            assert requests.get(f"{url}/_mock/health", timeout=10).status_code == 200
        finally:
            running.send_signal(number)
        assert running.wait(timeout=20) == 0
        assert running.stderr is not None
        assert running.stderr.read() == ""


def test_an_unknown_scenario_is_named_with_the_known_ones() -> None:
    """An unknown scenario ends the command with exit code 2 and the names that exist."""
    done = subprocess.run([*COMMAND, "--scenario", "nonsense"], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert "nonsense" in done.stderr
    assert "ok" in done.stderr


def test_the_named_scenarios_can_be_listed() -> None:
    """The command prints every named scenario with what happens in it."""
    done = subprocess.run([*COMMAND, "--list-scenarios"], capture_output=True, text=True, timeout=30, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(named_scenarios())


def test_the_scenarios_of_a_file_are_listed_too(tmp_path: Path) -> None:
    """With --scenarios the list ends with the file's own."""
    (tmp_path / "mine.toml").write_text("[patience]\nabout = 'Takes its time.'\n")
    words = [*COMMAND, "--scenarios", str(tmp_path / "mine.toml"), "--list-scenarios"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.splitlines()[-1].split(maxsplit=1) == ["patience", "Takes its time."]


@pytest.mark.parametrize(
    "wrong",
    [
        *(["--speed", "0"], ["--concurrency", "0"], ["--shape", "round"], ["--clock", "sun"]),
        *(["--port", "-1"], ["--port", "70000"]),
    ],
)
def test_a_wrong_option_is_refused(wrong: list[str]) -> None:
    """An option that makes no sense ends the command with exit code 2 and its name."""
    done = subprocess.run([*COMMAND, *wrong], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, wrong[0] in done.stderr, "Traceback" in done.stderr) == (2, True, False)


def test_a_port_that_is_taken_is_told(server: MockServer) -> None:
    """A second simulator on the same port ends with exit code 2 and says why."""
    port = server.url.rsplit(":", 1)[1]
    done = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, "in use" in done.stderr) == (2, True)
