"""What was asked of the simulator: every request in order, without keys and without whole videos."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from typing import Any

_KEPT_HEADERS = ("content-type", "content-length", "x-runway-version", "user-agent", "range", "accept")
_LONG_TEXT = 2000


@dataclass
class Journal:
    """The requests so far."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    """In the order in which they came in."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def open_entry(
        self, *, method: str, path: str, query: str, headers: dict[str, str], virtual_s: float
    ) -> dict[str, Any]:
        """Enter a request that has just come in, and return its entry, to be completed with what became of it."""
        lowered = {name.lower(): value for name, value in headers.items()}
        entry: dict[str, Any] = {
            "number": 0,
            "at_s": virtual_s,
            "method": method,
            "path": path,
            "query": query,
            "key_sent": "authorization" in lowered,
            "headers": {
                name: value
                for name, value in lowered.items()
                if name in _KEPT_HEADERS or name.startswith("x-stainless")
            },
            "body": None,
            "status": None,
        }
        with self._lock:
            self.entries.append(entry)
            entry["number"] = len(self.entries)
        return entry

    def rows(self) -> list[dict[str, Any]]:
        """Return a copy of every entry: requests that are still being answered go on writing into theirs."""
        return [dict(entry) for entry in list(self.entries)]

    def clear(self) -> None:
        """Forget every request."""
        with self._lock:
            self.entries.clear()


def abbreviated(value: Any) -> Any:
    """Return a JSON value with every data URI and every long text cut down to what identifies it."""
    if isinstance(value, dict):
        return {key: abbreviated(item) for key, item in value.items()}
    if isinstance(value, list):
        return [abbreviated(item) for item in value]
    if isinstance(value, str) and (value.startswith("data:") or len(value) > _LONG_TEXT):
        head = value.split(",", 1)[0][:80] if value.startswith("data:") else value[:80]
        digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{head},... ({len(value)} characters, sha256 {digest})"
    return value
