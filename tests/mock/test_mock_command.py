"""The command as a process."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
import requests

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
