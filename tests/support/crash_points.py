"""
Points at which a process dies, or its disk fails: before and after everything that it does to the world.

A point is the moment before or after a ledger statement, begin or commit; a request, its bytes and its answer; a name
that appears, moves or goes in a folder that is watched; bytes that are written there; and a wait. The product knows
nothing of this: the seams are those of the libraries that it uses.
"""

from __future__ import annotations

import builtins
import errno
import http.client
import io
import json
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import requests
import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

KILL = "kill"
"""At the point the process is gone, as by `kill -9` or a loss of power."""
FULL = "full"
"""From the point on nothing more can be written: a full disk."""
BROKEN = "broken"
"""At the point, once, the disk fails."""
COUNT = "count"
"""Nothing happens; the points are counted."""

WAIT = "before a wait"
"""The point before the process sleeps; counted only where it alone is asked for."""

_ERRNO = {FULL: errno.ENOSPC, BROKEN: errno.EIO}
_LEDGER_WORDS = {FULL: "database or disk is full", BROKEN: "disk I/O error"}
_WRITES = ("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP")


@dataclass
class Points:
    """Counts the points of this process, and strikes at one of them."""

    mode: str
    """What happens: `KILL`, `FULL`, `BROKEN` or `COUNT`."""
    at: int
    """The point at which it happens, counted from 1; 0: at none."""
    only: str
    """The one kind of point that is counted; empty: all."""
    watched: str
    """The folder in which files count."""
    told: Path
    """Where the points passed are told of: one JSON object."""
    labels: list[str] = field(default_factory=list)
    """The points passed, in order."""
    sent: int = 0
    """Creates whose last byte has left."""
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def passed(self, label: str) -> None:
        """Pass a point at which a process may die."""
        if self.mode not in (FULL, BROKEN):
            with self._lock:
                self._counted(label)

    def failing(self, label: str, *, ledger: bool = False, needs_room: bool = True) -> None:
        """
        Pass the point before something that the disk may refuse.

        Raises:
            OSError: The disk refuses, for a file.
            sqlite3.OperationalError: The same, for the ledger.
        """
        if self.mode not in (FULL, BROKEN):
            self.passed(f"before {label}")
            return
        if self.mode == FULL and not needs_room:
            return
        with self._lock:
            self.labels.append(label)
            passed = len(self.labels)
        strikes = self.at and (passed >= self.at if self.mode == FULL else passed == self.at)
        if strikes and ledger:
            raise sqlite3.OperationalError(_LEDGER_WORDS[self.mode])
        if strikes:
            raise OSError(_ERRNO[self.mode], os.strerror(_ERRNO[self.mode]))

    def _counted(self, label: str) -> None:
        self.labels.append(label)
        passed = self.labels.count(self.only) if self.only else len(self.labels)
        if self.mode == KILL and passed == self.at and self.only in ("", label):
            self.tell()
            os.kill(os.getpid(), signal.SIGKILL)

    def tell(self) -> None:
        """Write down what was passed, by a way that no point lies on."""
        text = json.dumps({"labels": self.labels, "sent": self.sent}).encode()
        handle = _os_open(self.told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(handle, text)
        os.close(handle)

    def watches(self, path: Any) -> str:
        """Return the path where it lies in the watched folder, relative to it; else nothing."""
        if isinstance(path, int):
            return ""
        full = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - asks the disk nothing
        return os.path.relpath(full, self.watched) if full.startswith(self.watched + os.sep) else ""

    def around(self, function: Callable[..., Any], word: str, *, needs_room: bool = True) -> Callable[..., Any]:
        """Return a function of a path (its last one counts) with a point before and one after."""

        def called(*arguments: Any, **named: Any) -> Any:
            paths = [self.watches(each) for each in arguments[:2] if isinstance(each, str | bytes | os.PathLike)]
            name = paths[-1] if paths and not named.get("dir_fd") else ""
            if not name:
                return function(*arguments, **named)
            label = f"{word} {kind_of(name)}"
            self.failing(label, needs_room=needs_room)
            result = function(*arguments, **named)
            self.passed(f"after {label}")
            return result

        return called


_os_open = os.open


def kind_of(name: str) -> str:
    """Return what kind of file it is, in words that do not change from run to run."""
    path = Path(name)
    part = ".part" if any(".part" in piece for piece in path.parts) else ""
    folder = path.parent.name
    known = folder if folder in ("timelines", "exports", "outputs", "media", "owners", "private") else "file"
    return f"{known}{path.suffix if path.suffix != '.part' else ''}{part}"


class _Written:
    """A file that is written in the watched folder; before bytes are gone, half of them are there."""

    def __init__(self, file: Any, points: Points, label: str) -> None:
        self._file = file
        self._points = points
        self._label = label

    def write(self, content: Any) -> Any:
        half = len(content) // 2
        self._file.write(content[:half])
        self._file.flush()
        self._points.failing(f"write {self._label}")
        self._file.write(content[half:])
        self._points.passed(f"after write {self._label}")
        return len(content)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _Written:
        self._file.__enter__()
        return self

    def __exit__(self, *error: object) -> Any:
        return self._file.__exit__(*error)


def install(points: Points) -> None:
    """Put the points into this process."""
    _files(points)
    _ledger(points)
    _requests(points)
    sleep = time.sleep

    def waited(seconds: float) -> None:
        if points.only == WAIT:  # how many there are depends on how fast the machine is
            points.passed(WAIT)
        sleep(seconds)

    time.sleep = waited


def _files(points: Points) -> None:
    for name in ("rename", "replace", "link"):
        setattr(os, name, points.around(getattr(os, name), name, needs_room=False))
    for name in ("unlink", "remove", "rmdir"):
        setattr(os, name, points.around(getattr(os, name), "remove", needs_room=False))
    os.mkdir = points.around(os.mkdir, "mkdir")
    opened, fsync, os_open, av_open = io.open, os.fsync, os.open, av.open

    def opens(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        name = points.watches(file) if set(mode) & set("wxa+") else ""
        if not name:
            return opened(file, mode, *rest, **named)
        label = kind_of(name)
        points.failing(f"open {label}")
        found = opened(file, mode, *rest, **named)
        points.passed(f"after open {label}")
        return _Written(found, points, label) if "b" in mode or "w" in mode else found

    def os_opens(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        name = points.watches(path) if flags & (os.O_WRONLY | os.O_RDWR) else ""
        if not name:
            return os_open(path, flags, *rest, **named)
        points.failing(f"open {kind_of(name)}", needs_room=bool(flags & os.O_CREAT))
        handle = os_open(path, flags, *rest, **named)
        points.passed(f"after open {kind_of(name)}")
        return handle

    def fsyncs(handle: int) -> None:
        points.failing("fsync")
        fsync(handle)
        points.passed("after fsync")

    def av_opens(file: Any, mode: str | None = None, *rest: Any, **named: Any) -> Any:
        name = points.watches(file) if mode == "w" and isinstance(file, str) else ""
        if not name:
            return av_open(file, mode, *rest, **named)
        points.failing(f"encode {kind_of(name)}")
        found = av_open(file, mode, *rest, **named)
        points.passed(f"after encode begins {kind_of(name)}")
        return found

    io.open = builtins.open = opens
    os.open, os.fsync, av.open = os_opens, fsyncs, av_opens


def _ledger(points: Points) -> None:
    commit, rollback, execute = DefaultDialect.do_commit, DefaultDialect.do_rollback, DefaultDialect.do_execute
    dirty: set[int] = set()

    def commits(self: Any, connection: Any) -> None:
        if id(connection.dbapi_connection) not in dirty:
            commit(self, connection)
            return
        dirty.discard(id(connection.dbapi_connection))
        points.failing("ledger commit", ledger=True)
        commit(self, connection)
        points.passed("after ledger commit")

    def executes(self: Any, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        word = statement.lstrip().split(" ", 1)[0].upper()
        if word == "BEGIN" and "IMMEDIATE" in statement:
            points.passed("before ledger begin")
            execute(self, cursor, statement, parameters, context)
            dirty.add(id(cursor.connection))
            points.passed("after ledger begin")
            return
        if word not in _WRITES:
            execute(self, cursor, statement, parameters, context)
            return
        label = "ledger " + " ".join(statement.split()[: 3 if word in ("INSERT", "DELETE") else 2]).lower()
        points.failing(label, ledger=True)
        execute(self, cursor, statement, parameters, context)
        points.passed(f"after {label}")

    def rolls_back(self: Any, connection: Any) -> None:
        dirty.discard(id(connection.dbapi_connection))
        rollback(self, connection)

    DefaultDialect.do_commit, DefaultDialect.do_rollback, DefaultDialect.do_execute = commits, rolls_back, executes


def _requests(points: Points) -> None:
    adapter = requests.adapters.HTTPAdapter
    whole, head, bytes_out = adapter.send, http.client.HTTPConnection.getresponse, http.client.HTTPConnection.send

    def sends(self: Any, request: Any, *rest: Any, **named: Any) -> Any:
        points.passed(f"before {request.method}")
        answer = whole(self, request, *rest, **named)
        points.passed(f"after {request.method} answered")
        return answer

    def answers(self: Any) -> Any:
        if self._method == "POST":
            points.sent += 1
        points.passed(f"after {self._method} sent")
        return head(self)

    def goes(self: Any, data: Any) -> None:
        if self._method == "POST":
            points.passed("before bytes of POST")
        bytes_out(self, data)

    adapter.send = sends
    http.client.HTTPConnection.getresponse = answers
    http.client.HTTPConnection.send = goes


# -- the program: a process that has imported everything, and forks one child for every command


def child(order: dict[str, Any]) -> int:
    """Run one command of the product in this process, which a fork has just made; return its exit code."""
    os.setsid()
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["environment"])
    for number, place in ((0, os.devnull), (1, order["stdout"]), (2, order["stderr"])):
        handle = os.open(place, os.O_RDWR | (os.O_CREAT | os.O_TRUNC if number else 0), 0o600)
        os.dup2(handle, number)
        os.close(handle)
    points = Points(order["mode"], order["at"], order["only"], order["watched"], Path(order["told"]))
    sys.argv = ["otiocomet", *order["arguments"]]
    from otio_cometapi.cli import main

    install(points)
    code = 1
    try:
        main()
        code = 0
    except SystemExit as exc:
        code = exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    except BaseException:  # noqa: BLE001 - what a console script does with it
        sys.excepthook(*sys.exc_info())
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    points.tell()
    return code


def warm() -> None:
    """Import all that the commands import late."""
    import opentimelineio
    import rich.progress  # noqa: F401

    import otio_cometapi.cli.catalogue
    import otio_cometapi.cli.relinking
    import otio_cometapi.cli.running
    import otio_cometapi.cli.watching
    import otio_cometapi.pipeline.run  # noqa: F401

    opentimelineio.plugins.ActiveManifest()
    sa.create_engine("sqlite://").connect().close()


def main() -> None:
    """Read one order a line; fork; answer each with how the child ended: an exit code, or the signal below zero."""
    warm()
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        number = os.fork()
        if number == 0:
            code = 1
            try:
                code = child(order)
            finally:
                os._exit(code)
        ended = _ended(number, order["limit_s"])
        print(json.dumps(ended), flush=True)


def _ended(number: int, limit_s: float) -> int:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        done, status = os.waitpid(number, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(number, signal.SIGKILL)
    os.waitpid(number, 0)
    return 1000


if __name__ == "__main__":
    main()
