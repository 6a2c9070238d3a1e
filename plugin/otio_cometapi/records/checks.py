"""What was found when an output was compared with what was sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Alignment:
    """By how many frames an output runs ahead of its source or behind it."""

    offset_frames: int
    """Frame n of the output shows source frame n + offset, so far as the movement tells; 0 where it tells nothing."""
    confidence: float
    """0 to 1: how often parts of picture and time, drawn at random, agree on this offset."""
    sure: bool
    """Whether the offset may be relied on."""
    reason: str = ""
    """Why it may not, a clause; empty when it may."""
    frames_compared: int = 0
    """Pairs of frames that the judgement rests on; 0 where there was nothing to compare."""

    @property
    def sure_offset(self) -> int | None:
        """The offset where it may be relied on; else None."""
        return self.offset_frames if self.sure else None

    @property
    def is_shifted(self) -> bool:
        """Whether the output surely shows other frames than those of its places."""
        return self.sure and self.offset_frames != 0

    @property
    def words(self) -> str:
        """What was found, for people."""
        if not self.sure:
            return f"alignment unsure: {self.reason}"
        if not self.offset_frames:
            return f"aligned (confidence {self.confidence:.2f})"
        count = abs(self.offset_frames)
        frames = "1 frame" if count == 1 else f"{count} frames"
        return f"{frames} {'ahead of' if self.offset_frames > 0 else 'behind'} its source ({self.confidence:.2f} sure)"


@dataclass(frozen=True, slots=True)
class QualityFlag:
    """One reason to look at a take before it is used."""

    kind: str
    """``"black"``, ``"frozen"``, ``"repeated"``, ``"length"``, ``"extra_cut"`` or ``"missing_cut"``."""
    first_frame: int
    """The output's frame, counted from 0, where it begins."""
    frame_count: int
    """How many frames it concerns, from that one on."""
    message: str
    """One sentence for a person."""


@dataclass(frozen=True, slots=True)
class Checks:
    """What was found of one output before anybody saw it."""

    alignment: Alignment
    """Whether its frames stand in their places."""
    flags: tuple[QualityFlag, ...] = ()
    """What is wrong with its picture where the source's is not so itself, in its order; empty for nothing."""
