"""Conforming: an output made to fit and verified, against ffmpeg with the same codec and a decode of its result."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench import measuring
from bench.measuring import Cost, Row, child, compared, in_turn, process

_COUNT = 120


def footage(folder: str, width: int, height: int) -> str:
    """Write an output of five seconds in H.264, as a service delivers it."""
    from bench.footage import write_long

    return str(write_long(Path(folder) / "output.mp4", seconds=5, width=width, height=height, gop=_COUNT))


def conformed(output: str, into: str, codec: str) -> dict[str, Any]:
    """Make the output fit a source of its raster, and verify it."""
    from otio_cometapi.media.conform import conform
    from otio_cometapi.media.probe import media_info
    from otio_cometapi.records import Export, Finish, Span

    info = media_info(Path(output))
    span = Span(0, info.frame_count, info.rate)
    whole = (0, 0, info.width, info.height)
    sent = Export(output, span, 0, info.rate, info.width, info.height, whole, info.size_bytes, "high", "", ())
    started, before = time.perf_counter(), time.process_time()
    made = conform(
        Path(output),
        export=sent,
        source=info,
        visible=span,
        start_frame=86400,
        drop_frame=False,
        into=Path(into),
        finish=Finish(codec=codec),
    )
    seconds, cpu = time.perf_counter() - started, time.process_time() - before
    return {"seconds": seconds, "cpu": cpu, "policy": made.policy}


def ffmpeg(output: str, into: str, *codec: str) -> Cost:
    """Encode the output with the same settings, and decode what came of it."""
    made = process("ffmpeg", "-v", "error", "-y", "-i", output, "-an", *codec, into)
    read = process("ffmpeg", "-v", "error", "-i", into, "-f", "null", "-")
    return replace(made, seconds=made.seconds + read.seconds, cpu=made.cpu + read.cpu)


_CODECS = {
    "h264": ("mp4", ("-c:v", "libx264", "-crf", "13", "-preset", "fast", "-bf", "0", "-g", "12", "-threads", "1")),
    "prores": ("mov", ("-c:v", "prores_ks", "-profile:v", "3", "-pix_fmt", "yuv422p10le", "-threads", "1")),
}


def main(arguments: Sequence[str] | None = None) -> Sequence[Row]:
    """Print what conforming takes."""
    flags = measuring.options(__doc__).parse_args(arguments)
    runs = measuring.runs_of(flags, 3)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        output = child(footage, folder, *((320, 180) if flags.small else (1920, 1080))).value
        for codec, (suffix, settings) in _CODECS.items():
            ours = lambda codec=codec, suffix=suffix: _inner(  # noqa: E731
                child(conformed, output, f"{folder}/ours.{suffix}", codec)
            )
            theirs = lambda suffix=suffix, settings=settings: ffmpeg(  # noqa: E731
                output, f"{folder}/theirs.{suffix}", *settings
            )
            costs = in_turn(ours, theirs, runs=runs)
            what = f"conform of 5 s to {codec}, verified"
            rows.append(compared(what, "ffmpeg, same codec, and a decode", costs, aim=1.15))
            rows.append(compared(f"{what}: processor time", "ffmpeg, same codec, and a decode", costs, figure="cpu"))
    return measuring.told("conform", rows, flags)


def _inner(cost: Cost) -> Cost:
    return replace(cost, seconds=cost.value["seconds"], cpu=cost.value["cpu"])
