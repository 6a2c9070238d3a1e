"""The contract served: as YAML, as JSON, and as a page for people."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, render_template

from .contract import document, document_text

blueprint = Blueprint("document", __name__, url_prefix="/_mock")

_METHODS = ("get", "post", "delete")


@blueprint.get("/openapi.yaml")
def as_yaml() -> Response:
    """Serve the contract as it stands on disk."""
    return Response(document_text(), content_type="application/yaml; charset=utf-8")


@blueprint.get("/openapi.json")
def as_json() -> Response:
    """Serve the contract as JSON."""
    return Response(json.dumps(document(), ensure_ascii=False), content_type="application/json")


@blueprint.get("/docs")
def for_people() -> str:
    """Serve the contract as a page."""
    found = document()
    return render_template(
        "document.html", info=found["info"], groups=_groups(found), schemas=_schemas(found["components"]["schemas"])
    )


def _groups(found: dict[str, Any]) -> list[dict[str, Any]]:
    groups = {tag["name"]: {**tag, "operations": []} for tag in found["tags"]}
    for path, item in found["paths"].items():
        for method in _METHODS:
            if method in item:
                operation = _operation(found, path, method, item)
                groups[item[method]["tags"][0]]["operations"].append(operation)
    return list(groups.values())


def _operation(found: dict[str, Any], path: str, method: str, item: dict[str, Any]) -> dict[str, Any]:
    operation = item[method]
    parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return {
        "id": operation["operationId"],
        "path": path,
        "method": method.upper(),
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "key": operation.get("security") != [],
        "parameters": [_resolved(found, parameter) for parameter in parameters],
        "body": _schema_name(body),
        "examples": _examples(found, body),
        "responses": [
            _response(found, status, _resolved(found, response)) for status, response in operation["responses"].items()
        ],
    }


def _response(found: dict[str, Any], status: str, response: dict[str, Any]) -> dict[str, Any]:
    content = response.get("content", {})
    examples = [example for media in content.values() for example in _examples(found, media or {})]
    schema = _schema_name(content.get("application/json", {}))
    return {"status": status, "description": response["description"], "schema": schema, "examples": examples}


def _examples(found: dict[str, Any], media: dict[str, Any]) -> list[dict[str, str]]:
    examples = [(name, _resolved(found, example)) for name, example in media.get("examples", {}).items()]
    return [
        {"name": name, "summary": example["summary"], "text": _text(example["value"])} for name, example in examples
    ]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _schema_name(media: dict[str, Any]) -> str:
    return str(media.get("schema", {}).get("$ref", "")).rsplit("/", 1)[-1]


def _schemas(schemas: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {"name": name, "description": schema.get("description", ""), "text": json.dumps(schema, indent=2)}
        for name, schema in schemas.items()
    ]


def _resolved(found: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in value:
        return value
    target: Any = found
    for part in value["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    resolved: dict[str, Any] = target
    return resolved
