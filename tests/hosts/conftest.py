"""Edits of the proof and their renders, each made once a session."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from support.edits import EDITS, Edit
from support.hosts import Host


@pytest.fixture(scope="session")
def numbered_edit(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Fraction], Edit]:
    """Return a maker of edits over numbered media, by name and rate."""

    @cache
    def make(name: str, rate: Fraction) -> Edit:
        return EDITS[name](tmp_path_factory.mktemp("edit"), rate)

    return make


@pytest.fixture(scope="session")
def original_render(
    numbered_edit: Callable[[str, Fraction], Edit], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, Fraction, Host], Path]:
    """Return a renderer of the unchanged edits, by name, rate and host."""

    @cache
    def render(name: str, rate: Fraction, host: Host) -> Path:
        path = tmp_path_factory.mktemp("original") / "original.mkv"
        return host.render(numbered_edit(name, rate).timeline, path, rate)

    return render
