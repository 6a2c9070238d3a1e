"""Codecs that media is written in, and what each can hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av

from otio_cometapi.errors import MediaError
from otio_cometapi.records import MEDIA_CODECS, Finish, MediaInfo

_DNXHR_LEAST = (256, 120)
"""The smallest raster that DNxHR is defined for."""
_ENCODERS = {"h264": "libx264", "prores": "prores_ks", "dnxhr": "dnxhd"}


@dataclass(frozen=True, slots=True)
class Writing:
    """How one codec is written for one raster and depth."""

    encoder: str
    """The codec library's name of the encoder."""
    container: str
    """``"mp4"`` or ``"mov"``."""
    pixel_format: str
    """What the frames are in."""
    options: tuple[tuple[str, str], ...] = ()
    """Options of the encoder beside quality and speed."""


def media_suffix(finish: Finish) -> str:
    """Return the ending of a media file's name; sound is kept as PCM, which MP4 cannot hold for every host."""
    return ".mp4" if finish.codec == "h264" and finish.sound == "none" else ".mov"


def writing_for(finish: Finish, *, source: MediaInfo, output: MediaInfo) -> Writing:
    """
    Choose how the media of a source is written: 4:4:4 where the raster is odd, ten bits where there are any.

    Raises:
        MediaError: There is no such codec, or it cannot hold the raster.
    """
    if finish.codec not in MEDIA_CODECS:
        raise MediaError(f"there is no codec '{finish.codec}'.", next_step=f"Choose one of {', '.join(MEDIA_CODECS)}.")
    encoder, container = _ENCODERS[finish.codec], media_suffix(finish)[1:]
    # Colour stored for pairs of pixels knows even rasters only.
    odd = bool(source.width % 2 or source.height % 2)
    if finish.codec == "h264":
        return Writing(encoder, container, "yuv444p" if odd else "yuv420p")
    if finish.codec == "prores":
        profile, pixels = ("4444", "yuv444p10le") if source.width % 2 else ("hq", "yuv422p10le")
        return Writing(encoder, container, pixels, (("profile", profile), ("vendor", "apl0")))
    if source.width % 2 or source.width < _DNXHR_LEAST[0] or source.height < _DNXHR_LEAST[1]:
        raise MediaError(
            f"DNxHR cannot hold a raster of {source.width}x{source.height}.", next_step="Choose prores or h264."
        )
    deep = max(_depth(source.pixel_format), _depth(output.pixel_format)) > 8
    profile, pixels = ("dnxhr_hqx", "yuv422p10le") if deep else ("dnxhr_hq", "yuv422p")
    return Writing(encoder, container, pixels, (("profile", profile),))


@cache
def repeatable_h264(processor: Path = Path("/proc/cpuinfo")) -> dict[str, str]:
    """
    Return the option of libx264 without which equal frames do not always make equal files on this processor.

    With its routines for AVX-512 (core 165) the first encode of a thread now and then differs in a few bytes: 16 of
    some 3,000, each in a thread of its own on a busy machine. Of a thousand between them that were kept to AVX2,
    none did. Every processor that has AVX-512 has what is named instead.
    """
    try:
        known = processor.read_text(errors="replace")
    except OSError:  # not Linux: there is nothing to ask
        return {}
    return {"x264-params": "asm=AVX2,FMA3,BMI2"} if " avx512f " in known else {}


def _depth(pixel_format: str) -> int:
    """Return the bits of a pixel's first component."""
    return av.VideoFormat(pixel_format).components[0].bits
