"""Every benchmark runs, at a size that says nothing about speed; no time is asserted."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest

from bench.__main__ import BENCHES
from bench.measuring import HEAD

OTHER_PROGRAMS = ("export", "conform", "wire")
"""Benchmarks whose peers are ffmpeg and curl."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.proof) if name in OTHER_PROGRAMS else name for name in BENCHES]
)
def test_a_benchmark_runs(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints a table of ours and the peer's figures, and writes them as JSON with the machine's."""
    rows = import_module(f"bench.bench_{name}").main(["--small", "--into", str(tmp_path)])
    assert capsys.readouterr().out.startswith(HEAD)
    found = json.loads((tmp_path / f"{name}.json").read_text("utf-8"))
    assert [row["what"] for row in found["rows"]] == [row.what for row in rows]
    assert all(row["ours"] >= 0 and row["peer"] > 0 for row in found["rows"])
    assert found["machine"]["cores"]
