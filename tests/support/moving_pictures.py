"""Moving pictures without any number in them: pans, zooms, discs, cuts, and those that tell nothing of time."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from support.restyles import box_blurred

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Pictures = NDArray[np.uint8]
    Motion = Callable[[NDArray[Any], np.random.Generator], Pictures]

WIDTH, HEIGHT = 320, 180


def _texture(draw: np.random.Generator, height: int, width: int) -> NDArray[Any]:
    """Draw clouds of several sizes in colour."""
    total = np.zeros((1, height, width, 3), np.float32)
    for radius, weight in ((2, 0.5), (6, 1.0), (18, 1.6)):
        clouds = box_blurred(draw.normal(0, 1, (1, height, width, 3)), radius)
        total += weight * clouds / clouds.std()
    return np.clip(128 + 34 * total[0], 0, 255).astype(np.float32)


def _sampled(texture: NDArray[Any], y: NDArray[Any], x: NDArray[Any]) -> NDArray[Any]:
    """Read a texture between its pixels."""
    y = np.clip(y, 0, texture.shape[0] - 1.001)
    x = np.clip(x, 0, texture.shape[1] - 1.001)
    top, left = y.astype(int), x.astype(int)
    down, right = (y - top)[..., None], (x - left)[..., None]
    upper = texture[top, left] * (1 - right) + texture[top, left + 1] * right
    lower = texture[top + 1, left] * (1 - right) + texture[top + 1, left + 1] * right
    return upper * (1 - down) + lower * down


def _moved(
    texture: NDArray[Any], across: NDArray[Any], down: NDArray[Any], zoom: NDArray[Any] | float = 1.0
) -> Pictures:
    """Look at a texture through a camera whose path is given in pixels."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    zooms = np.broadcast_to(zoom, across.shape)
    middle_y, middle_x = (texture.shape[0]) / 2, (texture.shape[1]) / 2
    frames = [
        _sampled(texture, middle_y + (y - HEIGHT / 2) / z + dy, middle_x + (x - WIDTH / 2) / z + dx)
        for dx, dy, z in zip(across, down, zooms, strict=True)
    ]
    return np.stack(frames).astype(np.uint8)


def _pan(t: NDArray[Any], d: np.random.Generator) -> Pictures:
    across = 60 * np.sin(t * d.uniform(0.8, 1.6) + d.uniform(0, 6)) + 15 * np.sin(3.1 * t + d.uniform(0, 6))
    return _moved(_texture(d, 260, 520), across, 8 * np.sin(1.7 * t))


def _slow_pan(t: NDArray[Any], d: np.random.Generator) -> Pictures:
    return _moved(_texture(d, 240, 420), (t - t.mean()) * 10, 0 * t)


def _zoom(t: NDArray[Any], d: np.random.Generator) -> Pictures:
    return _moved(_texture(d, 300, 460), 0 * t, 0 * t, 1.2 + 0.25 * np.sin(t * d.uniform(0.9, 1.5) + d.uniform(0, 6)))


def _handheld(t: NDArray[Any], d: np.random.Generator) -> Pictures:
    path = np.cumsum(d.normal(0, 1.2, (2, len(t))), axis=1)
    path -= np.linspace(0, 1, len(t)) * path[:, -1:]
    return _moved(_texture(d, 280, 440), path[0], path[1])


def _discs(t: NDArray[Any], d: np.random.Generator) -> Pictures:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    sky = np.stack([60 + x / 4, 90 + y / 3, 170 - x / 5], axis=2)
    frames = np.repeat(sky[None], len(t), axis=0)
    for _ in range(4):
        radius, colour = d.uniform(10, 34), d.uniform(20, 240, 3)
        turns, phase = d.uniform(0.8, 3.0, 2), d.uniform(0, 6, 2)
        across = WIDTH / 2 + 120 * np.sin(turns[0] * t + phase[0])
        down = HEIGHT / 2 + 60 * np.sin(turns[1] * t + phase[1])
        for n in range(len(t)):
            inside = np.clip(radius - np.hypot(x - across[n], y - down[n]) + 0.5, 0, 1)[..., None]
            frames[n] = frames[n] * (1 - inside) + colour * inside
    return frames.astype(np.uint8)


def _gradient(t: NDArray[Any], d: np.random.Generator) -> Pictures:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    frames = np.empty((len(t), HEIGHT, WIDTH, 3))
    for channel in range(3):
        turn, phase = d.uniform(0.7, 2.2), d.uniform(0, 6)
        for n, now in enumerate(t):
            angle = turn * now + phase
            frames[n, ..., channel] = 128 + 100 * np.sin((x * np.cos(angle) + y * np.sin(angle)) / 70 + now)
    return frames.astype(np.uint8)


def _cuts(t: NDArray[Any], d: np.random.Generator) -> Pictures:
    at = sorted(d.choice(range(len(t) // 5, len(t) * 4 // 5), 2, replace=False))
    pieces = np.split(np.arange(len(t)), at)
    kinds = (_slow_pan, _discs, _slow_pan)
    return np.concatenate([kind(t[piece], d) for kind, piece in zip(kinds, pieces, strict=True)])


def _flashes(t: NDArray[Any], d: np.random.Generator) -> Pictures:
    frames = _still(t, d).astype(np.float32)
    for n in d.choice(range(4, len(t) - 4), 3, replace=False):
        frames[n : n + 2] = np.clip(frames[n : n + 2] * 1.5 + 60, 0, 255)
    return frames.astype(np.uint8)


def _still(t: NDArray[Any], d: np.random.Generator) -> Pictures:
    return _moved(_texture(d, 200, 360), 0 * t, 0 * t)


def _loop(t: NDArray[Any], d: np.random.Generator) -> Pictures:
    """Repeat six frames for ever: nothing tells one turn from the next."""
    turn = np.arange(len(t)) % 6 * (2 * np.pi / 6)
    return _moved(_texture(d, 240, 400), 9 * np.sin(turn), 5 * np.cos(turn))


MOTIONS: dict[str, Motion] = {
    "pan": _pan,
    "slow pan": _slow_pan,
    "zoom": _zoom,
    "handheld": _handheld,
    "discs": _discs,
    "gradient": _gradient,
    "cuts": _cuts,
    "flashes": _flashes,
    "still": _still,
    "loop": _loop,
}
"""Every kind of movement by its name."""


def moving(kind: str, *, frame_count: int, rate: int, seed: int) -> Pictures:
    """Draw a clip (frames x height x width x RGB); movement is in seconds, so that the rate matters."""
    return MOTIONS[kind](np.arange(frame_count) / rate, np.random.default_rng(seed))


def shifted(pictures: Pictures, offset: int, *, drop: bool = False) -> Pictures:
    """Return pictures of which number n shows number n + *offset*; ends are held, or left out with *drop*."""
    numbers = np.arange(len(pictures)) + offset
    if drop and offset > 0:
        numbers = numbers[:-offset]
    return pictures[np.clip(numbers, 0, len(pictures) - 1)]


def write_pictures(path: Path, pictures: Pictures, *, rate: int = 25, crf: float = 20) -> Path:
    """Encode pictures as H.264, as a model would."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(rate))
        stream.height, stream.width = pictures.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": f"{crf:g}", "preset": "veryfast"}
        stream.codec_context.thread_count = 1
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def read_pictures(path: Path, *, width: int = WIDTH, height: int = HEIGHT) -> Pictures:
    """Decode a whole file at a small raster."""
    with av.open(str(path)) as container:
        frames = container.decode(video=0)
        return np.stack([f.reformat(width, height, "rgb24", interpolation="AREA").to_ndarray() for f in frames])
