"""A job on a small disk that really fills up: the command says so, and goes on when there is room."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.crash_desk import CrashDesk, Strike, told
from support.crash_points import FULL
from support.host_process import program

pytestmark = pytest.mark.proof


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[None]:
    """Lay a file system of that size over a folder; needs root, as CI is."""
    mount, umount = program("mount", package="mount"), program("umount", package="mount")
    subprocess.run([mount, "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run([umount, str(folder)], check=True)


def with_more_room(folder: Path) -> None:
    """Make the disk large enough."""
    mount = program("mount", package="mount")
    subprocess.run([mount, "-o", "remount,size=4m", str(folder)], check=True)


@pytest.mark.parametrize("kilobytes", [4, 20, 72, 84, 92, 100, 104, 108, 112, 116, 120, 124, 128, 132, 136, 140])
def test_a_disk_that_fills_up_loses_nothing(crash_desk: CrashDesk, kilobytes: int) -> None:
    """With too little room the run ends with a sentence and half a file nowhere; with more room `resume` ends it."""
    crash_desk.fresh()
    with small_disk(crash_desk.desk, kilobytes):
        ended = crash_desk.run()
        assert ended.code in (1, 3), ended
        assert "No space left" in ended.stderr or "disk is full" in ended.stderr, ended
        assert told([*crash_desk.standing(), *crash_desk.ended_well(ended, Strike(FULL))]) == ""
        with_more_room(crash_desk.desk)
        assert told(crash_desk.settle()) == ""
