"""Problems of a body, told the way the upstream validator tells them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from jsonschema import ValidationError

Issue = dict[str, object]

_JSON_NAMES = {"object": "object", "array": "array", "string": "string", "integer": "int", "number": "number"}


def issues_of(errors: Iterable[ValidationError]) -> list[Issue]:
    """Return the issues for these schema errors, in a stable order: by where they are, then by what they are."""
    issues: list[Issue] = []
    for error in errors:
        issues.extend(_issues_of_error(error))
    unique = {repr(issue): issue for issue in issues}
    return sorted(unique.values(), key=lambda issue: (str(issue["path"]), str(issue["code"]), str(issue["message"])))


def _issues_of_error(error: ValidationError) -> list[Issue]:
    path = list(error.absolute_path)
    build = _BUILDERS.get(str(error.validator))
    if build is None:
        return [{"code": "custom", "path": path, "message": error.message}]
    return build(error, path)


def _required(error: ValidationError, path: list[Any]) -> list[Issue]:
    # The library reports one error for each missing key and names it in its message alone.
    required: list[str] = cast("list[str]", error.validator_value)
    missing = [key for key in required if error.message.startswith(f"{key!r} is")]
    issues: list[Issue] = []
    for key in missing:
        expected = _expected_type(error, key)
        message = f"Invalid input: expected {expected}, received undefined"
        issues.append({"expected": expected, "code": "invalid_type", "path": [*path, key], "message": message})
        if key == "model":
            issues.append(
                {
                    "code": "invalid_union",
                    "errors": [],
                    "note": "No matching discriminator",
                    "discriminator": "model",
                    "path": [*path, key],
                    "message": "Invalid input",
                }
            )
    return issues


def _expected_type(error: ValidationError, key: str) -> str:
    schema = error.schema if isinstance(error.schema, dict) else {}
    field = schema.get("properties", {}).get(key, {})
    named = {"references": "array", "contentModeration": "object", "seed": "integer"}.get(key, "string")
    return _JSON_NAMES.get(str(field.get("type", named)), "string")


def _type(error: ValidationError, path: list[Any]) -> list[Issue]:
    expected = _JSON_NAMES.get(str(error.validator_value), str(error.validator_value))
    message = f"Invalid input: expected {expected}, received {_received(error.instance)}"
    return [{"expected": expected, "code": "invalid_type", "path": path, "message": message}]


def _received(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {dict: "object", list: "array", str: "string", int: "number", float: "number"}
    return names.get(type(value), type(value).__name__)


def _unknown_keys(error: ValidationError, path: list[Any]) -> list[Issue]:
    allowed = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    keys = [key for key in cast("dict[str, object]", error.instance) if key not in allowed]
    quoted = ", ".join(f'"{key}"' for key in keys)
    message = f"Unrecognized key{'s' if len(keys) > 1 else ''}: {quoted}"
    return [{"code": "unrecognized_keys", "keys": keys, "path": path, "message": message}]


def _choice(error: ValidationError, path: list[Any]) -> list[Issue]:
    allowed = cast("Any", error.validator_value)
    values = [allowed] if error.validator == "const" else list(allowed)
    quoted = "|".join(f'"{value}"' for value in values)
    words = f"Invalid input: expected {quoted}" if len(values) == 1 else f"Invalid option: expected one of {quoted}"
    return [{"code": "invalid_value", "values": values, "path": path, "message": words}]


def _bound(error: ValidationError, path: list[Any]) -> list[Issue]:
    too_big = str(error.validator).startswith("max") or error.validator == "x-maxUtf16"
    origin = {"Length": "string", "Items": "array", "imum": "number"}.get(str(error.validator)[3:], "string")
    limit = error.validator_value
    unit = {"string": " characters", "array": " items", "number": ""}[origin]
    sign, code, word = ("<=", "too_big", "big") if too_big else (">=", "too_small", "small")
    verb = "to be " if origin == "number" else "to have "
    return [
        {
            "origin": origin,
            "code": code,
            "maximum" if too_big else "minimum": limit,
            "type": origin,
            "inclusive": True,
            "path": path,
            "message": f"Too {word}: expected {origin} {verb}{sign}{limit}{unit}",
        }
    ]


def _one_of(_error: ValidationError, path: list[Any]) -> list[Issue]:
    return [{"code": "invalid_union", "errors": [], "path": path, "message": "Invalid input"}]


_BUILDERS = {
    "required": _required,
    "type": _type,
    "additionalProperties": _unknown_keys,
    "enum": _choice,
    "const": _choice,
    "maximum": _bound,
    "minimum": _bound,
    "maxLength": _bound,
    "minLength": _bound,
    "maxItems": _bound,
    "minItems": _bound,
    "x-maxUtf16": _bound,
    "oneOf": _one_of,
    "anyOf": _one_of,
}
