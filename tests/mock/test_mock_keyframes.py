"""Keyframes of the newer model: their shape, their number and their times are checked as documented."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from support.mock_client import MockClient, body_for

KEY = "https://media.example.com/k1.png"
URL = "https://media.example.com/shots/sh010.mp4"
"""Stands for the simulator's own clip of two seconds."""


def body(*keyframes: dict[str, Any], video: str = URL) -> dict[str, Any]:
    """Return a body of the newer model."""
    made = {key: value for key, value in body_for(video).items() if key != "ratio"}
    return {**made, "model": "aleph2", "keyframes": list(keyframes)}


@pytest.mark.parametrize(
    ("keyframes", "path"),
    [
        ([{"uri": KEY, "seconds": 0.1}] * 6, ["keyframes"]),
        ([{"uri": KEY}], ["keyframes", 0]),
        ([{"uri": KEY, "seconds": 0.5, "at": 0.5}], ["keyframes", 0]),
        ([{"uri": KEY, "seconds": -0.1}], ["keyframes", 0, "seconds"]),
        ([{"uri": KEY, "seconds": "1"}], ["keyframes", 0, "seconds"]),
        ([{"uri": KEY, "seconds": 0}, {"uri": KEY, "seconds": 2}], ["keyframes", 1, "seconds"]),
        ([{"uri": KEY, "at": 1.5}], ["keyframes", 0, "at"]),
        ([{"uri": "data:image/gif;base64,R0lG", "seconds": 0}], ["keyframes", 0, "uri"]),
        ([{"uri": KEY, "seconds": 0, "frame": 3}], ["keyframes", 0]),
        ([{"uri": KEY, "seconds": 0, "range": {"start_seconds": 1}}], ["keyframes", 0, "range", "end_seconds"]),
        ([{"uri": KEY, "seconds": 0, "range": {"start_seconds": 1, "end_seconds": 1}}], ["keyframes", 0, "range"]),
        ([{"uri": KEY, "seconds": 0, "range": {"start_seconds": 2, "end_seconds": 3}}], ["keyframes", 0, "range"]),
    ],
)
def test_keyframes_that_break_a_rule_are_refused_at_their_place(
    client: MockClient, keyframes: list[dict[str, Any]], path: list[object]
) -> None:
    """HTTP 400 names the keyframe and its field, and no task is made."""
    answer = client.create(body(*keyframes))
    assert answer.status_code == 400
    assert path in [issue["path"] for issue in answer.json()["issues"]]
    assert client.control("verify")["creates"] == 0


def test_keyframes_count_in_the_video_that_was_sent(client: MockClient, clip_path: Path) -> None:
    """30 frames at 24000/1001 end after 1.25125 seconds: the last frame's time is inside, the end is not."""
    video = f"data:video/mp4;base64,{base64.b64encode(clip_path.read_bytes()).decode()}"
    assert client.create(body({"uri": KEY, "seconds": 1.209542}, video=video)).status_code == 200
    refused = client.create(body({"uri": KEY, "seconds": 1.25125}, video=video))
    assert refused.json()["issues"][0]["path"] == ["keyframes", 0, "seconds"]


def test_a_video_that_cannot_be_read_has_no_times_to_check(client: MockClient) -> None:
    """The create is accepted, and its task fails as one without keyframes does."""
    video = "data:video/mp4;base64," + base64.b64encode(b"no video").decode()
    assert client.create(body({"uri": KEY, "seconds": 7}, video=video)).status_code == 200


def test_the_other_model_knows_no_keyframes(client: MockClient) -> None:
    """gen4_aleph refuses the key itself."""
    answer = client.create({**body({"uri": KEY, "seconds": 0}), "model": "gen4_aleph"})
    assert answer.json()["issues"][0]["code"] == "unrecognized_keys"
