"""The Flask application: every request is entered in the journal, whatever becomes of it."""

from __future__ import annotations

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from . import control, document_page, files, page, routes, tasklist
from .answers import Answer, named_answer
from .persistence import Persistence
from .service import Service
from .wire import response_for

BODY_BYTES = 64 * 1024 * 1024
"""Largest request body that is read at all."""


def create_app(service: Service, persistence: Persistence | None = None) -> Flask:
    """Return the application that answers for a service, and keeps its state if it is told where."""
    app = Flask("cometapi_mock")
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    app.extensions["cometapi_mock"] = service
    app.extensions["cometapi_mock_persistence"] = persistence
    app.before_request(_enter)
    app.after_request(_complete)
    app.register_error_handler(HTTPException, _http_error)
    for module in (routes, tasklist, files, control, document_page, page):
        app.register_blueprint(module.blueprint)
    return app


def _enter() -> None:
    simulated = routes.service()
    if request.path.startswith("/_mock") or request.path in {"/", "/favicon.ico"}:
        g.entry = {}
        return
    g.entry = simulated.journal.open_entry(
        method=request.method,
        path=request.path,
        query=request.query_string.decode("utf-8", "replace"),
        headers=dict(request.headers),
        virtual_s=simulated.clock.now(),
    )


def _complete(response: Response) -> Response:
    keeper = current_app.extensions["cometapi_mock_persistence"]
    if g.get("entry"):
        g.entry["status"] = response.status_code
        if keeper is not None:
            keeper.keep(routes.service(), entry=g.entry, task=g.get("task"))
    elif keeper is not None and request.method not in {"GET", "HEAD"}:
        # A control call may have changed anything.
        keeper.keep_all(routes.service())
    return response


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status == 413:
        return response_for(named_answer("too_large"))
    if isinstance(error, MethodNotAllowed):
        response = response_for(named_answer("method_not_allowed"))
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return response
    if status == 404:
        text = f"Invalid URL ({request.method} {request.path})"
        return response_for(
            Answer(404, {"error": {"message": text, "type": "comet_api_error", "param": "", "code": ""}})
        )
    return response_for(Answer(status, {"error": str(error.description)}))
