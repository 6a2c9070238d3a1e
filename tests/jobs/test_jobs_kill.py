"""The ledger under SIGKILL: whole, and never two creates of one part."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.ledgers import new_job, planned, shot

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_killed_writer_leaves_a_ledger_that_pays_nothing_twice(tmp_path: Path, seed: int) -> None:
    """
    After each of 30 kills the database is whole and no part has two creates.

    In the end every create that went out stands on the books, once, and every answer that was entered is there.
    """
    job = tmp_path / "edit.cometjob"
    new_job(job, *(planned(shot(first)) for first in range(200)))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "support.killed_writers", str(job), "30", str(seed)],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["creates"] > 5
    assert found["answers"] > 5
