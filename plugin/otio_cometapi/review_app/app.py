"""The application: the page, its pictures, and what a person decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask, abort, jsonify, request, send_file
from werkzeug.exceptions import HTTPException

from otio_cometapi.errors import CometError, MediaError
from otio_cometapi.pipeline.sheet_files import SUFFIXES, Kind
from otio_cometapi.review_app.guard import LARGEST_BODY, Guard
from otio_cometapi.review_app.room import Room

if TYPE_CHECKING:
    from flask import Response

    from otio_cometapi.records import TimelineRecord

_TYPES = {".mp4": "video/mp4", ".jpg": "image/jpeg", ".json": "application/json"}
_ASSET_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_GOOD = "private, max-age=86400, immutable"
"""A picture's name changes with what it shows."""


def create_app(room: Room, guard: Guard) -> Flask:
    """Return the application for one job's *room*; *guard* stands before all of it."""
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    guard.protect(app)
    _serve_page(app, room)
    _take_decisions(app, room)

    @app.errorhandler(HTTPException)
    def _refused(error: HTTPException) -> tuple[Any, int]:
        return _problem(error.description or error.name, error.code or 500)

    @app.errorhandler(CometError)
    def _failed(error: CometError) -> tuple[Any, int]:
        return _problem(str(error), 404 if isinstance(error, MediaError) else 409)

    return app


def _serve_page(app: Flask, room: Room) -> None:
    @app.get("/")
    def _page() -> Response:
        answer: Response = app.response_class(room.page(_timeline(room)), mimetype="text/html")
        return answer

    @app.get("/strip.svg")
    def _strip() -> Response:
        answer: Response = app.response_class(room.strip(_timeline(room)), mimetype=_ASSET_TYPES[".svg"])
        return answer

    @app.get("/sheet.json")
    def _sheet() -> Response:
        return jsonify(room.values(_timeline(room)))

    @app.get("/assets/<name>")
    def _asset(name: str) -> Response:
        content = room.asset(name)
        if content is None:
            abort(404)
        answer: Response = app.response_class(content, mimetype=_ASSET_TYPES[name[name.rindex(".") :]])
        return answer

    @app.get("/<any(original, take, thumbnail, difference):kind>/<name>")
    def _picture(kind: str, name: str) -> Response:
        which = Kind(kind)
        key, dot, suffix = name.partition(".")
        path = room.files.path(which, key) if dot + suffix == SUFFIXES[which] else None
        if path is None:
            abort(404)
        answer = send_file(path, mimetype=_TYPES[SUFFIXES[which]], conditional=True)
        answer.headers["Cache-Control"] = _FOR_GOOD
        return answer


def _take_decisions(app: Flask, room: Room) -> None:
    @app.post("/decide")
    def _decide() -> Response:
        which = _timeline(room)
        said = _body({"take": str, "clip": int, "word": str, "text": str})
        room.decide(said["take"], said["word"], clip_index=said["clip"], text=said["text"], timeline=which)
        return jsonify(room.values(which))

    @app.post("/another/price")
    def _price() -> Response:
        which = _timeline(room)
        said = _body({"take": str, "clip": int, "prompt": str})
        return jsonify(room.price(said["take"], clip_index=said["clip"], prompt=said["prompt"], timeline=which))

    @app.post("/another/order")
    def _order() -> Response:
        which = _timeline(room)
        said = _body({"offer": str})
        words, wrong = room.order(said["offer"])
        return jsonify({**room.values(which), "words": words, "wrong": wrong})


def _timeline(room: Room) -> TimelineRecord:
    """Return the timeline that a request is about: the one it names, else the one that the review was opened with."""
    named = request.args.get("timeline", "")
    which = room.timeline(named)
    if which is None:
        abort(404, "The job has no such timeline.")
    return which


def _body(fields: Mapping[str, type]) -> dict[str, Any]:
    """Return the fields of a request's JSON object, each of its type; whatever else is refused."""
    said = request.get_json(silent=True)
    if not isinstance(said, dict) or set(said) != set(fields):
        abort(400, "This is not what the page sends.")
    for name, kind in fields.items():
        if not isinstance(said[name], kind) or isinstance(said[name], bool):
            abort(400, f"{name} is not what the page sends.")
    return said


def _problem(words: str, code: int) -> tuple[Any, int]:
    return jsonify({"problem": words}), code
