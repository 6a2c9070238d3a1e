"""The media linker ``cometapi``: lays finished takes of a job onto whatever the edit has become."""

from __future__ import annotations

from typing import Any

from otio_cometapi.otio_entry import linking


def link_media_reference(in_clip: Any, media_linker_argument_map: dict[str, Any] | None = None) -> None:
    """
    Lay a finished take of a job onto *in_clip*, beside its own references.

    Never asks the service or a file host, and never spends. Clips without a take stay as they are.

    Args:
        in_clip: The clip; it is edited in place, which is why None is returned.
        media_linker_argument_map: ``job``: the job folder (else COMETAPI_JOB); ``media_root``: where relative
            media URLs begin.
    """
    linking.link(in_clip, media_linker_argument_map or {})
