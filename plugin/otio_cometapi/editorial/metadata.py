"""Metadata as OpenTimelineIO holds it, read safely."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def entries_of(node: Any) -> Iterator[tuple[str, Any]]:
    """
    Yield keys and values of one of OTIO's dictionaries.

    Keys that hold a NUL are passed over: OTIO lists them cut off there, and does not find them under that (measured
    with 0.18.1), so that going through ``items()`` would raise for the whole dictionary.
    """
    for key in node:
        try:
            value = node[key]
        except KeyError:
            continue
        yield str(key), value
