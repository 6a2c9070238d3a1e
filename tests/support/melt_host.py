"""Renders timelines with melt, the Media Lovin' Toolkit's player."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import opentimelineio as otio

from support import host_process
from support.edits import timeline_length
from support.host_copy import rebased
from support.mlt_writer import mlt_document

LEAST_WEIGHT = 0.05
"""In a dissolve melt gives the incoming picture no weight at the first frame."""


def render(timeline: otio.schema.Timeline, path: Path, *, rate: Fraction, stock: bool = True) -> Path:
    """
    Render a timeline of 320 x 180 media without loss into *path* (Matroska) and return it.

    *stock* converts with `otioconvert` and the MLT adapter, as a user would; that adapter does not render dissolves,
    so timelines that have one are written by `mlt_writer` instead.

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
    settings = ["vcodec=ffv1", "pix_fmt=yuv420p", "an=1", "real_time=0", "threads=1"]
    log = host_process.run([melt, "-quiet", str(document), "-consumer", consumer, *settings])
    return host_process.counted(path, timeline_length(timeline), log)


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
