"""The service's routes: parse what came in, ask the service, format what it says."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, current_app, g, request

from .answers import Answer, named_answer, refused_body
from .contract import feed_issues
from .journal import abbreviated
from .outcome import Outcome
from .service import Service
from .wire import response_for

API_VERSION = "2024-11-06"
"""The only value of X-Runway-Version that the service is known to take."""

blueprint = Blueprint("service", __name__)

# The bare host, the host with /runwayml in the base URL, and the other family's polling route.
_BASES = ("/runwayml/v1", "/v1")


def service() -> Service:
    """Return the service behind the current application."""
    found: Service = current_app.extensions["cometapi_mock"]
    return found


def _create() -> Response:
    refusal = _key_refusal() or _version_refusal(required=True)
    if refusal is not None:
        return _respond(Outcome(refusal))
    body = _json_object()
    if body is None:
        return _respond(Outcome(named_answer("gateway_bad_request")))
    g.entry["body"] = abbreviated(body)
    return _respond(service().create(body, headers={name.lower() for name, _ in request.headers}))


def _poll(task_id: str) -> Response:
    refusal = _key_refusal() or _version_refusal(required=False)
    if refusal is not None:
        return _respond(Outcome(refusal))
    return _respond(service().poll(task_id, base_url=request.host_url))


def _delete(task_id: str) -> Response:
    refusal = _key_refusal() or _version_refusal(required=False)
    if refusal is not None:
        return _respond(Outcome(refusal))
    if service().options.allow_delete:
        return _respond(service().delete(task_id))
    response = _respond(Outcome(named_answer("method_not_allowed")))
    response.headers["Allow"] = "GET, HEAD"
    return response


@blueprint.post("/runway/feed")
def feed() -> Response:
    """Answer a poll of the other family's route."""
    refusal = _key_refusal()
    body = _json_object()
    if refusal is None and body is None:
        refusal = named_answer("gateway_bad_request")
    if refusal is None and (issues := feed_issues(body or {})):
        refusal = refused_body(issues, through_gateway=True)
    if refusal is not None or body is None:
        return _respond(Outcome(refusal or named_answer("gateway_bad_request")))
    g.entry["body"] = abbreviated(body)
    return _respond(service().poll(str(body["task_id"]), base_url=request.host_url, feed=True))


for _base in _BASES:
    blueprint.add_url_rule(f"{_base}/video_to_video", f"create{_base}", _create, methods=["POST"])
    blueprint.add_url_rule(f"{_base}/tasks/<task_id>", f"poll{_base}", _poll, methods=["GET"])
    blueprint.add_url_rule(f"{_base}/tasks/<task_id>", f"delete{_base}", _delete, methods=["DELETE"])


def _key_refusal() -> Answer | None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip() not in {"", "invalid"}:
        return None
    return named_answer("unauthorized")


def _version_refusal(*, required: bool) -> Answer | None:
    version = request.headers.get("X-Runway-Version")
    if version == API_VERSION or (version is None and not required):
        return None
    said = "is missing" if version is None else "has an unknown value"
    return Answer(400, {"error": f"The X-Runway-Version header {said}.", "docUrl": "https://docs.dev.runwayml.com/api"})


def _json_object() -> dict[str, Any] | None:
    try:
        body = json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) and request.is_json else None


def _respond(outcome: Outcome) -> Response:
    if outcome.body_sha256:
        g.entry["body_sha256"] = outcome.body_sha256
    if outcome.task is not None:
        g.task = outcome.task
        g.entry["task_id"] = outcome.task.id
        g.entry["scenario"] = outcome.task.scenario.name
    if outcome.fault is not None:
        g.entry["fault"] = outcome.fault.wire or outcome.fault.answer
    return response_for(outcome.answer, outcome.fault, stopping=service().stopping)
