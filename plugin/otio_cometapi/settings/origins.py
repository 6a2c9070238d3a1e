"""Where every setting comes from: a variable, the configuration file, or the default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from otio_cometapi.settings import DEFAULT_BASE_URL, DEFAULT_MODEL, Settings
from otio_cometapi.settings.config_file import CONFIG_NAME, LOOK_FIELDS, configuration
from otio_cometapi.settings.places import cache_folder, config_folder, data_folder, state_folder


@dataclass(frozen=True, slots=True)
class Origin:
    """One setting, as it holds."""

    name: str
    """As the configuration file would call it; places by what they hold."""
    value: str
    """For people; what may hold a password is not shown whole."""
    source: str
    """The variable, the file, or ``"default"``."""
    variable: str
    """The variable that would win."""


def origins(settings: Settings, variables: Mapping[str, str]) -> tuple[Origin, ...]:
    """
    Return every setting with its value and where it comes from; the key is none of them.

    Raises:
        SettingsError: The configuration cannot be read.
    """
    folder = config_folder(variables)
    config = configuration(folder)
    file = str(folder / CONFIG_NAME)

    def origin(name: str, value: str) -> Origin:
        variable = f"COMETAPI_{name.upper()}"
        source = variable if variables.get(variable, "").strip() else file if name in config else "default"
        return Origin(name, value, source, variable)

    roots = os.pathsep.join(str(root) for root in settings.allowed_media_roots)
    found = [
        origin("base_url", settings.base_url or DEFAULT_BASE_URL),
        origin("budget", settings.budget or "120s where nobody is asked"),
        origin("day_limit", settings.day_limit or "no limit"),
        origin("allowed_media_roots", roots or "everywhere"),
        origin("ledger_url", _without_password(settings.ledger_url) or "each job's folder"),
        origin("store", _without_password(settings.store) or "none"),
        origin("share_paid", "true" if settings.share_paid else "false"),
        origin("use_paid", "true" if settings.use_paid else "false"),
        origin("publish", settings.publish or "inside the request"),
        origin("publish_map", "; ".join(settings.publish_map) or "none"),
        *_looks(settings, file),
        *_folders(variables, folder),
    ]
    return tuple(found)


def _looks(settings: Settings, file: str) -> list[Origin]:
    found = []
    for name in LOOK_FIELDS:
        variable = f"COMETAPI_{name.upper()}"
        if name in settings.look_environment:
            found.append(Origin(f"defaults.{name}", str(settings.look_environment[name]), variable, variable))
        elif name in settings.look_defaults:
            found.append(Origin(f"defaults.{name}", str(settings.look_defaults[name]), file, variable))
        elif name == "model":
            found.append(Origin(f"defaults.{name}", DEFAULT_MODEL, "default", variable))
    return found


def _folders(variables: Mapping[str, str], config: Path) -> list[Origin]:
    places = {
        "config_dir": config,
        "data_dir": data_folder(variables),
        "state_dir": state_folder(variables),
        "cache_dir": cache_folder(variables),
    }
    return [
        Origin(name, str(path), variable if variables.get(variable) else "default", variable)
        for name, path in places.items()
        for variable in (f"COMETAPI_{name.upper()}",)
    ]


def _without_password(address: str) -> str:
    """Return an address with scheme, host and path alone."""
    scheme, separator, rest = address.partition("://")
    if not separator:
        return address
    netloc, slash, path = rest.partition("/")
    return f"{scheme}://{netloc.rpartition('@')[2]}{slash}{path.partition('?')[0]}"
