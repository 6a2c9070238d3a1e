"""Places: where a user's configuration, index and caches lie."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from otio_cometapi.errors import SettingsError

APP = "otio-cometapi"

_KINDS = {
    "config": "settings",
    "cache": "what can be made again",
    "state": "what is remembered over all jobs",
    "data": "what jobs know of each other",
}


def at_home(text: str) -> Path:
    """Return a path with ``~`` read; where "~name" is no user it stays as it is, and is not found."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 - Path.expanduser raises there


def home_folder() -> Path:
    """
    Return the user's home folder.

    Raises:
        SettingsError: There is none.
    """
    try:
        return Path.home()
    except RuntimeError as exc:  # as in a container that runs under a number of its own
        raise _homeless("the home folder", "Set HOME.") from exc


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

    try:
        place: Path = getattr(platformdirs, f"user_{kind}_path")(APP, appauthor=False)
    except RuntimeError as exc:  # as above
        step = "Set HOME, or each of COMETAPI_CONFIG_DIR, _DATA_DIR, _CACHE_DIR and _STATE_DIR to a folder."
        raise _homeless(f"the folder for {_KINDS[kind]}", step) from exc
    return place


def _homeless(what: str, next_step: str) -> SettingsError:
    return SettingsError(
        f"nothing says where {what} is: HOME is not set, and this user has none in the machine's list of users",
        next_step=next_step,
    )
