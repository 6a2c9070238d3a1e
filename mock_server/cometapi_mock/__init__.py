"""CometAPI's video-to-video service, offline: as strict and as faulty as the real thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .options import Options as Options
    from .server import MockServer as MockServer

__all__ = ["MockServer", "Options"]


def __getattr__(name: str) -> object:
    # Imported when asked for: the pytest plugin lives in this package and must cost nothing.
    if name == "MockServer":
        from .server import MockServer  # noqa: PLC0415

        return MockServer
    if name == "Options":
        from .options import Options  # noqa: PLC0415

        return Options
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
