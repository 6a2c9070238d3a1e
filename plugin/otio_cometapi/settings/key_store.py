"""Where the key is kept: every place that may hold one, which of them wins, and how one is put there or taken away."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from otio_cometapi.errors import SettingsError
from otio_cometapi.settings import keys
from otio_cometapi.settings.places import APP, at_home


class KeyPlace(StrEnum):
    """The places, in the order in which they win."""

    VARIABLE = "COMETAPI_KEY"
    """The variable of the environment."""
    NAMED_FILE = "COMETAPI_KEY_FILE"
    """The file that the variable names; a wrong name is an error, never passed over."""
    FILE = "key file"
    """The file `key` in the configuration folder."""
    KEYRING = "keyring"
    """The desktop's."""


@dataclass(frozen=True, slots=True)
class KeySource:
    """One place that holds a key, or should. The key itself stands nowhere in it."""

    place: KeyPlace
    """Which."""
    where: str
    """For people: the variable, the file's path, the keyring's name."""
    used: bool
    """Whether it wins."""
    same: bool
    """Whether it holds the same key as the one that wins."""
    problem: str = ""
    """Why it cannot be used, a clause; empty where it can."""
    next_step: str = ""
    """What to do about that."""


def key_sources(variables: Mapping[str, str], folder: Path) -> tuple[KeySource, ...]:
    """
    Return every place that holds a key, the one that wins first. Nothing is raised for a broken place.

    Args:
        variables: The environment.
        folder: The configuration folder.
    """
    found: list[KeySource] = []
    winner: str | None = None
    for place, where in _places(variables, folder):
        text, problem, step = _looked_into(place, where, variables)
        if not text and not problem:
            continue
        blocked = any(each.problem for each in found)
        used = winner is None and not problem and not blocked
        found.append(KeySource(place, where, used, same=used or (text == winner), problem=problem, next_step=step))
        if used:
            winner = text
    return tuple(found)


def _places(variables: Mapping[str, str], folder: Path) -> list[tuple[KeyPlace, str]]:
    named = variables.get("COMETAPI_KEY_FILE", "")
    file = (KeyPlace.NAMED_FILE, str(at_home(named))) if named else (KeyPlace.FILE, str(folder / keys.KEY_NAME))
    places = [(KeyPlace.VARIABLE, "COMETAPI_KEY"), file, (KeyPlace.KEYRING, keyring_name() or "the keyring")]
    if named:  # it stands in the way of the file that is looked for without it
        places.insert(2, (KeyPlace.FILE, str(folder / keys.KEY_NAME)))
    return places


def _looked_into(place: KeyPlace, where: str, variables: Mapping[str, str]) -> tuple[str, str, str]:
    """Return a place's key, else why there is none: a clause and the next step, both empty where it is just empty."""
    try:
        if place is KeyPlace.VARIABLE:
            text = variables.get("COMETAPI_KEY", "").strip()
        elif place is KeyPlace.KEYRING:
            text = keys.keyring_key()
        else:
            text = _in_file(Path(where), named=place is KeyPlace.NAMED_FILE)
        return keys.checked_key(text), "", ""
    except SettingsError as exc:
        return "", exc.message.rstrip("."), exc.next_step


def _in_file(path: Path, *, named: bool) -> str:
    found = keys.key_in_file(path)
    if found is None and named:
        raise SettingsError(f"the key file {path} is not there.", next_step="Correct COMETAPI_KEY_FILE, or unset it.")
    return found or ""


def keyring_name() -> str:
    """Return the name of the keyring that would keep a key; empty where there is none to write to."""
    try:
        import keyring  # noqa: PLC0415 - an extra, and slow
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ImportError:
        return ""
    try:
        backend = keyring.get_keyring()
        priority = float(backend.priority)
    except (KeyringError, RuntimeError):  # the latter where a backend cannot work here
        return ""
    return str(backend.name) if priority > 0 else ""


def keep_in_keyring(key: str, folder: Path) -> str:
    """
    Keep the key in the keyring, and drop the configuration folder's key file, which would win over it.

    Returns where it is kept, for people.

    Raises:
        SettingsError: There is no keyring, or it refuses.
    """
    name = keyring_name()
    if not name:
        raise SettingsError(
            "there is no keyring to keep the key in.",
            next_step="pip install 'otio-cometapi[keyring]' on a desktop, or keep it in a file: --file.",
        )
    import keyring  # noqa: PLC0415 - an extra, and slow
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        keyring.set_password(APP, keys.KEYRING_USER, keys.checked_key(key))
    except KeyringError as exc:
        raise SettingsError(
            f"the keyring ({name}) does not take the key: {type(exc).__name__}.",
            next_step="Unlock it and try again, or keep the key in a file: --file.",
        ) from None
    _drop_file(folder)
    return name


def keep_in_file(key: str, folder: Path) -> Path:
    """
    Keep the key in the file ``key`` of the configuration folder, which only its owner may read, and drop the keyring's.

    Raises:
        SettingsError: It cannot be written.
    """
    path = folder / keys.KEY_NAME
    part = folder / f".key.{secrets.token_hex(4)}.part"
    text = keys.checked_key(key) + "\n"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text)
        part.replace(path)
    except OSError as exc:
        with suppress(OSError):
            part.unlink()
        raise SettingsError(
            f"the key cannot be kept in {path}: {exc.strerror or exc}.",
            next_step="Look at the folder's permissions, or set COMETAPI_CONFIG_DIR to one that is yours.",
        ) from exc
    _drop_from_keyring()
    return path


def forget(folder: Path) -> tuple[str, ...]:
    """
    Take the key out of the configuration folder and the keyring; return where it was, for people.

    Raises:
        SettingsError: A place does not let go of it.
    """
    dropped = (_drop_file(folder), _drop_from_keyring())
    return tuple(each for each in dropped if each)


def _drop_file(folder: Path) -> str:
    path = folder / keys.KEY_NAME
    try:
        path.unlink()
    except FileNotFoundError:
        return ""
    except OSError as exc:
        raise SettingsError(
            f"the key file {path} cannot be removed: {exc.strerror or exc}.", next_step="Remove it by hand."
        ) from exc
    return str(path)


def _drop_from_keyring() -> str:
    name = keyring_name()
    if not name or not keys.keyring_key():
        return ""
    import keyring  # noqa: PLC0415 - an extra, and slow
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        keyring.delete_password(APP, keys.KEYRING_USER)
    except KeyringError as exc:
        raise SettingsError(
            f"the keyring ({name}) does not let go of the key: {type(exc).__name__}.",
            next_step="Unlock it and try again.",
        ) from None
    return name
