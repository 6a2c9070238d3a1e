"""Orientation: pictures that are stored turned or mirrored, brought upright and back without touching a pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from av.sidedata.sidedata import Type as SideData

if TYPE_CHECKING:
    import av

_ONE = 1 << 16
_UPRIGHT = (1, 0, 0, 1)
_STEPS: dict[tuple[int, int, int, int], tuple[tuple[str, str], ...]] = {
    _UPRIGHT: (),
    (-1, 0, 0, 1): (("hflip", ""),),
    (1, 0, 0, -1): (("vflip", ""),),
    (-1, 0, 0, -1): (("hflip", ""), ("vflip", "")),
    (0, 1, -1, 0): (("transpose", "clock"),),
    (0, -1, 1, 0): (("transpose", "cclock"),),
    (0, 1, 1, 0): (("transpose", "cclock_flip"),),
    (0, -1, -1, 0): (("transpose", "clock_flip"),),
}
"""The filters that bring a picture upright, by what the matrix does to right and down."""
_BACK = {"clock": "cclock", "cclock": "clock"}

Steps = tuple[tuple[str, str], ...]
"""Filters with their arguments."""


def display_matrix(frame: av.VideoFrame) -> tuple[int, ...]:
    """Return the nine numbers of a frame's display matrix; empty where the picture is stored upright."""
    # The library's type stubs know motion vectors only.
    side_data: Any = frame.side_data
    for data in side_data:
        if data.type == SideData.DISPLAYMATRIX:
            matrix = tuple(memoryview(bytes(data)).cast("i"))
            return () if _turn(matrix) == _UPRIGHT else matrix
    return ()


def can_be_turned(matrix: tuple[int, ...]) -> bool:
    """Tell whether whole turns and mirrors bring such a picture upright and back exactly."""
    return not matrix or _turn(matrix) in _STEPS


def is_sideways(matrix: tuple[int, ...]) -> bool:
    """Tell whether width and height change places when the picture is brought upright."""
    return bool(matrix) and _turn(matrix)[0] == 0


def upright_steps(matrix: tuple[int, ...]) -> Steps:
    """Return the filters that turn a stored picture upright."""
    return _STEPS[_turn(matrix)] if matrix else ()


def stored_steps(matrix: tuple[int, ...]) -> Steps:
    """Return the filters that turn an upright picture back to how it is stored."""
    return tuple((name, _BACK.get(how, how)) for name, how in upright_steps(matrix))


def _turn(matrix: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return where right and down go: whole steps, or (0, 0, 0, 0) for what is no turn or mirror."""
    turn = matrix[0], matrix[1], matrix[3], matrix[4]
    if any(value % _ONE for value in turn) or any(matrix[place] for place in (2, 5)) or matrix[8] != 1 << 30:
        return 0, 0, 0, 0
    return turn[0] // _ONE, turn[1] // _ONE, turn[2] // _ONE, turn[3] // _ONE
