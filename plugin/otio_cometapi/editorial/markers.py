"""
Where each writer puts a marker's text and colour, in which numbers it counts, and what a `comet:` marker says.

The table is the only place that knows writers. Sources: the adapters' code (fcp_xml 1.0.0, cmx_3600 1.0.0, AAF 2.0.0),
Kdenlive's `src/otio/otioexport.cpp`, and files that Resolve wrote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from otio_cometapi.editorial.metadata import entry_of, items_of, keys_of
from otio_cometapi.editorial.rates import rounded

PREFIX = "comet:"
KEY = "key"
"""What follows the prefix on a still that is to be a keyframe."""

_SETTING = re.compile(r"([A-Za-z_]+)\s*=\s*(\"[^\"]*\"|'[^']*'|\S+)")
_BAR = re.compile(r"(?<!\\)\|")


class Space(StrEnum):
    """What a clip marker's numbers count in."""

    SOURCE = "source"
    """The clip's own: what `source_range` counts in. OTIO's definition."""
    MEDIA = "media"
    """Frames from the media's first frame, whatever timecode that has."""
    SHOWN = "shown"
    """Frames from the first frame that the clip shows."""
    RECORD = "record"
    """The timeline's timecode."""


@dataclass(frozen=True, slots=True)
class Writer:
    """One writer's habits."""

    key: str
    """Its key in a marker's (or clip's) metadata."""
    space: Space = Space.SOURCE
    """What its clip markers count in."""
    texts: tuple[tuple[str, ...], ...] = ()
    """Where else than in name and comment it puts text: paths below its key."""
    colours: tuple[tuple[str, ...], ...] = ()
    """Where else than in the marker's colour it puts the colour."""
    has_colour: bool = True
    """Whether the marker's own colour says something; OTIO's default is RED where a reader sets none."""


WRITERS: tuple[Writer, ...] = (
    # EDL locators stand below their event, with the record timecode.
    Writer("cmx_3600", space=Space.RECORD, colours=(("color",),)),
    # <in> of a marker counts from the media's start, while the adapter adds the timecode to the clip's <in>.
    Writer("fcp_xml", space=Space.MEDIA, texts=(("comment",),), colours=(("color",),), has_colour=False),
    Writer("Resolve_OTIO", texts=(("Note",), ("Keywords",))),
    Writer(
        "AAF",
        texts=(("Comment",), ("CommentMarkerAttributeList", "_ATN_CRM_COM")),
        colours=(("CommentMarkerAttributeList", "_ATN_CRM_COLOR"),),
    ),
    # Kdenlive subtracts the clip's in point when it writes, and adds it when it reads.
    Writer("kdenlive", space=Space.SHOWN),
    Writer("Hiero", texts=(("tag.note",), ("note",))),
)
"""Every writer whose markers differ from OTIO's definition, the more telling key first."""

_PLAIN = Writer("")


@dataclass(frozen=True, slots=True)
class MarkerFacts:
    """One marker, whoever wrote it."""

    texts: tuple[str, ...]
    """Name, comment and notes, those that are not empty."""
    colours: tuple[str, ...]
    """Its colours, upper case; usually one."""
    space: Space
    """What its numbers count in when it stands on a clip."""
    start: Any
    """OTIO RationalTime of its start."""
    duration: Any
    """OTIO RationalTime of its duration; often zero."""
    placeless: bool
    """Whether nobody gave it a place: it then marks the whole item."""


def facts_of(marker: Any, *, owner: Any) -> MarkerFacts:
    """Read an OTIO marker by the table; *owner* is the item that it stands on."""
    metadata = marker.metadata
    writer = _writer_of(metadata, owner)
    own = entry_of(metadata, writer.key) if writer.texts else None
    texts = [marker.name, marker.comment]
    colours = [marker.color] if writer.has_colour else []
    for path in writer.texts:
        texts.extend(_texts_at(own, path))
    for path in writer.colours:
        colours.extend(_texts_at(own, path))
    marked = marker.marked_range
    return MarkerFacts(
        texts=tuple(text for text in texts if isinstance(text, str) and text.strip()),
        colours=tuple({colour.upper(): None for colour in colours if isinstance(colour, str) and colour}),
        space=writer.space,
        start=marked.start_time,
        duration=marked.duration,
        placeless=not marked.start_time.value and marked.start_time.rate == 1 and not marked.duration.value,
    )


def _writer_of(metadata: Any, owner: Any) -> Writer:
    keys = keys_of(metadata)
    if keys:
        for writer in WRITERS:
            if writer.key in keys:
                return writer
    # The fcp_xml adapter keeps no metadata for a marker that has a name and nothing else.
    return WRITERS[1] if "fcp_xml" in keys_of(owner.metadata) else _PLAIN


def _texts_at(node: Any, path: tuple[str, ...]) -> list[str]:
    for key in path:
        if not isinstance(node, Mapping) and not hasattr(node, "items"):
            return []
        node = node.get(key) if key in node else None
    if isinstance(node, str):
        return [node]
    if node is None or hasattr(node, "items"):
        return []
    try:
        return [text for text in items_of(node) if isinstance(text, str)]
    except TypeError:
        return []


@dataclass(frozen=True, slots=True)
class CometText:
    """What a `comet:` marker says."""

    prompt: str
    """The prompt; empty where the marker only marks."""
    settings: tuple[tuple[str, str], ...] = ()
    """Settings after the bar, keys in lower case, in the order written."""
    problems: tuple[str, ...] = field(default=())
    """What cannot be read, each a clause."""

    @property
    def is_key(self) -> bool:
        """Whether it says that its still is a keyframe; no prompt is that single word."""
        return self.prompt.lower() == KEY


def comet_text(text: str) -> CometText | None:
    r"""
    Read ``comet: make it snow | seed=7 model=gen4_aleph``; None where the text begins with something else.

    Case of prefix and keys does not matter; ``\|`` is a bar in the prompt; values with spaces stand in quotes.
    EDLs turn everything into capitals: the values of such a text are read in lower case, the prompt stays as it is.
    """
    stripped = text.strip()
    if stripped[: len(PREFIX)].lower() != PREFIX:
        return None
    prompt, *parts = _BAR.split(stripped[len(PREFIX) :])
    shouted = stripped.isupper()
    settings: list[tuple[str, str]] = []
    problems: list[str] = []
    for part in parts:
        plain = part.replace("\\|", "|")
        rest = _SETTING.sub(" ", plain).strip()
        if rest:
            problems.append(f"'{rest}' after the bar is no setting (write key=value)")
        for found in _SETTING.finditer(plain):
            value = found.group(2)
            if value[0] in "\"'":
                value = value[1:-1]
            settings.append((found.group(1).lower(), value.lower() if shouted else value))
    return CometText(prompt.replace("\\|", "|").strip(), tuple(settings), tuple(problems))


def comet_texts(facts: MarkerFacts) -> tuple[CometText, ...]:
    """Return what the marker's texts say to us, each once; empty where it is not one of ours."""
    found = (comet_text(text) for text in facts.texts)
    return tuple({text: None for text in found if text is not None})


def marker_label(facts: MarkerFacts) -> str:
    """Return a marker's text for a message, or its colour where it has none."""
    if facts.texts:
        text = facts.texts[0].strip().replace("\n", " ")
        return f"'{text[:60]}...'" if len(text) > 63 else f"'{text}'"
    number = rounded(facts.start.value)
    return f"{(facts.colours or ('a',))[0].lower()} marker at {number}"
