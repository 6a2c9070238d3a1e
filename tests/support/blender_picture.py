"""
The picture of docs/how-to/blender.md: three frames of a cut as Blender rendered them before the road, and after it.

``make blender-picture`` sends two strips against the simulator and writes docs/pictures/blender.png anew.
"""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np

from otio_cometapi.media.testcard import write_testcard
from support.blender import install, play
from support.road import simulator

if TYPE_CHECKING:
    from numpy.typing import NDArray

PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "blender.png"
FRAMES = (22, 36, 50)
_GAP = 6
"""Pixels between two frames."""

_SCRIPT = """
scene = bpy.context.scene
stage(scene, fps=24)
for number, path in enumerate(given["media"]):
    strip = movie(scene, path, at=20 * number - 10, channel=1, name="ab"[number])
    strip.frame_final_start, strip.frame_final_end = 10 + 24 * number, 34 + 24 * number
for strip in scene.sequence_editor.strips:
    strip.transform.scale_x = strip.transform.scale_y = 0.9
bpy.ops.wm.save_as_mainfile(filepath=given["home"] + "/edit.blend")
render(scene, given["home"] + "/before", 10, 58)
told["ends"] = whole_road(scene, "a", "b")
render(scene, given["home"] + "/after", 10, 58)
"""


def taken(home: Path) -> NDArray[np.uint8]:
    """Play the road, and return the frames: those before above, those after below."""
    install(home)
    media = [str(home / f"{seed}.mp4") for seed in (3, 4)]
    for seed, path in enumerate(media, start=3):
        write_testcard(Path(path), frame_count=80, rate=Fraction(24), width=320, height=180, seed=seed)
    with simulator() as url:
        told = play(_SCRIPT, home=home, base_url=url, more={"home": str(home), "media": media})
    assert told["ends"] == [["FINISHED"]] * 3, told
    rows = [_row(home / name) for name in ("before", "after")]
    between = np.full((_GAP, rows[0].shape[1], 3), 255, np.uint8)
    return np.concatenate([rows[0], between, rows[1]])


def _row(folder: Path) -> NDArray[np.uint8]:
    pieces: list[NDArray[np.uint8]] = []
    for frame in FRAMES:
        with av.open(str(folder / f"{frame:04d}.png")) as container:
            picture = next(container.decode(video=0)).reformat(width=240, height=135).to_ndarray(format="rgb24")
        pieces += [picture, np.full((picture.shape[0], _GAP, 3), 255, np.uint8)]
    return np.concatenate(pieces[:-1], axis=1)


def write(picture: NDArray[np.uint8], path: Path) -> None:
    """Write a picture as PNG."""
    coder = av.CodecContext.create("png", "w")
    coder.width, coder.height, coder.pix_fmt = picture.shape[1], picture.shape[0], "rgb24"
    coder.time_base = Fraction(1, 25)
    coder.options = {"compression_level": "9", "pred": "mixed"}
    packets = [*coder.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")), *coder.encode(None)]
    path.write_bytes(b"".join(bytes(packet) for packet in packets))


def main() -> None:
    """Take it anew."""
    with tempfile.TemporaryDirectory() as folder:
        write(taken(Path(folder)), PICTURE)
    print(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
