"""Frames made by another thread, ahead of the one who takes them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from otio_cometapi.media.ahead import made_ahead


def test_all_come_in_their_order_from_one_other_thread() -> None:
    """As many as were made, none twice, none on the thread that takes them."""
    makers = set()

    def made() -> Iterator[int]:
        for number in range(50):
            makers.add(threading.get_ident())
            yield number

    with made_ahead(made()) as taken:
        assert list(taken) == list(range(50))
    assert len(makers) == 1
    assert threading.get_ident() not in makers


def test_only_a_few_are_made_before_they_are_asked_for() -> None:
    """Memory holds those few and no more, however slow the one who takes them is."""
    made = []
    enough, more = threading.Semaphore(0), threading.Semaphore(0)

    def making() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            enough.release()
            yield number
            more.acquire()

    with made_ahead(making(), most=3) as taken:
        for _ in range(50):
            more.release()
        for _ in range(3):
            assert enough.acquire(timeout=10)
        assert not enough.acquire(timeout=0.1)
        assert made == [0, 1, 2]
        assert next(taken) == 0
        assert enough.acquire(timeout=10)
        assert made == [0, 1, 2, 3]


def test_what_making_raises_comes_where_the_frame_would_stand() -> None:
    """Those before it are taken first."""

    def made() -> Iterator[int]:
        yield from (0, 1)
        raise ValueError("the third is damaged")

    with made_ahead(made()) as taken:
        assert [next(taken), next(taken)] == [0, 1]
        with pytest.raises(ValueError, match="third"):
            next(taken)


def test_who_breaks_off_leaves_no_thread_behind() -> None:
    """Nothing is made after the block, and its error passes."""
    before = threading.active_count()
    source = iter(range(50))
    with suppress(KeyError), made_ahead(source, most=2) as taken:
        next(taken)
        raise KeyError
    assert threading.active_count() == before
    assert next(source) <= 3
