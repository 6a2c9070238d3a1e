"""Which clips are to be sent: every clip of a timeline, each with its look or with the reason why it is left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from otio_cometapi.editorial.active import Active, active_of
from otio_cometapi.editorial.criteria import Criteria, Term, glob, matching_term
from otio_cometapi.editorial.edl_dissolves import BORROWED, borrowed
from otio_cometapi.editorial.keyframes import Asked, with_keyframes
from otio_cometapi.editorial.laid_takes import laid_among
from otio_cometapi.editorial.looks import LookSources, LookTable
from otio_cometapi.editorial.marker_scope import MarkersOfCut, markers_of, read_clip_markers
from otio_cometapi.editorial.otio_errors import AdapterBorder
from otio_cometapi.editorial.places import ClipPlace, Cut
from otio_cometapi.editorial.ranges import ClipRanges, ranges_of
from otio_cometapi.editorial.sources import SourceFinder
from otio_cometapi.editorial.structure import cuts_of
from otio_cometapi.editorial.timecodes import reads_as_drop_frame
from otio_cometapi.records import SurveyedClip
from otio_cometapi.timecode import labels_at


@dataclass(frozen=True, slots=True)
class Survey:
    """What a timeline alone tells."""

    name: str
    """The timeline's name."""
    clips: tuple[SurveyedClip, ...]
    """Every clip on a video track, in the order of `find_clips()`."""
    problems: tuple[str, ...]
    """What is wrong with the timeline or its markers, each a sentence."""
    rate: Fraction
    """The timeline's frame rate."""
    start: int
    """The timeline's first frame as its timecode counts it."""


@dataclass(frozen=True, slots=True)
class _Question:
    """What a survey is asked, made ready for many clips."""

    select: tuple[Term, ...]
    exclude: tuple[Term, ...]
    looks: LookTable
    sources: SourceFinder
    unmeant: str
    """Why a clip is left out that no term means."""
    asked: dict[int, Asked] = field(default_factory=dict)
    """The clips that are selected, by index."""


def survey(
    timeline: Any,
    *,
    criteria: Criteria,
    looks: LookSources,
    media_root: Path,
    own_media_dirs: tuple[Path, ...] = (),
    actives: Sequence[Active | None] | None = None,
) -> Survey:
    """
    Look at every clip on a video track of *timeline* (a Timeline, or a collection of timelines).

    Args:
        timeline: What `read_timeline` returned; it is not changed.
        criteria: Which clips are asked for.
        looks: Where prompts and settings come from.
        media_root: Where relative media addresses begin.
        own_media_dirs: Folders of media that we made; a reference into one is never a source.
        actives: The active references of all clips in their order, where they have been read.

    Raises:
        EditorialError: A range of the selection does not fit the timeline's rate, a setting cannot be read, or a
            keyframe stands over no selected clip.
    """
    finder = SourceFinder(media_root=media_root, own_media_dirs=own_media_dirs)
    table = LookTable(looks, media_root=media_root)
    select = criteria.selecting
    unmeant = f"not selected: {', '.join(str(term) for term in select)} does not mean it"
    question = _Question(select, criteria.excluding, table, finder, unmeant)
    with AdapterBorder("read the timeline's clips"):
        cuts = cuts_of(timeline)
        for cut in cuts:
            _see_takes(cut, finder, actives)
            read_clip_markers(cut)
        found = [clip for cut in cuts for clip in _surveyed(cut, question)]
        clips, key_problems = with_keyframes(cuts, found, question.asked, finder)
        for cut in cuts:
            cut.let_go()
    return Survey(
        name=cuts[0].name if len(cuts) == 1 else getattr(timeline, "name", "") or "",
        clips=clips,
        problems=(*_problems(cuts, clips), *key_problems),
        rate=cuts[0].rate,
        start=cuts[0].start,
    )


def _see_takes(cut: Cut, finder: SourceFinder, actives: Sequence[Active | None] | None) -> None:
    """Note which clips show takes of ours, and which of those lie above their originals."""
    for place in cut.clips:
        place.shows_take = finder.is_ours(active_of(place.clip) if actives is None else actives[place.index])
    laid = laid_among(cut, {place.index for place in cut.clips if place.shows_take and place.record is not None})
    for index in laid:
        cut.clips[index - cut.clips[0].index].is_laid_take = True


def _problems(cuts: list[Cut], clips: tuple[SurveyedClip, ...]) -> tuple[str, ...]:
    problems = [problem for cut in cuts for problem in cut.problems]
    if not any(cut.has_timeline for cut in cuts):
        problems.append(
            "The file holds a collection of clips and no timeline. Export the timeline itself from the host."
        )
    elif not clips:
        problems.append("The timeline has no clip on a video track.")
    return tuple(problems)


def _surveyed(cut: Cut, question: _Question) -> Iterable[SurveyedClip]:
    markers = markers_of(cut)
    cut.problems.extend(markers.problems)
    marked = _marked(markers, (*question.select, *question.exclude))
    label = labels_at(cut.rate, drop_frame=reads_as_drop_frame(cut.start, cut.rate))
    for place in cut.clips:
        first, end = place.record or (0, 0)
        record = (round(first), round(end) - round(first))
        chosen, reason = _chosen(place, question, markers, marked)
        bare = SurveyedClip(
            index=place.index,
            name=place.clip.name or "",
            track=place.track,
            record_timecode=label(record[0] + cut.start) if place.record else "",
            record_frames=record,
            selected=False,
            reason=reason,
        )
        yield _judged(place, bare, question, markers) if chosen else bare


def _marked(markers: MarkersOfCut, terms: Iterable[Term]) -> dict[str, set[int]]:
    """Return, for every value that a `marker` term asks for, the clips that such markers mean."""
    found: dict[str, set[int]] = {}
    for term in terms:
        if term.kind != "marker" or term.value in found:
            continue
        matches = glob(term.value)
        found[term.value] = {
            index
            for facts, indexes in markers.hits
            if indexes and any(matches(text.strip()) for text in (*facts.texts, *facts.colours))
            for index in indexes
        }
    return found


def _chosen(
    place: ClipPlace, question: _Question, markers: MarkersOfCut, marked: dict[str, set[int]]
) -> tuple[bool, str]:
    """Return whether the clip is asked for, and by what or why not."""
    if place.is_laid_take:
        return False, "not selected: it is a take that lies above its original; the original is what is asked for"
    if place.is_key:
        return False, "not selected: its comet:key marker makes it a keyframe of what is under it"
    if question.select:
        term = matching_term(place, question.select, marked)
        if term is None:
            return False, question.unmeant
        reason = f"selected by {term}"
    elif place.index in markers.comet:
        reason = "selected by its comet: marker"
    elif place.index in markers.outside:
        return False, (
            f"not selected: its marker {markers.outside[place.index]} lies outside of what the clip uses "
            "(cut clips keep copies of markers)"
        )
    else:
        return False, "not selected: no comet: marker means it"
    term = matching_term(place, question.exclude, marked)
    if term is not None:
        return False, f"not selected: excluded by {term}"
    return True, reason


def _judged(place: ClipPlace, bare: SurveyedClip, question: _Question, markers: MarkersOfCut) -> SurveyedClip:
    """Return an asked-for clip, selected, or with the reason why it cannot be sent."""
    clip = place.clip
    ranges = ranges_of(place)
    candidates = question.sources.candidates(clip)
    found = question.looks.look_for(clip, markers.comet.get(place.index, ()), place=place)
    problem = (
        _refused(place, ranges)
        or _sourceless(place, candidates)
        or (BORROWED if borrowed(clip) else "")
        or ranges.problem
        or found.problem
    )
    known: dict[str, Any] = {
        "visible": ranges.visible,
        "speed": ranges.retime.speed if ranges.retime else bare.speed,
        "guard": ranges.retime.guard if ranges.retime else (0, 0),
        "clip_rate": ranges.written_rate,
        "candidates": candidates,
        "warnings": ranges.warnings,
    }
    if problem:
        return replace(bare, **known, reason=f"left out: {problem}")
    if place.shows_take:
        known["warnings"] += ("It already shows a take; the original is what would be sent.",)
    question.asked[place.index] = Asked(place, ranges, found.keyframes)
    return replace(bare, **known, selected=True, look=found.look, takes=found.takes)


def _refused(place: ClipPlace, ranges: ClipRanges) -> str:
    """Return why this clip can never be sent as it stands, whatever its media is; empty where it can."""
    if not place.clip.enabled:
        return "the clip is disabled"
    if place.blockers:
        return place.blockers[0]
    # What its ranges say counts before its media; without a range at all the missing media is the better reason.
    return ranges.problem if ranges.used is not None else ""


def _sourceless(place: ClipPlace, candidates: tuple[Any, ...]) -> str:
    """Return why none of the clip's references can be its source; empty where one may."""
    if any(not candidate.problem for candidate in candidates):
        return ""
    if place.shows_take and not candidates:
        return (
            "it already shows a take, and neither the timeline nor this job knows its original any more; name the job "
            "that made it with --job, or give it back with `otiocomet restore`"
        )
    if not candidates:
        return "it has no media reference"
    if place.shows_take:
        return f"it already shows a take, and of its original: {candidates[0].problem}"
    return str(candidates[0].problem)
