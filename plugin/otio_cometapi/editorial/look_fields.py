"""The fields of a look: which there are, and what each may hold, wherever it was written."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from otio_cometapi.editorial.keyframe_fields import keyframe_wishes
from otio_cometapi.errors import EditorialError, did_you_mean

FIELDS: tuple[str, ...] = ("prompt", "model", "seed", "ratio", "references", "moderation", "takes", "keyframes")
"""Every field, in the order that messages list them."""

_ALIASES = {"reference": "references", "keyframe": "keyframes"}
_MAX_SEED = 4_294_967_295
_MAX_TAKES = 100
_RATIO = re.compile(r"^(\d{1,5})\s*[:x]\s*(\d{1,5})$")
_URL = re.compile(r"^(https?|data):", re.IGNORECASE)


def looks_like_field(name: str) -> bool:
    """Tell whether *name* is a field, or another word for one."""
    return field_name(name) in FIELDS


def field_name(name: str) -> str:
    """Return the field that a key stands for: lower case, ``reference`` and ``keyframe`` mean their plurals."""
    key = name.strip().lower()
    return _ALIASES.get(key, key)


def checked_fields(values: Mapping[str, Any], *, where: str, folder: Path) -> dict[str, Any]:
    """
    Return the fields of *values* with checked types: text, whole numbers, tuples of absolute paths or URLs.

    None and empty text count as not given. Relative images are taken from *folder*.

    Raises:
        EditorialError: A key is no field, or a value is nothing that its field can hold; says *where*.
    """
    fields: dict[str, Any] = {}
    for key, value in values.items():
        name = field_name(str(key))
        if name not in FIELDS:
            raise EditorialError(
                f"{where} has '{key}', which is no setting of a look.{did_you_mean(str(key), FIELDS)}",
                next_step=f"The settings are: {', '.join(FIELDS)}.",
            )
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        checked = _checked(name, value, where=where, folder=folder)
        if name in ("references", "keyframes") and name in fields:
            checked = (*fields[name], *checked)
        fields[name] = checked
    return fields


def _checked(name: str, value: Any, *, where: str, folder: Path) -> Any:
    if name in ("seed", "takes"):
        return _number(name, value, where=where)
    if name == "references":
        return _references(value, where=where, folder=folder)
    if name == "keyframes":
        return keyframe_wishes(value, where=where, address=lambda text: _reference(text, folder))
    if not isinstance(value, str):
        raise _wrong(name, value, "text", where)
    text = value.strip()
    if name == "moderation":
        if text.lower() not in ("auto", "low"):
            raise _wrong(name, value, '"auto" or "low"', where)
        return text.lower()
    if name == "ratio":
        found = _RATIO.match(text)
        if not found or "0" in (found.group(1), found.group(2)):
            raise _wrong(name, value, 'two numbers such as "1280:720"', where)
        return f"{int(found.group(1))}:{int(found.group(2))}"
    if name == "model" and any(letter.isspace() for letter in text):
        raise _wrong(name, value, "a model id", where)
    return text


def _number(name: str, value: Any, *, where: str) -> int:
    low, high = (0, _MAX_SEED) if name == "seed" else (1, _MAX_TAKES)
    expected = f"a whole number from {low} to {high}"
    number = value
    if isinstance(value, str):
        text = value.strip()
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None
    elif isinstance(value, float) and value.is_integer():
        number = int(value)
    if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
        raise _wrong(name, value, expected, where)
    return number


def _references(value: Any, *, where: str, folder: Path) -> tuple[str, ...]:
    if isinstance(value, str):
        return (_reference(value, folder),)
    if isinstance(value, os.PathLike):
        return (_reference(os.fspath(value), folder),)
    if isinstance(value, Mapping) or not hasattr(value, "__iter__"):
        raise _wrong("references", value, "a path, a URL or a list of them", where)
    found = []
    for entry in value:
        text = os.fspath(entry) if isinstance(entry, os.PathLike) else entry
        if not isinstance(text, str) or not text.strip():
            raise _wrong("references", entry, "a path or a URL", where)
        found.append(_reference(text, folder))
    return tuple(found)


def _reference(text: str, folder: Path) -> str:
    """Return a URL as it is, a path as an absolute one."""
    text = text.strip()
    if _URL.match(text):
        return text
    # abspath takes ".." out by name and opens nothing, so that a missing file is told later, with its clip.
    # Path.expanduser raises where "~name" is no user; this leaves it as it is.
    return os.path.abspath(folder / os.path.expanduser(text))  # noqa: PTH100, PTH111


def _wrong(name: str, value: Any, expected: str, where: str) -> EditorialError:
    return EditorialError(f"{where}: {name} is {short(value)}", next_step=f"Write {expected}.")


def short(value: Any) -> str:
    """Return any value as a message shows it, in 63 characters at most."""
    try:
        shown = repr(value)
    except ValueError:  # Python prints no whole number of more than 4300 digits
        return "a number without an end"
    except RecursionError:
        return "nested without an end"
    return f"{shown[:60]}..." if len(shown) > 63 else shown
