"""
Chosen takes: which of a clip's takes it shows; the others stay beside it as references.

What a person asks for by name comes first, then what people chose or approved, then the first take. A rejected one is
not laid at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from otio_cometapi.errors import JobError
from otio_cometapi.records import Link, TakeRecord, Verdict


def chosen_last(
    links: Iterable[Link], wanted: Sequence[str], takes: Iterable[TakeRecord]
) -> tuple[tuple[Link, ...], tuple[str, ...]]:
    """
    Return *links* by clip, the take to show last, and a sentence for every clip that lacks the take asked for.

    Without a wish a clip shows the take that people chose or approved, else its first. An id, or the beginning of one,
    beats a number. Rejected takes are left out.

    Args:
        links: Which clip could show which media.
        wanted: Take numbers (``"2"``) and ids, or beginnings of ids (``"t1-3fa9"``).
        takes: The takes of the timeline, finished or not.

    Raises:
        JobError: No take of the timeline has that number or id, or several begin with it.
    """
    known = tuple(takes)
    numbers = {int(text) for text in wanted if text.isdecimal()}
    ids = {_the_one(text, known).take_id for text in wanted if not text.isdecimal()}
    missing = numbers - {take.number for take in known}
    if missing:
        have = ", ".join(str(number) for number in sorted({take.number for take in known})) or "none"
        raise JobError(
            f"no clip of the timeline has a take {min(missing)}.", next_step=f"The take numbers are: {have}."
        )

    def rank(link: Link) -> tuple[int, bool, bool, bool, bool, int]:
        take, review = link.take, link.review
        approved = review.verdict is Verdict.APPROVED
        return link.clip_index, take.take_id in ids, take.number in numbers, review.chosen, approved, -take.number

    every = tuple(links)
    ordered = tuple(sorted((link for link in every if not link.review.rejected), key=rank))
    return ordered, (*_left_out(every, ordered), *_lacking(ordered, numbers, ids))


def _left_out(every: Sequence[Link], laid: Sequence[Link]) -> Iterable[str]:
    """Yield a sentence for each clip that shows its original because every take of it was rejected."""
    shown = {link.clip_index for link in laid}
    for index, name in {link.clip_index: link.clip_name for link in every}.items():
        if index not in shown:
            yield f"'{name}' shows its original: its takes are rejected."


def _the_one(text: str, takes: Sequence[TakeRecord]) -> TakeRecord:
    found = [take for take in takes if take.take_id.startswith(text)]
    if len(found) != 1:
        raise JobError(
            f"{'no take' if not found else 'more than one take'} of the timeline begins with '{text}'.",
            next_step="`otiocomet status JOB` lists them; a number, such as 2, means that take of every clip.",
        )
    return found[0]


def _lacking(ordered: Sequence[Link], numbers: set[int], ids: set[str]) -> Iterable[str]:
    """Yield a sentence for each clip that shows another take than the one of the number asked for."""
    if not numbers:
        return
    shown = {link.clip_index: link for link in ordered}
    for link in shown.values():
        if link.take.number not in numbers and link.take.take_id not in ids:
            asked = " or ".join(str(number) for number in sorted(numbers))
            yield f"'{link.clip_name}' has no finished take {asked}; it shows take {link.take.number}."
