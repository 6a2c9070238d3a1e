"""Records as plain JSON values and back, for the ledger and for `--json`."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable
from enum import Enum
from fractions import Fraction
from typing import Any, TypeVar

from otio_cometapi.records.spans import rate_text
from otio_cometapi.records.toml_file import exact_number
from otio_cometapi.timecode import SMPTE_RATES

R = TypeVar("R")

_KINDS: dict[Any, tuple[type, ...]] = {str: (str,), int: (int,), float: (int, float), bool: (bool,)}
"""What a field of plain type may hold; JSON writes a float without a fraction as a whole number."""


def plain(value: object) -> Any:
    """Return a record as JSON values: fractions as ``"24000/1001"``, tuples as lists."""
    if isinstance(value, Fraction):
        return rate_text(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    names = _names(type(value))  # type: ignore[arg-type]  # classes are hashable
    return value if names is None else {name: plain(getattr(value, name)) for name in names}


def record(kind: type[R], values: Any) -> R:
    """
    Return the record of *kind* that `plain` wrote as *values*.

    Keys that *kind* does not know are passed over, so that an older version reads what a newer one wrote.

    Raises:
        ValueError: The values are not such a record.
    """
    if not dataclasses.is_dataclass(kind):
        raise ValueError(f"not a {kind.__name__}: {values!r}"[:200])
    found: R = _record_reader(kind)(values)
    return found


def column(kind: type[Any], name: str, value: Any) -> Any:
    """
    Return one field of a record of *kind* from a database's column, which may hold anything.

    Raises:
        ValueError: It is nothing that the field can hold.
    """
    return _readers(kind)[name](value)  # type: ignore[arg-type]  # classes are hashable


Reader = Callable[[Any], Any]
"""Returns a JSON value as what a field holds, or raises ValueError."""


@functools.cache
def _names(kind: type[Any]) -> tuple[str, ...] | None:
    """Return the names of a record's fields; None for what is no record."""
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else None


@functools.cache
def _readers(kind: Any) -> dict[str, Reader]:
    """Return what reads each field of a record; annotations are looked at once, records are read by the thousand."""
    hints = typing.get_type_hints(kind)
    return {field.name: _reader(hints[field.name]) for field in dataclasses.fields(kind)}


@functools.cache
def _record_reader(kind: Any) -> Reader:
    # filled when first used: a record may hold others of its own kind
    readers: list[tuple[str, Any, Reader]] = []

    def read(values: Any) -> Any:
        if not isinstance(values, dict):
            raise ValueError(f"not a {kind.__name__}: {values!r}"[:200])  # noqa: TRY004 - as for every wrong value
        if not readers:
            hints = typing.get_type_hints(kind)
            # made before it is put there: another thread takes what it finds for all fields that there are
            readers[:] = [(name, _passed(hints[name]), reader) for name, reader in _readers(kind).items()]
        made = {}
        try:
            for name, passed, reader in readers:
                if name in values:
                    value = values[name]
                    made[name] = value if type(value) is passed else reader(value)
            return kind(**made)
        except (TypeError, ZeroDivisionError) as exc:
            raise ValueError(f"not a {kind.__name__}: {exc}") from exc

    return read


@functools.cache
def _reader(hint: Any) -> Reader:
    """Return what reads a value as the annotation *hint* says."""
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        (inner,) = [each for each in typing.get_args(hint) if each is not type(None)]
        read = _reader(inner)
        return lambda value: None if value is None else read(value)
    if origin is tuple:
        return _tuple_reader(typing.get_args(hint))
    if hint is Fraction:
        return _fraction
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _record_reader(hint)
    wanted = _KINDS.get(hint)
    return _plain_reader(hint, wanted) if wanted is not None else lambda value: value


def _passed(hint: Any) -> Any:
    """Return the type whose values a field of plain type holds as they are, without being looked at; else None."""
    inner = [each for each in typing.get_args(hint) if each is not type(None)]
    if typing.get_origin(hint) in (types.UnionType, typing.Union) and len(inner) == 1:
        (hint,) = inner
    return hint if hint in _KINDS else None


def _tuple_reader(inner: tuple[Any, ...]) -> Reader:
    """Return what reads a list: of any length of one kind, or one kind for each place."""
    passed = {_passed(inner[0])}
    several = [_reader(each) for each in inner if each is not Ellipsis]
    first, of_any_length = several[0], inner[-1] is Ellipsis

    def read(value: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError(f"a list is expected, not {value!r}"[:200])  # noqa: TRY004 - as for every wrong value
        if of_any_length:
            if passed.issuperset(map(type, value)):  # hashes of frames come by the hundred
                return tuple(value)
            return tuple([first(each) for each in value])
        return tuple([reader(each) for reader, each in zip(several, value, strict=True)])

    return read


def _plain_reader(hint: Any, wanted: tuple[type, ...]) -> Reader:
    """Return what passes values of a plain type; a truth is no number."""

    def read(value: Any) -> Any:
        if isinstance(value, wanted) and (hint is bool) == isinstance(value, bool):
            return value
        raise ValueError(f"a {hint.__name__} is expected, not {value!r}"[:200])

    return read


def _fraction(value: Any) -> Fraction:
    return _number_in(value) if isinstance(value, str) else Fraction(value)


@functools.lru_cache(maxsize=4096)
def _number_in(text: str) -> Fraction:
    """Read a number; the few rates that there are come again and again, as the same objects wherever they come from."""
    found = exact_number(text)
    return _RATES.get(found, found)


_RATES = {rate: rate for rate in SMPTE_RATES}
