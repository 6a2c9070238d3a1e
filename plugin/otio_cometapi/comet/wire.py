"""Every word of the service's answers: shapes, statuses and error codes, read into our own records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from otio_cometapi.comet.remote_text import clean_text, looks_like_page, number_in, page_title
from otio_cometapi.records import TaskSnapshot, TaskStatus

CREATE_PATH = "/runwayml/v1/video_to_video"
"""Where a task is created (POST)."""
VERSION_HEADER = ("X-Runway-Version", "2024-11-06")
"""Required on a create, harmless on a poll; the only value ever met."""

_SUCCESS_CODE = "success"
_BARE = {
    "PENDING": TaskStatus.PENDING,
    "THROTTLED": TaskStatus.THROTTLED,
    "RUNNING": TaskStatus.RUNNING,
    "SUCCEEDED": TaskStatus.SUCCEEDED,
    "FAILED": TaskStatus.FAILED,
    "CANCELLED": TaskStatus.CANCELLED,
    "CANCELED": TaskStatus.CANCELLED,
}
_WRAPPED = {
    "NOT_START": TaskStatus.PENDING,
    "SUBMITTED": TaskStatus.PENDING,
    "QUEUED": TaskStatus.PENDING,
    "IN_PROGRESS": TaskStatus.RUNNING,
    "SUCCESS": TaskStatus.SUCCEEDED,
    "FAILURE": TaskStatus.FAILED,
    "UNKNOWN": TaskStatus.UNKNOWN,
}
_WORDS = _WRAPPED | _BARE


def task_path(task_id: str) -> str:
    """Return where a task is polled (GET)."""
    return f"/runwayml/v1/tasks/{quote(task_id, safe='')}"


def object_in(body: bytes | str) -> dict[str, object] | None:
    """Return the JSON object that a body holds; None for anything else, however it is broken."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    try:
        # Too deep nesting, numbers of thousands of digits: all of it is just "no JSON" to us.
        value = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


@dataclass(frozen=True, slots=True)
class ServiceError:
    """What an error answer says, from whichever layer it came."""

    codes: tuple[str, ...] = ()
    """Error codes, the outermost layer's first."""
    message: str = ""
    """The innermost layer's sentence."""
    issues: tuple[str, ...] = ()
    """The validator's findings, each "field: what is wrong"."""
    is_page: bool = False
    """Whether the answer was a web page."""
    model_refused: bool = False
    """Whether the validator refused the model's name."""

    @property
    def code(self) -> str:
        """The innermost code; empty when there is none."""
        return self.codes[-1] if self.codes else ""

    @property
    def model_unknown(self) -> bool:
        """Whether the service has no such model."""
        return "model_not_found" in self.codes or self.model_refused

    @property
    def request_invalid(self) -> bool:
        """Whether the body was refused before any task existed, whatever HTTP status says so."""
        return "invalid_request" in self.codes or bool(self.issues)

    @property
    def out_of_credit(self) -> bool:
        """Whether nothing can be bought any more."""
        text = self.message.lower()
        known = ("insufficient_user_quota", "insufficient_quota", "billing_hard_limit_reached")
        return any(code in known for code in self.codes) or any(
            words in text for words in ("enough credits", "insufficient balance", "quota is not enough")
        )

    @property
    def day_limit(self) -> bool:
        """Whether the generations of a day are used up."""
        text = self.message.lower()
        return "daily" in text and "limit" in text

    @property
    def moderated(self) -> bool:
        """Whether moderation refused the input, before a task existed."""
        words = (*self.codes, self.message, *self.issues)
        return any("SAFETY." in word.upper() or "moderation" in word.lower() for word in words)

    @property
    def task_missing(self) -> bool:
        """Whether the service does not find the task."""
        return "task_not_exist" in self.codes or self.message == "task_not_exist"

    @property
    def path_wrong(self) -> bool:
        """Whether the address, not the task, is what was not found."""
        return self.is_page or self.message.startswith("Invalid URL")

    def sentence(self) -> str:
        """Return all of it on one line."""
        found = "; ".join(self.issues)
        if found and self.message:
            return f"{self.message}: {found}"
        return found or self.message or self.code


def error_in(body: bytes, *, secret: str = "") -> ServiceError:
    """Read an error answer of any known shape; *secret* never stands in what is returned."""
    record = object_in(body)
    if record is None:
        text = body[:100_000].decode("utf-8", "replace")
        if looks_like_page(text):
            title = page_title(text)
            return ServiceError(message=f"a web page ({title})" if title else "a web page", is_page=True)
        return ServiceError(message=clean_text(text, limit=300, secret=secret))
    codes: list[str] = []
    message = ""
    issues: tuple[str, ...] = ()
    model_refused = False
    for _ in range(5):  # a gateway may carry another's answer as a string, which may do the same
        inner = record.get("error")
        layer = inner if isinstance(inner, dict) else record
        code = layer.get("code")
        if isinstance(code, str) and code not in ("", _SUCCESS_CODE):
            codes.append(clean_text(code, limit=100, secret=secret))
        raw = next((t for t in (inner, layer.get("message"), layer.get("msg")) if isinstance(t, str) and t), None)
        found = layer.get("issues", record.get("issues"))
        if isinstance(found, list):
            issues = issues or _issues(found, secret)
            model_refused = model_refused or _refuses_model(found)
        carried = object_in(raw) if raw is not None and raw.lstrip().startswith("{") else None
        if carried is None:
            message = clean_text(raw, secret=secret) or message
            break
        record = carried
    return ServiceError(tuple(codes), message, issues, model_refused=model_refused)


def _issues(found: list[object], secret: str) -> tuple[str, ...]:
    lines = []
    for issue in found[:50]:
        if not isinstance(issue, dict):
            continue
        path = issue.get("path")
        where = ""
        for step in path if isinstance(path, list) else []:
            if isinstance(step, int):
                where += f"[{step}]"
            else:
                where += ("." if where else "") + clean_text(step, limit=60, secret=secret)
        what = clean_text(issue.get("message"), limit=300, secret=secret) or clean_text(issue.get("code"))
        extra = next((v for v in (issue.get(k) for k in ("keys", "options", "values")) if isinstance(v, list)), [])
        names = ", ".join(clean_text(name, limit=60, secret=secret) for name in extra[:30])
        if names and names not in what:
            what = f"{what} ({names})"
        lines.append(f"{where}: {what}" if where else what)
    return tuple(dict.fromkeys(line for line in lines if line))


def _refuses_model(found: list[object]) -> bool:
    return any(
        isinstance(issue, dict)
        and issue.get("code") in ("invalid_union", "invalid_enum_value", "invalid_value", "invalid_literal")
        and issue.get("path") == ["model"]
        for issue in found
    )


def created_task_id(record: Mapping[str, object]) -> str:
    """Return the new task's id, wherever the answer to a create has it; empty when it has none."""
    data = record.get("data")
    inner = data if isinstance(data, dict) else {}
    for value in (record.get("id"), record.get("task_id"), inner.get("id"), inner.get("task_id"), data):
        number = isinstance(value, int) and not isinstance(value, bool)
        text = str(value).strip() if number or isinstance(value, str) else ""
        if _usable_id(text):
            return text
    return ""


def _usable_id(text: str) -> bool:
    # It becomes a part of a URL and of file names in messages, and is unusable when it cannot.
    return 0 < len(text) <= 512 and text.isprintable() and text not in (".", "..")


def estimated_credits(record: Mapping[str, object]) -> float | None:
    """Return the upstream's own estimate from the answer to a create."""
    return _credits(record, "estimatedCost")


@dataclass(frozen=True, slots=True)
class TaskReading:
    """One poll's answer, read."""

    snapshot: TaskSnapshot | None = None
    """Where the task stands; None when the body tells of no task."""
    error: ServiceError = field(default_factory=ServiceError)
    """What it says instead."""
    without_output: bool = False
    """The task succeeded, but no output is named (yet); the snapshot says UNKNOWN."""


def read_task(body: bytes, *, task_id: str, secret: str = "") -> TaskReading:
    """Read a poll's answer of any shape: bare, with cost, wrapped, wrapped by old gateways, flat."""
    record = object_in(body)
    if record is None:
        return TaskReading(error=error_in(body, secret=secret))
    outer, inner = _layers(record)
    status, word = _status(outer, inner)
    code = record.get("code")
    failed_lookup = bool(record.get("error")) or (isinstance(code, str) and code not in ("", _SUCCESS_CODE))
    if not word or (failed_lookup and status not in _BARE.values()):
        return TaskReading(error=error_in(body, secret=secret))
    urls = _outputs(outer, inner) if status is TaskStatus.SUCCEEDED else ()
    without_output = status is TaskStatus.SUCCEEDED and not urls
    failed = status in (TaskStatus.FAILED, TaskStatus.CANCELLED)
    snapshot = TaskSnapshot(
        task_id=task_id,
        status=TaskStatus.UNKNOWN if without_output else status,
        progress=_progress(outer, inner) if status in (TaskStatus.RUNNING, TaskStatus.UNKNOWN) else None,
        output_urls=urls,
        failure=_first_text(secret, inner.get("failure"), outer.get("fail_reason")) if failed else "",
        failure_code=clean_text(inner.get("failureCode"), limit=100, secret=secret) if failed else "",
        cost_credits=_credits(inner, "cost"),
        remote_word=clean_text(word, limit=60, secret=secret),
    )
    return TaskReading(snapshot=snapshot, without_output=without_output)


def _layers(record: dict[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    data = record.get("data")
    wrapped = isinstance(data, dict) and (record.get("code") == _SUCCESS_CODE or "status" not in record)
    outer = data if wrapped and isinstance(data, dict) else record
    nested = outer.get("data")
    return outer, nested if isinstance(nested, dict) else outer


def _status(outer: Mapping[str, object], inner: Mapping[str, object]) -> tuple[TaskStatus, str]:
    outer_word, inner_word = (
        word.strip()[:60] if isinstance(word := each.get("status"), str) else "" for each in (outer, inner)
    )
    outer_status = _WORDS.get(outer_word.upper(), TaskStatus.UNKNOWN)
    inner_status = _BARE.get(inner_word.upper())
    # An outer end that the inner record does not know of is a gateway's timeout: the outer one is right.
    if inner_status is None or (outer_status.is_final and not inner_status.is_final):
        return outer_status, outer_word or inner_word
    return inner_status, inner_word


def _outputs(outer: Mapping[str, object], inner: Mapping[str, object]) -> tuple[str, ...]:
    listed = inner.get("output")
    urls = [url for url in listed if _is_web_url(url)] if isinstance(listed, list) else []
    if urls:
        return tuple(dict.fromkeys(str(url) for url in urls))
    # Old gateway rows have the URL where the reason of a failure stands otherwise.
    for value in (listed, outer.get("result_url"), inner.get("video_url"), outer.get("fail_reason")):
        if _is_web_url(value):
            return (str(value),)
    return ()


def _is_web_url(value: object) -> bool:
    return isinstance(value, str) and value.lower().startswith(("https://", "http://"))


def _progress(outer: Mapping[str, object], inner: Mapping[str, object]) -> float | None:
    for value in (inner.get("progress"), outer.get("progress")):
        percent = isinstance(value, str) and value.strip().endswith("%")
        number = number_in(value.strip().rstrip("%") if isinstance(value, str) else value)
        if number is not None:
            return min(1.0, max(0.0, number / 100 if percent or number > 1 else number))
    return None


def _credits(record: Mapping[str, object], name: str) -> float | None:
    money = record.get(name)
    number = number_in(money.get("credits")) if isinstance(money, dict) else None
    return number if number is not None and number >= 0 else None


def _first_text(secret: str, *values: object) -> str:
    return next((text for text in (clean_text(value, secret=secret) for value in values) if text), "")
