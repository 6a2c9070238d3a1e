"""Bodies of control calls: read, checked against the contract, or answered with what is wrong."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request

from .answers import Answer
from .contract import control_issues
from .wire import response_for


class ControlRefusedError(Exception):
    """A control call asks for something that does not go; carries the answer."""

    def __init__(self, message: str, *, status: int = 400, issues: list[dict[str, object]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.issues = issues

    def response(self) -> Response:
        """Return the answer to the caller."""
        body: dict[str, object] = {"error": str(self)}
        if self.issues:
            body["issues"] = self.issues
        return json_response(body, self.status)


def refuse_other_sites() -> None:
    """
    Let no page of another site drive the simulator through a developer's browser.

    Raises:
        ControlRefusedError: The current request changes something and comes from another site.
    """
    if request.method not in {"GET", "HEAD"} and request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
        message = "control calls from other sites are refused"
        raise ControlRefusedError(message, status=403)


def json_response(body: object, status: int = 200) -> Response:
    """Return a control call's answer."""
    return response_for(Answer(status, body))


def control_body(schema: str) -> dict[str, Any]:
    """
    Return the checked body of the current request; an empty one counts as ``{}``.

    Raises:
        ControlRefusedError: It is no JSON, or breaks the schema of this name.
    """
    try:
        body = json.loads(request.get_data(cache=False) or b"{}")
    except (ValueError, RecursionError) as exc:
        message = "the body is no JSON"
        raise ControlRefusedError(message) from exc
    issues = control_issues(schema, body)
    if issues:
        message = "Validation of body failed"
        raise ControlRefusedError(message, issues=issues)
    checked: dict[str, Any] = body
    return checked
