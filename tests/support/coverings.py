"""Few cases for many factors: every combination of a few values that can be, in at least one of the cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, product

Case = Mapping[str, str]
"""One value for every factor, by its name."""
Combination = tuple[tuple[str, str], ...]
"""Values of some factors, in the factors' order."""


def combinations_in(case: Case, strength: int) -> Iterator[Combination]:
    """Yield every combination of *strength* values that a case shows."""
    return combinations(case.items(), strength)


def every_combination(
    factors: Mapping[str, Sequence[str]], strength: int, possible: Callable[[Case], bool]
) -> set[Combination]:
    """Return every combination of *strength* values that some possible case shows."""
    cases = (dict(zip(factors, values, strict=True)) for values in product(*factors.values()))
    return {shown for case in cases if possible(case) for shown in combinations_in(case, strength)}


def greedy_groups(
    shared: Sequence[Case], single: Sequence[Case], *, size: int, strength: int, possible: Callable[[Case], bool]
) -> list[list[Case]]:
    """
    Return groups of cases that agree in the factors of *shared* and differ in those of *single*.

    Each group is the one that shows most combinations which none before it does; the first of equals, so that the
    result is the same every time. Every combination of *strength* values that is possible is shown.

    Args:
        shared: What the cases of one group may have in common, one of these for each group.
        single: What each case has of its own.
        size: Cases a group.
        strength: How many factors are combined: 2 for pairs.
        possible: Tells which cases can be.
    """
    cases = {(i, j): {**one, **other} for i, one in enumerate(shared) for j, other in enumerate(single)}
    bits: dict[Combination, int] = {}
    shows = {
        at: sum(1 << bits.setdefault(shown, len(bits)) for shown in combinations_in(case, strength))
        for at, case in cases.items()
        if possible(case)
    }
    missing = (1 << len(bits)) - 1
    groups: list[list[Case]] = []
    while missing:
        chosen: list[tuple[int, int]] = []
        found = 0
        for index in range(len(shared)):
            places = [(index, j) for j in range(len(single)) if (index, j) in shows]
            some, adds = _filled(places, shows, missing, size)
            if adds.bit_count() > found.bit_count():
                chosen, found = some, adds
        groups.append([cases[at] for at in chosen])
        missing &= ~found
    return groups


def _filled(
    places: list[tuple[int, int]], shows: Mapping[tuple[int, int], int], missing: int, size: int
) -> tuple[list[tuple[int, int]], int]:
    """Choose *size* of some cases, each for what it adds; return them and the missing combinations that they show."""
    chosen: list[tuple[int, int]] = []
    found = 0
    for _ in range(size if places else 0):
        left = missing & ~found
        best = max(places, key=lambda at: (shows[at] & left).bit_count())
        chosen.append(best)
        found |= shows[best] & missing
    return chosen, found
