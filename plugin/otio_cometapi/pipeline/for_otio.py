"""How errors reach OTIO: as its own kind, since its tools catch nothing else."""

from __future__ import annotations

from types import TracebackType
from typing import Literal

from otio_cometapi.editorial.otio_failures import CometJobError
from otio_cometapi.errors import CometError


class otio_errors:  # noqa: N801 - used as the functions of `contextlib` are
    """Lets only OTIO's own kind of error out of a `with` block; entered once for every clip of a timeline."""

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        if isinstance(error, CometError):
            raise CometJobError(str(error)) from error
        return False
