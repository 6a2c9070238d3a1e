"""Whether the keyframes of a create lie in the video that they are for."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error

from .issues import Issue


def keyframe_issues(keyframes: list[dict[str, Any]], source: Path) -> list[Issue]:
    """
    Return what is wrong with the times of keyframes, in the upstream validator's form; empty if nothing is.

    Args:
        keyframes: As the body has them; their shape has passed the contract.
        source: The video. What cannot be read has no times to check: its task fails later.
    """
    length = _seconds_of(source) if keyframes else None
    issues: list[Issue] = []
    for number, keyframe in enumerate(keyframes):
        seconds, within = keyframe.get("seconds"), keyframe.get("range")
        if length is not None and seconds is not None and Fraction(str(seconds)) >= length:
            message = f"Keyframe time must be within the video, which is {float(length):g} seconds long"
            issues.append({"code": "custom", "path": ["keyframes", number, "seconds"], "message": message})
        if within is None:
            continue
        if within["start_seconds"] >= within["end_seconds"]:
            message = "The start of a range must lie before its end"
            issues.append({"code": "custom", "path": ["keyframes", number, "range"], "message": message})
        elif length is not None and within["start_seconds"] >= length:
            message = f"A range must begin within the video, which is {float(length):g} seconds long"
            issues.append({"code": "custom", "path": ["keyframes", number, "range"], "message": message})
    return issues


def _seconds_of(source: Path) -> Fraction | None:
    """Return how long a video plays, by its last packet; None where that cannot be told."""
    try:
        with av.open(str(source)) as container:
            stream = container.streams.video[0]
            ends = [
                (packet.pts + (packet.duration or 0)) * stream.time_base
                for packet in container.demux(stream)
                if packet.pts is not None and stream.time_base is not None
            ]
            start = (stream.start_time or 0) * (stream.time_base or 0)
            return max(ends) - start if ends else None
    except (av.error.FFmpegError, IndexError):
        return None
