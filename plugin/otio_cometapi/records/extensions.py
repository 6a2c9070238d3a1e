"""
What a studio can add: selectors, prompt sources, publishers and conform policies, and the values that they are given.

Each is a callable behind an entry point, called by position, possibly from several threads at once. What it raises ends
the work on that clip with its name and package in the message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """One clip of a timeline, in plain values; changing them changes nothing."""

    name: str
    """The clip's name; empty where it has none."""
    track: str
    """Its track's name, or V1, V2 and so on."""
    metadata: Mapping[str, object] = field(default_factory=dict)
    """The clip's metadata."""
    media_metadata: Mapping[str, object] = field(default_factory=dict)
    """The metadata of its active media reference."""
    media_url: str = ""
    """Where that says its media is; empty where it does not."""
    markers: tuple[str, ...] = ()
    """Names and comments of the clip's own markers."""


@dataclass(frozen=True, slots=True)
class ConformCase:
    """An output beside what was sent for it."""

    output: str
    """The output's file name."""
    times: tuple[Fraction, ...]
    """When each of its frames is shown, in seconds from the first, in the order shown."""
    rate: Fraction
    """Frames per second that it claims."""
    frame_count: int
    """Frames of the span, each of which needs a picture."""
    wire_rate: Fraction
    """Frames per second that were sent; frame n was shown n / wire_rate seconds after the first."""
    visible: tuple[int, int]
    """What the cut shows of the span: its first frame, counted from the span's, and how many."""


class Selector(Protocol):
    """Decides for ``--select NAME:VALUE`` and ``--exclude NAME:VALUE``. Group ``otio_cometapi.selectors``."""

    def __call__(self, clip: ClipFacts, value: str, /) -> bool:
        """Tell whether *value* means the clip."""
        ...


class PromptSource(Protocol):
    """Says what clips become, for ``--prompts-from NAME:ARGUMENT``. Group ``otio_cometapi.prompt_sources``."""

    def __call__(self, clip: ClipFacts, argument: str, /) -> Mapping[str, object]:
        """Return fields of a look (``prompt``, ``seed``, ``model`` and so on); empty where it knows nothing of it."""
        ...


class ConformPolicy(Protocol):
    """Fits an output of another length, for ``--conform NAME``. Group ``otio_cometapi.conform_policies``."""

    def __call__(self, case: ConformCase, /) -> Sequence[int] | None:
        """Return for every frame of the span the output's frame, never going back; None: it does not fit."""
        ...


class Publisher(Protocol):
    """A place that files are put into so that the service can fetch them from there by https."""

    where: str
    """The place as people are told of it, without secrets."""

    signs: bool
    """Whether its URLs carry a signature for GET, which many storages refuse for HEAD."""

    def put(self, path: Path, name: str, *, media_type: str) -> None:
        """
        Put a file there under *name*, whole or not at all; one that lies there under this name is replaced.

        Raises:
            PublishError: It cannot be put there.
        """
        ...

    def url(self, name: str, *, expires_s: int) -> str:
        """
        Return the URL under which the file can be fetched for *expires_s* seconds at least; its query may be secret.

        Raises:
            PublishError: None can be made.
        """
        ...

    def remove(self, name: str) -> None:
        """
        Remove what `put` put there under *name*; nothing happens where nothing lies there.

        Raises:
            PublishError: It cannot be removed.
        """
        ...


class PublisherOpener(Protocol):
    """Opens the places of ``--publish NAME://...``. Group ``otio_cometapi.publishers``."""

    def __call__(self, address: str, /) -> Publisher:
        """
        Open the place at *address*, which is kept in jobs and must hold no secret; ask nothing of it yet.

        Raises:
            SettingsError: The address cannot be meant.
        """
        ...
