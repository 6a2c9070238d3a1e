"""
Console scripts that start at once: a process that has imported everything forks one child for each.

A child is a process like any other, with arguments, folder, environment, streams and exit code of its own; only the
second that every start spends on imports is saved. Tests of the start itself, and of processes that are killed, run
the scripts as they are installed (`support.host_process.script`).
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import IO, Any

TESTS = Path(__file__).parents[1]
START_LIMIT_S = 60.0
_PACKAGES = ("otio_cometapi", "cometapi_mock")
_OTHERS = ("opentimelineio.adapters", "opentimelineio.console.otioconvert")
_EARLY = ("LD_", "PYTHON", "TZ", "LANG", "LC_", "MALLOC_", "OMP_", "OPENBLAS_")
_LEFT_OUT = ("cometapi_mock.pytest_plugin",)


@dataclass
class Started:
    """A script that runs."""

    pid: int
    """Its process."""
    _report: IO[bytes] = field(repr=False)
    """Where its exit code will stand."""

    def wait(self, timeout_s: float) -> int:
        """
        Return its exit code, the number of the signal below zero.

        Raises:
            TimeoutError: It did not end in time; it goes on.
        """
        if not select.select([self._report], [], [], timeout_s)[0]:
            raise TimeoutError(f"process {self.pid} did not end in {timeout_s:g} s")
        code = int(self._report.readline())
        self._report.close()
        return code

    def end(self, timeout_s: float) -> None:
        """Ask it to end, and wait until it has."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        try:
            self.wait(timeout_s)
        except TimeoutError:
            os.kill(self.pid, signal.SIGKILL)
            raise


def start(
    arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], streams: Sequence[int], first: str = ""
) -> Started:
    """
    Start a script by its name and arguments.

    *streams* are descriptors for its input, output and errors; *first* is a program that it executes before all else.

    Raises:
        ValueError: *env* has a variable of its own that acts before a process's first line: start the installed script.
    """
    early = [name for name in env if name.startswith(_EARLY) and env[name] != os.environ.get(name)]
    if early:
        raise ValueError(f"{', '.join(early)} would change nothing in a process that is forked")
    reader, writer = os.pipe()
    found = {"arguments": list(arguments), "cwd": str(cwd), "environment": dict(env), "first": first}
    order = json.dumps(found).encode()
    try:
        socket.send_fds(_server(), [len(order).to_bytes(4, "big") + order], [writer, *streams])
    finally:
        os.close(writer)
    report = os.fdopen(reader, "rb")
    return Started(int(report.readline()), report)


def run(
    arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout_s: float, typed: str = "", first: str = ""
) -> subprocess.CompletedProcess[str]:
    """
    Run a script to its end, with *typed* as its input, and return what it wrote; *first* is executed before.

    Raises:
        subprocess.TimeoutExpired: It did not end in time, and was killed.
    """
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        stdin.write(typed.encode())
        stdin.seek(0)
        started = start(
            arguments, cwd=cwd, env=env, streams=[each.fileno() for each in (stdin, stdout, stderr)], first=first
        )
        try:
            code = started.wait(timeout_s)
        except TimeoutError:
            os.kill(started.pid, signal.SIGKILL)
            started.wait(START_LIMIT_S)
            raise subprocess.TimeoutExpired(list(arguments), timeout_s) from None
        return subprocess.CompletedProcess(list(arguments), code, _text(stdout), _text(stderr))


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode()


@cache
def _server() -> socket.socket:
    """Start the process that forks, once for this one; it ends when this one does."""
    ours, theirs = socket.socketpair()
    server = subprocess.Popen(
        [sys.executable, "-m", "support.warm_scripts", str(theirs.fileno())],
        cwd=TESTS,
        env={**os.environ, "PYTHONPATH": str(TESTS), "OPENBLAS_NUM_THREADS": "1"},
        pass_fds=[theirs.fileno()],
        start_new_session=True,
    )
    theirs.close()

    def end() -> None:
        ours.close()
        server.wait(START_LIMIT_S)

    atexit.register(end)
    return ours


# -- in the process that forks


def _serve(orders: socket.socket) -> Callable[[], object]:
    """Fork a child for every order until there are no more; return, in a child, what it is to do."""
    while True:
        head, descriptors, _, _ = socket.recv_fds(orders, 4, 4)
        if not head:
            return lambda: 0
        length = int.from_bytes(head, "big")
        text = b""
        while len(text) < length:
            text += orders.recv(length - len(text))
        if os.fork() == 0:
            orders.close()
            return _watched(json.loads(text), descriptors)
        for each in descriptors:
            os.close(each)
        _reap()


def _reap() -> None:
    """Collect the children that ended."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


def _watched(order: dict[str, Any], descriptors: list[int]) -> Callable[[], object]:
    """Fork the script's own process, and report its number and its exit code."""
    report, *streams = descriptors
    pid = os.fork()
    if pid == 0:
        os.close(report)
        return _script(order, streams)
    for each in streams:
        os.close(each)
    os.write(report, f"{pid}\n".encode())
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.write(report, f"{code}\n".encode())
    os._exit(0)


def _script(order: dict[str, Any], streams: list[int]) -> Callable[[], object]:
    """Become the script: its streams, folder, environment and arguments."""
    for number, each in enumerate(streams):
        os.dup2(each, number)
        os.close(each)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["environment"])
    name, *more = order["arguments"]
    sys.argv = [str(Path(sys.executable).with_name(name)), *more]
    exec(order["first"], {})  # noqa: S102 - what a test asks for
    found: Callable[[], object] = _scripts()[name].load()
    return found


@cache
def _scripts() -> dict[str, EntryPoint]:
    return {each.name: each for each in entry_points(group="console_scripts")}


def _warm() -> None:
    """Import all that a script may need."""
    for package in map(import_module, _PACKAGES):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name not in _LEFT_OUT:
                import_module(module.name)
    for name in _OTHERS:
        import_module(name)
    _scripts()
    gc.collect()
    gc.freeze()  # children neither visit nor copy what is imported: a start costs 0.08 s instead of 0.4 s


if __name__ == "__main__":
    _warm()
    sys.exit(_serve(socket.socket(fileno=int(sys.argv[1])))())  # type: ignore[arg-type]
