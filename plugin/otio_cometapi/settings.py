"""Settings: from the environment, the user's configuration and defaults. The key is never shown."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from otio_cometapi.errors import SettingsError
from otio_cometapi.records.toml_file import toml_file

APP = "otio-cometapi"
DEFAULT_BASE_URL = "https://api.cometapi.com"
DEFAULT_MODEL = "gen4_aleph"
DEFAULT_HANDLES = 8
DEFAULT_OVERLAP = 8  # a third of a second: too long to be seen as a cut, too short to be seen as two pictures
DEFAULT_BUDGET_SECONDS = Fraction(120)
DEFAULT_POLL_INTERVAL_S = 5.0

_LOOK_FIELDS = ("prompt", "model", "seed", "ratio", "references", "moderation", "takes")
_KEY_BYTES = 4096
"""More than any key has."""
_ENVIRONMENT_LOOK = {f"COMETAPI_{name.upper()}": name for name in _LOOK_FIELDS}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is not said on the command line."""

    base_url: str = DEFAULT_BASE_URL
    """Where the service answers, without a trailing slash."""
    key: str = field(default="", repr=False)
    """The API key; empty where there is none."""
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
    ledger_url: str = field(default="", repr=False)
    """The PostgreSQL database that new jobs keep their ledgers in; empty: each in its folder."""
    store: str = field(default="", repr=False)
    """Where outputs are kept by content for other jobs: a folder, or an fsspec URL; empty: nowhere."""
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


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """
    Read the settings: environment first, then the user's configuration, then defaults.

    Args:
        environment: Variables to read instead of the process's own.

    Raises:
        SettingsError: The configuration or a variable is wrong.
    """
    variables = os.environ if environment is None else environment
    folder = config_folder(variables)
    config = _config(folder / "config.toml")
    models_file = folder / "models.toml"
    roots = [root for root in variables.get("COMETAPI_ALLOWED_MEDIA_ROOTS", "").split(os.pathsep) if root]
    roots = roots or _texts(config, "allowed_media_roots", folder)
    ledger_url, store = (
        variables.get(f"COMETAPI_{name.upper()}", "").strip() or _text(config, name, folder)
        for name in ("ledger_url", "store")
    )
    both = bool(ledger_url and store)
    return Settings(
        base_url=_base_url(variables.get("COMETAPI_BASE_URL") or str(config.get("base_url", DEFAULT_BASE_URL))),
        key=_key(variables.get("COMETAPI_KEY", "").strip() or _stored_key(variables, folder)),
        look_defaults=_table(config, "defaults", folder),
        look_environment={
            name: variables[variable] for variable, name in _ENVIRONMENT_LOOK.items() if variables.get(variable)
        },
        models_file=models_file if models_file.is_file() else None,
        budget=_limit(variables, config, "budget", folder),
        day_limit=_limit(variables, config, "day_limit", folder),
        adapter_submits=variables.get("COMETAPI_ADAPTER_SUBMIT", "") == "1",
        allowed_media_roots=tuple(_at_home(root) for root in roots),
        data_dir=data_folder(variables),
        ledger_url=ledger_url,
        store=store,
        share_paid=_switch(variables.get("COMETAPI_SHARE_PAID", ""), "share_paid", config, default=both),
        use_paid=_switch(variables.get("COMETAPI_USE_PAID", ""), "use_paid", config, default=both),
    )


def config_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Return the folder of the user's configuration (``COMETAPI_CONFIG_DIR``, or the platform's place)."""
    named = (os.environ if environment is None else environment).get("COMETAPI_CONFIG_DIR")
    if named:
        return _at_home(named)
    import platformdirs  # noqa: PLC0415 - costs time that reading a plain timeline must not pay

    return platformdirs.user_config_path(APP, appauthor=False)


def _at_home(text: str) -> Path:
    """Return a path with ``~`` read; where "~name" is no user it stays as it is, and is not found."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 - Path.expanduser raises there


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


def _config(path: Path) -> dict[str, Any]:
    try:
        return toml_file(path)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as exc:
        raise SettingsError(
            f"the configuration {path} cannot be read: {exc}.", next_step="Correct or remove it."
        ) from exc


def _table(config: Mapping[str, Any], name: str, folder: Path) -> Mapping[str, object]:
    table = config.get(name, {})
    if not isinstance(table, dict) or not set(table) <= set(_LOOK_FIELDS):
        raise SettingsError(
            f"[{name}] in {folder / 'config.toml'} is not a table of {', '.join(_LOOK_FIELDS)}.",
            next_step="Correct it.",
        )
    return table


def _limit(variables: Mapping[str, str], config: Mapping[str, Any], name: str, folder: Path) -> str:
    """Return a limit as it was written; what it means is the pipeline's to say."""
    text = variables.get(f"COMETAPI_{name.upper()}", "").strip() or config.get(name, "")
    if not isinstance(text, str):
        raise SettingsError(
            f"{name} in {folder / 'config.toml'} is not a text.", next_step=f'Write {name} = "120s" or "20usd".'
        )
    return text


def _texts(config: Mapping[str, Any], name: str, folder: Path) -> list[str]:
    texts = config.get(name, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise SettingsError(f"{name} in {folder / 'config.toml'} is not a list of texts.", next_step="Correct it.")
    return texts


def _text(config: Mapping[str, Any], name: str, folder: Path) -> str:
    text = config.get(name, "")
    if not isinstance(text, str):
        raise SettingsError(f"{name} in {folder / 'config.toml'} is not a text.", next_step="Correct it.")
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


def _key(text: str) -> str:
    """Return the key, if it can travel in a header."""
    if not text.isascii() or not text.isprintable() or " " in text:
        raise SettingsError(
            "the API key holds blanks or characters that no key has.",
            next_step="Give the key alone, without quotes, line breaks or the word Bearer.",
        )
    return text


def _stored_key(variables: Mapping[str, str], folder: Path) -> str:
    """Return the key from the file that is named, else from the file ``key``, else from the user's keyring."""
    named = variables.get("COMETAPI_KEY_FILE")
    path = _at_home(named) if named else folder / "key"
    try:
        with path.open("rb") as file:
            _check_private(os.fstat(file.fileno()), path)
            raw = file.read(_KEY_BYTES + 1)
        if len(raw) > _KEY_BYTES:
            raise ValueError("it is too large to be a key")  # noqa: TRY301 - as one that is no text
        return raw.decode("utf-8").strip()
    except FileNotFoundError as exc:
        if named:
            raise SettingsError(
                f"the key file {path} is not there.", next_step="Correct COMETAPI_KEY_FILE, or unset it."
            ) from exc
    except UnicodeDecodeError:
        # Not chained: the exception carries the file's bytes, and they may be a key.
        raise SettingsError(f"the key file {path} is no text.", next_step="Write the key alone into it.") from None
    except (OSError, ValueError) as exc:
        raise SettingsError(
            f"the key file {path} cannot be read: {exc}.", next_step="Correct its permissions."
        ) from exc
    return _keyring_key()


def _check_private(status: os.stat_result, path: Path) -> None:
    """
    See that nobody else can read the user's key file, or change whose key is used.

    A file of another owner that this user may only read is an administrator's decision (a container's secret).

    Raises:
        SettingsError: Others can.
    """
    if os.name != "posix" or not stat.S_ISREG(status.st_mode):
        return
    own = status.st_uid == os.geteuid()
    if status.st_mode & 0o022 or (own and status.st_mode & 0o077):
        raise SettingsError(
            f"the key file {path} is open to others (mode {stat.S_IMODE(status.st_mode):03o}).",
            next_step=f"Run `chmod 600 {path}`; where others may have read it, make a new key and revoke this one.",
        )


def _keyring_key() -> str:
    try:
        import keyring  # noqa: PLC0415 - an extra, and slow
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ImportError:
        return ""
    try:
        return keyring.get_password(APP, "api-key") or ""
    except KeyringError:  # no desktop session: as good as no keyring
        return ""


def cache_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Return the folder of what can be made again (``COMETAPI_CACHE_DIR``, or the platform's place)."""
    named = (os.environ if environment is None else environment).get("COMETAPI_CACHE_DIR")
    if named:
        return _at_home(named)
    import platformdirs  # noqa: PLC0415 - as above

    return platformdirs.user_cache_path(APP, appauthor=False)


def state_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Return the folder of what is remembered over all jobs (``COMETAPI_STATE_DIR``, or the platform's place)."""
    named = (os.environ if environment is None else environment).get("COMETAPI_STATE_DIR")
    if named:
        return Path(named).expanduser()
    import platformdirs  # noqa: PLC0415 - as above

    return platformdirs.user_state_path(APP, appauthor=False)


def data_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Return the folder of what the user's jobs know of each other (``COMETAPI_DATA_DIR``, or the platform's place)."""
    named = (os.environ if environment is None else environment).get("COMETAPI_DATA_DIR")
    if named:
        return Path(named).expanduser()
    import platformdirs  # noqa: PLC0415 - as above

    return platformdirs.user_data_path(APP, appauthor=False)
