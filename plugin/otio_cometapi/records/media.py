"""What is known of media files: sources, exports, outputs and conformed media."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from otio_cometapi.records.checks import Checks
from otio_cometapi.records.sequences import SequenceSpec
from otio_cometapi.records.spans import Span
from otio_cometapi.records.treatments import AS_IT_IS, Treatment


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """One video file, as measured."""

    path: str
    """Absolute path."""
    frame_count: int
    """Frames that the file shows."""
    rate: Fraction
    """Frames per second, exact, snapped to the SMPTE rate it stands for."""
    width: int
    """Coded pixels."""
    height: int
    """Coded pixels."""
    size_bytes: int
    """Size of the file."""
    codec: str
    """The codec library's name, such as ``"h264"``."""
    pixel_format: str
    """The codec library's name, such as ``"yuv420p"``."""
    start_timecode: str | None = None
    """The file's own timecode at its first frame, as it says it; None without one."""
    start_frame: int | None = None
    """The same counted in frames at *rate* (drop frame taken into account); None without one."""
    drop_frame: bool = False
    """Whether the file's timecode is drop-frame."""
    primaries: int = 2
    """Colour primaries, ISO/IEC 23091-2 code; 2 is unspecified."""
    transfer: int = 2
    """Transfer characteristics, ISO/IEC 23091-2 code; 2 is unspecified."""
    matrix: int = 2
    """Matrix coefficients, ISO/IEC 23091-2 code; 2 is unspecified."""
    full_range: bool = False
    """Whether luma uses 0-255 instead of 16-235."""
    has_audio: bool = False
    """Whether the file carries sound."""
    has_alpha: bool = False
    """Whether the picture carries an alpha channel, which the model will not see."""
    pixel_aspect: Fraction = Fraction(1)
    """Width of a pixel over its height; 1 where pixels are square."""
    display_matrix: tuple[int, ...] = ()
    """The nine numbers that tell players how to turn the picture; empty where it is stored upright."""
    interlaced: bool = False
    """Whether its frames are made of two fields."""
    varying: bool = False
    """Whether its frame rate varies; frames are then counted on a constant raster at *rate*, by time."""
    sequence: SequenceSpec | None = None
    """The files, where the media is an image sequence; *path* is then their `label`."""
    treatment: Treatment = AS_IT_IS
    """What is done to its picture before it is sent."""
    refusals: tuple[str, ...] = ()
    """Why frames of this file cannot be sent and brought back exactly, each a clause; empty when they can."""


@dataclass(frozen=True, slots=True)
class ExportLimits:
    """What an export has to fit."""

    max_bytes: int
    """Largest file, in bytes (before base64)."""
    max_width: int
    """Largest raster at first, in pixels."""
    max_height: int
    """Largest raster at first, in pixels."""
    model_width: int
    """The model's own raster, to which the picture may shrink when quality alone does not fit."""
    model_height: int
    """The model's own raster, to which the picture may shrink when quality alone does not fit."""
    ratio: tuple[int, int] | None = None
    """Shape of the raster that is sent; bars are added where the source's differs by over 1 %. None: the source's."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file that holds exactly the frames to be sent."""

    path: str
    """Where it lies."""
    span: Span
    """The frames of the source that it holds."""
    pad_frames: int
    """Copies of the last frame added at the end, which conform takes off again."""
    wire_rate: Fraction
    """Frames per second of the export; the source's rate, or a whole fraction of it."""
    width: int
    """Raster sent, in pixels, bars included."""
    height: int
    """Raster sent, in pixels, bars included."""
    picture: tuple[int, int, int, int]
    """Left, top, width and height of the picture inside the raster; the rest are bars that the export added."""
    size_bytes: int
    """Size of the file."""
    quality: str
    """``"high"``, ``"good"`` or ``"low"``: how far the picture was compressed to fit."""
    sha256: str
    """Of the file's bytes."""
    frame_hashes: tuple[str, ...]
    """One hash for every coded frame of the source's span, in the order shown."""
    stored_frames: tuple[int, ...] = ()
    """Where the source's rate varies: which of its stored frames every frame of the span is; else empty."""


@dataclass(frozen=True, slots=True)
class Output:
    """A file that a task delivered, brought home."""

    path: str
    """Where it lies."""
    size_bytes: int
    """Its size."""
    sha256: str
    """Of its bytes."""
    content_type: str = ""
    """What the file host called it."""


@dataclass(frozen=True, slots=True)
class Conformed:
    """Media made of an output, verified by decoding."""

    path: str
    """Where it lies."""
    span: Span
    """The source frames that its frames stand for, one for one."""
    start_frame: int
    """Number of its first frame in clip space, also its start timecode where it has one."""
    start_timecode: str | None
    """The timecode in the file; None where the rate has none or the number passes 24 hours."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    policy: str
    """The conform policy that was applied, such as ``"index"``."""
    notes: tuple[str, ...] = ()
    """What a person should know of the fit."""
    variant: str = "h264"
    """Which `Finish` it was made by: its `variant`."""
    seams: tuple[Span, ...] = ()
    """The source frames of every cross-fade between two parts; empty where there was one part."""
    checks: tuple[Checks, ...] = ()
    """What was found of every part's output, in order; empty where none was looked at."""
    moved_frames: tuple[int, ...] = ()
    """For every part the frames by which its output was moved to where the source shows the same; 0: as it came."""

    @property
    def origin(self) -> int:
        """The number that the source file's first frame has in the clip space that this was made for."""
        return self.start_frame - self.span.first_frame

    @property
    def findings(self) -> tuple[str, ...]:
        """What a person should know of its output before using it, each a sentence."""
        found: list[str] = []
        for number, (checks, moved) in enumerate(zip(self.checks, self.moved_frames, strict=True), start=1):
            part = f"part {number}: " if len(self.checks) > 1 else ""
            found += [f"{part}{flag.kind.replace('_', ' ')}: {flag.message}" for flag in checks.flags]
            if checks.alignment.is_shifted and not moved:
                found.append(f"{part}The picture runs {checks.alignment.words}; --align moves it back.")
        return tuple(found)


CONFORM_POLICIES: tuple[str, ...] = ("auto", "hold", "index", "refuse", "time", "trim")
"""How an output of another length may be laid onto its span."""

MEDIA_CODECS: tuple[str, ...] = ("dnxhr", "h264", "prores")
"""What media may be written in."""

MEDIA_SOUNDS: tuple[str, ...] = ("none", "source")
"""What may be heard beside it."""


@dataclass(frozen=True, slots=True)
class Finish:
    """How media is to be made of an output."""

    policy: str = "auto"
    """How an output of another length is laid onto its span: one of `CONFORM_POLICIES`, or a studio's own."""
    codec: str = "h264"
    """``"h264"``, ``"prores"`` or ``"dnxhr"``."""
    sound: str = "none"
    """``"none"``, or ``"source"``: the source's sound of exactly the span."""
    sound_beside_timecode: bool = True
    """Whether sound may stand beside a timecode track; where not, the sound gives way."""
    dnxhr_in: str = "mov"
    """What DNxHR lies in: ``"mov"`` or ``"mxf"`` (OP1a); plays no part for other codecs."""
    reel: str = ""
    """The reel that the file names, where its container has a place for one (MXF); empty: none."""
    align: bool = False
    """Whether an output that surely runs ahead or behind is moved back."""

    @property
    def container(self) -> str:
        """What the file is: ``"mp4"``, ``"mov"`` or ``"mxf"``; sound is PCM, which MP4 cannot hold for every host."""
        if self.codec == "dnxhr":
            return self.dnxhr_in
        return "mp4" if self.codec == "h264" and self.sound == "none" else "mov"

    @property
    def variant(self) -> str:
        """What tells media of one take apart that were finished differently; part of their names too."""
        parts = [self.codec]
        parts += ["mxf"] if self.container == "mxf" else []
        parts += [self.policy] if self.policy != "auto" else []
        parts += ["sound"] if self.sound != "none" else []
        parts += ["plain"] if self.sound != "none" and not self.sound_beside_timecode else []
        parts += ["align"] if self.align else []
        return "+".join(parts)

    def served_by(self, media: Conformed) -> bool:
        """Tell whether *media* is what this finish would make, or better."""
        if self.align and media.checks and not any(checks.alignment.is_shifted for checks in media.checks):
            return replace(self, align=False).served_by(media)
        counted = replace(self, policy="auto") if self.policy == "index" and media.policy == "index" else self
        return media.variant in (self.variant, counted.variant)
