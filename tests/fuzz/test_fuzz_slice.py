"""Fuzzing as far as every change can afford it; `make fuzz` goes on from there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.grammars import GRAMMARS
from fuzz.harnesses import HARNESSES

TESTS = Path(__file__).parents[1]
CORPUS = sorted(path for path in Path(__file__).with_name("corpus").rglob("*") if path.is_file())


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_found_once_is_not_found_again(path: Path) -> None:
    """Every kept input, seeds and former findings alike, passes its harness."""
    HARNESSES[path.parent.name](path.read_bytes())


def test_every_harness_has_a_grammar_and_seeds() -> None:
    """No harness starts from nothing."""
    assert set(HARNESSES) == set(GRAMMARS) == {path.parent.name for path in CORPUS}


@pytest.mark.proof
@pytest.mark.timeout(240)
def test_a_minute_of_fuzzing_finds_nothing() -> None:
    """
    Of a minute's worth of inputs, shared by all harnesses and both engines, none brings an unhandled exception.

    Counted, not timed: the same seed makes the same inputs on every machine.
    """
    ended = subprocess.run(
        [sys.executable, "-m", "fuzz", "--inputs", "60000"], cwd=TESTS, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout[-6000:]
    counts = {
        (name, engine): int(count.replace(",", ""))
        for name, engine, count in re.findall(r"^(\w+) +(\w+) +([\d,]+) inputs", ended.stdout, re.MULTILINE)
    }
    assert set(counts) == {(name, engine) for name in HARNESSES for engine in ("hypothesis", "atheris")}
    assert min(counts.values()) > 100
