"""A plain HTTP client and numbered pictures for the simulator's tests; knows nothing of the plugin."""

from __future__ import annotations

import base64
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import requests

FILM = Fraction(24000, 1001)
BITS = 8


class MockClient:
    """Asks as any client of the service would."""

    def __init__(self, url: str, *, key: str = "any") -> None:
        self.url = url
        self.headers = {"Authorization": f"Bearer {key}", "X-Runway-Version": "2024-11-06"}

    def create(self, body: object, **options: Any) -> requests.Response:
        """Send a create."""
        timeout = options.pop("timeout", 30)
        headers = {**self.headers, **options.pop("headers", {})}
        path = options.pop("path", "/runwayml/v1/video_to_video")
        return requests.post(self.url + path, json=body, headers=headers, timeout=timeout, **options)

    def created(self, body: object, **options: Any) -> str:
        """Send a create that succeeds and return the task's id."""
        answer = self.create(body, **options)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def poll(self, task_id: str, **options: Any) -> requests.Response:
        """Ask about a task."""
        timeout = options.pop("timeout", 30)
        return requests.get(f"{self.url}/runwayml/v1/tasks/{task_id}", headers=self.headers, timeout=timeout, **options)

    def finished(self, task_id: str, polls: int = 40) -> dict[str, Any]:
        """Poll until the bare answer is final."""
        for _ in range(polls):
            told: dict[str, Any] = self.poll(task_id).json()
            if told.get("status") in {"SUCCEEDED", "FAILED", "CANCELLED"}:
                return told
        raise AssertionError(told)

    def output(self, task_id: str, into: Path) -> Path:
        """Wait for a task and download its first output."""
        told = self.finished(task_id)
        answer = requests.get(told["output"][0], timeout=30)
        assert answer.status_code == 200, answer.text
        into.write_bytes(answer.content)
        return into

    def control(self, path: str, body: object = None) -> Any:
        """Make a control call: POST with a body, GET without."""
        if body is None:
            return requests.get(f"{self.url}/_mock/{path}", timeout=30).json()
        answer = requests.post(f"{self.url}/_mock/{path}", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()


def body_for(video: Path | str, **changes: Any) -> dict[str, Any]:
    """Return a create's body for a file (as a data URI) or for an address."""
    body: dict[str, Any] = {"model": "gen4_aleph", "promptText": "make it snow", "seed": 7}
    body["videoUri"] = video if isinstance(video, str) else data_uri(video)
    body.update(changes)
    return {key: value for key, value in body.items() if value is not None}


def data_uri(path: Path) -> str:
    """Return a file as a data URI of type video/mp4."""
    return "data:video/mp4;base64," + base64.b64encode(path.read_bytes()).decode()


def numbered_clip(path: Path, *, frames: int, rate: Fraction = FILM, size: tuple[int, int] = (320, 180)) -> Path:
    """Write a video whose every frame shows its number in eight cells, black for 0 and white for 1, over a ramp."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "12", "preset": "veryfast"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for number in range(frames):
            picture = av.VideoFrame.from_ndarray(_picture(number, size), "rgb24")
            picture.pts, picture.time_base = number, 1 / rate
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def _picture(number: int, size: tuple[int, int]) -> Any:
    width, height = size
    picture = np.zeros((height, width, 3), np.uint8)
    picture[height // 2 :, :] = np.linspace(0, 255, width).astype(np.uint8)[None, :, None]
    cell = width // BITS
    for bit in range(BITS):
        on = number >> (BITS - 1 - bit) & 1
        picture[: height // 2, bit * cell : (bit + 1) * cell] = 255 if on else 0
    return picture


def grey_frames(path: Path) -> list[Any]:
    """Return every frame of a video as grey pixels."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]


def frame_number(grey: Any) -> int:
    """Return the number that a frame shows, whatever its curve: the ramp beneath tells which way brightness runs."""
    height, width = grey.shape
    row = grey[height * 5 // 8]
    dark, bright = int(row[width // 50]), int(row[-width // 50])
    cell, number = width // BITS, 0
    for bit in range(BITS):
        block = grey[height // 8 : height * 3 // 8, bit * cell + cell // 4 : bit * cell + cell * 3 // 4]
        number = number * 2 + (abs(float(block.mean()) - bright) < abs(float(block.mean()) - dark))
    return number


def stream_facts(path: Path) -> tuple[Fraction | None, int, int, int]:
    """Return a video's average rate, width, height and number of sound streams."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        return video.average_rate, video.width, video.height, len(container.streams.audio)
