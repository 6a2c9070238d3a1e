"""How an export reaches the service: inside the request, or by a URL that the service fetches it from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from otio_cometapi.comet.input_rules import URL_BYTES, data_uri_length, url_problems
from otio_cometapi.comet.request_builder import VideoInput
from otio_cometapi.errors import SettingsError
from otio_cometapi.records import Export, Model

MEDIA_TYPE = "video/mp4"
"""What exports are served as; the service goes by it and not by the name."""


def video_input(export: Export, *, url: str | None = None) -> VideoInput:
    """
    Return the export as the request takes it: by *url* where one is given, else as a data URI.

    Args:
        export: The file that holds exactly the frames to be sent.
        url: Where the same bytes can be fetched over https.
    """
    seconds = (export.span.frame_count + export.pad_frames) / export.wire_rate
    sent = VideoInput(seconds=seconds, span=export.span, wire_rate=export.wire_rate)
    if url is None:
        return replace(sent, path=Path(export.path))
    return replace(sent, url=url, sha256=export.sha256)


def largest_export_bytes(model: Model, *, by_url: bool = False) -> int:
    """Return how many bytes a file may have: by URL, or inside the model's data URI, prefix and base64 included."""
    if by_url:
        return URL_BYTES["video"]
    text = model.data_uri_bytes - data_uri_length(0, "video/quicktime")
    return max(0, text // 4 * 3)


class PublicFolders:
    """Folders of this machine that a web server shows, each with the https URL that it has there."""

    def __init__(self, texts: Iterable[str]) -> None:
        """
        Read ``LOCAL=https://...`` pairs.

        Raises:
            SettingsError: One is none.
        """
        self._pairs = [_pair(text) for text in texts]

    def __bool__(self) -> bool:
        return bool(self._pairs)

    def url_of(self, path: Path) -> str | None:
        """Return the URL of a file, by the longest folder (or the file itself) that has one; None where none has."""
        found = [(local, url) for local, url in self._pairs if path == local or local in path.parents]
        if not found:
            return None
        local, url = max(found, key=lambda pair: len(pair[0].parts))
        if path == local:
            return url
        return f"{url.rstrip('/')}/{quote(path.relative_to(local).as_posix())}"


def _pair(text: str) -> tuple[Path, str]:
    local, equals, url = text.partition("=http")
    url = f"http{url}"
    if not equals or not local:
        raise SettingsError(
            f"'{local[:60]}' is mapped to no URL.", next_step="Give --publish-map as /local/folder=https://host/folder."
        )
    problems = url_problems(url, what=f"what {local} is mapped to", allow_loopback=True)
    if "?" in url or "#" in url:
        problems.append(f"what {local} is mapped to has a query, where only a scheme, a host and a path belong")
    if problems:
        raise SettingsError(f"{'; '.join(problems)}.", next_step="Correct --publish-map.")
    return Path(local).expanduser().absolute(), url
