"""The hook script ``cometapi_lay_takes``: registered, and attached to nothing; a studio's manifest may attach it."""

from __future__ import annotations

from typing import Any

from otio_cometapi.otio_entry import linking


def hook_function(in_timeline: Any, argument_map: dict[str, Any] | None = None) -> Any:
    """
    Lay the finished takes of a job onto every clip of *in_timeline*, and return it.

    Args:
        in_timeline: What was read.
        argument_map: ``job``: the job folder (else COMETAPI_JOB); without either nothing happens.
    """
    return linking.link_all(in_timeline, argument_map or {})
