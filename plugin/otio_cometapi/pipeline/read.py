"""Read: a timeline in any format that OTIO has an adapter for, and the table of models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from otio_cometapi.comet.models import load_models
from otio_cometapi.editorial import timeline_io
from otio_cometapi.editorial.bundles import BUNDLES, opened_bundle
from otio_cometapi.records import Model
from otio_cometapi.settings import Settings, cache_folder


def read(path: Path, *, rate: float | None = None, arguments: Mapping[str, object] | None = None) -> Any:
    """
    Read a timeline file; it is never changed. What clips need of a bundle's media is taken out into the user's cache.

    Args:
        path: The file.
        rate: Frames per second, for formats that do not say it (EDL).
        arguments: For the adapter, as `otioconvert -a` gives them.

    Raises:
        EditorialError: It cannot be read; says what to install where that helps.
    """
    tree = timeline_io.read_timeline(path, rate=rate, arguments=arguments)
    if path.suffix.lower() in BUNDLES:
        tree = opened_bundle(tree, path, cache=cache_folder() / "bundles")
    return tree


def models(settings: Settings) -> tuple[Model, ...]:
    """
    Return the table of models, the user's own rows included.

    Raises:
        SettingsError: The user's table is wrong.
    """
    return tuple(load_models(settings.models_file).values())
