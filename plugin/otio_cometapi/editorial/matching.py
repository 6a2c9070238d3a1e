"""
Finding finished takes for the clips of another cut, from the clip alone.

The source file need not be there: what the job measured when it planned the take stands in for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import opentimelineio as otio

from otio_cometapi.editorial.markers import comet_texts, facts_of
from otio_cometapi.editorial.otio_errors import AdapterBorder
from otio_cometapi.editorial.ranges import clip_range
from otio_cometapi.editorial.retimes import retime_of, writers_around
from otio_cometapi.editorial.sources import OWN_KEY, SourceFinder, real_path
from otio_cometapi.editorial.spans import at_rate, origin_of, reference_rate, source_timecode
from otio_cometapi.errors import EditorialError
from otio_cometapi.records import (
    UNSEEN,
    ClipRange,
    Conformed,
    Link,
    MediaInfo,
    Review,
    SourceCandidate,
    Span,
    SpanIndex,
    TakeRecord,
)


def covers(visible: Span, take_span: Span) -> bool:
    """Tell whether a take's span has every frame that a clip shows (of the same file)."""
    return take_span.contains(visible)


Reviews = Mapping[tuple[str, str], Review]
"""What people decided, by the clip's name and the take's id."""

NOTHING_SAID: Reviews = {}
"""Nobody has decided anything."""


_Showing = tuple[int, TakeRecord, Conformed]
"""A take's place among all, the take, and its medium that shows a clip."""


class OfFile:
    """The finished takes of one file, measured alike, by the frames that their media has."""

    def __init__(self, info: MediaInfo, takes: Iterable[tuple[int, TakeRecord]]) -> None:
        self.info = info
        self._media = SpanIndex((media.span, (place, take, media)) for place, take in takes for media in take.media)

    def showing(self, visible: Span, *, origin: int) -> Iterator[_Showing]:
        """Yield the takes that have all of *visible*, each with its first medium for that *origin*."""
        last = -1
        for place, take, media in self._media.holding(visible):
            if media.origin == origin and place != last:
                last = place
                yield place, take, media

    def may_show(self, first: int, end: int) -> bool:
        """Tell whether any medium may have the frames from *first* to *end*, the last not included."""
        return self._media.may_hold(first, end)


class TakeIndex:
    """Finished takes, found by path and by file name; made once for many clips."""

    def __init__(self, takes: Iterable[TakeRecord], *, media_root: Path) -> None:
        """Keep the takes that have media; later ones are newer."""
        self.finder = SourceFinder(media_root=media_root, own_media_dirs=())
        by_path: dict[str, list[tuple[int, TakeRecord]]] = {}
        by_name: dict[str, list[tuple[int, TakeRecord]]] = {}
        for place, take in enumerate(takes):
            if take.media:
                by_path.setdefault(real_path(take.info.path), []).append((place, take))
                by_name.setdefault(_file_name(take.info.path), []).append((place, take))
        self._by_path = {path: _by_info(found) for path, found in by_path.items()}
        self._by_name = {name: _by_info(found) for name, found in by_name.items()}

    def of(self, path: str) -> Sequence[OfFile]:
        """Return the takes of a file: of this very path, else of any file with its name."""
        named = self._by_name.get(_file_name(path), ())
        if not named:
            return ()
        return self._by_path.get(real_path(path)) or named


def _by_info(takes: list[tuple[int, TakeRecord]]) -> list[OfFile]:
    groups: dict[MediaInfo, list[tuple[int, TakeRecord]]] = {}
    for place, take in takes:
        groups.setdefault(take.info, []).append((place, take))
    return [OfFile(info, found) for info, found in groups.items()]


def clip_matches(clip: Any, takes: TakeIndex, *, clip_index: int = 0, reviews: Reviews = NOTHING_SAID) -> Link | None:
    """
    Return the link that lays a finished take onto an OTIO clip; None where no take has all that it shows.

    The clip is known by its media's path, else by file name, with the range inside the span that was sent, in the same
    numbers. A take that people chose for a clip of that name comes first, a rejected one never. Of several takes of one
    look the newest is taken; a `comet:` marker on the clip chooses among looks.

    Raises:
        EditorialError: Takes of two looks, or of two files of one name, fit equally; names them.
    """
    with AdapterBorder("find takes for a clip"):
        fitting = [
            found
            for candidate in takes.finder.candidates(clip)
            if candidate.path and not candidate.problem
            for found in _fits(clip, candidate, takes.of(candidate.path))
        ]
        fitting = [link for link in (_judged(each, reviews) for each in fitting) if not link.review.rejected]
        if not fitting:
            return None
        active = clip.active_media_reference_key
        shown = [link for link in fitting if active == f"{OWN_KEY}{link.take.take_id}"]
        chosen = [link for link in fitting if link.review.chosen]
        first = chosen or shown
        link = first[0] if first else _newest(clip, fitting)
    return link if link.clip_index == clip_index else replace(link, clip_index=clip_index)


def _judged(link: Link, reviews: Reviews) -> Link:
    """Return a link with what people decided on its take on this clip."""
    review = reviews.get((link.clip_name, link.take.take_id), UNSEEN)
    return link if review is link.review else replace(link, review=review)


def _file_name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _fits(clip: Any, candidate: SourceCandidate, files: Sequence[OfFile]) -> list[Link]:
    """Return the ways in which media of takes of a file stands for what the clip shows, none or one a take."""
    # The search in the track that `visible_range` costs is for clips of which a take has what they use at least.
    near = [each for each in files if not _is_elsewhere(clip, candidate, each)]
    seen = _visible(clip) if near else None
    found = [shown for each in near for shown in _showing(candidate.available, candidate.path or "", each, seen)]
    return [_link(clip, candidate, take, media) for _, take, media in sorted(found, key=lambda shown: shown[0])]


def _is_elsewhere(clip: Any, candidate: SourceCandidate, of_file: OfFile) -> bool:
    """
    Tell, where that is plain, from the clip's source range alone that no take of a file has all that it shows.

    What a clip shows is its source range with what transitions add, if nothing changes its speed.
    """
    written = clip.source_range
    if written is None or candidate.available is None or len(clip.effects):
        return False
    used = clip_range(written)
    if isinstance(used, str) or used.rate != of_file.info.rate or used.frame_count < 1:
        return False
    return not _showing(candidate.available, candidate.path or "", of_file, used)


def _showing(available: ClipRange | None, path: str, of_file: OfFile, seen: ClipRange | None) -> list[_Showing]:
    """
    Return the takes of a file that have all of a range of a clip.

    Args:
        available: The range of the clip's reference.
        path: The file that it names.
        of_file: The takes of that file.
        seen: What the clip shows; None: that cannot be told.
    """
    info = of_file.info
    at_media = at_rate(seen, info.rate) if seen is not None else None
    if at_media is None or at_media.frame_count < 1:
        return []
    origin = origin_of(at_media, available, info)
    if isinstance(origin, str) or at_media.start < origin.frame or not _same_extent(available, path, info):
        return []
    visible = Span(at_media.start - origin.frame, at_media.frame_count, info.rate)
    return list(of_file.showing(visible, origin=origin.frame))


def _same_extent(available: ClipRange | None, path: str, info: MediaInfo) -> bool:
    """Tell whether a reference can be the takes' file: the same path, or no more frames than it has."""
    if available is None:
        return True
    alike = available.rate is info.rate or available.rate == info.rate
    if alike and available.frame_count <= info.frame_count:
        return True
    if real_path(path) == real_path(info.path):
        return True
    return available.frame_count * info.rate / available.rate <= info.frame_count


def _link(clip: Any, candidate: SourceCandidate, take: TakeRecord, media: Conformed) -> Link:
    written = clip.source_range
    clip_rate = float(written.duration.rate) if written is not None else 0.0
    return Link(
        clip_index=0,
        media=media,
        reference_rate=reference_rate(candidate, clip_rate, take.info.rate),
        source_key=candidate.key,
        take=take,
        clip_name=clip.name or "",
        source_timecode=source_timecode(take.info, frame=media.span.first_frame, number=media.start_frame),
    )


def _visible(clip: Any) -> ClipRange | None:
    """Return the source frames that a clip shows, transitions and speed included; None where that cannot be told."""
    try:
        shown, used = clip_range(clip.visible_range()), clip_range(clip.trimmed_range())
    except otio.exceptions.CannotComputeAvailableRangeError:
        return None
    if isinstance(shown, str) or isinstance(used, str):
        return None
    retime = retime_of(clip, writers=writers_around(clip)) if len(clip.effects) else None
    if retime is None or isinstance(retime, str):
        return shown if retime is None else None
    if shown.rate != used.rate:
        return None
    return retime.frames_of(used, head=shown.start - used.start, tail=shown.end - used.end)


def _newest(clip: Any, fitting: list[Link]) -> Link:
    groups: dict[tuple[Any, ...], list[Link]] = {}
    for link in fitting:
        look = link.take.look
        key = (
            link.take.fingerprint,
            look.prompt,
            look.model,
            look.ratio,
            look.references,
            look.moderation,
            look.keyframes,
        )
        groups.setdefault(key, []).append(link)
    if len(groups) > 1:
        asked = _prompts(clip)
        chosen = {key: links for key, links in groups.items() if key[1].lower() in asked}
        groups = chosen or groups
    if len(groups) > 1:
        names = "; ".join(
            f"{links[-1].take.take_id} of '{links[-1].take.info.path}' ('{links[-1].take.look.prompt}')"
            for links in groups.values()
        )
        raise EditorialError(
            f"takes of {len(groups)} looks or files fit: {names}",
            clip=clip.name or "",
            next_step="Put a comet: marker with the prompt of the one that you want on the clip.",
        )
    (links,) = groups.values()
    return max(enumerate(links), key=lambda pair: (pair[1].take.number, pair[0]))[1]


def _prompts(clip: Any) -> set[str]:
    """Return the prompts that the clip's own markers ask for, lower case."""
    texts = (text for marker in clip.markers for text in comet_texts(facts_of(marker, owner=clip)))
    return {text.prompt.lower() for text in texts if text.prompt}
