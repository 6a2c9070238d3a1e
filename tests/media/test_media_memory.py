"""Memory that codecs have let go of goes back to the system."""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from otio_cometapi.media import memory

FREED_MB = 64
"""What the child takes in blocks too small for a mapping of their own, and frees."""

MEASURED = f"""
import ctypes, json, os
from otio_cometapi.media.memory import give_back

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
SIZE = 64_000

def held_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

before = held_mb()
blocks = [libc.malloc(SIZE) for _ in range({FREED_MB} * 1_000_000 // SIZE)]
for block in blocks:
    ctypes.memset(block, 1, SIZE)
taken = held_mb()
for block in blocks[:-1]:  # the last one keeps the heap's end where it is, as a codec's tables do
    libc.free(block)
freed = held_mb()
give_back()
print(json.dumps([each - before for each in (taken, freed, held_mb())]))
"""


THREADED = f"""
import ctypes, json, os, sys, threading
from otio_cometapi.media.memory import give_back, share_one_heap

if sys.argv[1] == "one":
    share_one_heap()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
SIZE = 64_000

def held_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

def code():
    together.wait()
    blocks = [libc.malloc(SIZE) for _ in range({FREED_MB} * 1_000_000 // SIZE // 4)]
    for block in blocks:
        ctypes.memset(block, 1, SIZE)
    for block in blocks:
        libc.free(block)

libc.free(libc.malloc(30_000_000))  # one large picture, and the allocator keeps more from then on
before = held_mb()
together = threading.Barrier(4)
threads = [threading.Thread(target=code) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
give_back()
print(json.dumps(held_mb() - before))
"""


def printed(program: str, *arguments: str) -> Any:
    """Run a program in a process of its own and return the JSON that it prints."""
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.fixture
def looked_up_anew() -> Iterator[None]:
    """Let the C library be asked again, now and by the tests after."""
    memory._of_the_c_library.cache_clear()
    memory.share_one_heap.cache_clear()
    yield
    memory._of_the_c_library.cache_clear()
    memory.share_one_heap.cache_clear()


def test_what_was_freed_goes_back_to_the_system() -> None:
    """The allocator keeps freed pictures below a block in use; after `give_back` the process holds them no more."""
    taken, freed, given_back = printed(MEASURED)
    assert taken > 0.9 * FREED_MB
    assert freed > 0.9 * FREED_MB, "the allocator gives it back by itself: then `give_back` is of no use any more"
    assert given_back < 0.1 * FREED_MB


def test_what_threads_have_freed_goes_back_from_one_heap() -> None:
    """A heap for every thread keeps its end for good, whatever is asked; one heap for all keeps next to nothing."""
    assert printed(THREADED, "many") > 0.5 * FREED_MB, "the allocator gives it back by itself by now"
    assert printed(THREADED, "one") < 0.1 * FREED_MB


@pytest.mark.usefixtures("looked_up_anew")
@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_other_systems_are_left_alone(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their allocators give back by themselves, and the C library is not even opened."""

    def opened(_name: str | None) -> None:
        pytest.fail("the C library was opened")

    monkeypatch.setattr(memory.sys, "platform", system)
    monkeypatch.setattr(ctypes, "CDLL", opened)
    memory.share_one_heap()
    memory.give_back()


@pytest.mark.usefixtures("looked_up_anew")
def test_a_c_library_without_the_call_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As musl's, which Alpine has."""

    class Musl:
        def __init__(self, _name: str | None) -> None:
            pass

        def __getattr__(self, name: str) -> Any:
            looked.append(name)
            raise AttributeError(name)

    looked: list[str] = []
    monkeypatch.setattr(ctypes, "CDLL", Musl)
    memory.share_one_heap()
    memory.give_back()
    assert looked == ["mallopt", "malloc_trim"]
