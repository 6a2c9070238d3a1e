"""
Hosts: how each wants a relinked timeline written, as data.

Where a fact comes from stands with it; hosts that run on the maintainers' machines (melt, GES, Kdenlive's engine) were
measured, the others are known from their makers' documents, their code or public reports.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from otio_cometapi.errors import WrongUsageError

PLACEMENTS: tuple[str, ...] = ("reference", "track")
"""Where takes go: beside the original on its clip, or on a track COMET above the cut."""

URL_STYLES: tuple[str, ...] = ("path", "file-uri", "relative")
"""How addresses of new media may be written."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a relinked timeline is wanted; what is left open follows the host's preset."""

    host: str = ""
    """One of `PRESETS`; empty: the one that the output's format belongs to, else ``generic``."""
    placement: str = ""
    """One of `PLACEMENTS`, or empty."""
    url_style: str = ""
    """One of `URL_STYLES`, or empty."""
    rebase: bool | None = None
    """Whether ranges count from 0; None: as the host wants."""


@dataclass(frozen=True, slots=True)
class HostPreset:
    """What one host wants."""

    name: str
    """What people pass to ``--host``."""
    url_style: str = "path"
    """One of `URL_STYLES`."""
    rebase: bool = False
    """Whether ranges must count frames of the file from 0."""
    placement: str = "track"
    """One of `PLACEMENTS`; `track` where the host shows one reference of a clip only."""
    unique_reels: bool = False
    """Whether clips that show a take are known by a reel of their own."""
    sound_beside_timecode: bool = True
    """Whether it loads media with both sound and a timecode track."""
    dnxhr_in: str = "mov"
    """What it keeps DNxHR in: ``"mov"`` or ``"mxf"``."""
    loses: tuple[str, ...] = ()
    """What this host does not show or keep, each a sentence."""


PRESETS: dict[str, HostPreset] = {
    preset.name: preset
    for preset in (
        HostPreset("generic", placement="reference"),
        HostPreset(
            "resolve",
            loses=(
                "Resolve takes one reference of a clip and forgets our metadata: `otiocomet restore` undoes that.",
                "Resolve's free version on Linux decodes no H.264; use --codec dnxhr there.",
            ),
        ),
        HostPreset(
            "premiere",
            url_style="file-uri",
            loses=("Premiere takes one reference of a clip and forgets the others: `otiocomet restore` undoes that.",),
        ),
        HostPreset(
            "avid",
            url_style="file-uri",
            placement="reference",
            unique_reels=True,
            dnxhr_in="mxf",
            loses=(
                "Media Composer relinks an EDL or ALE by reel and timecode: write .edl or .ale, with --codec dnxhr.",
                "An AAF written here is offline in Media Composer.",
            ),
        ),
        HostPreset("kdenlive", loses=("Kdenlive takes the active reference of a clip only.",)),
        HostPreset("hiero", url_style="file-uri", loses=("Hiero takes one reference of a clip.",)),
        HostPreset("rv", placement="reference"),
        HostPreset("xstudio", url_style="file-uri", loses=("xSTUDIO shows the active reference of a clip only.",)),
        HostPreset("mlt", rebase=True, loses=("MLT keeps the active reference of a clip, and no markers.",)),
        HostPreset(
            "ges",
            url_style="file-uri",
            rebase=True,
            sound_beside_timecode=False,
            loses=("GES keeps the active reference of a clip; media keeps its timecode track and has no sound.",),
        ),
        HostPreset("blender", rebase=True, loses=("Blender's strips have one file each.",)),
    )
}
"""Every host by name."""

_OF_SUFFIX = {".mlt": "mlt", ".xges": "ges"}
"""Formats that belong to one host."""

_FROM_ZERO = frozenset((".mlt", ".xges", ".kdenlive"))
"""Formats whose adapters take `source_range` for frames of the file: other numbers come out as wrong frames."""

_ONE_TRACK = frozenset((".edl", ".ale"))
"""Formats that hold one video track."""


def resolved(wish: Delivery, *, suffix: str) -> HostPreset:
    """
    Return what a wish comes to: the host's preset, what was asked for beside it, and what the format compels.

    Args:
        wish: Host, and what is wanted in spite of its preset.
        suffix: The output's, with its dot; empty where there is no file.

    Raises:
        WrongUsageError: There is no such host, placement or style, or the format cannot hold what is asked for.
    """
    kind = suffix.lower()
    name = wish.host or _OF_SUFFIX.get(kind, "generic")
    if name not in PRESETS:
        raise WrongUsageError(f"there is no host '{name}'.", next_step=f"Choose one of {', '.join(PRESETS)}.")
    _check(wish.placement, PLACEMENTS, "placement")
    _check(wish.url_style, URL_STYLES, "URL style")
    if wish.placement == "track" and kind in _ONE_TRACK:
        raise WrongUsageError(
            f"a {kind} file holds one video track, so that takes cannot lie on a second.",
            next_step="Use --placement reference, or another format.",
        )
    if wish.rebase is False and kind in _FROM_ZERO:
        raise WrongUsageError(
            f"a {kind} file counts frames from 0; other numbers would show wrong frames.",
            next_step="Leave --no-rebase-to-file out.",
        )
    preset = PRESETS[name]
    placement = wish.placement or ("reference" if kind in _ONE_TRACK else preset.placement)
    rebase = preset.rebase if wish.rebase is None else wish.rebase
    return replace(
        preset,
        placement=placement,
        url_style=wish.url_style or preset.url_style,
        rebase=rebase or kind in _FROM_ZERO,
        unique_reels=preset.unique_reels and kind in _ONE_TRACK,
    )


def _check(value: str, known: tuple[str, ...], what: str) -> None:
    if value and value not in known:
        raise WrongUsageError(f"there is no {what} '{value}'.", next_step=f"Choose one of {', '.join(known)}.")
