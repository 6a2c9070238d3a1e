"""How an export reaches the service: inside the request, or by a URL that is already public."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from otio_cometapi.comet.input_rules import data_uri_length
from otio_cometapi.comet.request_builder import VideoInput
from otio_cometapi.records import Export, Model


def video_input(export: Export, *, url: str | None = None) -> VideoInput:
    """
    Return the export as the request takes it: by *url* where one is given, else as a data URI.

    Args:
        export: The file that holds exactly the frames to be sent.
        url: Where the same bytes can be fetched over https.
    """
    seconds = (export.span.frame_count + export.pad_frames) / export.wire_rate
    sent = VideoInput(seconds=seconds, span=export.span, wire_rate=export.wire_rate)
    return replace(sent, url=url) if url is not None else replace(sent, path=Path(export.path))


def largest_export_bytes(model: Model) -> int:
    """Return how many bytes a file may have to fit the model's data URI, prefix and base64 included."""
    text = model.data_uri_bytes - data_uri_length(0, "video/quicktime")
    return max(0, text // 4 * 3)
