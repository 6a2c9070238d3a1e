"""Many takes through a mix of all faults: every one is settled, none is paid twice, and the books agree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.soak import Soaked, soak

TESTS = Path(__file__).parents[1]

MOST_GROWTH = 0.2
"""How much the memory of a long soak may grow from its second quarter to its last: caches and the ledger's rows."""

MOST_BLOCKS_LEFT = 400
"""Python's blocks of memory, of some 400,000, that two more soaks may leave; one connection kept by each left 1,000."""


def check_books(report: Soaked) -> None:
    """See that the ledger's sums are the simulator's."""
    assert sum(report.states.values()) == sum(report.end_states.values()) == report.takes
    assert set(report.end_states) <= {"READY", "FAILED", "REFUSED"}
    assert report.duplicates == 0
    assert report.creates == report.tasks_in_ledger
    assert report.creates == report.end_states["READY"] + report.end_states.get("FAILED", 0)
    assert report.part_files == 0
    assert report.open_files[-1] <= report.open_files[0]


def test_a_short_soak_settles_every_take(tmp_path: Path) -> None:
    """Twenty-four takes: all end, every task of the simulator belongs to one take, no body was created twice."""
    report = soak(tmp_path / "soak", takes=24, seed=2)
    check_books(report)
    assert report.states.get("SUBMIT_UNKNOWN", 0) >= 1
    assert len(report.outcomes) >= 2


def test_a_process_that_soaks_again_and_again_keeps_nothing(tmp_path: Path) -> None:
    """After the first two, which load libraries and fill caches, no objects, files or connections are left behind."""
    held = [report["at_rest"] for report in _soaked_in_a_process(tmp_path, takes=8, times=5)]
    blocks = [each["blocks"] for each in held[2:]]
    assert len(held) == 5
    assert blocks[-1] - blocks[0] < MOST_BLOCKS_LEFT, held
    assert held[-1]["open_files"] <= held[2]["open_files"], held


def _soaked_in_a_process(folder: Path, *, takes: int, times: int) -> list[dict[str, Any]]:
    """Soak where nothing else holds memory: in the tests' own process, coverage keeps a tracer of every thread."""
    done = subprocess.run(
        [sys.executable, "-m", "support.soak", "--takes", str(takes), "--times", str(times), "--seed", "2"],
        check=True,
        capture_output=True,
        text=True,
        cwd=TESTS,
        env={**os.environ, "PYTHONPATH": str(TESTS), "TMPDIR": str(folder)},
        timeout=240,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_long_soak_settles_every_take_in_flat_memory(tmp_path: Path) -> None:
    """Two thousand takes: the same, and the memory of the process stays flat."""
    report = soak(tmp_path / "soak", takes=2000)
    check_books(report)
    assert report.growth() < MOST_GROWTH
