"""What the media linker and the hook do. Without a job they do nothing, and import nothing heavy."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from otio_cometapi.errors import SettingsError, did_you_mean
from otio_cometapi.pipeline.for_otio import otio_errors

_ARGUMENTS = ("job", "media_root")


def link(clip: Any, values: Mapping[str, Any]) -> None:
    """Lay a finished take onto a clip; without a job nothing happens."""
    job = _job(values)
    if job is None:
        _refuse_misspelt(values)
        return
    from otio_cometapi.pipeline.link import link_clip  # noqa: PLC0415 - opens the ledger's database library

    with otio_errors():
        link_clip(clip, job, media_root=_media_root(values))


def link_all(timeline: Any, values: Mapping[str, Any]) -> Any:
    """Lay finished takes onto every clip of a timeline; without a job nothing happens."""
    job = _job(values)
    if job is not None:
        from otio_cometapi.pipeline.link import link_timeline  # noqa: PLC0415 - as above

        with otio_errors():
            link_timeline(timeline, job, media_root=_media_root(values))
    return timeline


def _refuse_misspelt(values: Mapping[str, Any]) -> None:
    """Refuse a word that is nearly one of ours; others may be another linker's, and without a job nothing happens."""
    for name in values:
        near = did_you_mean(str(name), _ARGUMENTS) if name not in _ARGUMENTS else ""
        if near:
            with otio_errors():
                raise SettingsError(f"unknown argument: {name}.{near}", next_step=f"Known are {', '.join(_ARGUMENTS)}.")


def _job(values: Mapping[str, Any]) -> Path | None:
    named = values.get("job") or os.environ.get("COMETAPI_JOB")
    return _path(str(named)) if named else None


def _media_root(values: Mapping[str, Any]) -> Path:
    root = _path(str(values.get("media_root") or ""))
    return root if root.is_absolute() else root.absolute()


@lru_cache(maxsize=64)
def _path(text: str) -> Path:
    """Return a path; linkers are called with the same few for every clip."""
    return Path(text)
