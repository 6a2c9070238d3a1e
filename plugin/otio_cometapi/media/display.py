"""Display: scene-linear and high dynamic range pictures, brought to BT.709 through a named colour configuration."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from otio_cometapi.errors import MediaError
from otio_cometapi.media.colour import decided, tags_of
from otio_cometapi.media.picture import Recipe, is_rgb, pictures
from otio_cometapi.media.raster import display_size
from otio_cometapi.records import ColourTransform, MediaInfo

if TYPE_CHECKING:
    import av

INSTALL = "install it with: pip install 'otio-cometapi[color]'"
DEFAULT_CONFIG = "studio-config-v2.1.0_aces-v1.3_ocio-v2.3"
DEFAULT_DISPLAY = "Rec.1886 Rec.709 - Display"
HDR_SOURCES = {16: "Rec.2100-PQ - Display", 18: "Rec.2100-HLG - Display"}
"""Colour spaces of high dynamic range video, by transfer characteristics."""
_FLOATS = {
    "gbrpf16le": "<f2",
    "gbrapf16le": "<f2",
    "gbrpf32le": "<f4",
    "gbrapf32le": "<f4",
    "grayf16le": "<f2",
    "grayf32le": "<f4",
}
_NAME_IT = (
    "name its display transform in the [color] table of the look file, such as view = 'ACES 1.0 - SDR Video' "
    "(and source = 'ACEScg' for scene-linear images)"
)


def is_installed() -> bool:
    """Tell whether the libraries of the extra are there."""
    return all(importlib.util.find_spec(name) is not None for name in ("PyOpenColorIO", "numpy"))


def colour_problem(colour: ColourTransform | None) -> str:
    """Return why pictures cannot go through a display transform, a clause; empty where they can."""
    if not is_installed():
        return f"it needs OpenColorIO: {INSTALL}, and {_NAME_IT}"
    if colour is None:
        return _NAME_IT
    if not colour.source:
        return "the [color] table of the look file does not name its colour space: write source = 'ACEScg' or the like"
    try:
        _processor(colour)
    except MediaError as exc:
        return f"{exc.message.rstrip('.')}: {exc.next_step.rstrip('.')}" if exc.next_step else exc.message.rstrip(".")
    return ""


def displayed(frames: Iterable[av.VideoFrame], info: MediaInfo) -> Iterator[av.VideoFrame]:
    """
    Bring the pictures of a source to the display: RGB of full range, sixteen bits.

    Raises:
        MediaError: The configuration cannot be used, or a picture not converted.
    """
    import numpy as np  # noqa: PLC0415 - of the extra

    colour = info.treatment.colour
    if colour is None:
        raise ValueError("no display transform is asked for")
    processor = _processor(colour)
    strips = min(os.cpu_count() or 1, info.height)
    with ThreadPoolExecutor(strips) as pool:
        for frame in _rgb(frames, info):
            scene = _values(np, frame)
            list(pool.map(processor.applyRGB, np.array_split(scene, strips)))
            yield _shown(np, frame, scene)


def _shown(np: Any, frame: av.VideoFrame, values: Any) -> av.VideoFrame:
    """Return values of the display as a frame, cut off where it ends."""
    # What is not a number is black: a renderer's mistake must not become a host's crash.
    kept = np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=0.0).clip(0.0, 1.0)
    return type(frame).from_ndarray(np.rint(kept * 65535).astype(np.uint16), format="gbrp16le")


def _values(np: Any, frame: av.VideoFrame) -> Any:
    """Return a picture's red, green and blue as an array of height x width x 3; whole numbers become 0 to 1."""
    kind = _FLOATS.get(frame.format.name)
    if kind is None:
        values = frame.to_ndarray()
        scene = (values[..., :3] if values.ndim == 3 else np.stack([values] * 3, axis=-1)).astype(np.float32)
        if values.dtype.kind == "u":
            scene /= 65535 if values.dtype.itemsize == 2 else 255
        return np.ascontiguousarray(scene)
    # The library hands out float pictures of some depths only.
    planes = [
        np.frombuffer(plane, kind).reshape(plane.height, plane.line_size // np.dtype(kind).itemsize)[:, : plane.width]
        for plane in frame.planes
    ]
    order = (2, 0, 1) if len(planes) > 1 else (0, 0, 0)  # stored as green, blue, red
    return np.stack([planes[place] for place in order], axis=-1).astype(np.float32)


def _rgb(frames: Iterable[av.VideoFrame], info: MediaInfo) -> Iterable[av.VideoFrame]:
    """Return the frames as RGB; those that are RGB already stay as they are."""
    if is_rgb(info.pixel_format) or info.pixel_format in _FLOATS:
        return frames
    tags = decided(tags_of(info), height=display_size(info)[1])
    recipe = Recipe(
        scaled=(info.width, info.height),
        source_matrix=tags.matrix_name,
        target_matrix=tags.matrix_name,
        full_range=info.full_range,
        pixel_format="gbrp16le",
        full_range_out=True,
    )
    return pictures(frames, recipe)


@lru_cache(maxsize=8)
def _processor(colour: ColourTransform) -> Any:
    """
    Build the transform on this machine's processor.

    Raises:
        MediaError: The configuration, or a name in it, does not exist; says which there are.
    """
    import PyOpenColorIO as ocio  # noqa: N813, PLC0415 - an extra

    try:
        config = _config(ocio, colour)
        _check_names(config, colour)
        transform = ocio.DisplayViewTransform(src=colour.source, display=colour.display, view=colour.view)
        return config.getProcessor(transform).getDefaultCPUProcessor()
    except ocio.Exception as exc:
        raise MediaError(
            f"the colour configuration '{colour.config}' cannot be used: {exc}.", next_step="Correct [color]."
        ) from exc


def _config(ocio: Any, colour: ColourTransform) -> Any:
    if colour.config_sha256:
        return ocio.Config.CreateFromFile(str(Path(colour.config)))
    names = [row[0] for row in ocio.BuiltinConfigRegistry().getBuiltinConfigs()]
    if colour.config not in names:
        raise MediaError(f"there is no built-in colour configuration '{colour.config}'.", next_step=_there_are(names))
    return ocio.Config.CreateFromBuiltinConfig(colour.config)


def _check_names(config: Any, colour: ColourTransform) -> None:
    displays = list(config.getDisplays())
    if colour.display not in displays:
        raise MediaError(f"the configuration has no display '{colour.display}'.", next_step=_there_are(displays))
    views = list(config.getViews(colour.display))
    if colour.view not in views:
        raise MediaError(f"the display has no view '{colour.view}'.", next_step=_there_are(views))
    if config.getColorSpace(colour.source) is None:
        raise MediaError(
            f"the configuration has no colour space '{colour.source}'.",
            next_step=_there_are(list(config.getColorSpaceNames())),
        )


def _there_are(names: list[str]) -> str:
    return f"There are: {', '.join(names)}."
