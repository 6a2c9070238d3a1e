"""`--publish studio:///srv/public=https://media.example.com/public`: a folder that the studio's web server shows."""

from __future__ import annotations

import shutil
from pathlib import Path

from otio_cometapi.api import Publisher
from otio_cometapi.errors import SettingsError


class ShownFolder:
    """A folder, and the address under which the web server shows it."""

    signs = False

    def __init__(self, folder: Path, address: str) -> None:
        """Take both as they are; nothing is asked of them yet."""
        self.where = f"{folder}, shown at {address}"
        self._folder = folder
        self._address = address.rstrip("/")

    def put(self, path: Path, name: str, *, media_type: str) -> None:  # noqa: ARG002 - the server goes by the suffix
        """Copy the file beside its name, and give it the name when it is whole."""
        part = self._folder / f".{name}.part"
        shutil.copyfile(path, part)
        part.replace(self._folder / name)

    def url(self, name: str, *, expires_s: int) -> str:  # noqa: ARG002 - what lies there is shown until it is removed
        """Return where the server shows it."""
        return f"{self._address}/{name}"

    def remove(self, name: str) -> None:
        """Remove it, if it is there."""
        (self._folder / name).unlink(missing_ok=True)


def open_folder(address: str, /) -> Publisher:
    """Read the address: the folder, an equals sign, where it is shown."""
    folder, equals, url = address.partition("://")[2].partition("=")
    if not equals:
        raise SettingsError("the folder is shown nowhere.", next_step="Write studio:///folder=https://host/folder.")
    return ShownFolder(Path(folder), url)
