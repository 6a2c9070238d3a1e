"""TOML files as plain values, whoever wrote them: what would cost memory, time or the stack is refused before."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

MOST_BYTES = 4 * 1024 * 1024
"""The largest file that is read: a table of looks for some 20,000 clips."""

_ASIDE = re.compile(r'#[^\n]*|"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)
"""Comments and texts, of which no key is made but by its points."""
_MOST_POINTS = 16
_MOST_BITS = 64
_LARGEST_EXPONENT = 100


def toml_file(path: Path, *, exact: bool = False, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """
    Return the tables of the TOML file at *path*.

    Args:
        path: The file.
        exact: Numbers with a point come as `Fraction`.
        most_bytes: Larger files are not read.

    Raises:
        OSError: It cannot be read.
        ValueError: It is too large, no UTF-8, no TOML, nested too deep, or holds a number beyond TOML's own range.
    """
    return toml_values(text_file(path, most_bytes=most_bytes), exact=exact)


def text_file(path: Path, *, most_bytes: int) -> str:
    """
    Return the text of a file of at most *most_bytes*, without a byte order mark.

    Raises:
        OSError: It cannot be read.
        ValueError: It is larger, or no UTF-8.
    """
    with path.open("rb") as file:
        raw = file.read(most_bytes + 1)
    if len(raw) > most_bytes:
        raise ValueError(f"it is larger than {most_bytes // 1024:,} KiB")
    return raw.decode("utf-8-sig")


def toml_values(text: str, *, exact: bool = False) -> dict[str, Any]:
    """
    Return the tables of a TOML text.

    Raises:
        ValueError: It is no TOML, nested too deep, or holds a number beyond TOML's own range.
    """
    # The parser's time grows with the square of a dotted key's length; ours have three parts.
    if any(line.count(".") > _MOST_POINTS for line in _ASIDE.sub("", text).split("\n")):
        raise ValueError(f"a line in it has more than {_MOST_POINTS} points outside of texts: no key has so many parts")
    number: Callable[[str], Any] = exact_number if exact else float
    try:
        found = tomllib.loads(text, parse_float=number)
    except RecursionError as exc:
        raise ValueError("it is nested too deep") from exc
    _check_numbers(found)
    return found


def exact_number(text: str) -> Fraction:
    """
    Return a decimal number or fraction exactly.

    Raises:
        ValueError: It is none, or so large or small that it would fill the memory.
    """
    try:
        if "/" in text:
            return Fraction(text)
        decimal = Decimal(text)
        if not decimal.is_finite() or abs(decimal.adjusted()) > _LARGEST_EXPONENT:
            raise ValueError(f"{text[:40]} is beyond every number that can be meant")
        return Fraction(decimal)
    except (InvalidOperation, ZeroDivisionError) as exc:
        raise ValueError(f"{text[:40]} is not a number") from exc


def _check_numbers(value: Any) -> None:
    """Refuse whole numbers that TOML does not know either; Python could not even print the longest of them."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, int) and each.bit_length() > _MOST_BITS:
            raise ValueError("a whole number in it has more than 64 bits")
