"""Treatment: what is done to sources before they are sent, as a person asked, and what that means."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from otio_cometapi.editorial.look_file import read_look_file
from otio_cometapi.errors import SettingsError
from otio_cometapi.media.display import DEFAULT_CONFIG, DEFAULT_DISPLAY
from otio_cometapi.media.sequences import missing_images
from otio_cometapi.pipeline.options import SourceWish
from otio_cometapi.records import ColourTransform, MediaInfo, Treatment


def treatment_of(wish: SourceWish, look_file: Path | None = None) -> Treatment:
    """
    Return the treatment that a person asks for, the files it names found and hashed.

    Args:
        wish: What the flags say.
        look_file: Its [color] table names the display transform.

    Raises:
        SettingsError: There is no such way, or a file cannot be read.
        EditorialError: The look file cannot be read.
    """
    if wish.vfr not in ("refuse", "convert"):
        raise SettingsError(
            f"there is no way '{wish.vfr}' with a varying frame rate.", next_step="Choose refuse or convert."
        )
    lut = wish.lut.absolute() if wish.lut else None
    if lut is not None and lut.suffix.lower() != ".cube":
        raise SettingsError(f"the look-up table '{lut}' is no .cube file.", next_step="Give --lut a .cube file.")
    return Treatment(
        deinterlace=wish.deinterlace,
        convert_vfr=wish.vfr == "convert",
        lut=str(lut) if lut else "",
        lut_sha256=_content(lut, "look-up table") if lut else "",
        colour=_colour(read_look_file(look_file).colour) if look_file else None,
    )


def _colour(said: Mapping[str, str]) -> ColourTransform | None:
    """Return the display transform that a look file names; what a built-in configuration's name fixes needs no hash."""
    if not said:
        return None
    config = said.get("config", DEFAULT_CONFIG)
    archive = config.lower().endswith(".ocioz")
    if config.lower().endswith(".ocio"):
        raise SettingsError(
            f"the colour configuration '{config}' may read tables from anywhere, so that nothing fixes what it does.",
            next_step="Name a built-in configuration, or archive it to .ocioz (ocioarchive).",
        )
    return ColourTransform(
        source=said.get("source", ""),
        display=said.get("display", DEFAULT_DISPLAY),
        view=said["view"],
        config=config,
        config_sha256=_content(Path(config), "colour configuration") if archive else "",
    )


def _content(path: Path, what: str) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as exc:
        raise SettingsError(
            f"the {what} '{path}' cannot be read: {exc.strerror or exc}.", next_step="Correct its path."
        ) from exc


def source_notes(info: MediaInfo) -> Iterator[str]:
    """Say what a person should know of a source that is sent, each a sentence."""
    treatment = info.treatment
    missing = missing_images(info.sequence) if info.sequence else ()
    if missing and info.sequence:
        meaning = {"hold": "the image before stands for each", "black": "black stands for each"}
        stands = meaning.get(info.sequence.missing, "a shot that needs one is refused")
        yield f"{len(missing)} images of the sequence are missing (the first is {missing[0]}); {stands}."
    if info.has_alpha:
        yield "Its media carries an alpha channel: the model does not see it, and what comes back has none."
    if treatment.deinterlace:
        yield "Its media is interlaced: one whole frame is sent for both fields, which is not exact in fields."
    if treatment.convert_vfr:
        yield (
            f"Its media's frame rate varies: it is laid onto {float(info.rate):.6g} constant frames a second by time, "
            "so what comes back stands for times, not for stored frames."
        )
    if treatment.colour:
        yield (
            f"It goes through {treatment.colour.view} ({treatment.colour.display}): what comes back is for the display "
            "(BT.709), and the host's colour transform of the source does not suit it."
        )
    if treatment.lut:
        yield (
            f"It goes through {Path(treatment.lut).name}: what comes back is display-referred (BT.709), and the host's "
            "grade on the clip will act on that."
        )
