"""Difference: how far every frame of a take is from the original's, for a strip to look at."""

from __future__ import annotations

from pathlib import Path

from otio_cometapi.errors import MediaError
from otio_cometapi.media.frames import decoded_frames


def differences(original: Path, media: Path, *, first: int = 0) -> tuple[float, ...]:
    """
    Return for every frame of *original* how much the same frame of *media* differs, in grey levels of 0 to 255.

    Both are brought to a grid of 32 x 18 cells, so that grain and the codec play no part.

    Args:
        original: A file whose first frame is the first to compare.
        media: The other.
        first: Its frame to begin with.

    Raises:
        MediaError: A file cannot be read, or *media* has fewer frames.
    """
    import numpy as np  # noqa: PLC0415 - slow to import

    from otio_cometapi.media.motion import trace_of  # noqa: PLC0415 - the same

    theirs = trace_of(decoded_frames(original)).luma
    ours = trace_of(decoded_frames(media)).luma[first : first + len(theirs)]
    if len(ours) < len(theirs):
        raise MediaError(f"'{media}' has {len(ours)} frames where '{original}' has {len(theirs)}.")
    return tuple(round(float(each), 2) for each in np.abs(ours - theirs).mean((1, 2)))
