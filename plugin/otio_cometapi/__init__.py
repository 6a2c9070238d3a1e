"""
Send timeline clips through CometAPI's video-to-video models and get them back, frame for frame.

The road in Python, on OpenTimelineIO objects: `plan`, `submit`, `collect`, `relink` and `restore`; `Job` for what
lies on disk, `judge`, `reviews` and `resolve` for what people decide on it, `report`, `strip` and `review_folder` for
what they look at, and `cancel`, `clean` and `move` for what becomes of it.
Importing this package imports nothing heavy, since OpenTimelineIO does so at its start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from otio_cometapi.api import (
        Job,
        cancel,
        clean,
        collect,
        judge,
        move,
        plan,
        relink,
        report,
        resolve,
        restore,
        review_folder,
        reviews,
        strip,
        submit,
    )

__version__ = "0.1.0"

__all__ = [
    "Job",
    "__version__",
    "cancel",
    "clean",
    "collect",
    "judge",
    "move",
    "plan",
    "relink",
    "report",
    "resolve",
    "restore",
    "review_folder",
    "reviews",
    "strip",
    "submit",
]


def __getattr__(name: str) -> object:
    """Import the public names when they are first used."""
    if name in __all__:
        from otio_cometapi import api  # noqa: PLC0415 - imports the whole road

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
