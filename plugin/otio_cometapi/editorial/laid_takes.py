"""Takes that lie on a track of their own above the cut: which clips of a timeline are such."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from otio_cometapi.editorial.places import ClipPlace, Cut
from otio_cometapi.editorial.rates import frames_at

TRACK_NAME = "COMET"
"""Name of the track that takes are laid on; followed by a track's name where every track needs its own."""


def laid_takes(cut: Cut, shows_take: Callable[[Any], bool]) -> dict[int, ClipPlace | None]:
    """
    Return the clips that are takes laid above their originals, by index, each with the original under it.

    A take is known by its track's name, where all that this track holds are takes; or, since hosts and formats lose
    the names of tracks, by an original under it that holds the same stretch of the timeline and starts at the same
    number of clip space. None: nothing of that kind is left under it.

    Args:
        cut: A laid-out timeline.
        shows_take: Tells whether an OTIO clip shows media of ours.
    """
    return laid_among(cut, {place.index for place in cut.clips if place.record is not None and shows_take(place.clip)})


def laid_among(cut: Cut, ours: set[int]) -> dict[int, ClipPlace | None]:
    """Return the same; *ours* are the clips that show media of ours and hold a stretch of the timeline, by index."""
    if not ours:
        return {}
    originals: dict[tuple[Any, ...], list[ClipPlace]] = {}
    for place in cut.clips:
        if place.record is not None and place.index not in ours:
            originals.setdefault(_stretch(place), []).append(place)
    named = _named_tracks(cut, ours)
    found: dict[int, ClipPlace | None] = {}
    for place in cut.clips:
        if place.index not in ours or len(place.lane) != 1:
            continue
        under = [each for each in originals.get(_stretch(place), ()) if each.lane < place.lane]
        if under or place.lane in named:
            found[place.index] = under[-1] if under else None
    return found


def _stretch(place: ClipPlace) -> tuple[Any, ...]:
    reference = place.clip.media_reference
    written = place.clip.source_range or (reference.available_range if reference is not None else None)
    start = frames_at(written.start_time, place.cut.rate) if written is not None else None
    return (*(place.record or ()), start)


def _named_tracks(cut: Cut, ours: set[int]) -> set[tuple[int, ...]]:
    """Return the lanes of tracks with our name on which nothing but takes stands."""
    names: dict[tuple[int, ...], str] = {(number,): name for number, (name, _) in enumerate(cut.tracks, start=1)}
    lanes = {lane for lane, name in names.items() if name.upper().split(" ")[0] == TRACK_NAME}
    return lanes - {place.lane[:1] for place in cut.clips if place.index not in ours}


def stands_among_takes(clip: Any) -> bool:
    """Tell whether a clip stands on a track of ours, as far as the track's name tells."""
    track = clip.parent()
    return track is not None and (track.name or "").upper().split(" ")[0] == TRACK_NAME
