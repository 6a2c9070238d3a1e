"""Guard: who may talk to the review server, and what every answer forbids the browser."""

from __future__ import annotations

import hmac
import secrets
import threading
from typing import TYPE_CHECKING

from flask import abort, make_response, redirect, request

from otio_cometapi.pipeline.review_page import POLICY

if TYPE_CHECKING:
    from flask import Flask, Response

LARGEST_BODY = 64 * 1024
"""Bytes of a decision; a note and a prompt are a few thousand letters."""

HEADERS = {
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Guard:
    """
    One secret in the address, good once; then another one in a cookie that no script and no other site sees.

    Other people of this machine can see addresses in the list of processes, so that the one in the address ends with
    its first use.
    """

    def __init__(self, port: int) -> None:
        """Make both secrets for a server on *port*."""
        self.token = secrets.token_urlsafe(32)
        self._session = secrets.token_urlsafe(32)
        self._used = False
        self._lock = threading.Lock()
        self.cookie = f"otiocomet_review_{port}"
        self.hosts = (f"127.0.0.1:{port}", f"localhost:{port}")

    def protect(self, app: Flask) -> None:
        """See that every request of *app* passes, and every answer carries the headers."""
        app.before_request(self._check)
        app.after_request(_with_headers)

    def _check(self) -> Response | None:
        # The name is checked first: another site's name may lead to this machine (DNS rebinding).
        if request.headers.get("Host", "") not in self.hosts:
            abort(403, "This server answers under its own name only.")
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            _abort_unless_opening()
        if request.method not in ("GET", "HEAD"):
            self._check_origin()
        if self._is(request.cookies.get(self.cookie, ""), self._session):
            return redirect_to_page() if "token" in request.args else None
        if request.path == "/" and request.method == "GET" and self._admits(request.args.get("token", "")):
            return self._admitted()
        return abort(
            403, "This address was used before, or is not whole. Start `otiocomet review` again for a new one."
        )

    def _check_origin(self) -> None:
        origin = request.headers.get("Origin", "")
        if origin not in tuple(f"http://{host}" for host in self.hosts):
            abort(403, "Decisions come from the page itself only.")
        if request.mimetype != "application/json":
            abort(415, "Decisions are JSON.")

    def _is(self, given: str, secret: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode())

    def _admits(self, token: str) -> bool:
        with self._lock:
            if self._used or not self._is(token, self.token):
                return False
            self._used = True
            return True

    def _admitted(self) -> Response:
        answer = redirect_to_page()
        answer.set_cookie(self.cookie, self._session, httponly=True, samesite="Strict", path="/")
        return answer


def redirect_to_page() -> Response:
    """Send the browser to the page's plain address, so that no secret stands in its history."""
    answer: Response = make_response(redirect("/", 303))
    return answer


def _abort_unless_opening() -> None:
    """Let another site lead a person here by a link, and do nothing else."""
    if request.method != "GET" or request.headers.get("Sec-Fetch-Mode") != "navigate" or request.path != "/":
        abort(403, "Other sites may not ask here.")


def _with_headers(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers[name] = value
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer
