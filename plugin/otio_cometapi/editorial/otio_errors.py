"""Foreign exceptions stop here: whatever OpenTimelineIO or an adapter raises becomes an `EditorialError`."""

from __future__ import annotations

from types import TracebackType
from typing import Literal

import opentimelineio as otio

from otio_cometapi.errors import CometError, EditorialError


class AdapterBorder:
    """
    A `with` block around a call into an adapter.

    Adapters are other people's plugins and raise whatever their parsers raise (XML, ZIP and AAF libraries have
    exceptions of their own), so the border is drawn by what passes it, not by a list: our own errors pass, and so do
    signals to stop the process; every other exception leaves as an `EditorialError`, the original as its cause.
    """

    def __init__(self, action: str, *, next_step: str = "") -> None:
        """Name the *action*, such as ``"read 'edit.aaf'"``, and what the user can do when nothing better is known."""
        self._action = action
        self._next_step = next_step

    def __enter__(self) -> AdapterBorder:
        """Enter the foreign code."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[False]:
        """
        Leave the foreign code.

        Raises:
            EditorialError: It raised something that is not ours.
        """
        if isinstance(error, Exception) and not isinstance(error, CometError):
            raise EditorialError(
                f"could not {self._action}: {cause_of(error)}", next_step=self._step_for(error)
            ) from error
        return False

    def _step_for(self, error: Exception) -> str:
        if isinstance(error, otio.exceptions.UnsupportedSchemaError):
            return (
                "It was written by a newer OpenTimelineIO: write it again for an older one there, for example with "
                "`otiotool --downgrade OTIO_CORE:0.17.0`."
            )
        return self._next_step


def cause_of(error: BaseException) -> str:
    """Return one clause for a foreign exception: its first line, or its type where it says nothing."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    lines = str(error).strip().splitlines()
    text = lines[0].strip().rstrip(".") if lines else ""
    if isinstance(error, KeyError):
        return f"{text} is missing"
    return text[:300] or type(error).__name__
