"""The look of an output: a curve and a tint that follow from the request, and marks that tell requests apart."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_MARKS = 16


@dataclass(frozen=True, slots=True)
class Grade:
    """
    What happens to every pixel on its own.

    The curve is monotone: the order of brightness is kept or wholly inverted, and black to white keeps more than half
    of its range, so that what stands in a frame can still be read.
    """

    black: int
    """Luma that the curve's dark end gives, 16 to 235."""
    white: int
    """Luma that the curve's bright end gives, 16 to 235."""
    gamma: float
    """Exponent of the curve."""
    inverted: bool
    """Whether bright becomes dark."""
    saturation: float
    """Factor on the colour's distance from grey."""
    tint_u: int
    """What is added to U."""
    tint_v: int
    """What is added to V."""
    marks: int
    """The 16 bits that the marks at the bottom show, highest first."""


def grade_for(*, model: str, prompt: str, seed: int | None, references: str = "") -> Grade:
    """Return the grade that a request gets: the same for the same request, another for another prompt or seed."""
    text = "\x1f".join([model, prompt, str(seed), references])
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return Grade(
        black=28 + digest[0] % 24,
        white=190 + digest[1] % 36,
        gamma=0.8 + (digest[2] % 41) / 100,
        inverted=digest[3] % 4 == 0,
        saturation=0.4 + (digest[4] % 61) / 100,
        tint_u=digest[5] % 33 - 16,
        tint_v=digest[6] % 33 - 16,
        marks=int.from_bytes(digest[7:9], "big"),
    )


def filters_for(grade: Grade, *, width: int, height: int) -> list[tuple[str, str]]:
    """
    Return the filters of a grade, each a name and its arguments, for 8 bit video-range YUV.

    The marks stand in the lowest twentieth of the picture; pictures under 48 pixels get none.
    """
    unit = "(clip(val,16,235)-16)/219"
    if grade.inverted:
        unit = f"(1-{unit})"
    luma = f"{grade.black}+{grade.white - grade.black}*pow({unit},{grade.gamma:.2f})+0.5"
    chroma_u = f"clip(128.5+{grade.saturation:.2f}*(val-128)+{grade.tint_u},16,240)"
    chroma_v = f"clip(128.5+{grade.saturation:.2f}*(val-128)+{grade.tint_v},16,240)"
    chain = [("lutyuv", f"y={luma}:u={chroma_u}:v={chroma_v}")]
    if height >= 48 and width >= 48:
        chain.extend(_mark_boxes(grade.marks, width=width, height=height))
    return chain


def _mark_boxes(marks: int, *, width: int, height: int) -> list[tuple[str, str]]:
    top, bottom = -(-height * 95 // 100), height * 99 // 100
    pitch = width / (_MARKS + 1)
    boxes = []
    for bit in range(_MARKS):
        colour = "white" if marks >> (_MARKS - 1 - bit) & 1 else "black"
        left = round(pitch * (bit + 0.5))
        box = f"x={left}:y={top}:w={max(1, round(pitch * 0.8))}:h={max(1, bottom - top)}:color={colour}:t=fill"
        boxes.append(("drawbox", box))
    return boxes
