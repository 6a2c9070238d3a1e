"""Media files at the room's border: how they are opened, and how they come into being."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import av
import av.container
import av.error
import av.video

from otio_cometapi.errors import MediaError
from otio_cometapi.media.memory import share_one_heap

_LISTS = frozenset(("hls", "concat", "dash", "imf", "sdp", "rtsp"))
"""Formats whose files name other files or hosts: neither identity nor allowed folders would hold for those."""

Opened = tuple[av.container.InputContainer, av.video.stream.VideoStream]
"""An open file and its picture."""


@contextmanager
def reading(path: Path, action: str = "read") -> Iterator[None]:
    """
    Turn what the codec library raises about *path* into one error of ours.

    Raises:
        MediaError: Reading failed.
    """
    try:
        yield
    except av.error.FFmpegError as exc:
        raise MediaError(
            f"cannot {action} '{path}': {exc.strerror or exc}.",
            next_step="Check that the file is a complete video and plays elsewhere.",
        ) from exc
    except OSError as exc:
        raise MediaError(
            f"cannot {action} '{path}': {exc.strerror or exc}.",
            next_step="Check that the media is online and that you may read it.",
        ) from exc


@contextmanager
def opened(path: Path, *, threads: bool = True) -> Iterator[Opened]:
    """
    Open a video file for reading; give its container and its picture stream.

    Args:
        path: The file.
        threads: Whether several threads decode: they begin some frames ahead, which a single frame has no use for.

    Raises:
        MediaError: The file is missing, is not media, or has no picture that can be decoded.
    """
    if not path.is_file():
        raise MediaError(
            f"'{path}' does not exist or is not a file.",
            next_step="Bring the media online, or relink the clip to its file in the host.",
        )
    share_one_heap()
    with reading(path, "open"), av.open(str(path), mode="r", metadata_errors="replace") as container:
        if container.format.name in _LISTS:
            raise MediaError(
                f"'{path}' is a list of other files ({container.format.name}), so that nothing fixes what it shows.",
                next_step="Point the clip to the video itself.",
            )
        # Cover pictures in sound files are video streams too; they are not what a clip shows.
        streams = [
            stream for stream in container.streams.video if not stream.disposition & av.stream.Disposition.attached_pic
        ]
        if not streams:
            raise MediaError(
                f"'{path}' is not a video: there is no picture in it.", next_step="Choose a file with picture."
            )
        best = container.streams.best("video")
        stream = next((one for one in streams if best is not None and one.index == best.index), streams[0])
        if not isinstance(stream.codec_context, av.video.codeccontext.VideoCodecContext):
            raise MediaError(
                f"'{path}' cannot be decoded: its codec is not known here.",
                next_step="Convert it to ProRes, DNxHR or H.264 first.",
            )
        stream.thread_type = _threads(stream.codec_context) if threads else av.codec.context.ThreadType.NONE
        yield container, stream


def _threads(context: av.video.codeccontext.VideoCodecContext) -> av.codec.context.ThreadType:
    """
    Return how several threads may decode so that what is damaged is told every time.

    H.264 whose frames are not shown in the order in which they are coded is decoded by one. With a thread for every
    frame, one may leave while another thread is still finding out that it is damaged, and then counts as whole: in 5
    of 240 decodes of 60 damaged films (libavcodec 62.28, two busy processors). With threads for slices libavcodec
    conceals nothing and so does not tell what it would have concealed, in 156 of them. With one thread all were told;
    other codecs, and H.264 without such frames, were told with threads as without in 1,280 decodes of 160 films.
    """
    kinds = av.codec.context.ThreadType
    return kinds.NONE if context.name == "h264" and context.has_b_frames else kinds.AUTO


@contextmanager
def written(into: Path) -> Iterator[Path]:
    """
    Give a temporary name beside *into*; when all went well, make it *into*, else remove it.

    A half-written or unverified file never stands under the final name, and one that stands there with the same bytes
    stays as it is: another process may be reading it, and tell it by its time of change.

    Raises:
        MediaError: The file cannot be written.
    """
    share_one_heap()
    # a name of its own, since another process may be making the same file
    part = into.with_name(f".{into.stem[:100]}.{secrets.token_hex(4)}.part{into.suffix}")
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        yield part
        with part.open("r+b") as file:
            os.fsync(file.fileno())
        _put(part, into)
    except (av.error.FFmpegError, OSError) as exc:
        raise MediaError(
            f"cannot write '{into}': {exc.strerror or exc}.",
            next_step="Check that the folder exists, that you may write to it, and that the disk is not full.",
        ) from exc
    finally:
        # Where it cannot even be looked for, there is nothing to remove, and the first error counts.
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _put(part: Path, into: Path) -> None:
    """Give a file its name, unless an equal one has it; what is left under the old name is for the caller to remove."""
    with suppress(OSError):  # the name is taken, or the file system has no links
        os.link(part, into)
        return
    if not (into.is_file() and into.stat().st_size == part.stat().st_size and sha256_of(into) == sha256_of(part)):
        part.replace(into)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
