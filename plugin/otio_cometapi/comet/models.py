"""The model table: what each video model takes, as data, and a user's file laid over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from importlib import resources
from pathlib import Path

from otio_cometapi.errors import SettingsError
from otio_cometapi.records import Model
from otio_cometapi.records.toml_file import MOST_BYTES, exact_number, text_file, toml_values

DEFAULT_MODEL = "gen4_aleph"
"""What the service's page documents."""
SUCCESSOR_MODEL = "aleph2"
"""What to name when the service does not know the default."""

_FRACTIONS = frozenset({"max_seconds", "min_seconds", "max_fps", "usd_per_second", "min_usd"})
_INTEGERS = frozenset({"max_width", "prompt_units", "max_references", "data_uri_bytes"})
_TEXTS = frozenset({"reported_retired", "guide_images"})
_TEXT_LISTS = frozenset({"ratios", "notes"})
_MAY_BE_ZERO = frozenset({"min_seconds", "max_references", "usd_per_second", "min_usd"})
_BUILTIN = "models.toml"
_GUIDE_IMAGES = ("references", "keyframes")


def load_models(user_file: Path | None = None) -> dict[str, Model]:
    """
    Return the known models by id, those of *user_file* laid over the built-in ones field by field.

    Args:
        user_file: A TOML file with one table a model; None or a missing file adds nothing.

    Raises:
        SettingsError: The file cannot be read or says something that no model can have.
    """
    builtin = resources.files("otio_cometapi.comet").joinpath("models.toml").read_text("utf-8")
    models = _laid_over({}, builtin, _BUILTIN)
    if user_file is None or not user_file.exists():
        return models
    try:
        text = text_file(user_file, most_bytes=MOST_BYTES)
    except (OSError, ValueError) as exc:
        raise SettingsError(
            f"cannot read the model table {user_file}: {exc}",
            next_step="Correct the file or remove it.",
        ) from exc
    return _laid_over(models, text, str(user_file))


def model_named(models: Mapping[str, Model], model_id: str) -> Model:
    """Return the model with this id; one that no table names is let through with cautious limits."""
    known = models.get(model_id)
    return known if known is not None else Model(id=model_id, known=False)


def _laid_over(models: dict[str, Model], text: str, origin: str) -> dict[str, Model]:
    try:
        tables = toml_values(text, exact=True)
    except ValueError as exc:
        raise _wrong(origin, f"it is not valid TOML: {exc}") from exc
    result = dict(models)
    for model_id, table in tables.items():
        if not isinstance(table, dict):
            raise _wrong(origin, f"'{model_id}' is not a table; write [{model_id}] and its fields below")
        start = result.get(model_id, Model(id=model_id))
        result[model_id] = _with_fields(start, table, origin)
    return result


def _with_fields(model: Model, table: Mapping[str, object], origin: str) -> Model:
    changed = model
    for name, value in table.items():
        where = f"[{model.id}] {name}"
        if name in _FRACTIONS:
            changed = replace(changed, **{name: _fraction(name, value, origin, where)})  # type: ignore[arg-type]
        elif name in _INTEGERS:
            changed = replace(changed, **{name: _integer(name, value, origin, where)})  # type: ignore[arg-type]
        elif name in _TEXTS:
            changed = replace(changed, **{name: _text(value, origin, where)})  # type: ignore[arg-type]
        elif name in _TEXT_LISTS:
            changed = replace(changed, **{name: _texts(value, origin, where)})  # type: ignore[arg-type]
        elif name == "sources":
            changed = replace(changed, sources=_sources(changed.sources, value, origin, where))
        else:
            raise _wrong(origin, f"{where}: there is no such field")
    _check_whole(changed, origin)
    return replace(changed, sources=_with_own_source(changed, table, origin))


def _with_own_source(model: Model, table: Mapping[str, object], origin: str) -> tuple[tuple[str, str], ...]:
    """Name the user's table as the source of the numbers it sets, unless it names one itself."""
    stated = table.get("sources", {})
    own = dict(model.sources)
    for name in table:
        if name in (*_FRACTIONS, *_INTEGERS, "ratios") and name not in (stated if isinstance(stated, dict) else {}):
            own[name] = f"your table {origin}" if origin != _BUILTIN else own.get(name, "")
    return tuple((name, source) for name, source in own.items() if source)


def _check_whole(model: Model, origin: str) -> None:
    if model.min_seconds > model.max_seconds:
        raise _wrong(origin, f"[{model.id}] min_seconds is above max_seconds")
    if model.guide_images not in _GUIDE_IMAGES:
        raise _wrong(origin, f"[{model.id}] guide_images is one of {', '.join(_GUIDE_IMAGES)}")
    for ratio in model.ratios:
        sides = ratio.split(":")
        if len(sides) != 2 or not all(side.isascii() and side.isdigit() and int(side) > 0 for side in sides):
            raise _wrong(origin, f'[{model.id}] ratios: "{ratio}" is not WIDTH:HEIGHT')


def _fraction(name: str, value: object, origin: str, where: str) -> Fraction:
    if isinstance(value, str):
        try:
            number = exact_number(value)
        except ValueError as exc:
            raise _wrong(origin, f"{where} is not a number: {value[:60]}") from exc
    elif isinstance(value, int | Fraction) and not isinstance(value, bool):
        number = Fraction(value)
    else:
        raise _wrong(origin, f"{where} is not a number")
    _check_sign(name, number, origin, where)
    return number


def _integer(name: str, value: object, origin: str, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(origin, f"{where} is not a whole number")
    _check_sign(name, Fraction(value), origin, where)
    return value


def _check_sign(name: str, number: Fraction, origin: str, where: str) -> None:
    if number < 0 or (number == 0 and name not in _MAY_BE_ZERO):
        raise _wrong(origin, f"{where} is too small: {number}")


def _text(value: object, origin: str, where: str) -> str:
    if not isinstance(value, str):
        raise _wrong(origin, f"{where} is not a text")
    return value


def _texts(value: object, origin: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _wrong(origin, f"{where} is not a list of texts")
    return tuple(_text(entry, origin, where) for entry in value)


def _sources(known: tuple[tuple[str, str], ...], value: object, origin: str, where: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise _wrong(origin, f"{where} is not a table of texts")
    merged = dict(known)
    for field, source in value.items():
        merged[field] = _text(source, origin, f"{where}.{field}")
    return tuple(merged.items())


def _wrong(origin: str, why: str) -> SettingsError:
    return SettingsError(
        f"the model table {origin} cannot be used: {why}.",
        next_step="Correct the file; `otiocomet models` shows the built-in table.",
    )
