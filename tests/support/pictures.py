"""Single pictures in files, for tests of images that go with a request."""

from __future__ import annotations

import base64
import hashlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

_CODECS = {
    ".png": ("png", "rgb24"),
    ".jpg": ("mjpeg", "yuvj420p"),
    ".webp": ("libwebp", "yuv420p"),
    ".tif": ("tiff", "rgb24"),
    ".exr": ("exr", "gbrpf32le"),
}


def write_picture(path: Path, *, width: int = 64, height: int = 36, noise: bool = False) -> Path:
    """Write a picture in the format of *path*'s suffix: a ramp, or *noise*, which no codec makes small."""
    if noise:
        pixels = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
    else:
        ramp = np.linspace(16, 235, width, dtype=np.uint8)
        pixels = np.repeat(np.repeat(ramp[None, :, None], height, axis=0), 3, axis=2)
    codec, pixel_format = _CODECS[path.suffix]
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream(codec, rate=1)
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24").reformat(format=pixel_format)
        frame.pts, frame.time_base = 0, Fraction(1)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def data_uri_digest(path: Path, media_type: str) -> str:
    """Return the SHA-256 of a file as the data URI that it goes as, which is what the simulator's journal keeps."""
    uri = f"data:{media_type};base64,{base64.b64encode(path.read_bytes()).decode()}"
    return hashlib.sha256(uri.encode()).hexdigest()
