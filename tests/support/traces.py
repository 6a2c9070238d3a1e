"""Traces of pictures that never were a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import numpy as np

from otio_cometapi.media.motion import Trace, trace_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


def trace_of_pictures(pictures: NDArray[Any]) -> Trace:
    """Reduce pictures (frames x height x width x RGB) to their trace, without coding them."""
    return trace_of(av.VideoFrame.from_ndarray(np.ascontiguousarray(one), format="rgb24") for one in pictures)
