"""The control API under /_mock: ask the simulator what it saw, tell it what to do."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, request

from .answers import Answer
from .contract import control_issues
from .routes import service
from .verification import verification_of
from .wire import response_for

blueprint = Blueprint("control", __name__, url_prefix="/_mock")


def _json(body: object, status: int = 200) -> Response:
    return response_for(Answer(status, body))


@blueprint.get("/health")
def health() -> Response:
    """Tell that the simulator is ready."""
    return _json({"status": "ok"})


@blueprint.get("/journal")
def journal() -> Response:
    """Tell every request so far, in order."""
    return _json(list(service().journal.entries))


@blueprint.get("/verify")
def verify() -> Response:
    """Tell what the journal proves."""
    return _json(verification_of(service()))


@blueprint.post("/reset")
def reset() -> Response:
    """Forget every task, request and advance."""
    service().reset()
    return _json({"status": "ok"})


@blueprint.post("/advance")
def advance() -> Response:
    """Move virtual time on: ``{"seconds": 60}``."""
    body = _control_body("AdvanceRequest")
    if isinstance(body, Response):
        return body
    with service().lock:
        service().clock.advance(float(body["seconds"]))
    return _json({"now_s": service().clock.now()})


def _control_body(schema: str) -> dict[str, Any] | Response:
    try:
        body = json.loads(request.get_data(cache=False) or b"{}")
    except ValueError:
        return _json({"error": "the body is no JSON"}, 400)
    issues = control_issues(schema, body)
    if issues:
        return _json({"error": "Validation of body failed", "issues": issues}, 400)
    checked: dict[str, Any] = body
    return checked
