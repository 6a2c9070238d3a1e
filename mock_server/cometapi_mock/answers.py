"""Ready-made answers: every error body that the service is known or believed to send, by name."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer before it becomes a response."""

    status: int
    """The HTTP status."""
    body: object
    """What is sent: text as it stands, anything else as JSON."""
    headers: dict[str, str] = field(default_factory=dict)
    """Headers beside the usual ones."""

    def body_bytes(self) -> bytes:
        """Return the body as it goes on the wire."""
        if isinstance(self.body, str):
            return self.body.encode()
        # Half of a surrogate pair, which JSON can carry and UTF-8 cannot, goes back as the escape that it came as.
        text = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace")

    def content_type(self) -> str:
        """Return the body's media type."""
        default = "text/html; charset=utf-8" if isinstance(self.body, str) else "application/json"
        return self.headers.get("content-type", default)


@cache
def _catalogue() -> dict[str, Answer]:
    text = resources.files(__package__).joinpath("answers.json").read_text(encoding="utf-8")
    return {name: Answer(row["http_status"], row["body"], row["headers"]) for name, row in json.loads(text).items()}


def answer_names() -> tuple[str, ...]:
    """Return the names of all ready-made answers."""
    return tuple(_catalogue())


def named_answer(name: str, *, model: str = "gen4_aleph") -> Answer:
    """
    Return a ready-made answer, with the model's name put in where it shows one.

    Raises:
        KeyError: No answer has that name.
    """
    answer = _catalogue()[name]
    if model == "gen4_aleph":
        return answer
    text = json.dumps(answer.body).replace("gen4_aleph", json.dumps(model)[1:-1])
    return Answer(answer.status, json.loads(text), answer.headers)


def refused_body(issues: list[dict[str, object]], *, through_gateway: bool) -> Answer:
    """
    Return HTTP 400 for a body with these issues, all of them at once.

    Args:
        issues: The issues in the upstream validator's own form.
        through_gateway: Whether the upstream's body arrives as a string inside the gateway's.
    """
    upstream: dict[str, object] = {
        "error": "Validation of body failed",
        "issues": issues,
        "docUrl": "https://docs.dev.runwayml.com/api",
    }
    if not through_gateway:
        return Answer(400, upstream)
    text = json.dumps(upstream, ensure_ascii=False, separators=(",", ":"))
    return Answer(400, {"code": "fail_to_fetch_task", "message": text, "data": None})
