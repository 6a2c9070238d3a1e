"""Changes of a whole picture, as strong as those of a generative model, each reproducible by its seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Pictures = NDArray[np.uint8]
    Change = Callable[[Pictures, np.random.Generator], NDArray[Any]]


def _grey(pictures: Pictures) -> NDArray[Any]:
    return pictures.astype(np.float32) @ np.array([0.2126, 0.7152, 0.0722], np.float32)


def box_blurred(pictures: NDArray[Any], radius: int) -> NDArray[Any]:
    """Average every pixel with its neighbours, twice."""
    out = pictures.astype(np.float32)
    for axis in (1, 2, 1, 2):
        pads = [(radius + 1, radius) if a == axis else (0, 0) for a in range(out.ndim)]
        sums = np.cumsum(np.pad(out, pads, mode="edge"), axis=axis, dtype=np.float64)
        size = out.shape[axis]
        upper, lower = (
            np.take(sums, range(2 * radius + 1, 2 * radius + 1 + size), axis),
            np.take(sums, range(size), axis),
        )
        out = ((upper - lower) / (2 * radius + 1)).astype(np.float32)
    return out


def _field(draw: np.random.Generator, count: int, shape: tuple[int, int], cells: int) -> NDArray[Any]:
    """Draw smooth random fields between -1 and 1, one a frame."""
    height, width = shape
    coarse = draw.uniform(-1, 1, (count, cells, cells))
    rows = np.linspace(0, cells - 1.001, height)
    columns = np.linspace(0, cells - 1.001, width)
    top, left = rows.astype(int), columns.astype(int)
    down, right = (rows - top)[:, None], (columns - left)[None, :]
    upper = coarse[:, top][:, :, left] * (1 - right) + coarse[:, top][:, :, left + 1] * right
    lower = coarse[:, top + 1][:, :, left] * (1 - right) + coarse[:, top + 1][:, :, left + 1] * right
    return upper * (1 - down) + lower * down


def _same(p: Pictures, _d: np.random.Generator) -> NDArray[Any]:
    return p


def _inverted(p: Pictures, _d: np.random.Generator) -> NDArray[Any]:
    return 255 - p


def _posterised(p: Pictures, _d: np.random.Generator) -> NDArray[Any]:
    return (p // 86) * 127


def _edges(p: Pictures, _d: np.random.Generator) -> NDArray[Any]:
    grey = np.pad(_grey(p), ((0, 0), (1, 1), (1, 1)), mode="edge")
    across = grey[:, 1:-1, 2:] - grey[:, 1:-1, :-2]
    down = grey[:, 2:, 1:-1] - grey[:, :-2, 1:-1]
    return np.repeat((3 * np.hypot(across, down))[..., None], 3, axis=3)


def _noise(p: Pictures, d: np.random.Generator) -> NDArray[Any]:
    return p + d.normal(0, 25, p.shape).astype(np.float32)


def _blur(p: Pictures, _d: np.random.Generator) -> NDArray[Any]:
    return box_blurred(p, 5)


def _half_replaced(p: Pictures, d: np.random.Generator) -> NDArray[Any]:
    out = p.copy()
    count, height, width, _ = p.shape
    y, x = np.mgrid[0:height, 0 : width // 2]
    for channel in range(3):
        speed, phase, wave = d.uniform(0.05, 0.3), d.uniform(0, 6), d.uniform(15, 40)
        for n in range(count):
            value = np.sin(x / wave + speed * n + phase) + np.cos(y / wave - 1.3 * speed * n)
            out[n, :, width - width // 2 :, channel] = 128 + 50 * value
    return out


def _wobble(p: Pictures, d: np.random.Generator) -> NDArray[Any]:
    steps = d.integers(-1, 2, (len(p), 2))
    return np.stack([np.roll(one, tuple(step), (0, 1)) for one, step in zip(p, steps, strict=True)])


def _hue_contrast(p: Pictures, _d: np.random.Generator) -> NDArray[Any]:
    return (p[..., [2, 0, 1]].astype(np.float32) - 110) * 1.5 + 118


def _painting(p: Pictures, d: np.random.Generator) -> NDArray[Any]:
    soft = box_blurred(p, 3)
    steps = np.round(soft / 24) * 24 * 0.8 + soft * 0.2
    canvas = _field(d, 1, p.shape[1:3], 40)[..., None] * 14
    return steps + canvas


def _dithered(p: Pictures, _d: np.random.Generator) -> NDArray[Any]:
    bayer = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16 - 0.47
    tiles = np.tile(bayer, (p.shape[1] // 4 + 1, p.shape[2] // 4 + 1))[: p.shape[1], : p.shape[2], None]
    return np.round(p / 85 + tiles) * 85


def _warped(p: Pictures, d: np.random.Generator) -> NDArray[Any]:
    shape = p.shape[1:3]
    down, across = (_field(d, 1, shape, 5)[0] * 9 for _ in range(2))
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    rows = np.clip(y + down, 0, shape[0] - 1).astype(int)
    columns = np.clip(x + across, 0, shape[1] - 1).astype(int)
    return p[:, rows, columns]


def _flicker(p: Pictures, d: np.random.Generator) -> NDArray[Any]:
    gain, lift = d.uniform(0.85, 1.15, len(p)), d.uniform(-12, 12, len(p))
    return p * gain[:, None, None, None] + lift[:, None, None, None]


def _mosaic(p: Pictures, _d: np.random.Generator) -> NDArray[Any]:
    size = 4
    count, height, width, _ = p.shape
    rows, columns = height // size, width // size
    small = p[:, : rows * size, : columns * size].reshape(count, rows, size, columns, size, 3).mean((2, 4))
    back = small.repeat(size, 1).repeat(size, 2)
    return np.pad(back, ((0, 0), (0, height - rows * size), (0, width - columns * size), (0, 0)), mode="edge")


def _solarised(p: Pictures, _d: np.random.Generator) -> NDArray[Any]:
    return np.abs(2 * p.astype(np.float32) - 255)


def _boiling(p: Pictures, d: np.random.Generator) -> NDArray[Any]:
    return p * (1 + 0.15 * _field(d, len(p), p.shape[1:3], 9)[..., None])


def _repainted(p: Pictures, d: np.random.Generator) -> NDArray[Any]:
    """Paint, turn the hues, bend and boil, all at once."""
    painted = np.clip(_painting(_warped(p, d), d), 0, 255).astype(np.uint8)
    return _hue_contrast(np.clip(_boiling(painted, d), 0, 255).astype(np.uint8), d) * 0.7 + 30


CHANGES: dict[str, Change] = {
    "none": _same,
    "inverted": _inverted,
    "posterised": _posterised,
    "edges": _edges,
    "noise": _noise,
    "blur": _blur,
    "half replaced": _half_replaced,
    "wobble": _wobble,
    "hue and contrast": _hue_contrast,
    "painting": _painting,
    "dithered": _dithered,
    "warped": _warped,
    "flicker": _flicker,
    "mosaic": _mosaic,
    "crf 35": _same,
    "solarised": _solarised,
    "boiling": _boiling,
    "repainted": _repainted,
}
"""Every change by its name; ``"crf 35"`` is one of the encoder."""


def restyled(pictures: Pictures, change: str, *, seed: int) -> Pictures:
    """Return the pictures (frames x height x width x RGB) after a change."""
    changed = CHANGES[change](pictures, np.random.default_rng(seed))
    return np.clip(np.asarray(changed), 0, 255).astype(np.uint8)
