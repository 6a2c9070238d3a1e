"""Models: what the service's video models take, as data."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Model:
    """One row of the model table."""

    id: str
    """The name that goes on the wire."""
    known: bool = True
    """False for a model that no table names; its limits are then the cautious defaults."""
    max_seconds: Fraction = Fraction(5)
    """Longest input that is used, in seconds."""
    min_seconds: Fraction = Fraction(0)
    """Shortest input that is accepted, in seconds."""
    max_fps: Fraction | None = None
    """Highest frame rate of the input; None: no limit known."""
    max_width: int = 1920
    """Largest input raster, in pixels along the longer side."""
    ratios: tuple[str, ...] = ()
    """Ratios that the model accepts, such as ``"1280:720"``; empty: any or none."""
    prompt_units: int = 1000
    """Longest prompt, in UTF-16 code units."""
    max_references: int = 1
    """How many reference images may be sent."""
    guide_images: str = "references"
    """How images go on the wire: ``"references"``, or ``"keyframes"`` (each at a time of the input)."""
    data_uri_bytes: int = 5_000_000
    """Largest data URI, in characters, its prefix and base64 included."""
    usd_per_second: Fraction | None = None
    """Assumed price of a second of input; never the service's word. None: unknown."""
    min_usd: Fraction | None = None
    """Assumed smallest price of a task."""
    reported_retired: str = ""
    """What is reported about the model's end, with its date; empty: nothing."""
    notes: tuple[str, ...] = ()
    """What a user should know, each with its source."""
    sources: tuple[tuple[str, str], ...] = ()
    """Where each number comes from: pairs of a field's name and its source."""
