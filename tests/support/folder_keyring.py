"""A keyring that is a folder, for tests: a real back end, found as every other one is."""

from __future__ import annotations

import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.compat import properties
from keyring.errors import PasswordDeleteError


class FolderKeyring(KeyringBackend):
    """Keeps passwords as files in the folder that the variable ``TEST_KEYRING`` names."""

    name = "test keyring"  # type: ignore[assignment]

    @properties.classproperty
    def priority(cls) -> float:  # noqa: N805 - of the class, as the library's own back ends say it
        """Come first, where there is a folder; only then, since every back end that was imported is asked."""
        if "TEST_KEYRING" not in os.environ:
            raise RuntimeError("TEST_KEYRING names no folder")
        return 9

    def _file(self, service: str, username: str) -> Path:
        return Path(os.environ["TEST_KEYRING"], f"{service}-{username}")

    def get_password(self, service: str, username: str) -> str | None:
        """Return what is kept."""
        file = self._file(service, username)
        return file.read_text("utf-8") if file.exists() else None

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a password."""
        self._file(service, username).write_text(password, "utf-8")

    def delete_password(self, service: str, username: str) -> None:
        """Forget it."""
        try:
            self._file(service, username).unlink()
        except FileNotFoundError as exc:
            raise PasswordDeleteError(username) from exc
