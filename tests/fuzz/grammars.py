"""What hypothesis feeds the harnesses: bytes that are nearly right, where plain chance would never get in."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

WORDS = st.sampled_from(
    ["status", "data", "output", "progress", "failure", "failureCode", "fail_reason", "error", "code", "message", "id",
     "task_id", "result_url", "video_url", "cost", "credits", "SUCCEEDED", "FAILED", "RUNNING", "IN_PROGRESS",
     "success", "task_not_exist", "50%", "name", "comment", "Note", "marked_range", "OTIO_SCHEMA", "Clip.2",
     "Timeline.1", "Marker.2", "cometapi", "prompt", "seed", "https://a.b/c?sig=1", "sk-0123456789-secret"]
)  # fmt: skip
ODD = st.text(max_size=12) | st.sampled_from(
    ["\x1b[2J", "\u202eabc", "a\nb", "\x00", "../..", "NaN", "1e999", "-1", "9" * 40, "\ud800", "[" * 40, "é" * 30]
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, -(10**20), 1e308, 0.1])
LEAVES = st.none() | st.booleans() | NUMBERS | WORDS | ODD
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | ODD, inner, max_size=4), max_leaves=12
)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")


def _text(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


def _joined(*parts: st.SearchStrategy[str], most: int = 10) -> st.SearchStrategy[bytes]:
    return st.lists(st.one_of(*parts), max_size=most).map("".join).map(_text)


_TERMS = st.sampled_from(
    ["marker:", "track:", "name:", "meta:", "range:", "all", ",", "\\,", "=", "*", "?", "[a-z]", "[!", "V1", ".", "-",
     "01:00:00:00-01:00:10:00", "00:00:00;02", "01:00:00.5", "sh0", "GREEN", " "]
)  # fmt: skip
_MARKS = st.sampled_from(
    ["comet:", "COMET: ", "|", "\\|", "seed=", "model=", "takes=", "references=", "ratio=", "=", '"', "'", " ", "7",
     "1280:720", "make it snow", "moderation=low"]
)  # fmt: skip
_LOOKS = st.sampled_from(
    ["[defaults]\n", '[clips."sh0*"]\n', "[color]\n", "[[clips]]\n", "clip,prompt,seed\n", "sh0*,", "prompt = ",
     "seed = ", "view = ", "references = ", "takes = ", "'x'", '"y"', '"""', "0x" + "f" * 40, "1e400", "[", "]", "{",
     "}", "=", ".", "\n", ",", "a.b.", "1979-05-27", "inf", "true", "# c\n", "|"]
)  # fmt: skip
_URLS = st.sampled_from(
    ["https://", "http://", "file://", "FILE:", "//", "/", "\\", "C:\\", "localhost", "127.0.0.1", "2130706433",
     "0177.1", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "[fe80::1%25eth0]", "169.254.169.254", "user:pass@", ":443",
     ":99999", "?", "#", "sig=SECRET", "%00", "%2e%2e", "../", "cdn.example.com", ".", "\u3002", "\uff11\uff12\uff17",
     "a", "@"]
)  # fmt: skip
_RAW = st.binary(max_size=200)

GRAMMARS: dict[str, st.SearchStrategy[bytes]] = {
    "wire": st.builds(lambda first, value: bytes([first]) + _json(value), st.integers(0, 255), TREES) | _RAW,
    "selection": _joined(_TERMS, ODD) | _RAW,
    "looks": st.builds(lambda first, rest: bytes([first]) + rest, st.integers(0, 1), _joined(_LOOKS, ODD, most=16))
    | _RAW,
    "markers": _joined(_MARKS, ODD) | _RAW,
    "metadata": st.dictionaries(
        st.sampled_from(["cmx_3600", "fcp_xml", "Resolve_OTIO", "AAF", "kdenlive", "Hiero", "cometapi"]),
        TREES,
        max_size=3,
    ).map(_json)
    | TREES.map(_json)
    | _RAW,
    "urls": _joined(_URLS, ODD) | _RAW,
}
"""A strategy of bytes for every harness."""
