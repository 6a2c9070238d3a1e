"""A state that outlives the process: every change is on disk before its request is answered."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from .service import Service
from .state import restore_into, settings_of, task_state
from .tasks import Task

_TABLE = "CREATE TABLE IF NOT EXISTS facts (kind TEXT, key TEXT, fact TEXT NOT NULL, PRIMARY KEY (kind, key))"

_Row = tuple[str, str, object]


class Persistence:
    """The state's file in the simulator's folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(folder / "state.sqlite3", check_same_thread=False, isolation_level=None)
        # The state has to survive the process, not the machine.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute(_TABLE)

    def load_into(self, service: Service) -> None:
        """
        Put a simulator into the state that was kept; does nothing where none was.

        Raises:
            StateError: What was kept cannot be read.
        """
        facts: dict[str, dict[str, Any]] = {"settings": {}, "task": {}, "journal": {}, "attempts": {}}
        for kind, key, fact in self._connection.execute("SELECT kind, key, fact FROM facts"):
            facts[kind][key] = json.loads(fact)
        if not facts["settings"]:
            return
        restore_into(
            service,
            {
                **facts["settings"]["all"],
                "attempts": facts["attempts"],
                "tasks": sorted(facts["task"].values(), key=lambda row: int(row["number"])),
                "journal": sorted(facts["journal"].values(), key=lambda entry: int(entry["number"])),
            },
        )

    def keep(self, service: Service, *, entry: dict[str, Any], task: Task | None) -> None:
        """Keep what one request changed."""
        with service.lock:
            rows: list[_Row] = [
                ("settings", "all", settings_of(service)),
                ("journal", str(entry["number"]), dict(entry)),
            ]
            if digest := entry.get("body_sha256"):
                rows.append(("attempts", digest, service.attempts[digest]))
            if task is not None:
                rows.append(("task", task.id, task_state(task)))
            self._write(rows)

    def keep_all(self, service: Service) -> None:
        """Keep the whole state, after a call that may have changed any of it."""
        with service.lock:
            rows: list[_Row] = [("settings", "all", settings_of(service))]
            rows.extend(("task", task.id, task_state(task)) for task in service.tasks.values())
            rows.extend(("journal", str(entry["number"]), entry) for entry in service.journal.rows())
            rows.extend(("attempts", digest, count) for digest, count in service.attempts.items())
            self._write(rows, afresh=True)

    def _write(self, rows: list[_Row], *, afresh: bool = False) -> None:
        with self._connection:
            self._connection.execute("BEGIN")
            if afresh:
                self._connection.execute("DELETE FROM facts")
            texts = [(kind, key, json.dumps(fact)) for kind, key, fact in rows]
            self._connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", texts)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
