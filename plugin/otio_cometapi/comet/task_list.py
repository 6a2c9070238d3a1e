"""The account's own list of tasks, which an access token opens: where a create without an answer may be found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

import requests

from otio_cometapi.clock import Clock
from otio_cometapi.comet.addresses import ip_literal, is_loopback
from otio_cometapi.comet.answers import asked
from otio_cometapi.comet.client import checked_base, checked_key
from otio_cometapi.comet.remote_text import clean_text, number_in
from otio_cometapi.comet.transport import USER_AGENT, Wire, trouble
from otio_cometapi.comet.verdicts import Answer
from otio_cometapi.comet.wire import error_in, object_in
from otio_cometapi.errors import ApiError
from otio_cometapi.records import ListedTask

LIST_PATH = "/api/task/self"
"""Where the service's own command line asks for it."""
QUOTA_PER_USD = 500_000
"""By the same program."""
_PAGE = 100
_MOST_PAGES = 20
_TIMEOUT_S = (15.0, 30.0)
_OTHER_KINDS = ("image", "audio", "sound", "speech", "upscale", "performance", "music")


@dataclass(frozen=True, slots=True)
class TaskList:
    """What the account's list told of some minutes."""

    tasks: tuple[ListedTask, ...]
    """Oldest first."""
    complete: bool
    """Whether every page was read."""


def listed_tasks(base_url: str, *, token: str, since: float, until: float, clock: Clock) -> TaskList:
    """
    Return the account's tasks that were made between two Unix times.

    The access token goes to the API host only, as the key does. Nothing is created, changed or charged.

    Args:
        base_url: The service.
        token: The account's access token (not the API key).
        since: Seconds.
        until: Seconds.
        clock: What time it is.

    Raises:
        SettingsError: The address or the token cannot be used.
        ApiError: The list cannot be had.
    """
    base, loopback_only = checked_base(base_url)
    secret = checked_key(token, what="access token", variable="COMETAPI_ACCESS_TOKEN")

    def check(address: str) -> None:
        literal = ip_literal(address)
        if loopback_only and (literal is None or not is_loopback(literal)):
            raise ApiError(f"{base} leads to another machine, and plain http would show it the access token.")

    found: dict[str, ListedTask] = {}
    wire = Wire(user_agent=USER_AGENT, check=check)
    try:
        for page in range(1, _MOST_PAGES + 1):
            query = {"p": page, "page_size": _PAGE, "start_timestamp": int(since), "end_timestamp": int(until) + 1}
            rows = _rows(_asked(wire, f"{base}{LIST_PATH}?{urlencode(query)}", secret, clock), secret)
            found |= {task.task_id: task for task in rows if since <= task.created_at <= until}
            if len(rows) < _PAGE:
                return TaskList(_sorted(found), complete=True)
    finally:
        wire.close()
    return TaskList(_sorted(found), complete=False)


def _sorted(found: dict[str, ListedTask]) -> tuple[ListedTask, ...]:
    return tuple(sorted(found.values(), key=lambda task: (task.created_at, task.task_id)))


def _asked(wire: Wire, url: str, secret: str, clock: Clock) -> Answer:
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "Authorization": f"Bearer {secret}"}
    try:
        answer = asked(wire, "GET", url, headers=headers, timeout_s=_TIMEOUT_S, now=clock.now())
    except (requests.RequestException, OSError, ValueError) as exc:
        # Not chained: the library's exceptions carry the request, and the request carries the token.
        raise ApiError(f"the account's task list cannot be had: {trouble(exc)}.", next_step="Try again.") from None
    if answer.status in (401, 403):
        raise ApiError(
            f"the account's task list is closed to this access token (HTTP {answer.status}).",
            next_step="COMETAPI_ACCESS_TOKEN is the account's access token, from its settings; an API key does not do.",
        )
    record = object_in(answer.body)
    if answer.status != 200 or record is None or record.get("success") is False:
        said = error_in(answer.body, secret=secret).sentence() or answer.cut_short
        raise ApiError(
            f"the account's task list cannot be had: HTTP {answer.status}" + (f", {said}." if said else "."),
            next_step="Look at the list in the service's console.",
        )
    return answer


def _rows(answer: Answer, secret: str) -> list[ListedTask]:
    """Return the tasks of a page, which stand under ``data.items``, ``data.data`` or ``data``."""
    data: object = (object_in(answer.body) or {}).get("data")
    if isinstance(data, dict):
        data = data.get("items", data.get("data"))
    tasks = []
    for row in data if isinstance(data, list) else []:
        if not isinstance(row, dict):
            continue
        task_id = clean_text(row.get("task_id"), limit=512, secret=secret)
        created = number_in(row.get("submit_time")) or number_in(row.get("created_at"))
        quota = number_in(row.get("quota"))
        if task_id and created:
            tasks.append(
                ListedTask(
                    task_id=task_id,
                    created_at=created,
                    status=clean_text(row.get("status"), limit=60, secret=secret),
                    action=clean_text(row.get("action"), limit=60, secret=secret),
                    model=clean_text(row.get("model_name"), limit=100, secret=secret),
                    usd=None if not quota else quota / QUOTA_PER_USD,
                )
            )
    return tasks


def may_be(task: ListedTask, *, model: str) -> bool:
    """Tell whether a listed task may be a take with that model: nothing it says of itself speaks against it."""
    kind = re.sub(r"[^a-z0-9]", "", task.action.lower())
    other_kind = any(word in kind for word in _OTHER_KINDS) or kind == "texttovideo"
    return not other_kind and task.model in ("", model)
