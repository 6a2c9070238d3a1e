"""Look files: looks for many clips, in TOML or as a table (CSV)."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from otio_cometapi.editorial.look_fields import FIELDS, checked_fields, looks_like_field, short
from otio_cometapi.editorial.otio_errors import cause_of
from otio_cometapi.errors import EditorialError, did_you_mean
from otio_cometapi.records.toml_file import MOST_BYTES, text_file, toml_values

_TABLES = ("defaults", "clips", "color")
_COLOUR_FIELDS = ("source", "display", "view", "config")


@dataclass(frozen=True, slots=True)
class LookFile:
    """What a look file says, checked."""

    path: Path
    """Where it lies."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Fields for every clip, weaker than flags."""
    clips: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """Pattern of clip names and the fields for them, in the order of the file; a later one wins."""
    colour: Mapping[str, str] = field(default_factory=dict)
    """How scene-linear and high dynamic range pictures are shown: source, display, view and config, as far as named."""


def read_look_file(path: Path) -> LookFile:
    """
    Read a look file: CSV by its suffix (also ``.tsv``, ``.txt``), else TOML.

    TOML has ``[defaults]``, ``[clips."sh0*"]`` and ``[color]`` tables; CSV a column ``clip`` and one for every field,
    references and keyframes separated by a bar. Relative images are taken from the file's folder.

    Raises:
        EditorialError: The file cannot be read or says something that no look has; names the table or line.
    """
    return look_file_of(_text_of(path), path)


def look_file_of(text: str, path: Path) -> LookFile:
    """
    Return what the *text* of the look file at *path* says, as `read_look_file` does; the file is not opened.

    Raises:
        EditorialError: It says something that no look has.
    """
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        return _from_table(path, text)
    return _from_toml(path, text)


def _text_of(path: Path) -> str:
    try:
        return text_file(path, most_bytes=MOST_BYTES)
    except (OSError, ValueError) as exc:
        raise EditorialError(
            f"could not read the look file '{path}': {cause_of(exc)}",
            next_step="Give --look a TOML or CSV file in UTF-8.",
        ) from exc


def _from_toml(path: Path, text: str) -> LookFile:
    try:
        document = toml_values(text)
    except ValueError as exc:
        raise EditorialError(
            f"could not read the look file '{path}': {cause_of(exc)}", next_step="Correct its TOML there."
        ) from exc
    for key in document:
        if key not in _TABLES:
            raise EditorialError(
                f"the look file '{path}' has '{key}' at its top.{did_you_mean(key, _TABLES)}",
                next_step='Its tables are [defaults], [clips."NAME*"] and [color].',
            )
    defaults = _table(document.get("defaults", {}), f"{path.name} [defaults]")
    clips = _table(document.get("clips", {}), f"{path.name} [clips]")
    folder = path.parent
    return LookFile(
        path=path,
        defaults=checked_fields(defaults, where=f"{path.name} [defaults]", folder=folder),
        clips=tuple(
            (pattern, checked_fields(_table(fields, where), where=where, folder=folder))
            for pattern, fields in clips.items()
            for where in (f'{path.name} [clips."{pattern}"]',)
        ),
        colour=_colour(_table(document.get("color", {}), f"{path.name} [color]"), f"{path.name} [color]", folder),
    )


def _colour(fields: Mapping[str, Any], where: str, folder: Path) -> Mapping[str, str]:
    for name, value in fields.items():
        if name not in _COLOUR_FIELDS or not isinstance(value, str) or not value.strip():
            raise EditorialError(
                f"{where} has {name} = {short(value)}", next_step=f"Its fields are texts: {', '.join(_COLOUR_FIELDS)}."
            )
    if fields and "view" not in fields:
        raise EditorialError(f"{where} names no view", next_step="Write view = 'ACES 1.0 - SDR Video' or the like.")
    found = {name: str(value).strip() for name, value in fields.items()}
    if found.get("config", "").lower().endswith((".ocioz", ".ocio")):
        found["config"] = str((folder / os.path.expanduser(found["config"])).absolute())  # noqa: PTH111 - raises for no user
    return found


def _table(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise EditorialError(f"{where} is {type(value).__name__}, not a table", next_step="Write key = value below it.")
    return value


def _from_table(path: Path, text: str) -> LookFile:
    if "\x00" in text:
        raise EditorialError(f"the look file '{path}' is not text", next_step="Save the table as CSV in UTF-8.")
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as exc:
        raise EditorialError(
            f"could not read the look file '{path}': {cause_of(exc)}", next_step="Correct its quotes."
        ) from exc
    columns = [name.strip().lower() for name in rows[0]] if rows else []
    _check_columns(path, columns)
    clips = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        where = f"{path.name} line {number}"
        if len(row) > len(columns):
            raise EditorialError(
                f"{where} has {len(row)} cells for {len(columns)} columns",
                next_step="Put text that holds the separator in quotes.",
            )
        cells = dict(zip(columns, row, strict=False))
        pattern = cells.pop("clip").strip()
        if not pattern:
            raise EditorialError(f"{where} names no clip", next_step="Write a name such as sh0* in the column clip.")
        values: dict[str, Any] = dict(cells)
        for column in ("reference", "references"):
            if values.get(column, "").strip():
                values[column] = [part for part in values[column].split("|") if part.strip()]
        clips.append((pattern, checked_fields(values, where=where, folder=path.parent)))
    return LookFile(path=path, clips=tuple(clips))


def _check_columns(path: Path, columns: list[str]) -> None:
    if "clip" not in columns:
        raise EditorialError(
            f"the look file '{path}' has no column 'clip'",
            next_step=f"Its first line names the columns: clip, {', '.join(FIELDS)}.",
        )
    wrong = [name for name in columns if name != "clip" and not looks_like_field(name)]
    if wrong or len(set(columns)) != len(columns):
        what = f"a column '{wrong[0]}'" if wrong else "a column twice"
        raise EditorialError(
            f"the look file '{path}' has {what}.{did_you_mean(wrong[0], FIELDS) if wrong else ''}",
            next_step=f"Its columns are: clip, {', '.join(FIELDS)}.",
        )
