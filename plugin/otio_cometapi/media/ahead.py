"""Ahead: frames made ready by another thread while those before them are being encoded."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

Frame = TypeVar("Frame")

_MOST = 4
"""Frames that are made before anybody asks for them, at most; 50 MB of 3840 x 2160 in 8 bits and 4:2:0."""


class _End:
    """What stands after the last frame."""


_END: Final = _End()


@contextmanager
def made_ahead(frames: Iterable[Frame], most: int = _MOST) -> Iterator[Iterator[Frame]]:
    """
    Give the same frames in the same order, made by another thread, *most* of them before they are asked for.

    Good for what lets the interpreter's other threads run meanwhile, as decoding and scaling do. What *frames* raises
    is raised where the frame would have stood. After the block no thread touches *frames*, however many were taken.
    """
    source = iter(frames)
    with ThreadPoolExecutor(1, "otio-cometapi-ahead") as pool:
        coming = deque(pool.submit(next, source, _END) for _ in range(most))

        def taken() -> Iterator[Frame]:
            while not isinstance(frame := coming.popleft().result(), _End):
                coming.append(pool.submit(next, source, _END))
                yield frame

        try:
            yield taken()
        finally:
            pool.shutdown(cancel_futures=True)
