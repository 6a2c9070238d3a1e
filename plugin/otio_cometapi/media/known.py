"""
Known media: what files were measured to be, kept for the user's next plan.

Measuring reads a file from its first packet to its last: hours of rushes, at every plan, run and resume. What was found
is kept beside the user's other caches and believed only of a file that nothing has changed since: the same place, size,
times and file number, the same content by its fingerprint, measured by the same versions. Whatever else stands there,
damaged, foreign or older, is passed over and the file is measured again; in a folder that others may write to, all is.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from otio_cometapi import __version__
from otio_cometapi.records import MediaInfo, Treatment
from otio_cometapi.records.plain import plain, record

_SCHEMA = 1
_SETTLED_NS = 2 * 10**9
"""A file that changed less than this before it was measured may change again within the step of its disk's clock."""
_KEPT_NS = 90 * 24 * 3600 * 10**9
"""What was measured so long before what is kept now is forgotten."""
_OURS = re.compile(r"[0-9a-f]{64}\.json|\.[0-9a-f]{16}\.[0-9a-f]{8}\.part")
"""Names of what is written there: a person may have named a folder that holds other things too."""
_LIBRARIES = ("libavformat", "libavcodec")
_MADE_BY = [
    _SCHEMA,
    __version__,
    av.__version__,
    *(".".join(map(str, av.library_versions[name])) for name in _LIBRARIES),
]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a file stands on its disk; whatever writes to it changes this."""

    number: int
    """Of the file on its disk."""
    size: int
    """Bytes."""
    modified_ns: int
    """Time of the last change of its content."""
    changed_ns: int
    """Time of the last change of it, rights and names included; no program can set it back."""

    @classmethod
    def of(cls, path: Path) -> Standing | None:
        """Look at a file; None where it is none: reading a folder fails, and reading a pipe may never end."""
        try:
            found = path.stat()
        except OSError:
            return None
        if not stat.S_ISREG(found.st_mode):
            return None
        return cls(found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


class KnownMedia:
    """A folder with an entry for each file that was measured. Several processes may use it at a time."""

    def __init__(self, folder: Path) -> None:
        """Use *folder*; it is made when the first entry is."""
        self._folder = folder
        self._kept_ns = 0

    def info(self, path: Path, treatment: Treatment, *, standing: Standing, fingerprint: str) -> MediaInfo | None:
        """Return what a file was measured to be, if it is still that file; None: it is to be measured."""
        entry = self._entry(path, treatment)
        try:
            if not self._is_private():
                return None
            written_ns = entry.stat().st_mtime_ns
            found = json.loads(entry.read_bytes())
            if found["facts"] != _facts(path, treatment, standing, fingerprint):
                return None
            info = record(MediaInfo, found["info"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        latest = max(standing.modified_ns, standing.changed_ns)
        settled = latest + _SETTLED_NS <= written_ns
        return info if settled and info.path == str(path.absolute()) and _may_be_kept(info) else None

    def keep(self, info: MediaInfo, path: Path, treatment: Treatment, *, standing: Standing, fingerprint: str) -> None:
        """Keep what a file was measured to be; a folder that cannot be written is no trouble of the plan's."""
        if not _may_be_kept(info):
            return
        values = {"facts": _facts(path, treatment, standing, fingerprint), "info": plain(info)}
        entry = self._entry(path, treatment)
        part = entry.with_name(f".{entry.stem[:16]}.{secrets.token_hex(4)}.part")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # paths of media are nobody else's business
            with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
                json.dump(values, file)
            part.replace(entry)
            self._kept_ns = entry.stat().st_mtime_ns
        except (OSError, ValueError):
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def forget_old(self) -> None:
        """
        Remove entries long older than what was kept here just now, and what a killed process left half written.

        Those of a clock that ran far ahead go too; where nothing was kept nothing has grown, and nothing is looked at.
        """
        if not self._kept_ns:
            return
        with suppress(OSError):
            for each in self._folder.iterdir():
                if _OURS.fullmatch(each.name) and abs(each.lstat().st_mtime_ns - self._kept_ns) > _KEPT_NS:
                    each.unlink(missing_ok=True)

    def _is_private(self) -> bool:
        """
        Tell whether nobody else can have put an entry there: which file is sent, and which of its frames, hangs on it.

        Raises:
            OSError: There is no such folder.
        """
        if sys.platform == "win32":  # which has no such bits; the platform's place is its user's alone
            return True
        found = self._folder.stat()
        return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)

    def _entry(self, path: Path, treatment: Treatment) -> Path:
        asked = json.dumps([os.fspath(path.absolute()), plain(treatment)])
        return self._folder / f"{hashlib.sha256(asked.encode('utf-8', 'surrogatepass')).hexdigest()}.json"


def _facts(path: Path, treatment: Treatment, standing: Standing, fingerprint: str) -> dict[str, Any]:
    """Return what has to be as it was for an entry to hold."""
    return {
        "made_by": _MADE_BY,
        "path": os.fspath(path.absolute()),
        "treatment": plain(treatment),
        "standing": plain(standing),
        "fingerprint": fingerprint,
    }


def _may_be_kept(info: MediaInfo) -> bool:
    """Tell whether the file alone decides: what is refused, or shown by a transform, turns on what is installed too."""
    return not info.refusals and info.treatment.colour is None and info.sequence is None
