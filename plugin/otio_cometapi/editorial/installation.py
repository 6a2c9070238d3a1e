"""What OpenTimelineIO has found of this package, and which formats it can read here."""

from __future__ import annotations

import os
from dataclasses import dataclass

import opentimelineio as otio

FORMATS = {
    "edl": "EDL",
    "xml": "FCP 7 XML",
    "fcpxml": "Final Cut Pro X",
    "aaf": "Avid AAF",
    "ale": "Avid ALE",
    "otioz": "bundle",
    "otiod": "bundle folder",
}
"""Formats that the hosts write, by suffix; `.otio` itself needs no adapter of anybody's."""
_OURS = "cometapi"


@dataclass(frozen=True, slots=True)
class Installation:
    """What OTIO's own discovery has found."""

    otio_version: str
    """Of OpenTimelineIO."""
    adapter: bool
    """Whether it knows the adapter `cometapi`."""
    media_linker: bool
    """Whether it knows the media linker `cometapi`."""
    hindrance: str
    """Why it may know neither, a clause; empty where nothing is known to stand in the way."""
    missing_formats: tuple[str, ...]
    """Suffixes of `FORMATS` that nothing here can read."""


def installation() -> Installation:
    """Ask OTIO what it has found; nothing is loaded but the lists of plugins."""
    manifest = otio.plugins.ActiveManifest()
    suffixes = set(otio.adapters.suffixes_with_defined_adapters(read=True))
    hindrance = ""
    if os.environ.get("OTIO_DISABLE_ENTRYPOINTS_PLUGINS"):
        hindrance = "OTIO_DISABLE_ENTRYPOINTS_PLUGINS is set, so OTIO looks for no installed plugin"
    return Installation(
        otio_version=str(otio.__version__),
        adapter=any(each.name == _OURS for each in manifest.adapters),
        media_linker=any(each.name == _OURS for each in manifest.media_linkers),
        hindrance=hindrance,
        missing_formats=tuple(suffix for suffix in FORMATS if suffix not in suffixes),
    )
