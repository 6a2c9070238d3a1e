"""A tone, for outputs that have sound though nobody asked for it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from av.codec.context import Flags
from av.filter import Graph

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import OutputContainer

_RATE_HZ = 48_000
_SAMPLES = 1024


class Tone:
    """A sound track in the making."""

    def __init__(self, container: OutputContainer, stream: AudioStream) -> None:
        self._container = container
        self._stream = stream

    def write(self, *, seconds: Fraction) -> None:
        """Write 440 Hz of this length."""
        graph = Graph()
        sine = graph.add("sine", f"frequency=440:sample_rate={_RATE_HZ}:samples_per_frame={_SAMPLES}")
        shape = graph.add("aformat", f"sample_fmts=fltp:sample_rates={_RATE_HZ}:channel_layouts=mono")
        sine.link_to(shape)
        shape.link_to(graph.add("abuffersink"))
        graph.configure()
        for number in range(int(seconds * _RATE_HZ) // _SAMPLES):
            frame = graph.pull()
            frame.pts, frame.time_base = number * _SAMPLES, Fraction(1, _RATE_HZ)
            self._container.mux(self._stream.encode(frame))  # type: ignore[arg-type]
        self._container.mux(self._stream.encode(None))


def add_tone(container: OutputContainer) -> Tone:
    """Return a sound track that was added to a file."""
    stream = container.add_stream("aac", rate=_RATE_HZ)
    stream.codec_context.layout = "mono"
    stream.codec_context.thread_count = 1
    stream.codec_context.flags |= Flags.bitexact
    return Tone(container, stream)
