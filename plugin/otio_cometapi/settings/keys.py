"""The key: from a file that is the user's alone, or from the desktop's keyring."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from otio_cometapi.errors import SettingsError
from otio_cometapi.settings.places import APP, at_home

KEY_NAME = "key"
"""The key file's name in the configuration folder."""
KEYRING_USER = "api-key"
"""The name under which the keyring keeps it."""
_KEY_BYTES = 4096
"""More than any key has."""


def checked_key(text: str) -> str:
    """Return the key, if it can travel in a header."""
    if not text.isascii() or not text.isprintable() or " " in text:
        raise SettingsError(
            "the API key holds blanks or characters that no key has.",
            next_step="Give the key alone, without quotes, line breaks or the word Bearer.",
        )
    return text


def stored_key(variables: Mapping[str, str], folder: Path) -> str:
    """Return the key from the file that is named, else from the file ``key``, else from the user's keyring."""
    named = variables.get("COMETAPI_KEY_FILE")
    found = key_in_file(at_home(named) if named else folder / KEY_NAME)
    if found is not None:
        return found
    if named:
        raise SettingsError(
            f"the key file {at_home(named)} is not there.", next_step="Correct COMETAPI_KEY_FILE, or unset it."
        )
    return keyring_key()


def key_in_file(path: Path) -> str | None:
    """
    Return the key that a file holds; None where there is no file.

    Raises:
        SettingsError: It is open to others, or holds what is no key.
    """
    try:
        with path.open("rb") as file:
            _check_private(os.fstat(file.fileno()), path)
            raw = file.read(_KEY_BYTES + 1)
        if len(raw) > _KEY_BYTES:
            raise ValueError("it is too large to be a key")  # noqa: TRY301 - as one that is no text
        return raw.decode("utf-8").strip()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        # Not chained: the exception carries the file's bytes, and they may be a key.
        raise SettingsError(f"the key file {path} is no text.", next_step="Write the key alone into it.") from None
    except (OSError, ValueError) as exc:
        raise SettingsError(
            f"the key file {path} cannot be read: {exc}.", next_step="Correct its permissions."
        ) from exc


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


def keyring_key() -> str:
    """Return the key that the desktop's keyring holds; empty where there is none, or no keyring."""
    try:
        import keyring  # noqa: PLC0415 - an extra, and slow
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ImportError:
        return ""
    try:
        return keyring.get_password(APP, KEYRING_USER) or ""
    except (KeyringError, RuntimeError):  # no desktop session, or no home folder: as good as no keyring
        return ""
