"""Long footage in little time: one stretch of moving picture, encoded once and repeated."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = Fraction(24)


def write_long(path: Path, *, seconds: int, width: int, height: int, gop: int = 250) -> Path:
    """Write so many seconds of H.264 in long GOPs; what moves in it repeats with every GOP."""
    first = path.with_name(f"{path.stem}_gop.mp4")
    with av.open(str(first), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "22", "bf": "2"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = gop
        stream.options = {**stream.options, "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0"}
        for number in range(gop):
            container.mux(stream.encode(_picture(number, width, height)))
        container.mux(stream.encode(None))
    with av.open(str(first)) as read, av.open(str(path), "w") as made:
        target = made.add_stream_from_template(read.streams.video[0])
        packets = [packet for packet in read.demux(video=0) if packet.size]
        tick = Fraction(packets[0].time_base or 1)
        turn = round(gop / RATE / tick)
        data = [(bytes(packet), packet.pts or 0, packet.dts or 0, packet.is_keyframe) for packet in packets]
        for again in range(-(-seconds * RATE.numerator // gop)):
            for content, pts, dts, is_key in data:
                packet = av.Packet(content)
                packet.stream, packet.time_base, packet.is_keyframe = target, tick, is_key
                packet.pts, packet.dts = pts + again * turn, dts + again * turn
                made.mux(packet)
    first.unlink()
    return path


def _picture(number: int, width: int, height: int) -> av.VideoFrame:
    """Return a slow pan over a fixed texture, with a little grain."""
    grain = np.random.default_rng(number).integers(0, 6, (height, width), np.uint8)
    across, down = np.meshgrid(np.arange(width) + 3 * number, np.arange(height) + number)
    luma = (60 + 50 * np.sin(across / 37) + 50 * np.cos(down / 23)).astype(np.uint8) + grain
    chroma = np.full((height // 2, width), 128, np.uint8)
    return av.VideoFrame.from_ndarray(np.concatenate([luma, chroma]), format="yuv420p")
