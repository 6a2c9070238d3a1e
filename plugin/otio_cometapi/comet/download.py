"""Bringing an output home: to a private name, checked, hashed, and only then under its own name."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urljoin

import requests
from urllib3.exceptions import HTTPError

from otio_cometapi.clock import Clock
from otio_cometapi.comet.addresses import AddressPolicy, AddressRefusedError, shown_url
from otio_cometapi.comet.answers import large_pieces_of
from otio_cometapi.comet.partial_file import BrokenOffError, PartialFile, UnfitError
from otio_cometapi.comet.patience import Patience
from otio_cometapi.comet.transport import USER_AGENT, Wire, trouble
from otio_cometapi.comet.unfinished import Unfinished, unfinished
from otio_cometapi.comet.verdicts import retry_after
from otio_cometapi.errors import DownloadError
from otio_cometapi.records import Output

MAX_BYTES = 4 * 1024**3
"""Larger than any output of the models known, ProRes included."""

_MOST_REDIRECTS = 5
_ATTEMPTS = 6
_TIME_S = 3600.0
_TIMEOUTS_S = (15.0, 60.0)
_LONGEST_BACK_OFF_S = 30.0
_PIECE_BYTES = 65_536
_PIECE_S = 60.0
_LONGEST_S = 12 * 3600.0
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity"}
# File hosts call a signature that ran out by any of these; a new poll brings a new URL.
_EXPIRED = frozenset({400, 401, 403, 404, 410})
_PASSING = frozenset({408, 409, 421, 425, 429})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def download(
    urls: tuple[str, ...],
    *,
    into: Path,
    task_id: str,
    policy: AddressPolicy,
    clock: Clock,
    max_bytes: int = MAX_BYTES,
) -> Output:
    """
    Bring a task's output home.

    The key is not known here. A broken transfer goes on where it broke off, also one that a process began which was
    killed; every hop of a redirect is checked as the first one is; a web page or JSON is not taken for an output; the
    file appears under its name by rename, whole and on disk.

    Args:
        urls: Where it is; the next is tried when one cannot be had.
        into: Where to put it; its folder exists.
        task_id: The task, for messages.
        policy: Which addresses are fine.
        clock: How to wait between attempts.
        max_bytes: The largest file that is taken.

    Raises:
        DownloadError: It could not be had; `expired` when a new poll would bring a new URL.
    """
    failures: list[DownloadError] = []
    for url in urls:
        try:
            return _Transfer(url, policy=policy, clock=clock, max_bytes=max_bytes).run(into, task_id)
        except DownloadError as exc:
            failures.append(exc)
    if not failures:
        raise DownloadError("the task names no output.", task_id=task_id, next_step="Ask for the task again.")
    raise next((failure for failure in failures if failure.expired), failures[0])


class _ExpiredError(Exception):
    """The URL no longer opens."""


class _Transfer:
    """One URL's way home."""

    def __init__(self, url: str, *, policy: AddressPolicy, clock: Clock, max_bytes: int) -> None:
        self._url = url
        self._policy = policy
        self._clock = clock
        self._max_bytes = max_bytes
        self._piece_s = _PIECE_S
        self._started = 0.0

    def run(self, into: Path, task_id: str) -> Output:
        """Fetch into a private name beside *into*, then rename; go on where a process before this one died."""
        what = f"the output at {shown_url(self._url)} was not taken"
        try:
            with unfinished(into, name=f"{task_id}\n{self._url.partition('?')[0]}") as half:
                target = self._brought(half)
                half.becomes(into)
            _folder_settled(into.parent)
        except _ExpiredError as exc:
            step = "Ask for the task again: that brings a fresh URL."
            raise DownloadError(f"{what}: {exc}.", expired=True, task_id=task_id, next_step=step) from None
        except AddressRefusedError as exc:
            raise DownloadError(exc.message, task_id=task_id, next_step=exc.next_step) from None
        except (UnfitError, BrokenOffError) as exc:
            step = "The task's id is kept; `otiocomet resume` tries again."
            raise DownloadError(f"{what}: {exc}.", task_id=task_id, next_step=step) from None
        except OSError as exc:
            why = exc.strerror or type(exc).__name__
            step = "Make room or correct the rights, then run `otiocomet resume`."
            raise DownloadError(f"{into} could not be written: {why}.", task_id=task_id, next_step=step) from exc
        return Output(str(into), target.size, target.sha256, target.content_type)

    def _brought(self, half: Unfinished) -> PartialFile:
        """Fetch the whole file; what breaks off is left for the next try, in this process or another."""
        target = PartialFile(half.file, max_bytes=self._max_bytes, note=half.note)
        known = half.progress()
        if known is not None:
            target.take_up(known)
        try:
            self._fetch(target)
            target.settle()
        except (BrokenOffError, _ExpiredError):
            half.stays = target.leave()
            raise
        finally:
            target.close()
        return target

    def _fetch(self, target: PartialFile) -> None:
        """Try until the file is whole; attempts without a byte of progress, and time, are bounded."""
        self._started = self._clock.monotonic()
        failures = 0
        while True:
            size_before = target.size
            try:
                self._attempt(target)
                return
            except BrokenOffError as exc:
                failures = 1 if target.size > size_before else failures + 1
                wait = min(_LONGEST_BACK_OFF_S, max(2.0 ** (failures - 1), exc.retry_after_s or 0.0))
                if failures >= _ATTEMPTS or self._clock.monotonic() - self._started + wait > _TIME_S:
                    raise
                self._clock.sleep(wait)

    def _attempt(self, target: PartialFile) -> None:
        url = self._url
        headers = _HEADERS | target.resume_headers()
        for _ in range(_MOST_REDIRECTS + 1):
            self._policy.check_url(url)
            # A wire of its own for every hop: the check of the peer belongs to this URL.
            hop = url
            wire = Wire(user_agent=USER_AGENT, check=lambda peer, hop=hop: self._policy.check_peer(peer, url=hop))
            try:
                with Patience(self._piece_s) as patience:
                    response = self._opened(wire, url, headers, patience)
                    location = response.headers.get("Location", "")
                    if response.status_code not in _REDIRECTS or not location:
                        self._received(response, target, patience)
                        return
                    response.close()
                url = urljoin(url, location)
            finally:
                wire.close()
        raise UnfitError(f"it is redirected more than {_MOST_REDIRECTS} times")

    # The library's exceptions name the whole URL, and its query is secret: they are not chained.
    def _opened(self, wire: Wire, url: str, headers: dict[str, str], patience: Patience) -> requests.Response:
        try:
            return wire.send("GET", url, headers=headers, timeout_s=_TIMEOUTS_S, patience=patience)
        except requests.exceptions.SSLError as exc:
            if not wire.watch.stands:
                raise UnfitError(f"{shown_url(url)}: {trouble(exc)}") from None
            raise BrokenOffError(trouble(exc)) from None
        except (requests.RequestException, OSError, ValueError) as exc:
            raise BrokenOffError(trouble(exc)) from None

    def _received(self, response: requests.Response, target: PartialFile, patience: Patience) -> None:
        try:
            self._check_status(response, target)
            target.accept(response.status_code, response.headers)
            pieces = large_pieces_of(response, _PIECE_BYTES)
            while True:
                try:
                    piece = next(pieces, b"")
                except (requests.RequestException, HTTPError, OSError, ValueError) as exc:
                    raise BrokenOffError(f"{trouble(exc)} after {target.size:,} bytes") from None
                if not piece:
                    break
                target.write(piece)
                patience.progress()
                if self._clock.monotonic() - self._started > _LONGEST_S:
                    raise UnfitError(f"it has not ended after {_LONGEST_S / 3600:g} hours and {target.size:,} bytes")
            if patience.ended:
                raise BrokenOffError(f"less than {_PIECE_BYTES // 1024} KiB came in {self._piece_s:g} s")
            target.finish()
        finally:
            response.close()

    def _check_status(self, response: requests.Response, target: PartialFile) -> None:
        status = response.status_code
        if status in (200, 206):
            return
        if status in _EXPIRED:
            raise _ExpiredError(f"the file host answers HTTP {status}; its URL has probably expired")
        if status == 416:
            target.restart()
            raise BrokenOffError("the file host has no such part")
        if status in _PASSING or status >= 500:
            wait = retry_after(response.headers.get("Retry-After"), now=self._clock.now())
            raise BrokenOffError(f"the file host answers HTTP {status}", retry_after_s=wait)
        raise UnfitError(f"the file host answers HTTP {status}")


def _folder_settled(folder: Path) -> None:
    """Put the rename on disk, where folders can be opened for that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
