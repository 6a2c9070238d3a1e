"""Settings: from the environment, the user's configuration and defaults. The key is never shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from otio_cometapi.errors import SettingsError
from otio_cometapi.settings.config_file import CONFIG_NAME, LOOK_FIELDS, configuration
from otio_cometapi.settings.keys import checked_key, stored_key
from otio_cometapi.settings.places import (
    at_home,
    cache_folder,
    config_folder,
    data_folder,
    home_folder,
    state_folder,
)

__all__ = [
    "DEFAULT_BASE_URL",
    "DEFAULT_BUDGET_SECONDS",
    "DEFAULT_HANDLES",
    "DEFAULT_MODEL",
    "DEFAULT_OVERLAP",
    "DEFAULT_POLL_INTERVAL_S",
    "Settings",
    "cache_folder",
    "config_folder",
    "data_folder",
    "home_folder",
    "is_loopback",
    "load",
    "state_folder",
]

DEFAULT_BASE_URL = "https://api.cometapi.com"
DEFAULT_MODEL = "gen4_aleph"
DEFAULT_HANDLES = 8
DEFAULT_OVERLAP = 8  # a third of a second: too long to be seen as a cut, too short to be seen as two pictures
DEFAULT_BUDGET_SECONDS = Fraction(120)
DEFAULT_POLL_INTERVAL_S = 5.0

_ENVIRONMENT_LOOK = {f"COMETAPI_{name.upper()}": name for name in LOOK_FIELDS}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is not said on the command line."""

    base_url: str = DEFAULT_BASE_URL
    """Where the service answers, without a trailing slash."""
    key: str = field(default="", repr=False)
    """The API key; empty where there is none."""
    access_token: str = field(default="", repr=False)
    """The account's access token, which opens its task list; empty where there is none."""
    look_defaults: Mapping[str, object] = field(default_factory=dict)
    """The user's own defaults for looks."""
    look_environment: Mapping[str, object] = field(default_factory=dict)
    """Looks' fields given by the environment."""
    models_file: Path | None = None
    """The user's model table, beside the built-in one."""
    budget: str = ""
    """What every job may spend within 24 hours, such as ``"120s"``; empty: 120 s where nobody is asked."""
    day_limit: str = ""
    """What all jobs together may spend within 24 hours; empty: no limit."""
    adapter_submits: bool = False
    """Whether writing a `.cometjob` through OTIO sends it (``COMETAPI_ADAPTER_SUBMIT=1``)."""
    allowed_media_roots: tuple[Path, ...] = ()
    """When set, only media below these folders may ever be sent."""
    data_dir: Path | None = None
    """Where the index of the user's takes lies; None: no job knows of another."""
    cache_dir: Path | None = None
    """Where what was measured of media is kept for the next plan; None: nothing is kept."""
    ledger_url: str = field(default="", repr=False)
    """The PostgreSQL database that new jobs keep their ledgers in; empty: each in its folder."""
    store: str = field(default="", repr=False)
    """Where outputs are kept by content for other jobs: a folder, or an fsspec URL; empty: nowhere."""
    publish: str = field(default="", repr=False)
    """Where exports are put so that the service fetches them, such as ``"s3://bucket/prefix"``; ``"none"``: nowhere."""
    publish_map: tuple[str, ...] = field(default=(), repr=False)
    """``"/local/folder=https://..."``: folders whose files a web server shows already."""
    share_paid: bool = False
    """Whether others may use what is paid for here."""
    use_paid: bool = False
    """Whether what others paid for is used here."""

    @property
    def loopback(self) -> bool:
        """Whether the service is on this machine: a simulator."""
        return is_loopback(self.base_url)


def is_loopback(url: str) -> bool:
    """Tell whether a URL's host is this machine."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def load(environment: Mapping[str, str] | None = None, *, with_key: bool = True) -> Settings:
    """
    Read the settings: environment first, then the user's configuration, then defaults.

    Args:
        environment: Variables to read instead of the process's own.
        with_key: Whether the key is looked for; desktops' keyrings are slow to ask, and some ask a person.

    Raises:
        SettingsError: The configuration or a variable is wrong.
    """
    variables = os.environ if environment is None else environment
    folder = config_folder(variables)
    config = configuration(folder)
    models_file = folder / "models.toml"
    roots = [root for root in variables.get("COMETAPI_ALLOWED_MEDIA_ROOTS", "").split(os.pathsep) if root]
    roots = roots or _texts(config, "allowed_media_roots", folder)
    ledger_url, store = (
        variables.get(f"COMETAPI_{name.upper()}", "").strip() or _text(config, name, folder)
        for name in ("ledger_url", "store")
    )
    shown_folders = [pair.strip() for pair in variables.get("COMETAPI_PUBLISH_MAP", "").split(";") if pair.strip()]
    both = bool(ledger_url and store)
    return Settings(
        base_url=_base_url(variables.get("COMETAPI_BASE_URL") or str(config.get("base_url", DEFAULT_BASE_URL))),
        key=checked_key(variables.get("COMETAPI_KEY", "").strip() or stored_key(variables, folder)) if with_key else "",
        access_token=variables.get("COMETAPI_ACCESS_TOKEN", "").strip(),
        look_defaults=_table(config, "defaults", folder),
        look_environment={
            name: variables[variable] for variable, name in _ENVIRONMENT_LOOK.items() if variables.get(variable)
        },
        models_file=models_file if models_file.is_file() else None,
        budget=_limit(variables, config, "budget", folder),
        day_limit=_limit(variables, config, "day_limit", folder),
        adapter_submits=variables.get("COMETAPI_ADAPTER_SUBMIT", "") == "1",
        allowed_media_roots=tuple(at_home(root) for root in roots),
        data_dir=data_folder(variables),
        cache_dir=cache_folder(variables),
        ledger_url=ledger_url,
        store=store,
        publish=variables.get("COMETAPI_PUBLISH", "").strip() or _text(config, "publish", folder),
        publish_map=tuple(shown_folders or _texts(config, "publish_map", folder)),
        share_paid=_switch(variables.get("COMETAPI_SHARE_PAID", ""), "share_paid", config, default=both),
        use_paid=_switch(variables.get("COMETAPI_USE_PAID", ""), "use_paid", config, default=both),
    )


def _base_url(text: str) -> str:
    url = text.strip().rstrip("/")
    wrong = SettingsError(
        # what it says is not repeated: it may hold a password
        "COMETAPI_BASE_URL (or base_url of the configuration) is not an address of a service.",
        next_step=f"It is a scheme, a host and perhaps a port and a path, such as {DEFAULT_BASE_URL}.",
    )
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as exc:
        raise wrong from exc
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise wrong
    if parts.query or parts.fragment:
        raise wrong
    if parts.scheme == "http" and not is_loopback(url):
        raise SettingsError(
            f"the key would travel in the clear to {url}.",
            next_step="Use https; plain http is for this machine only.",
        )
    return url


def _table(config: Mapping[str, Any], name: str, folder: Path) -> Mapping[str, object]:
    table = config.get(name, {})
    if not isinstance(table, dict):
        raise SettingsError(
            f"{name} in {folder / CONFIG_NAME} is not a table of {', '.join(LOOK_FIELDS)}.",
            next_step="Correct it.",
        )
    return table


def _limit(variables: Mapping[str, str], config: Mapping[str, Any], name: str, folder: Path) -> str:
    """Return a limit as it was written; what it means is the pipeline's to say."""
    text = variables.get(f"COMETAPI_{name.upper()}", "").strip() or config.get(name, "")
    if not isinstance(text, str):
        raise SettingsError(
            f"{name} in {folder / CONFIG_NAME} is not a text.", next_step=f'Write {name} = "120s" or "20usd".'
        )
    return text


def _texts(config: Mapping[str, Any], name: str, folder: Path) -> list[str]:
    texts = config.get(name, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise SettingsError(f"{name} in {folder / CONFIG_NAME} is not a list of texts.", next_step="Correct it.")
    return texts


def _text(config: Mapping[str, Any], name: str, folder: Path) -> str:
    text = config.get(name, "")
    if not isinstance(text, str):
        raise SettingsError(f"{name} in {folder / CONFIG_NAME} is not a text.", next_step="Correct it.")
    return text.strip()


def _switch(said: str, name: str, config: Mapping[str, Any], *, default: bool) -> bool:
    """Return a yes or no of the environment, else of the configuration."""
    value = {"1": True, "on": True, "0": False, "off": False, "": config.get(name, default)}.get(said.strip().lower())
    if not isinstance(value, bool):
        raise SettingsError(
            f"COMETAPI_{name.upper()} (or {name} of the configuration) is neither on nor off.",
            next_step="Set the variable to 1 or 0, or the configuration to true or false.",
        )
    return value
