"""Encodes that come out the same, byte for byte, whenever they are made."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def repeatable_h264() -> dict[str, str]:
    """
    Return the option of libx264 that keeps it from its routines for AVX-512.

    Those (core 165) now and then give other bytes for the same frames in a new thread. Every processor that has AVX-512
    has what is named instead.
    """
    processor = Path("/proc/cpuinfo")
    has_avx512 = processor.is_file() and " avx512f " in processor.read_text(errors="replace")
    return {"x264-params": "asm=AVX2,FMA3,BMI2"} if has_avx512 else {}
