"""What `plan` needs of this room costs no HTTP library."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["models", "request_builder", "publish", "wire", "watch", "failures", "addresses"])
def test_modules_without_a_connection_do_not_load_the_http_library(module: str) -> None:
    """Only transport, client, download and preflight load requests."""
    code = f"import sys, otio_cometapi.comet.{module}; print('requests' in sys.modules or 'urllib3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
