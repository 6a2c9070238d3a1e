"""Renders timelines with melt, the Media Lovin' Toolkit's player."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import opentimelineio as otio

from support import host_process
from support.edits import timeline_length
from support.host_copy import HostError, HostTimeoutError, rebased
from support.mlt_writer import mlt_document

STARTS = 4
"""How often melt is started at most."""
START_LIMIT_S = 20.0
"""Seconds for one render of about a hundred small frames, which takes one."""
LEAST_WEIGHT = 0.05
"""In a dissolve melt gives the incoming picture no weight at the first frame."""


def render(timeline: otio.schema.Timeline, path: Path, *, rate: Fraction, stock: bool = True) -> Path:
    """
    Render a timeline of 320 x 180 media without loss into *path* (Matroska) and return it.

    *stock* converts with `otioconvert` and the MLT adapter, as a user would; otherwise `mlt_writer` writes the
    document, so that dissolves have a second witness.

    Raises:
        HostError: melt is missing, failed, or rendered another number of frames than the timeline has.
    """
    document = path.with_suffix(".mlt")
    copy = rebased(timeline, uris=False)
    if stock:
        _convert(copy, document, rate)
    else:
        document.write_bytes(mlt_document(copy, rate=rate))
    melt = host_process.program("melt", package="melt")
    consumer = f"avformat:{path}"
    settings = ["vcodec=ffv1", "pix_fmt=yuv420p", "an=1", "real_time=-1", "threads=1"]
    log = _run_until_started([melt, "-quiet", str(document), "-consumer", consumer, *settings], path)
    return host_process.counted(path, timeline_length(timeline), log)


def _run_until_started(arguments: list[str], path: Path) -> str:
    """
    Run melt, once more where it never started, and return what it wrote.

    melt 7.12 starts its encoder's thread before it marks the encoder as running (`consumer_start` in
    consumer_avformat.c). On a busy machine the thread is sometimes first, takes the mark's absence for the end and
    writes nothing; melt then waits for ever, or ends. An empty file is that start, never a render.

    Raises:
        HostError: melt failed, did not end, or never started.
    """
    for _ in range(STARTS):
        try:
            log = host_process.run(arguments, time_limit_s=START_LIMIT_S)
        except HostTimeoutError:
            if _has_bytes(path):
                raise
        else:
            if _has_bytes(path):
                return log
    raise HostError(f"{' '.join(arguments)} wrote nothing in {STARTS} starts")


def _has_bytes(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _convert(copy: otio.schema.Timeline, document: Path, rate: Fraction) -> None:
    """Write *document* with the stock adapter through the stock converter."""
    source = document.with_suffix(".rebased.otio")
    otio.adapters.write_to_file(copy, str(source))
    profile = {
        "width": 320,
        "height": 180,
        "frame_rate_num": rate.numerator,
        "frame_rate_den": rate.denominator,
        "progressive": 1,
        "sample_aspect_num": 1,
        "sample_aspect_den": 1,
        "display_aspect_num": 16,
        "display_aspect_den": 9,
        "colorspace": 709,
    }
    arguments = [part for name, value in profile.items() for part in ("-A", f"{name}={value}")]
    host_process.run(
        [host_process.script("otioconvert"), "-i", str(source), "-o", str(document), "-O", "mlt_xml", *arguments]
    )
