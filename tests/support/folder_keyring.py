"""A keyring that is a folder, for tests: a real back end, found as every other one is."""

from __future__ import annotations

import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class FolderKeyring(KeyringBackend):
    """Keeps passwords as files in the folder that the variable ``TEST_KEYRING`` names."""

    priority = 9  # type: ignore[assignment]  # the library's own back ends say it this way
    name = "test keyring"  # type: ignore[assignment]

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
