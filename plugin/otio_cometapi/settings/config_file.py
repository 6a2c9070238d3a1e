"""The user's configuration file: which keys it may hold, and where in it a mistake stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from otio_cometapi.errors import SettingsError
from otio_cometapi.records.toml_file import MOST_BYTES, text_file, toml_values

CONFIG_NAME = "config.toml"
"""Its name in the configuration folder."""
LOOK_FIELDS = ("prompt", "model", "seed", "ratio", "references", "moderation", "takes")
"""What its table `[defaults]` may hold."""
KEYS = (
    "base_url",
    "budget",
    "day_limit",
    "allowed_media_roots",
    "ledger_url",
    "store",
    "share_paid",
    "use_paid",
    "publish",
    "publish_map",
    "defaults",
)
"""What it may hold."""
EXAMPLE = """\
# budget = "120s"          what every job may spend within 24 hours: seconds of video, or "20usd"
# day_limit = "100usd"     what all your jobs together may spend within 24 hours
# base_url = "https://api.cometapi.com"
# allowed_media_roots = ["/projects"]

# [defaults]               looks, weaker than every flag and marker
# model = "gen4_aleph"
"""
"""What a new file says; every line is a comment."""

_KEY_ELSEWHERE = frozenset({"key", "api_key", "cometapi_key", "token"})


def configuration(folder: Path) -> dict[str, Any]:
    """
    Return what the configuration file in *folder* says; nothing where there is none.

    Raises:
        SettingsError: It cannot be read, or has a key that means nothing: a limit that is misspelt is no limit.
    """
    path = folder / CONFIG_NAME
    try:
        text = text_file(path, most_bytes=MOST_BYTES)
        config = toml_values(text)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as exc:
        raise SettingsError(
            f"the configuration {path} cannot be read: {exc}.", next_step="Correct or remove it."
        ) from exc
    wrong = list(_unknown(config, text))
    if wrong:
        raise SettingsError(
            f"the configuration {path} says what nobody asks for: {'; '.join(wrong)}.",
            next_step="Correct or remove it; `otiocomet config show` lists what there is.",
        )
    return config


def _unknown(config: Mapping[str, Any], text: str) -> Iterator[str]:
    """Yield a clause for every key that is none of ours: its line, and what was probably meant."""
    defaults = config.get("defaults")
    for name in config:
        if name not in KEYS:
            yield f"{_where(name, text)}there is no '{name[:60]}'{_meant(name, KEYS, top=True)}"
    for name in defaults if isinstance(defaults, dict) else ():
        if name not in LOOK_FIELDS:
            yield f"{_where(name, text)}[defaults] knows no '{name[:60]}'{_meant(name, LOOK_FIELDS, top=False)}"


def _meant(name: str, known: Sequence[str], *, top: bool) -> str:
    plain = name.lower().replace("-", "_")
    if plain in _KEY_ELSEWHERE:
        return ", and the API key does not belong here: `otiocomet auth login` keeps it"
    if top and plain in LOOK_FIELDS:
        return f"; looks stand below [defaults]: {plain} = ..."
    near = get_close_matches(plain, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; there are {', '.join(known)}"


def _where(name: str, text: str) -> str:
    """Return the first line that names a key or a table, to be written before a clause."""
    key = re.escape(name)
    named = re.compile(rf"""\s*(?:\[+\s*["']?{key}["']?\s*[].]|["']?{key}["']?\s*[=.])""")
    found = next((number for number, line in enumerate(text.splitlines(), start=1) if named.match(line)), 0)
    return f"line {found}: " if found else ""
