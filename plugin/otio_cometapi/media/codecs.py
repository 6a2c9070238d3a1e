"""Codecs that media is written in, and what each can hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

import av

from otio_cometapi.errors import MediaError
from otio_cometapi.media.colour import BT709_MATRIX, UNSPECIFIED, ColourTags, decided, picture_tags
from otio_cometapi.media.raster import display_size
from otio_cometapi.records import MEDIA_CODECS, Finish, MediaInfo
from otio_cometapi.timecode import SMPTE_RATES

_DNXHR_LEAST = (256, 120)
"""The smallest raster that DNxHR is defined for."""
_ENCODERS = {"h264": "libx264", "prores": "prores_ks", "dnxhr": "dnxhd"}
_MXF_PRIMARIES = {1: 1, 5: 5, 6: 6, 7: 6, 9: 9, 10: 10, 11: 11, 12: 12}
"""
What MXF's labels say of colour primaries, by ISO/IEC 23091-2 code; there is none for the others.

Measured: written by the codec library and read again. 7 is the same primaries as 6 by ISO/IEC 23091-2.
"""
_MXF_TRANSFERS = {1: 1, 4: 4, 6: 1, 7: 7, 8: 8, 11: 11, 12: 12, 14: 14, 15: 14, 16: 16, 17: 17, 18: 18}
"""The same of transfer characteristics. 6, 14 and 15 are the same curve as 1 by ISO/IEC 23091-2."""

_DECODERS = ("h264", "hevc", "prores", "dnxhd", "mjpeg", "mpeg2video", "png", "dpx", "tiff", "exr")
"""What hosts and cameras write, and models deliver."""


@dataclass(frozen=True, slots=True)
class Writing:
    """How one codec is written for one source."""

    encoder: str
    """The codec library's name of the encoder."""
    container: str
    """``"mp4"``, ``"mov"`` or ``"mxf"``."""
    pixel_format: str
    """What the frames are in."""
    tags: ColourTags
    """What the file says of its colours: the source's tags, as far as codec and container can."""
    options: tuple[tuple[str, str], ...] = ()
    """Options of the encoder beside quality and speed."""


def writing_for(finish: Finish, *, source: MediaInfo, output: MediaInfo) -> Writing:
    """
    Choose how the media of a source is written: 4:4:4 where the raster is odd, ten bits where there are any.

    Raises:
        MediaError: There is no such codec, or it cannot hold the raster or the rate.
    """
    if finish.codec not in MEDIA_CODECS:
        raise MediaError(f"there is no codec '{finish.codec}'.", next_step=f"Choose one of {', '.join(MEDIA_CODECS)}.")
    encoder, container, tags = _ENCODERS[finish.codec], finish.container, picture_tags(source)
    # Colour stored for pairs of pixels knows even rasters only.
    odd = bool(source.width % 2 or source.height % 2)
    if finish.codec == "h264":
        return Writing(encoder, container, "yuv444p" if odd else "yuv420p", tags)
    if finish.codec == "prores":
        profile, pixels = ("4444", "yuv444p10le") if source.width % 2 else ("hq", "yuv422p10le")
        return Writing(encoder, container, pixels, tags, (("profile", profile), ("vendor", "apl0")))
    _check_dnxhr(source, container)
    deep = max(_depth(source.pixel_format), _depth(output.pixel_format)) > 8
    profile, pixels = ("dnxhr_hqx", "yuv422p10le") if deep else ("dnxhr_hq", "yuv422p")
    return Writing(encoder, container, pixels, _dnxhr_tags(tags, container), (("profile", profile),))


def _check_dnxhr(source: MediaInfo, container: str) -> None:
    """Refuse what DNxHR, or MXF around it, cannot hold."""
    problem = ""
    if source.width % 2 or source.width < _DNXHR_LEAST[0] or source.height < _DNXHR_LEAST[1]:
        problem = f"DNxHR cannot hold a raster of {source.width}x{source.height}"
    elif container == "mxf" and source.rate not in SMPTE_RATES:
        problem = f"MXF cannot hold {float(source.rate):.6g} frames a second exactly"
    elif container == "mxf" and source.pixel_aspect != 1:
        problem = f"MXF is written for square pixels, and the source's are {source.pixel_aspect}"
    elif container == "mxf" and source.display_matrix:
        problem = "MXF cannot tell players to turn the picture, as the source's display matrix does"
    if problem:
        raise MediaError(f"{problem}.", next_step="Choose prores or h264.")


def _dnxhr_tags(tags: ColourTags, container: str) -> ColourTags:
    """Return what a DNxHR file says of its colours: its frames' header names one matrix, the container the rest."""
    said = replace(tags, matrix=BT709_MATRIX)
    if container == "mxf":
        primaries = _MXF_PRIMARIES.get(tags.primaries, UNSPECIFIED)
        return replace(said, primaries=primaries, transfer=_MXF_TRANSFERS.get(tags.transfer, UNSPECIFIED))
    # QuickTime names all three or none.
    known = UNSPECIFIED not in (tags.primaries, tags.transfer)
    return said if known else ColourTags(UNSPECIFIED, UNSPECIFIED, BT709_MATRIX)


def colour_notes(source: MediaInfo, said: ColourTags) -> Iterator[str]:
    """Say where a file that says *said* of its colours is written otherwise than its source."""
    tags = picture_tags(source)
    if tags == said:
        return
    if decided(tags, height=display_size(source)[1]).matrix != said.matrix:
        yield "DNxHR is written with the matrix of BT.709: the picture was converted to it, its colours are the same."
    lost = [one for one, other in ((tags.primaries, said.primaries), (tags.transfer, said.transfer)) if one != other]
    if lost and UNSPECIFIED in (said.primaries, said.transfer):
        yield (
            f"The file cannot name the source's colours (primaries {tags.primaries}, transfer {tags.transfer} by "
            "ISO/IEC 23091-2): tell the host that they are the source's."
        )


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


def missing_codecs() -> tuple[str, ...]:
    """Name the encoders and decoders that the codec library lacks here; its own wheels lack none."""
    encoders = [f"the encoder {name}" for name in (*_ENCODERS.values(), "pcm_s16le") if not _has(name, "w")]
    return (*encoders, *(f"the decoder {name}" for name in _DECODERS if not _has(name, "r")))


def _has(name: str, mode: Literal["r", "w"]) -> bool:
    try:
        av.Codec(name, mode)
    except av.codec.codec.UnknownCodecError:
        return False
    return True
