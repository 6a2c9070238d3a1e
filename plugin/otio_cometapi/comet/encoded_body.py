"""Request bodies made of JSON text and base64 of files, read while they are sent."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from otio_cometapi.comet.input_rules import data_uri_length
from otio_cometapi.errors import RequestInvalidError

# A multiple of three bytes, so that pieces of base64 join without padding: 64 KiB on the wire.
_PIECE = 48 * 1024


@dataclass(frozen=True, slots=True)
class FileDataUri:
    """A file that stands in the body as a data URI."""

    path: Path
    """Where it lies."""
    media_type: str
    """Such as ``"video/mp4"``."""
    size_bytes: int
    """Its size when the request was made."""
    changed_ns: int
    """Its time of change when the request was made."""

    @classmethod
    def of(cls, path: Path, media_type: str) -> FileDataUri:
        """
        Note a file as it is now.

        Raises:
            OSError: It cannot be read.
        """
        status = path.stat()
        return cls(path, media_type, status.st_size, status.st_mtime_ns)

    def __len__(self) -> int:
        return data_uri_length(self.size_bytes, self.media_type)

    def __iter__(self) -> Iterator[bytes]:
        yield f"data:{self.media_type};base64,".encode("ascii")
        left = self.size_bytes
        with self.path.open("rb") as file:
            status = os.fstat(file.fileno())
            if (status.st_size, status.st_mtime_ns) != (self.size_bytes, self.changed_ns):
                raise self.changed_error()
            while left:
                piece = file.read(min(_PIECE, left))
                left -= len(piece)
                # Padding belongs at the very end only, so a short read in the middle would spoil the rest.
                if not piece or (left and len(piece) % 3):
                    raise self.changed_error()
                yield base64.b64encode(piece)

    def is_unchanged(self) -> bool:
        """Tell whether the file still is what the request was made of, by size and time of change."""
        try:
            status = self.path.stat()
        except OSError:
            return False
        return (status.st_size, status.st_mtime_ns) == (self.size_bytes, self.changed_ns)

    def changed_error(self) -> RequestInvalidError:
        """Return the error for a file that changed after the request was made."""
        return RequestInvalidError((f"{self.path} changed after the request was made",))


class EncodedBody:
    """The exact bytes of a request, as often as they are asked for; never all in memory."""

    def __init__(self, parts: tuple[bytes | FileDataUri, ...]) -> None:
        self._parts = parts
        self._size = sum(len(part) for part in parts)

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
            else:
                yield from part

    def __len__(self) -> int:
        return self._size

    def __repr__(self) -> str:
        return f"<EncodedBody of {self._size:,} bytes>"

    def changed_files(self) -> tuple[Path, ...]:
        """Return the files that are no longer what the request was made of."""
        return tuple(part.path for part in self._parts if isinstance(part, FileDataUri) and not part.is_unchanged())


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """One create, ready to be sent."""

    body: EncodedBody = field(repr=False)
    """The JSON text; may be iterated any number of times, and has a length."""
    sha256: str
    """Of the exact bytes of the body; a video that goes by a signed URL counts by its content instead."""
    size: int
    """Length of the body in bytes."""
    model: str
    """The model's id, for messages."""


def request_of(
    fields: Mapping[str, object], *, model: str, stands_for: Mapping[str, str] | None = None
) -> CreateRequest:
    """
    Write *fields* as JSON; any `FileDataUri` in them becomes a data URI that is read while it is sent.

    Args:
        fields: The body.
        model: The model's id, for messages.
        stands_for: Values of fields that are not the same twice, such as signed URLs, each with what the request is
            told apart by in its place.

    Raises:
        RequestInvalidError: A file cannot be read.
    """
    files: dict[str, FileDataUri] = {}

    def placed(value: object) -> object:
        if not isinstance(value, FileDataUri):
            raise TypeError(f"{type(value).__name__} has no place in a request")
        token = f"@{secrets.token_hex(16)}@"
        files[token] = value
        return token

    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=placed)
    parts: list[bytes | FileDataUri] = []
    for token, file in files.items():
        before, _, text = text.partition(token)
        parts.extend((before.encode("utf-8"), file))
    parts.append(text.encode("utf-8"))
    body = EncodedBody(tuple(parts))
    sha256 = request_of(_lasting(fields, stands_for), model=model).sha256 if stands_for else _digest(body)
    return CreateRequest(body=body, sha256=sha256, size=len(body), model=model)


def _lasting(fields: Mapping[str, object], stands_for: Mapping[str, str]) -> dict[str, object]:
    """Return the fields with what they are told apart by, where that is not what is sent."""
    return {name: stands_for.get(value, value) if isinstance(value, str) else value for name, value in fields.items()}


def _digest(body: EncodedBody) -> str:
    digest = hashlib.sha256()
    try:
        for piece in body:
            digest.update(piece)
    except OSError as exc:
        raise RequestInvalidError((f"a file of the request cannot be read ({exc})",)) from exc
    return digest.hexdigest()
