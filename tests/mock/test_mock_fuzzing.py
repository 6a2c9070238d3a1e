"""Schemathesis, another project's fuzzer, against the contract that the simulator serves."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cometapi_mock.server import MockServer

SETTINGS = """
[checks]
# Every key is good but `invalid`, by design.
ignored_auth.enabled = false
# A gateway without a channel for a model answers 503; a 500 would be ours.
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", 503]
# Valid by its schema, a request may still name a task, a scenario or a video that does not exist.
positive_data_acceptance.expected-statuses = ["2xx", "3xx", 400, 401, 403, 404, 405, 503]
"""


@pytest.mark.proof
def test_the_fuzzer_finds_nothing(server: MockServer, tmp_path: Path) -> None:
    """In a minute of requests, valid and invalid, every answer keeps to the contract."""
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    fuzzer = Path(sys.executable).with_name("st")
    address = f"{server.url}/_mock/openapi.json"
    limits = ["--max-examples", "20", "--max-time", "60", "--seed", "1", "--continue-on-failure", "--no-color"]
    done = subprocess.run(
        [str(fuzzer), "run", address, "--header", "Authorization: Bearer any", *limits],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    (generated, passed) = re.findall(r"(\d+) generated, (\d+) passed", done.stdout)[0]
    assert generated == passed
    assert int(generated) > 500
