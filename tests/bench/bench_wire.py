"""The wire: request bodies and downloads, their time and their memory."""

from __future__ import annotations

import base64
import http.server
import json
import resource
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from bench import measuring
from bench.measuring import Row, child, compared, in_turn, process

_MIB = 1024 * 1024
_PIECE = bytes(range(256)) * 4096


class _Host(http.server.BaseHTTPRequestHandler):
    """Delivers a video of so many bytes, and takes creates."""

    protocol_version = "HTTP/1.1"
    size: ClassVar[int] = 0

    def log_message(self, *_: object) -> None:
        return

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Content-Length", str(self.size))
        self.end_headers()
        for _ in range(self.size // len(_PIECE)):
            self.wfile.write(_PIECE)

    def do_POST(self) -> None:
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 65536)))
        body = json.dumps({"id": "task"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def host(size: int) -> Iterator[str]:
    """Listen on this machine, in this process: the memory of those who are measured is their own."""
    kind = type("Host", (_Host,), {"size": size})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MIB)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def downloaded(url: str, into: str) -> dict[str, Any]:
    """Bring a file home: checked address, hash, disk."""
    from otio_cometapi.clock import SystemClock
    from otio_cometapi.comet.addresses import AddressPolicy
    from otio_cometapi.comet.download import download

    before = _peak()
    policy = AddressPolicy.for_base_url(url)
    started = time.perf_counter()
    made = download((url,), into=Path(into), task_id="t", policy=policy, clock=SystemClock(), max_bytes=2**33)
    return {"seconds": time.perf_counter() - started, "grew_mib": _peak() - before, "bytes": made.size_bytes}


def submitted(url: str, video: str, at_once: int) -> dict[str, Any]:
    """Send creates with a data URI each, so many at once."""
    from fractions import Fraction

    from otio_cometapi.clock import SystemClock
    from otio_cometapi.comet.client import Client
    from otio_cometapi.comet.request_builder import VideoInput, create_request
    from otio_cometapi.records import Look, Model

    client = Client(url, key="k", clock=SystemClock())
    model = Model("m", max_seconds=Fraction(10))
    look = Look("make it snow", "m", seed=1)
    request, small = (
        create_request(look, video=VideoInput(path=Path(path)), model=model, ratio="1280:720", allow_loopback=True)
        for path in (video, f"{video}.small")
    )
    client.submit(small)  # what the libraries take at first is not the body's
    before = _peak()
    started = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        answers = list(pool.map(lambda _: client.submit(request), range(at_once)))
    assert all(answer.task_id == "task" for answer in answers), answers
    return {"seconds": time.perf_counter() - started, "grew_mib": _peak() - before, "body_mib": request.size / _MIB}


def read_and_encoded(video: str) -> dict[str, Any]:
    """Read a video and encode it, as a client does that makes its body in memory."""
    before = _peak()
    started = time.perf_counter()
    body = json.dumps({"videoUri": "data:video/mp4;base64," + base64.b64encode(Path(video).read_bytes()).decode()})
    return {"seconds": time.perf_counter() - started, "grew_mib": _peak() - before, "body_mib": len(body) / _MIB}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def rows_of_downloads(folder: str, size: int, runs: int) -> list[Row]:
    """Measure downloads of so many bytes against curl's."""
    with host(size) as url:
        ours = lambda: child(downloaded, url, f"{folder}/ours.mp4")  # noqa: E731
        theirs = lambda: process("curl", "-s", "-o", f"{folder}/theirs.mp4", url)  # noqa: E731
        costs = in_turn(ours, theirs, runs=runs)
    row = compared(f"download of {size // _MIB} MiB, hashed and on disk", "curl", costs, aim=1.2)
    row.ours = sorted(cost.value["seconds"] for cost in costs[0])[len(costs[0]) // 2]
    grew = max(cost.value["grew_mib"] for cost in costs[0])
    return [row, Row("the same: memory it grew by", grew, size / _MIB, "MiB", "size of the file")]


def rows_of_bodies(folder: str, size: int) -> list[Row]:
    """Measure what requests with a data URI grow the process by."""
    video = Path(folder) / "video.mp4"
    head = b"\0\0\0\x18ftypmp42" + b"\0" * 64
    video.write_bytes(head + _PIECE * (size // len(_PIECE)))
    Path(f"{video}.small").write_bytes(head)
    with host(0) as url:
        one, several = (child(submitted, url, video, at_once).value for at_once in (1, 32))
    plain = child(read_and_encoded, video).value
    body = one["body_mib"]
    return [
        Row(f"create with a body of {body:.1f} MiB: memory", one["grew_mib"], body, "MiB", "the body", 1.5),
        Row("32 of them at once: memory", several["grew_mib"], 32 * body, "MiB", "32 bodies", 1.5),
        Row("create, sent and answered", one["seconds"], plain["seconds"], "s", "reading and encoding it in memory"),
        Row("reading and encoding it in memory: memory", plain["grew_mib"], body, "MiB", "the body"),
    ]


def main(arguments: Sequence[str] | None = None) -> Sequence[Row]:
    """Print what bodies and downloads take."""
    flags = measuring.options(__doc__).parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        free = shutil.disk_usage(folder).free
        size = 16 * _MIB if flags.small else min(2048 * _MIB, free // 4 // _MIB * _MIB)
        # Three megabytes are four as text, and the service takes five.
        rows = rows_of_bodies(folder, _MIB if flags.small else 3 * _MIB)
        rows += rows_of_downloads(folder, size, measuring.runs_of(flags, 3))
    return measuring.told("wire", rows, flags)
