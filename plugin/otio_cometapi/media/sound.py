"""Sound: the samples of a source that belong to a span, to the sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import av.error

from otio_cometapi.errors import MediaError
from otio_cometapi.media.files import opened, reading
from otio_cometapi.records import MediaInfo, Span

_EARLIER_S = 1
"""Decoding begins so long before the first sample: lossy codecs build each block on the one before."""
_WHOLE = {"s16": "s16", "s16p": "s16", "u8": "s16", "u8p": "s16"}
"""Sample formats that sixteen bits hold without loss; all others get twenty-four."""


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """The sound of one stream over a span; silence where the source has none."""

    encoder: str
    """The codec library's name of the PCM encoder."""
    sample_format: str
    """Packed format of the samples, ``"s16"`` or ``"s32"``."""
    layout: str
    """The codec library's name of the channels."""
    sample_rate: int
    """Samples a second."""
    sample_count: int
    """How many samples the span takes."""
    samples: bytes
    """All of them, packed."""
    resampled_from: int = 0
    """Samples a second of the source, where these are not the source's own; else 0."""

    @property
    def bytes_a_sample(self) -> int:
        """Bytes of one sample of all channels."""
        return len(self.samples) // self.sample_count

    def frame(self, first: int, end: int) -> av.AudioFrame:
        """Return the samples from *first* up to *end*."""
        frame = av.AudioFrame(format=self.sample_format, layout=self.layout, samples=end - first)
        size = self.bytes_a_sample
        piece = self.samples[first * size : end * size]
        plane = frame.planes[0]
        plane.update(piece + bytes(plane.buffer_size - len(piece)))
        frame.sample_rate, frame.pts, frame.time_base = self.sample_rate, first, Fraction(1, self.sample_rate)
        return frame

    def at_rate(self, sample_rate: int) -> SoundTrack:
        """Return the same sound at *sample_rate*, exactly as long; itself where it has that rate."""
        if sample_rate == self.sample_rate:
            return self
        resampler = av.AudioResampler(format=self.sample_format, layout=self.layout, rate=sample_rate)
        made = (*resampler.resample(self.frame(0, self.sample_count)), *resampler.resample(None))
        wanted = round(Fraction(self.sample_count * sample_rate, self.sample_rate))
        size = self.bytes_a_sample
        packed = b"".join(bytes(frame.planes[0])[: frame.samples * size] for frame in made)[: wanted * size]
        return replace(
            self,
            sample_rate=sample_rate,
            sample_count=wanted,
            samples=packed + bytes(wanted * size - len(packed)),
            resampled_from=self.sample_rate,
        )


def sound_of(info: MediaInfo, span: Span) -> tuple[SoundTrack, ...]:
    """
    Read the sound of exactly *span*, every stream of it; its first sample is heard as the span's first frame begins.

    Raises:
        MediaError: The sound cannot be read.
    """
    if not info.has_audio:
        return ()
    path = Path(info.path)
    with opened(path) as (container, stream), reading(path):
        first = next(iter(container.decode(stream)), None)
        if first is None or first.pts is None:
            raise MediaError(f"'{path}' has no picture to lay its sound to.", next_step="Check the file.")
        begins = first.pts * Fraction(stream.time_base or 1) + span.first_frame / span.rate
        count = len(container.streams.audio)
    return tuple(_track(path, number, begins, span.seconds) for number in range(count))


def sample_counts(path: Path) -> tuple[int, ...]:
    """
    Decode every stream of sound; return how many samples each has.

    Raises:
        MediaError: One cannot be decoded.
    """
    found = []
    with reading(path, "read the sound of"), av.open(str(path), mode="r") as container:
        count = len(container.streams.audio)
    for number in range(count):
        with reading(path, "read the sound of"), av.open(str(path), mode="r") as container:
            found.append(sum(frame.samples for frame in container.decode(container.streams.audio[number])))
    return tuple(found)


def _track(path: Path, number: int, begins: Fraction, seconds: Fraction) -> SoundTrack:
    """Read one stream."""
    with reading(path, "read the sound of"), av.open(str(path), mode="r", metadata_errors="replace") as container:
        context = container.streams.audio[number].codec_context
        rate, layout = context.sample_rate, context.layout.name
        sample_format = _WHOLE.get(context.format.name, "s32")
        size = (2 if sample_format == "s16" else 4) * context.layout.nb_channels
    first, total = round(begins * rate), round(seconds * rate)
    samples = bytearray(total * size)
    for at, piece in _pieces(path, number, begins, sample_format):
        start, end = max(at, first), min(at + len(piece) // size, first + total)
        if start < end:
            samples[(start - first) * size : (end - first) * size] = piece[(start - at) * size : (end - at) * size]
        if at >= first + total:
            break
    encoder = "pcm_s16le" if sample_format == "s16" else "pcm_s24le"
    return SoundTrack(encoder, sample_format, layout, rate, total, bytes(samples))


def _pieces(path: Path, number: int, begins: Fraction, sample_format: str) -> Iterator[tuple[int, bytes]]:
    """Yield samples from some time before *begins* on, each piece with the place of its first on the file's clock."""
    for aim in (begins - _EARLIER_S, None):
        if aim is not None and aim <= _EARLIER_S:
            continue
        with reading(path, "read the sound of"), av.open(str(path), mode="r", metadata_errors="replace") as container:
            pieces = _decoded(container, number, aim, sample_format)
            first = next(pieces, None)
            late = first is None or first[0] > begins * container.streams.audio[number].codec_context.sample_rate
            if late and aim is not None:
                continue
            if first is not None:
                yield first
            yield from pieces
            return


def _decoded(
    container: av.container.InputContainer, number: int, aim: Fraction | None, sample_format: str
) -> Iterator[tuple[int, bytes]]:
    """Yield packed samples after a seek to *aim* seconds, each piece with the place of its first sample."""
    stream = container.streams.audio[number]
    base, rate = Fraction(stream.time_base or 1), stream.codec_context.sample_rate
    if aim is not None:
        container.seek(int(aim / base), stream=stream, backward=True, any_frame=False)
    resampler = av.AudioResampler(format=sample_format, layout=stream.codec_context.layout.name, rate=rate)
    # A coarse clock rounds; only a jump that no rounding explains is one.
    slack = max(2, round(base * rate) + 1)
    place: int | None = None
    for frame in container.decode(stream):
        told = None if frame.pts is None else round(frame.pts * base * rate)
        if place is None or (told is not None and abs(told - place) > slack):
            place = told or 0
        for packed in resampler.resample(frame):
            yield place, bytes(packed.planes[0])[: packed.samples * _sample_size(packed)]
            place += packed.samples


def _sample_size(frame: av.AudioFrame) -> int:
    """Return the bytes of one sample of all channels of a packed frame."""
    return frame.format.bytes * frame.layout.nb_channels
