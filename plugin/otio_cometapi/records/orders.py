"""Orders: work for codecs that any machine can do which sees the files. Plain values, and never a secret."""

from __future__ import annotations

from dataclasses import dataclass

from otio_cometapi.records.checks import Checks
from otio_cometapi.records.media import Export, ExportLimits, Finish, MediaInfo
from otio_cometapi.records.spans import Span


@dataclass(frozen=True, slots=True)
class CutOrder:
    """One export that is to be made."""

    info: MediaInfo
    """The source file."""
    span: Span
    """Which of its frames."""
    limits: ExportLimits
    """What the export has to fit."""
    pad_frames: int
    """Copies of the last frame to add at the end."""
    slowdown: int
    """Every frame is kept and shown this many times as long."""
    into: str
    """The file to write, absolute."""
    needs: tuple[str, ...]
    """Files and folders that have to be there, absolute."""


@dataclass(frozen=True, slots=True)
class FitOrder:
    """One medium that is to be made of the outputs of a take."""

    outputs: tuple[str, ...]
    """What came back, a file for every part, absolute."""
    exports: tuple[Export, ...]
    """What was sent for them, in the same order."""
    checks: tuple[Checks, ...]
    """What was found of them before; empty where they are to be looked at first."""
    source: MediaInfo
    """The source file."""
    visible: Span
    """Frames of the source that the media must show."""
    start_frame: int
    """Number of the first frame in clip space."""
    finish: Finish
    """How it is made; a policy that is none of the built-in ones is found by its name where the work is done."""
    into: str
    """The file to write, absolute."""
    into_unmoved: str
    """The file to write where `Finish.align` was asked for and there was nothing to move."""
    needs: tuple[str, ...]
    """Files and folders that have to be there, absolute."""
