"""What codecs have let go of, given back to the system."""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import Any

_M_ARENA_MAX = -8
"""How many heaps there may be, as `mallopt` of glibc knows it (malloc.h of glibc 2.36)."""


@functools.cache
def share_one_heap() -> None:
    """
    Let the threads of this process share one heap; called before codecs start theirs.

    glibc gives every thread a heap, up to eight for each processor, and gives nothing back from the end of any but the
    first, so that each would hold for good what it once needed. Films of 1920x1080 that four threads coded at once
    left 291 MB after `give_back`, and 52 MB with one heap, in no more time (2026-11-23, glibc 2.36, two processors).
    Elsewhere nothing happens; nor to heaps that stand already.
    """
    set_option = _of_the_c_library("mallopt")
    if set_option is not None:
        set_option(_M_ARENA_MAX, 1)


def give_back() -> None:
    """
    Return memory that was freed to the system, where its allocator would keep it. Some milliseconds.

    glibc keeps what one picture needed for the next, of whatever size that is, so that a long run would hold several
    times what it needs. Elsewhere nothing happens.
    """
    trim = _of_the_c_library("malloc_trim")
    if trim is not None:
        trim(0)


@functools.cache
def _of_the_c_library(name: str) -> Any:
    """Return one of glibc's own functions; None where there is none, as in other C libraries of Linux."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None
