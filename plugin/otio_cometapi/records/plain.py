"""Records as plain JSON values and back, for the ledger and for `--json`."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from enum import Enum
from fractions import Fraction
from typing import Any, TypeVar

from otio_cometapi.records.spans import rate_text
from otio_cometapi.records.toml_file import exact_number

R = TypeVar("R")

_KINDS: dict[Any, tuple[type, ...]] = {str: (str,), int: (int,), float: (int, float), bool: (bool,)}
"""What a field of plain type may hold; JSON writes a float without a fraction as a whole number."""


def plain(value: object) -> Any:
    """Return a record as JSON values: fractions as ``"24000/1001"``, tuples as lists."""
    if isinstance(value, Fraction):
        return rate_text(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return value


def record(kind: type[R], values: Any) -> R:
    """
    Return the record of *kind* that `plain` wrote as *values*.

    Keys that *kind* does not know are passed over, so that an older version reads what a newer one wrote.

    Raises:
        ValueError: The values are not such a record.
    """
    if not isinstance(values, dict) or not dataclasses.is_dataclass(kind):
        raise ValueError(f"not a {kind.__name__}: {values!r}"[:200])
    hints = _hints(kind)
    try:
        return kind(**{name: _typed(hints[name], each) for name, each in values.items() if name in hints})
    except (TypeError, ZeroDivisionError) as exc:
        raise ValueError(f"not a {kind.__name__}: {exc}") from exc


def column(kind: type[Any], name: str, value: Any) -> Any:
    """
    Return one field of a record of *kind* from a database's column, which may hold anything.

    Raises:
        ValueError: It is nothing that the field can hold.
    """
    hint: Any = _hints(kind)[name]  # type: ignore[arg-type]  # classes are hashable
    return _typed(hint, value)


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    """Return the fields of a record with their types."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _typed(hint: Any, value: Any) -> Any:
    """Return *value* as the annotation *hint* says."""
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        (hint,) = [each for each in typing.get_args(hint) if each is not type(None)]
        return _typed(hint, value)
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"a list is expected, not {value!r}"[:200])
        inner = typing.get_args(hint)
        if inner[-1] is Ellipsis:
            return tuple(_typed(inner[0], each) for each in value)
        return tuple(_typed(each_hint, each) for each_hint, each in zip(inner, value, strict=True))
    if hint is Fraction:
        return exact_number(value) if isinstance(value, str) else Fraction(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return record(hint, value)
    wanted = _KINDS.get(hint)
    if wanted is not None and not (isinstance(value, wanted) and (hint is bool) == isinstance(value, bool)):
        raise ValueError(f"a {hint.__name__} is expected, not {value!r}"[:200])
    return value
