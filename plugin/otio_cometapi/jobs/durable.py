"""Durable: files and names that are on the disk, and not only on their way there."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path


def write_durably(path: Path, text: str) -> None:
    """Write a text file that survives the loss of power once this returns."""
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def replace_durably(path: Path, text: str) -> None:
    """
    Put a text file under its name, whole or not at all, so that it survives the loss of power once this returns.

    Raises:
        OSError: It cannot be written; what stood there stands.
    """
    part = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part")
    try:
        write_durably(part, text)
        part.replace(path)
    except OSError:
        with suppress(OSError):  # the first error counts
            part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """
    Bring a folder's names to the disk, where the system can.

    Raises:
        OSError: The disk did not take them. File systems that know no such request keep names in their own way.
    """
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as exc:
        if exc.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise
    finally:
        os.close(handle)
