"""Whether an output can be written, found out before anything is spent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_a_format_whose_adapter_is_not_installed_names_what_to_install(tmp_path: Path) -> None:
    """Without the extra `formats` an EDL output is refused with the line that installs it."""
    program = (
        "from pathlib import Path; from otio_cometapi.editorial.outputs import check_writable; "
        f"check_writable(Path({str(tmp_path / 'out.edl')!r}))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        env={**os.environ, "OTIO_DISABLE_ENTRYPOINTS_PLUGINS": "1"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode != 0
    assert "could not write" in ended.stderr
    assert "pip install 'otio-cometapi[formats]'" in ended.stderr
