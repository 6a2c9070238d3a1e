"""Places: where a user's configuration, index and caches lie."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

APP = "otio-cometapi"


def at_home(text: str) -> Path:
    """Return a path with ``~`` read; where "~name" is no user it stays as it is, and is not found."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 - Path.expanduser raises there


def config_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Return the folder of the user's configuration (``COMETAPI_CONFIG_DIR``, or the platform's place)."""
    return _folder("config", environment)


def cache_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Return the folder of what can be made again (``COMETAPI_CACHE_DIR``, or the platform's place)."""
    return _folder("cache", environment)


def state_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Return the folder of what is remembered over all jobs (``COMETAPI_STATE_DIR``, or the platform's place)."""
    return _folder("state", environment)


def data_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Return the folder of what the user's jobs know of each other (``COMETAPI_DATA_DIR``, or the platform's place)."""
    return _folder("data", environment)


def _folder(kind: str, environment: Mapping[str, str] | None) -> Path:
    named = (os.environ if environment is None else environment).get(f"COMETAPI_{kind.upper()}_DIR")
    if named:
        return at_home(named)
    import platformdirs  # noqa: PLC0415 - only where no variable says where

    place: Path = getattr(platformdirs, f"user_{kind}_path")(APP, appauthor=False)
    return place
