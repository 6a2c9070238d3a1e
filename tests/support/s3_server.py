"""A real S3 server on loopback, as a process: it keeps buckets, takes signed requests and shows signed URLs."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import Request, urlopen

START_LIMIT_S = 60.0
KEY_ID = "AKIAEXAMPLEKEYID0001"
SECRET = "wJalrSecretThatMustNeverBeWritten"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "us-east-1"}

_ADDRESS = re.compile(r"Running on (http://127\.0\.0\.1:\d+)")


@dataclass(frozen=True)
class S3Server:
    """One server with one bucket."""

    url: str
    """Where it answers."""
    bucket: str = "comet-test"
    """The bucket's name."""

    @property
    def address(self) -> str:
        """What `--publish` is given."""
        return f"s3://{self.bucket}/show/ep1?endpoint={self.url}"

    def make_bucket(self) -> None:
        """Make the bucket."""
        self._asked("PUT", "")

    def put(self, name: str, content: bytes) -> None:
        """Put a file of somebody else into the bucket."""
        self._asked("PUT", f"/{name}", content)

    def names(self) -> list[str]:
        """Return the names of what lies in the bucket."""
        return re.findall(r"<Key>([^<]+)</Key>", self._asked("GET", "?list-type=2").decode())

    def _asked(self, method: str, rest: str, content: bytes | None = None) -> bytes:
        request = Request(f"{self.url}/{self.bucket}{rest}", method=method, data=content)  # noqa: S310 - loopback
        with urlopen(request, timeout=START_LIMIT_S) as response:  # noqa: S310 - loopback
            answer: bytes = response.read()
            return answer


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Start the server on a free port, with an empty bucket."""
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    too_late = threading.Timer(START_LIMIT_S, process.kill)
    too_late.start()
    reader: threading.Thread | None = None
    try:
        assert process.stderr is not None
        found = next((match for line in process.stderr if (match := _ADDRESS.search(line))), None)
        too_late.cancel()
        assert found is not None, "the S3 server did not start"
        reader = threading.Thread(target=process.stderr.read, daemon=True)  # it writes a line for every request
        reader.start()
        server = S3Server(found.group(1))
        server.make_bucket()
        yield server
    finally:
        too_late.cancel()
        process.terminate()
        process.wait(timeout=START_LIMIT_S)
        if reader is not None:
            reader.join(START_LIMIT_S)
        if process.stderr is not None:
            process.stderr.close()
