"""Hints: which words of a selection mean nothing in a timeline, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from otio_cometapi.editorial.criteria import Criteria, glob
from otio_cometapi.errors import did_you_mean
from otio_cometapi.pipeline.extensions import Selectors
from otio_cometapi.records import Plan

NOTHING_SELECTED = (
    "no clip was selected. Give --select (such as --select all, track:V2 or marker:GREEN) and --prompt, "
    "or mark clips with `comet: what you want`."
)


def selection_hints(plan: Plan, select: Sequence[str]) -> tuple[str, ...]:
    """
    Return a sentence for every name or track in *select* that no clip of the plan has, with the nearest that one has.

    Raises:
        SelectionError: A term cannot be read.
    """
    return tuple(_hints(plan, Criteria(tuple(select), more=Selectors())))


def _hints(plan: Plan, criteria: Criteria) -> Iterator[str]:
    known = {
        "name": dict.fromkeys(clip.name for clip in plan.clips),
        "track": dict.fromkeys(clip.track for clip in plan.clips),
    }
    nothing = all(clip.reason.startswith("not selected") for clip in plan.clips)
    for term in criteria.selecting:
        there = known.get(term.kind)
        if there is None or any(glob(term.value)(each) for each in there):
            continue
        placed = term.kind == "track" and term.value.lower().startswith("v") and term.value[1:].isdecimal()
        if placed and not nothing:
            continue  # a track's place, whatever its name
        what = "clip" if term.kind == "name" else "track with clips" if placed else "track"
        yield f"{term}: there is no such {what}.{did_you_mean(term.value, there)}"
