"""Blending: one picture giving way to another, plane by plane, in whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av

if TYPE_CHECKING:
    import numpy as np


def blended(first: av.VideoFrame, second: av.VideoFrame, *, step: int, steps: int) -> av.VideoFrame:
    """
    Return (steps - step) / steps of one picture and step / steps of another, each sample rounded to the nearest.

    Both have the same raster and the same planar pixel format, which the result has too; samples are mixed as they are
    coded, as editing hosts dissolve.
    """
    made = av.VideoFrame(first.width, first.height, first.format.name)
    deep = first.format.components[0].bits > 8
    for plane, one, other in zip(made.planes, first.planes, second.planes, strict=True):
        going, coming = (_samples(each, deep=deep).astype("uint32") for each in (one, other))
        mixed = going * (steps - step) + coming * step
        target = _samples(plane, deep=deep)
        target[:] = ((mixed + steps // 2) // steps).astype(target.dtype)
    return made


def _samples(plane: av.video.plane.VideoPlane, *, deep: bool) -> np.ndarray[Any, Any]:
    """Return a plane's samples as rows, without the bytes between them, in its own memory."""
    import numpy as np  # noqa: PLC0415 - only seams need it

    samples = np.frombuffer(memoryview(plane), dtype="<u2" if deep else "u1")
    rows: np.ndarray[Any, Any] = samples.reshape(-1, plane.line_size // (2 if deep else 1))
    return rows[: plane.height, : plane.width]
