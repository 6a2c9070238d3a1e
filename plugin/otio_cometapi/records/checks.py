"""What was found when an output was compared with what was sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Alignment:
    """By how many frames an output runs ahead of its source or behind it."""

    offset_frames: int | None
    """Frame n of the output shows source frame n + offset; None where the picture does not tell."""
    confidence: float
    """0 to 1, how clearly this offset stands out from all others, sure or not; not a probability."""
    verdict: str
    """``"aligned"``, ``"shifted"`` or ``"unsure"``."""
    frames_compared: int
    """Pairs of frames that the judgement rests on; 0 where there was nothing to compare."""


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
