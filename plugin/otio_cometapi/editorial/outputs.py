"""Whether a timeline could be written somewhere, found out before anything is spent."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from otio_cometapi.editorial.timeline_io import adapter_for, write_timeline
from otio_cometapi.errors import EditorialError


def check_writable(path: Path) -> None:
    """
    See that a timeline could be written to *path*: a format OTIO writes, in a folder that takes files.

    Raises:
        EditorialError: It could not.
    """
    step = "Choose another output, such as a file that ends with .otio."
    adapter = adapter_for(path, "write")
    writes = adapter.has_feature("write_to_file") or adapter.has_feature("write_to_string")
    if not writes:
        raise EditorialError(f"could not write '{path}': that format can only be read here.", next_step=step)
    if adapter.name == "cometapi":
        raise EditorialError(f"could not write '{path}': a job is no output.", next_step="Name it with --job.")
    folder = path.absolute().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        why = "no such folder" if not folder.is_dir() else "the folder cannot be written"
        raise EditorialError(f"could not write '{path}': {why}.", next_step="Make the folder, or choose another.")
    if path.is_dir() or (path.exists() and not os.access(path, os.W_OK)):
        why = "it is a folder" if path.is_dir() else "the file is write-protected"
        raise EditorialError(f"could not write '{path}': {why}.", next_step=step)


def rehearse(timeline: Any, path: Path) -> None:
    """
    See that *timeline* can be written in the format of *path*, by writing it where nobody looks.

    Some formats cannot hold every timeline (an EDL has one video track), and only their adapters know.

    Raises:
        EditorialError: It cannot.
    """
    with tempfile.TemporaryDirectory(prefix="otiocomet-") as folder:
        part = Path(folder) / path.name
        try:
            write_timeline(timeline, part)
        except EditorialError as exc:
            cause = exc.message.removeprefix(f"could not write '{part}': ")
            raise EditorialError(
                f"'{path}' could not hold this timeline: {cause}",
                next_step="Choose another output, such as a file that ends with .otio; nothing was sent.",
            ) from exc
