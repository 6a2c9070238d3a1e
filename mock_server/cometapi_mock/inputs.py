"""Getting hold of the video that a request names, by the service's own rules."""

from __future__ import annotations

import hashlib
import threading
import urllib.error
import urllib.request
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
from av.filter import Graph

from .assets import MEDIA_TYPES, data_uri_bytes, is_reserved
from .repeatable import repeatable_h264

EXAMPLE_NAME = "example.mp4"
"""File name of the clip behind reserved addresses."""

FETCH_SECONDS = 10
"""Longest wait for an asset's host."""

FETCH_BYTES = {"video": 32 * 1024 * 1024, "image": 16 * 1024 * 1024}
"""Largest asset that is fetched from a URL."""

_USER_AGENT = "RunwayML API/1.0 (simulated)"
_clip_lock = threading.Lock()


class InputRefusedError(Exception):
    """The service would not take this asset; the message is what it says."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


def stored_input(uri: str, *, folder: Path) -> Path:
    """
    Return the file that holds what an accepted address names, fetched or decoded once for each content.

    Hosts that are reserved for examples stand for a clip that the simulator draws itself.

    Raises:
        InputRefusedError: The address could not be fetched by the service's rules.
    """
    if uri.startswith("data:"):
        return _stored(data_uri_bytes(uri), folder)
    if is_reserved(urlsplit(uri).hostname or ""):
        return example_clip(folder)
    return _stored(_fetched(uri, kind="video"), folder)


def example_clip(folder: Path) -> Path:
    """Return the clip behind reserved addresses: 48 frames at 24 per second, 320 x 180."""
    target = folder / EXAMPLE_NAME
    with _clip_lock:
        if not target.exists():
            _draw_clip(target.with_suffix(".part.mp4"), frames=48)
            target.with_suffix(".part.mp4").replace(target)
    return target


def _stored(content: bytes, folder: Path) -> Path:
    target = folder / f"{hashlib.sha256(content).hexdigest()}.bin"
    if not target.exists():
        partial = target.with_suffix(f".{threading.get_ident()}.part")
        partial.write_bytes(content)
        partial.replace(target)
    return target


def _fetched(url: str, *, kind: str) -> bytes:
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(_request(url, "HEAD"), timeout=FETCH_SECONDS) as head:
            _check_headers(head.headers, kind)
        with opener.open(_request(url, "GET"), timeout=FETCH_SECONDS) as got:
            _check_headers(got.headers, kind)
            content: bytes = got.read(FETCH_BYTES[kind] + 1)
    except urllib.error.HTTPError as exc:
        exc.close()
        message = f'Failed to fetch asset. Received HTTP code "{exc.code}"'
        raise InputRefusedError(message) from exc
    except TimeoutError as exc:
        message = "Timeout while fetching asset"
        raise InputRefusedError(message) from exc
    except OSError as exc:
        message = "Failed to fetch asset"
        raise InputRefusedError(message) from exc
    if len(content) > FETCH_BYTES[kind]:
        message = f"Asset size exceeds {FETCH_BYTES[kind]} bytes"
        raise InputRefusedError(message)
    return content


def _request(url: str, method: str) -> urllib.request.Request:
    # Only https and loopback http come this far: the address has passed the contract.
    return urllib.request.Request(url, method=method, headers={"User-Agent": _USER_AGENT})  # noqa: S310


def _check_headers(headers: Any, kind: str) -> None:
    media_type = str(headers.get("Content-Type", "")).split(";")[0].strip().lower()
    length = str(headers.get("Content-Length", ""))
    if media_type not in MEDIA_TYPES[kind]:
        message = f"Unsupported asset type: {media_type or 'no Content-Type'}"
        raise InputRefusedError(message)
    if not length.isdigit():
        message = "Failed to fetch asset: no valid Content-Length"
        raise InputRefusedError(message)
    if int(length) > FETCH_BYTES[kind]:
        message = f"Asset size exceeds {FETCH_BYTES[kind]} bytes"
        raise InputRefusedError(message)


def _draw_clip(target: Path, *, frames: int) -> None:
    graph = Graph()
    picture = graph.add("testsrc2", f"size=320x180:rate=24:duration={frames / 24}")
    pixels = graph.add("format", "pix_fmts=yuv420p")
    picture.link_to(pixels)
    pixels.link_to(graph.add("buffersink"))
    graph.configure()
    with av.open(str(target), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        options = {"crf": "20", "preset": "veryfast", **repeatable_h264()}
        stream = container.add_stream("libx264", rate=24, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.codec_context.thread_count = 1
        for number in range(frames):
            frame = graph.vpull()
            frame.pts, frame.time_base = number, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
