"""The contract as a document: request bodies are checked against `openapi.yaml`, all problems at once."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from .assets import uri_problem
from .issues import Issue, issues_of

_DOCUMENT_URI = "urn:cometapi-mock:openapi"


def document_text() -> str:
    """Return the OpenAPI document as it stands on disk."""
    return resources.files(__package__).joinpath("openapi.yaml").read_text(encoding="utf-8")


@cache
def document() -> dict[str, Any]:
    """Return the parsed OpenAPI document."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    parsed: dict[str, Any] = yaml.load(document_text(), Loader=loader)  # noqa: S506 - both are safe loaders
    return parsed


def known_models() -> tuple[str, ...]:
    """Return the models that the simulated account has a channel for."""
    return tuple(document()["components"]["schemas"]["VideoToVideoRequest"]["discriminator"]["mapping"])


def create_issues(body: dict[str, Any], *, strict: bool) -> list[Issue]:
    """
    Return what is wrong with the body of a create, in the upstream validator's form; empty if nothing is.

    A body without a usable model is checked as the first known model's, so that its other problems show as well.

    Args:
        body: The decoded JSON object.
        strict: Whether all seven fields that the service's page calls required are required.
    """
    models = known_models()
    model = body.get("model") if body.get("model") in models else models[0]
    name = {"gen4_aleph": "Gen4AlephRequest", "aleph2": "Aleph2Request"}[str(model)]
    if strict and model == "gen4_aleph":
        name = "Gen4AlephStrictRequest"
    return _issues(name, body)


def feed_issues(body: dict[str, Any]) -> list[Issue]:
    """Return what is wrong with the body of a feed request."""
    return _issues("FeedRequest", body)


def control_issues(name: str, body: object) -> list[Issue]:
    """Return what is wrong with the body of a control call whose schema has this name."""
    return _issues(name, body)


def _issues(schema_name: str, body: object) -> list[Issue]:
    return issues_of(_validator(schema_name).iter_errors(body))


@cache
def _validator(schema_name: str) -> Any:
    registry: Registry[Any] = Registry().with_resource(_DOCUMENT_URI, DRAFT202012.create_resource(document()))
    checks = {"x-maxUtf16": _check_utf16, "x-asset": _check_asset}
    strict_class = validators.extend(Draft202012Validator, checks)  # type: ignore[no-untyped-call]
    schema = {"$ref": f"{_DOCUMENT_URI}#/components/schemas/{schema_name}"}
    return strict_class(schema, registry=registry)


def _check_utf16(_validator: object, limit: int, instance: object, _schema: object) -> Any:
    if isinstance(instance, str) and len(instance.encode("utf-16-le", "surrogatepass")) // 2 > limit:
        yield ValidationError(f"expected string to have <={limit} characters")


def _check_asset(_validator: object, kind: str, instance: object, _schema: object) -> Any:
    if isinstance(instance, str) and (problem := uri_problem(instance, kind=kind)):
        yield ValidationError(problem)
