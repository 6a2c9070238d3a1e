"""The store: outputs by content, for every job that may use them. Written whole or not at all, checked when read."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from otio_cometapi.errors import JobError, MissingExtraError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

_BLOCK = 1024 * 1024


class Store:
    """A folder, or a place that fsspec can reach, that holds files under the SHA-256 of their content."""

    def __init__(self, address: str) -> None:
        """
        Open a store.

        Args:
            address: A folder's path, or an fsspec URL such as ``s3://bucket/outputs``.

        Raises:
            MissingExtraError: It is a URL, and fsspec or the package for its kind is not installed.
            SettingsError: There is no such kind of URL.
        """
        self._remote: Any = None
        self.where = address
        self._root = str(Path(address).expanduser())
        if "://" in address:
            self.where = _without_password(address)
            self._remote, self._root = _remote_at(address, self.where)

    def put(self, path: Path) -> str:
        """
        Keep a file's content; return its SHA-256. What is there already is not written again.

        Raises:
            JobError: It cannot be kept.
        """
        with self._errors("written"):
            sha256 = sha256_of(path)
            name = self._name(sha256)
            if self._size(name) == path.stat().st_size:
                return sha256
            part = f"{name}.{secrets.token_hex(4)}.part"
            try:
                self._copy_in(path, part)
                self._rename(part, name)
            finally:
                with suppress(OSError):
                    self._remove(part)
            return sha256

    def has(self, sha256: str) -> bool:
        """
        Tell whether a content is there.

        Raises:
            JobError: The store cannot be read.
        """
        with self._errors("read"):
            return bool(sha256) and self._size(self._name(sha256)) is not None

    def get(self, sha256: str, into: Path) -> bool:
        """
        Bring a content to *into*, whole or not at all; tell whether it was there.

        Raises:
            JobError: It cannot be read, or is not what its name says.
        """
        with self._errors("read"):
            if not sha256 or self._size(self._name(sha256)) is None:
                return False
            with appearing(into) as part:
                with self._reading(self._name(sha256)) as source, part.open("wb") as file:
                    shutil.copyfileobj(source, file, _BLOCK)
                if sha256_of(part) != sha256:
                    raise JobError(
                        f"the store {self.where} holds another content under {self._name(sha256)} than its name says.",
                        next_step="Remove it there; the output may still be had from the job that paid for it.",
                    )
            return True

    def _name(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}.mp4"

    def _size(self, name: str) -> int | None:
        if self._remote is None:
            with suppress(FileNotFoundError):
                return Path(name).stat().st_size
            return None
        if not self._remote.exists(name):
            return None
        return int(self._remote.size(name) or 0)

    def _copy_in(self, path: Path, part: str) -> None:
        if self._remote is not None:
            self._remote.makedirs(part.rpartition("/")[0], exist_ok=True)
            self._remote.put_file(str(path), part)
            return
        Path(part).parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as source, Path(part).open("xb") as file:  # by the umask: colleagues read it
            shutil.copyfileobj(source, file, _BLOCK)
            file.flush()
            os.fsync(file.fileno())

    def _rename(self, part: str, name: str) -> None:
        if self._remote is not None:
            self._remote.mv(part, name)
        else:
            Path(part).replace(name)

    def _remove(self, part: str) -> None:
        if self._remote is None:
            Path(part).unlink(missing_ok=True)
        elif self._remote.exists(part):
            self._remote.rm_file(part)

    def _reading(self, name: str) -> BinaryIO:
        if self._remote is None:
            return Path(name).open("rb")
        opened: BinaryIO = self._remote.open(name, "rb")
        return opened

    @contextmanager
    def _errors(self, action: str) -> Iterator[None]:
        """Turn what a file system raises into our error; what fsspec's packages raise derives from `OSError`."""
        try:
            yield
        except (OSError, ValueError) as exc:
            raise JobError(
                f"the store {self.where} cannot be {action}: {getattr(exc, 'strerror', None) or exc}.",
                next_step="Look at COMETAPI_STORE and at your rights there.",
            ) from exc


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copied(source: Path, into: Path) -> None:
    """
    Copy a file, whole or not at all.

    Raises:
        OSError: It cannot be read or written.
    """
    with appearing(into) as part:
        shutil.copyfile(source, part)


@contextmanager
def appearing(into: Path) -> Iterator[Path]:
    """Give a temporary name beside *into*, which becomes *into* when the block ends well, and vanishes otherwise."""
    into.parent.mkdir(parents=True, exist_ok=True)
    part = into.with_name(f".{into.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
        with part.open("r+b") as file:
            os.fsync(file.fileno())
        part.replace(into)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _remote_at(address: str, shown: str) -> tuple[Any, str]:
    try:
        import fsspec  # noqa: PLC0415 - an extra
    except ImportError as exc:
        raise MissingExtraError(
            f"the store {shown} needs fsspec, which is not installed.",
            next_step="Install it with: pip install 'otio-cometapi[shared]'.",
        ) from exc
    opener: Callable[[str], tuple[Any, str]] = fsspec.core.url_to_fs
    try:
        remote, root = opener(address)
    except ImportError as exc:
        raise MissingExtraError(
            f"the store {shown} needs a package that is not installed: {exc}.", next_step="Install it."
        ) from exc
    except (ValueError, OSError) as exc:
        raise SettingsError(
            f"COMETAPI_STORE, {shown}, is no place that can be opened.",
            next_step="Give a folder, or a URL of a kind that fsspec knows, such as s3://bucket/outputs.",
        ) from exc
    return remote, root.rstrip("/")


def _without_password(address: str) -> str:
    scheme, _, rest = address.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}://{place.rpartition('@')[2]}{slash}{path.partition('?')[0]}"
