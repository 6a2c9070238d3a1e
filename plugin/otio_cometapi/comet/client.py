"""The service's client: one create is one request, and a poll tells where a task stands."""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType

import requests

from otio_cometapi.clock import Clock
from otio_cometapi.comet.addresses import ip_literal, is_loopback, is_loopback_host, url_parts
from otio_cometapi.comet.answers import asked
from otio_cometapi.comet.encoded_body import CreateRequest
from otio_cometapi.comet.transport import USER_AGENT, Wire, trouble
from otio_cometapi.comet.verdicts import ADDRESS_STEP, RESOLVE_STEP, Answer, create_verdict, poll_failure
from otio_cometapi.comet.wire import CREATE_PATH, VERSION_HEADER, error_in, read_task, task_path
from otio_cometapi.errors import ApiError, PollError, RequestInvalidError, SettingsError
from otio_cometapi.records import SubmitAnswer, SubmitOutcome, TaskSnapshot, TaskStatus

GRACE_S = 60.0
"""How long after a create "no such task" may mean "not yet"; the service says a few seconds."""
EMPTY_SUCCESSES = 5
"""How many polls in a row may say success without an output before that counts as a failure."""

_OWN_HEADERS = frozenset(
    {"authorization", "host", "content-length", "content-type", "transfer-encoding", "connection", "user-agent"}
    | {VERSION_HEADER[0].lower()}
)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds."""

    connect_s: float = 15.0
    """For a connection to stand."""
    create_s: float = 180.0
    """For a create to be answered. Giving up early costs a person's time: nobody knows then what became of it."""
    poll_s: float = 30.0
    """For a poll to be answered."""


class Client:
    """Speaks with the service at one base URL with one key. May be used from several threads."""

    def __init__(
        self,
        base_url: str,
        *,
        key: str,
        clock: Clock,
        user_agent: str = USER_AGENT,
        timeouts: Timeouts | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> None:
        """
        Check what is given; nothing is sent yet.

        Args:
            base_url: Such as ``"https://api.cometapi.com"``; plain http is for this machine only.
            key: The bearer key. It goes to this host only, and is shown nowhere.
            clock: What time it is.
            user_agent: How to name ourselves.
            timeouts: How long to wait.
            extra_headers: Sent with every request, for accounts that need them.

        Raises:
            SettingsError: The base URL, key or a header cannot be used.
        """
        self._base_url, loopback_only = checked_base(base_url)
        # No method of ours: connections that a thread keeps would then keep us, and we that thread's connections.
        self._peer_check = functools.partial(_check_loopback, self._base_url) if loopback_only else None
        self._key = checked_key(key)
        self._headers = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate"}
        self._headers |= _checked_headers(extra_headers or {})
        self._headers |= {"Authorization": f"Bearer {self._key}", VERSION_HEADER[0]: VERSION_HEADER[1]}
        self._clock = clock
        self._user_agent = user_agent
        self._timeouts = timeouts or Timeouts()
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open_wires: list[Wire] = []
        self._empty_successes: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<Client of {self._base_url}>"

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that polls keep."""
        with self._lock:
            wires, self._open_wires = self._open_wires, []
            self._local = threading.local()
        for wire in wires:
            wire.close()

    def submit(self, request: CreateRequest) -> SubmitAnswer:
        """
        Send a create once, over a connection of its own, and return what it means for money.

        Never raises for what the service or the network does. A failure before the connection stands means
        that nothing was sent; any later one that a task may exist.
        """
        changed = request.body.changed_files()
        if changed:
            names = ", ".join(str(path) for path in changed)
            return SubmitAnswer(
                SubmitOutcome.REFUSED,
                message=f"nothing was sent: {names} changed after the request was made",
                next_step="Run again; nothing was spent.",
            )
        wire = Wire(user_agent=self._user_agent, check=self._peer_check)
        try:
            answer = asked(
                wire,
                "POST",
                self._base_url + CREATE_PATH,
                headers=self._headers | {"Content-Type": "application/json", "Connection": "close"},
                timeout_s=(self._timeouts.connect_s, self._timeouts.create_s),
                now=self._clock.now(),
                body=request.body,
            )
        except (requests.RequestException, OSError, ValueError, ApiError) as exc:
            return self._unanswered(exc, stood=wire.watch.stands)
        finally:
            wire.close()
        return create_verdict(answer, model=request.model, secret=self._key)

    def _unanswered(self, exc: Exception, *, stood: bool) -> SubmitAnswer:
        what = exc.message if isinstance(exc, ApiError) else trouble(exc)
        if stood:
            reason = f"the create was sent and its answer never came: {what}"
            if isinstance(exc, RequestInvalidError):
                reason = f"the create broke off while it was sent: {what}"
            return SubmitAnswer(SubmitOutcome.AMBIGUOUS, message=reason, next_step=RESOLVE_STEP)
        message = f"nothing was sent to {self._base_url}: {what}"
        if isinstance(exc, RequestInvalidError):
            return SubmitAnswer(SubmitOutcome.REFUSED, message=message, next_step="Run again; nothing was spent.")
        hopeless = isinstance(exc, ApiError | requests.exceptions.SSLError | requests.exceptions.ProxyError)
        if hopeless or "resolved" in what or isinstance(exc, ValueError):
            return SubmitAnswer(SubmitOutcome.STOP_RUN, message=message, next_step=ADDRESS_STEP)
        return SubmitAnswer(
            SubmitOutcome.REFUSED_FOR_NOW,
            message=message,
            next_step="Check the network, then go on with `otiocomet resume`; nothing was spent.",
        )

    def retrieve(self, task_id: str, *, submitted_at: float) -> TaskSnapshot:
        """
        Ask once where a task stands.

        Args:
            task_id: The remote job's id.
            submitted_at: Unix time of its create; "no such task" within a minute of it means "not yet".

        Raises:
            PollError: No usable answer this time; `hopeless` when the same question would be refused again.
            RunStoppedError: The key, the account or the address is refused; the task lives on.
        """
        try:
            answer = self._asked_of_task("GET", task_id)
        except (requests.RequestException, OSError, ValueError) as exc:
            # Not chained: the library's exceptions carry the request, and the request carries the key.
            raise PollError(
                f"asking for the task failed: {trouble(exc)}.",
                task_id=task_id,
                next_step="It is asked again; the task goes on meanwhile.",
            ) from None
        return self._snapshot(answer, task_id, submitted_at)

    def delete(self, task_id: str) -> str:
        """
        Ask once that a task be deleted; return why it was not, a clause, or nothing where it was.

        Inferred: the service's pages do not name it. Upstream it ends a task, and deletes a finished one's output.
        """
        try:
            answer = self._asked_of_task("DELETE", task_id)
        except (requests.RequestException, OSError, ValueError) as exc:
            return f"no clear answer came ({trouble(exc)}); the next look tells"
        said = error_in(answer.body, secret=self._key).sentence() or "no reason is given"
        return "" if 200 <= answer.status < 300 else f"HTTP {answer.status}, {said}"

    def _asked_of_task(self, method: str, task_id: str) -> Answer:
        return asked(
            self._poll_wire(),
            method,
            self._base_url + task_path(task_id),
            headers=self._headers,
            timeout_s=(self._timeouts.connect_s, self._timeouts.poll_s),
            now=self._clock.now(),
        )

    def _snapshot(self, answer: Answer, task_id: str, submitted_at: float) -> TaskSnapshot:
        reading = read_task(answer.body, task_id=task_id, secret=self._key)
        error = reading.error
        if reading.snapshot is not None and 200 <= answer.status < 300:
            return self._with_patience(reading.snapshot, empty=reading.without_output)
        if error.task_missing or (answer.status in (404, 410) and error.sentence() and not error.path_wrong):
            young = self._clock.now() - submitted_at <= GRACE_S
            word = error.code or error.message or "not found"
            status = TaskStatus.NOT_YET if young else TaskStatus.GONE
            return TaskSnapshot(task_id=task_id, status=status, remote_word=word[:60])
        if reading.snapshot is not None:
            error = error_in(answer.body, secret=self._key)
        raise poll_failure(answer, error, task_id)

    def _with_patience(self, snapshot: TaskSnapshot, *, empty: bool) -> TaskSnapshot:
        with self._lock:
            count = self._empty_successes.get(snapshot.task_id, 0) + 1 if empty else 0
            self._empty_successes[snapshot.task_id] = count
            if not count:
                del self._empty_successes[snapshot.task_id]
        if count < EMPTY_SUCCESSES:
            return snapshot
        return TaskSnapshot(
            task_id=snapshot.task_id,
            status=TaskStatus.FAILED,
            failure="the task is said to have succeeded, but the service names no output",
            cost_credits=snapshot.cost_credits,
            remote_word=snapshot.remote_word,
        )

    def _poll_wire(self) -> Wire:
        wire: Wire | None = getattr(self._local, "wire", None)
        if wire is None:
            wire = Wire(user_agent=self._user_agent, check=self._peer_check)
            self._local.wire = wire
            with self._lock:
                self._open_wires.append(wire)
        return wire


def _check_loopback(base_url: str, address: str) -> None:
    """Keep plain http, and the key with it, on this machine, whatever "localhost" resolves to."""
    literal = ip_literal(address)
    if literal is None or not is_loopback(literal):
        raise ApiError(f"{base_url} leads to another machine, and plain http would show it the key")


def checked_base(base_url: str) -> tuple[str, bool]:
    """
    Return the bare base URL, and whether it is plain http, which stays on this machine.

    Raises:
        SettingsError: It cannot be used.
    """
    parts = url_parts(base_url.strip())
    host = parts.hostname if parts is not None else None
    if parts is None or not host or parts.scheme not in ("http", "https"):
        raise SettingsError("the base URL is no http or https URL.", next_step=ADDRESS_STEP)
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise SettingsError("the base URL carries a user name, query or fragment.", next_step=ADDRESS_STEP)
    plain = parts.scheme == "http"
    if plain and not is_loopback_host(host):
        raise SettingsError(
            f"the base URL http://{parts.netloc} is plain http, which would show the key to everyone on the way.",
            next_step="Use https; plain http is for a server on this machine only.",
        )
    path = parts.path.rstrip("/").removesuffix("/runwayml")
    return f"{parts.scheme}://{parts.netloc}{path}", plain


def checked_key(key: str, *, what: str = "API key", variable: str = "COMETAPI_KEY") -> str:
    """
    Return a secret that can travel in a header.

    Raises:
        SettingsError: It cannot; it is not shown.
    """
    text = key.strip()
    if not text:
        raise SettingsError(f"there is no {what}.", next_step=f"Set {variable}.")
    if not all("!" <= character <= "~" for character in text):
        raise SettingsError(
            f"the {what} holds a space, a line break or a letter beyond ASCII.", next_step=f"Copy {variable} again."
        )
    return text


def _checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not all(" " <= character <= "~" for character in value):
            raise SettingsError(f"the extra header {name!r} cannot be sent.", next_step="Correct its name or value.")
        if name.lower() in _OWN_HEADERS:
            raise SettingsError(f"the extra header {name} is set by the client itself.", next_step="Remove it.")
    return dict(headers)
