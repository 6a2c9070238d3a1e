"""Collecting garbage: not while records are made by the hundred thousand, none of which is any."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_MANY = 100_000
"""So many new objects are the records of a long timeline, and no garbage to speak of."""

_lock = threading.Lock()
_inside = 0
_was_on = False


@contextmanager
def uncollected() -> Iterator[None]:
    """
    Let Python not look for cyclic garbage inside of the block; what nobody refers to goes at once, as ever.

    Every look goes over all that lives, and the more records are made the more looks there are: a tenth of the plan of
    a long timeline, to find nothing. Nor does the first look after the block go over what was made in it, if that is
    very much: it counts as old then. Blocks may be nested, and several threads may be in one at a time.
    """
    global _inside, _was_on  # noqa: PLW0603 - the switch is one for the whole process, and so is who has set it
    with _lock:
        if not _inside:
            _was_on = gc.isenabled()
            gc.disable()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside and _was_on:
                if gc.get_count()[0] >= _MANY and not gc.get_freeze_count():  # what somebody froze must not be thawed
                    gc.freeze()
                    gc.unfreeze()  # both only hang lists into one another; what was young is of the oldest now
                gc.enable()
