"""Renders timelines with melt, the Media Lovin' Toolkit's player."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio

from support import host_process
from support.edits import timeline_length
from support.host_copy import HostError, HostTimeoutError, rebased
from support.mlt_writer import mlt_document

STARTS = 8
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
    return _play([str(document)], path, frame_count=timeline_length(timeline))


def render_kdenlive(timeline: otio.schema.Timeline, path: Path) -> Path:
    """
    Render a timeline of 320 x 180 media by way of a Kdenlive project that `otioconvert` and its adapter write.

    The adapter takes the rate from the timeline and writes a raster of 1920 x 1080, which becomes 320 x 180 here: the
    numbers are the same, in a tenth of the time. Kdenlive's projects end in black without end, so melt is told where
    to stop.

    Raises:
        HostError: melt is missing, failed, or rendered another number of frames than the timeline has.
    """
    document, source = path.with_suffix(".kdenlive"), path.with_suffix(".rebased.otio")
    otio.adapters.write_to_file(rebased(timeline, uris=False), str(source))
    host_process.run([host_process.script("otioconvert"), "-i", str(source), "-o", str(document)])
    text = document.read_text(encoding="utf-8")
    small = re.sub(r"(<profile\b[^>]*)", _small_profile, text, count=1)
    document.write_text(small, encoding="utf-8")
    length = timeline_length(timeline)
    return _play([str(document), f"out={length - 1}"], path, frame_count=length)


def _small_profile(found: re.Match[str]) -> str:
    return found[1].replace('width="1920"', 'width="320"').replace('height="1080"', 'height="180"')


def _play(what: list[str], path: Path, *, frame_count: int) -> Path:
    """
    Render what melt is given without loss into *path* (Matroska) and return it.

    Raises:
        HostError: melt is missing, failed, or rendered another number of frames than *frame_count*.
    """
    melt = host_process.program("melt", package="melt")
    consumer = ["-consumer", f"avformat:{path}", "vcodec=ffv1", "pix_fmt=yuv420p", "an=1", "real_time=-1", "threads=1"]
    log = _run_until_started([melt, "-quiet", *what, *consumer], path)
    return host_process.counted(path, frame_count, log)


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
