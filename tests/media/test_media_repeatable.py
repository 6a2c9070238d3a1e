"""What makes encodes repeatable."""

from __future__ import annotations

from pathlib import Path

import pytest

from otio_cometapi.media.codecs import repeatable_h264


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu avx2 fma bmi2 avx512f avx512dq", {"x264-params": "asm=AVX2,FMA3,BMI2"}),
        ("fpu avx2 fma bmi2", {}),
        ("fp asimd aes sha1", {}),
    ],
    ids=["avx512", "avx2", "arm"],
)
def test_only_processors_with_avx512_are_kept_from_it(tmp_path: Path, flags: str, expected: dict[str, str]) -> None:
    """The encoder is told which routines to use where it has AVX-512, and nowhere else, since it would believe it."""
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor : 0\nflags\t: {flags} \n")
    assert repeatable_h264(cpuinfo) == expected


def test_where_nothing_tells_the_processor_the_encoder_chooses(tmp_path: Path) -> None:
    """A system without that file leaves the encoder alone."""
    assert repeatable_h264(tmp_path / "none") == {}
