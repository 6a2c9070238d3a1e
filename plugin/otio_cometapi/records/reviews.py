"""Reviews: what people decided on takes, clip by clip."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Word(StrEnum):
    """What a person says of a take on a clip."""

    APPROVE = "approve"
    """It is good: the clip shows it."""
    REJECT = "reject"
    """It is not: no clip that it was said of shows it."""
    CHOOSE = "choose"
    """Of several takes the clip shows this one, approved or not."""
    CLEAR = "clear"
    """Take back what was said before, but for the note."""
    NOTE = "note"
    """Words about it, in place of those before; empty words take them away."""


class Verdict(StrEnum):
    """Where a take stands with the people who look at it."""

    NONE = ""
    """Nobody has decided."""
    APPROVED = "approved"
    """Somebody approved it."""
    REJECTED = "rejected"
    """Somebody rejected it; it is never shown."""


@dataclass(frozen=True, slots=True)
class Review:
    """What holds of one take on one clip."""

    verdict: Verdict = Verdict.NONE
    """Approved, rejected or neither."""
    by: str = ""
    """Who decided; empty where nobody has."""
    decided_at: float = 0.0
    """Unix time of that; 0.0 where nobody has."""
    chosen: bool = False
    """Whether the clip shows it by a person's word: the latest that was approved or chosen."""
    note: str = ""
    """Words about it."""
    noted_by: str = ""
    """Whose words; empty without any."""

    @property
    def rejected(self) -> bool:
        """Whether it must not be shown."""
        return self.verdict is Verdict.REJECTED

    @property
    def says_something(self) -> bool:
        """Whether anything was decided or noted."""
        return bool(self.verdict or self.chosen or self.note)


UNSEEN = Review()
"""Of a take that nobody said anything about."""


@dataclass(frozen=True, slots=True)
class SaidWord:
    """One thing that a person said of a take on a clip."""

    word: Word
    """What."""
    by: str
    """Who."""
    said_at: float
    """Unix time."""
    text: str = ""
    """The words of a note; empty where they were taken away."""


@dataclass(frozen=True, slots=True)
class ReviewedUse:
    """A take on a clip, and what was decided on it."""

    clip_index: int
    """`SurveyedClip.index`."""
    clip_name: str
    """The clip's name."""
    take_id: str
    """The take."""
    review: Review
    """What holds of it there."""
    said: tuple[SaidWord, ...] = ()
    """All that was said of it there, oldest first; what holds was read from that."""
