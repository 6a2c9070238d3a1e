"""How errors reach OTIO: as its own kind, since its tools catch nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from otio_cometapi.editorial.otio_failures import CometJobError
from otio_cometapi.errors import CometError


@contextmanager
def otio_errors() -> Iterator[None]:
    """Let only OTIO's own kind of error out."""
    try:
        yield
    except CometError as exc:
        raise CometJobError(str(exc)) from exc
