"""The one error that OTIO's own tools see of this package."""

from __future__ import annotations

from opentimelineio.exceptions import OTIOError


class CometJobError(OTIOError):  # type: ignore[misc]  # OTIO carries no types
    """A `.cometjob` could not be written, read or laid onto a timeline."""
