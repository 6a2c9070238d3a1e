"""OTIO's dictionaries and lists, read without the exceptions that their ends and gaps raise."""

from __future__ import annotations

from typing import Any

import pytest

from otio_cometapi.editorial.metadata import entry_of, items_of, keys_of
from support.otio_builders import clip, marker


@pytest.mark.parametrize("values", [{}, {"one": 1}, {"b": {"c": [1, 2]}, "a": None, "z": "text"}])
def test_keys_are_all_there(values: dict[str, Any]) -> None:
    """Every key is listed, none twice."""
    made = clip(metadata=values)
    assert sorted(keys_of(made.metadata)) == sorted(values)


def test_an_entry_is_found_or_is_none() -> None:
    """A key that is there gives its value, another one None."""
    made = clip(metadata={"cometapi": {"schema": 1}})
    assert entry_of(made.metadata, "cometapi")["schema"] == 1
    assert entry_of(made.metadata, "other") is None


def test_a_key_with_a_nul_is_no_entry() -> None:
    """OTIO lists such a key cut off, and does not find it under that."""
    made = clip(metadata={"cometapi\0x": 1})
    assert keys_of(made.metadata) == ["cometapi"]
    assert entry_of(made.metadata, "cometapi") is None


def test_lists_give_all_they_hold() -> None:
    """Markers come in their order."""
    made = clip(markers=(marker("a"), marker("b")))
    assert [each.name for each in items_of(made.markers)] == ["a", "b"]
    assert items_of(clip().markers) == []
