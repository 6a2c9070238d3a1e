"""What codecs have let go of, given back to the system."""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Callable


def give_back() -> None:
    """
    Return memory that was freed to the system, where its allocator would keep it.

    glibc keeps a heap for every thread that ran at one time, and codecs run many: pictures that were freed in one are
    of no use to the next, so that a long run would hold several times what it needs. Some milliseconds; elsewhere
    nothing happens.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@functools.cache
def _trim() -> Callable[[int], int] | None:
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries of Linux have none
