"""A PostgreSQL server of Debian's packages on a loopback port, for tests; a missing program is a failure."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD = "comet", "p4ss-w0rd"


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs, which Debian keeps out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")) or [Path(shutil.which(name) or "")]
    assert found[-1].is_file(), f"{name} is not installed: apt-get install postgresql"
    return str(found[-1])


@dataclass(frozen=True)
class Server:
    """A running server."""

    folder: Path
    """Its data and log."""
    port: int
    """Where it listens on 127.0.0.1."""

    def url(self, database: str) -> str:
        """Return the URL of a database, with the password."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def sql(self, text: str, *, database: str = "postgres") -> str:
        """Run SQL as the superuser; return what it printed, without ornaments."""
        command = [program("psql"), "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", database]
        done = subprocess.run(
            [*command, "-tA", "-v", "ON_ERROR_STOP=1", "-c", text],
            env={**os.environ, "PGPASSWORD": PASSWORD},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def new_database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"comet_{secrets.token_hex(4)}"
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def restart(self) -> None:
        """Stop and start the server, cutting every session."""
        control(self.folder, "restart", "-m", "fast")


def as_postgres(*words: str) -> None:
    """Run a program as a user that PostgreSQL accepts: it refuses root."""
    if os.geteuid():
        subprocess.run(words, check=True, capture_output=True, timeout=60)
        return
    who = pwd.getpwnam("postgres")
    subprocess.run(
        words, check=True, capture_output=True, timeout=60, user=who.pw_uid, group=who.pw_gid, extra_groups=[], cwd="/"
    )


def control(folder: Path, *words: str) -> None:
    """Start, stop or restart."""
    as_postgres(program("pg_ctl"), "-D", str(folder / "data"), "-l", str(folder / "log"), "-w", *words)


@contextmanager
def postgres_server(folder: Path) -> Iterator[Server]:
    """Make a server in *folder*, which must be reachable for other users, and yield it running."""
    folder.mkdir(parents=True)
    (folder / "password").write_text(PASSWORD)
    if not os.geteuid():
        shutil.chown(folder, "postgres", "postgres")
        (folder / "password").chmod(0o644)
    as_postgres(
        *(program("initdb"), "-D", str(folder / "data"), "-U", USER, "--auth=scram-sha-256", "--no-sync"),
        *("--encoding=UTF8", "--locale=C", f"--pwfile={folder / 'password'}"),
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=40"
    control(folder, "start", "-o", settings)
    try:
        yield Server(folder, port)
    finally:
        control(folder, "stop", "-m", "immediate")


@contextmanager
def running_server() -> Iterator[Server]:
    """Yield a server in a temporary folder of its own."""
    with tempfile.TemporaryDirectory(prefix="otio-cometapi-pg-") as place:
        Path(place).chmod(0o755)  # the server runs as another user
        with postgres_server(Path(place, "server")) as server:
            yield server
