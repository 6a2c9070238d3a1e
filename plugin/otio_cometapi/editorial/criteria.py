"""What `--select` and `--exclude` say."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Protocol

from otio_cometapi.editorial.clip_facts import clip_facts
from otio_cometapi.editorial.metadata import entries_of
from otio_cometapi.editorial.places import ClipPlace, Cut
from otio_cometapi.editorial.timecodes import is_timecode, timecode_frames
from otio_cometapi.errors import SelectionError
from otio_cometapi.records.extensions import Selector

_ALLOWED = "marker:GREEN, marker:vfx*, track:V2, name:sh0*, meta:path.to.key=value, range:TC-TC, at:TRACK@TC, all"
_KINDS = ("marker", "track", "name", "meta", "range", "at")
_COMMA = re.compile(r"(?<!\\),")
_RANGE = re.compile(r"^\s*([\d:;.]+)\s*-\s*([\d:;.]+)\s*$")
_AT = re.compile(r"^(.*\S)\s*@\s*([\d:;.]+)\s*$")


@dataclass(frozen=True, slots=True)
class Term:
    """One condition of a selection."""

    kind: str
    """``marker``, ``track``, ``name``, ``meta``, ``range``, ``at`` or ``all``."""
    value: str
    """What follows the colon."""
    test: Selector | None = field(default=None, compare=False, repr=False)
    """Who decides, where the kind is not one of ours."""

    def __str__(self) -> str:
        """Return it as it was written."""
        return f"{self.kind}:{self.value}" if self.kind != "all" else "all"


class MoreSelectors(Protocol):
    """Selectors that a studio has added."""

    def names(self) -> tuple[str, ...]:
        """Return their names."""
        ...

    def named(self, name: str) -> Selector:
        """Return one of them."""
        ...


@dataclass(frozen=True, slots=True)
class Criteria:
    r"""
    Which clips are asked for: any term of *select*, none of *exclude*.

    Each text is one term or several with commas between them (``\,`` is a comma). Without *select*, clips with a
    `comet:` marker are asked for. Making one raises `SelectionError` where a term cannot be read.
    """

    select: tuple[str, ...] = ()
    """Terms of which one must hold."""
    exclude: tuple[str, ...] = ()
    """Terms of which none may hold."""
    more: MoreSelectors | None = None
    """Who reads terms of other kinds than ours."""

    def __post_init__(self) -> None:
        for text in (*self.select, *self.exclude):
            _terms_of(text, self.more)

    @property
    def selecting(self) -> tuple[Term, ...]:
        """The terms of *select*, read."""
        return tuple(term for text in self.select for term in _terms_of(text, self.more))

    @property
    def excluding(self) -> tuple[Term, ...]:
        """The terms of *exclude*, read."""
        return tuple(term for text in self.exclude for term in _terms_of(text, self.more))


def _terms_of(text: str, more: MoreSelectors | None) -> tuple[Term, ...]:
    terms = []
    for piece in _COMMA.split(text):
        plain = piece.replace("\\,", ",").strip()
        if not plain:
            continue
        kind, colon, value = plain.partition(":")
        kind, value = kind.strip().lower(), value.strip()
        if kind == "all" and not colon:
            terms.append(Term("all", ""))
        elif kind in _KINDS and value:
            if kind == "range":
                _check_range(plain, value)
            elif kind == "at":
                _check_at(plain, value)
            terms.append(Term(kind, value))
        elif more is not None and colon and kind not in _KINDS and kind in more.names():
            terms.append(Term(kind, value, more.named(kind)))
        else:
            raise _unread(plain, kind, more)
    if not terms:
        raise SelectionError("the selection is empty", next_step=f"Write one of: {_ALLOWED}.")
    return tuple(terms)


def _unread(text: str, kind: str, more: MoreSelectors | None) -> SelectionError:
    """Return the error for a term of no kind that is known, with the kind that was probably meant."""
    added = more.names() if more is not None else ()
    near = [name for name in get_close_matches(kind, [*_KINDS, *added], n=1) if name != kind]
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return SelectionError(
        f"could not read the selection '{text}'{hint}",
        next_step=f"Write one of: {', '.join([_ALLOWED, *(f'{name}:VALUE' for name in added)])}.",
    )


def _check_range(text: str, value: str) -> None:
    found = _RANGE.match(value)
    if not found or not all(is_timecode(found.group(place)) for place in (1, 2)):
        raise SelectionError(
            f"could not read the selection '{text}'",
            next_step="Write a range as timecodes of the timeline: range:01:00:00:00-01:00:10:00.",
        )


def _check_at(text: str, value: str) -> None:
    found = _AT.match(value)
    if not found or not (found.group(2).isdecimal() or is_timecode(found.group(2))):
        raise SelectionError(
            f"could not read the selection '{text}'",
            next_step="Write a track, then a timecode or a count of frames: at:V2@01:00:10:00, at:V2@240.",
        )


@lru_cache(maxsize=1024)
def glob(pattern: str) -> Callable[[str], Any]:
    """Return a test of a whole text against *pattern* (`*`, `?`, `[...]`), case not minded."""
    compiled = re.compile(fnmatch.translate(pattern.lower()), re.DOTALL)
    return lambda text: compiled.match(text.lower())


def matching_term(place: ClipPlace, terms: tuple[Term, ...], marked: dict[str, set[int]]) -> Term | None:
    """
    Return the first of *terms* that holds for a clip; None where none does.

    *marked* has, for every value of a `marker` term, the indexes of the clips that such a marker means.
    """
    for term in terms:
        if term.kind == "marker":
            holds = place.index in marked[term.value]
        elif term.test is not None:
            holds = term.test(clip_facts(place), term.value)
        else:
            holds = bool(_TESTS[term.kind](place, term.value))
        if holds:
            return term
    return None


def _in_range(place: ClipPlace, value: str) -> bool:
    if place.record is None:
        return False
    low, high = range_frames(place.cut, value)
    return place.record[0] < high and low < place.record[1]


def _at_moment(place: ClipPlace, value: str) -> bool:
    """On a track, by `_on_track` or by the bare number of its place, at one frame of the timeline."""
    found = _AT.match(value)
    if found is None or place.record is None:
        return False
    track, moment = found.groups()
    here = place.lane[:1] == (int(track),) if track.isdecimal() else _on_track(place, track)
    return here and place.record[0] <= _frame_of(place.cut, moment) < place.record[1]


def _frame_of(cut: Cut, moment: str) -> int:
    """
    Return the frame, from the timeline's first, that a timecode or a count of frames names.

    Raises:
        SelectionError: The timecode is none of this timeline's rate.
    """
    if moment.isdecimal():
        return int(moment)
    frame = timecode_frames(moment, cut.rate)
    if frame is None:
        raise SelectionError(
            f"'{moment}' is no timecode at {float(cut.rate):g} frames per second",
            next_step="Write a timecode of the timeline, or a count of frames from its first: at:V2@240.",
        )
    return frame - cut.start


@lru_cache(maxsize=64)
def _range_texts(value: str) -> tuple[str, str]:
    found = _RANGE.match(value)
    return (found.group(1), found.group(2)) if found else ("", "")


def range_frames(cut: Cut, value: str) -> tuple[int, int]:
    """
    Return a `range` term as frames from the timeline's first, the second one not included.

    Raises:
        EditorialError: The timecodes are none of this timeline's rate, or in the wrong order.
    """
    first, last = (timecode_frames(text, cut.rate) for text in _range_texts(value))
    if first is None or last is None or first >= last:
        raise SelectionError(
            f"the range '{value}' is no range of timecodes at {float(cut.rate):g} frames per second",
            next_step="Write first the start, then the end: range:01:00:00:00-01:00:10:00.",
        )
    return first - cut.start, last - cut.start


def _on_track(place: ClipPlace, value: str) -> bool:
    """By name; V1, V2 ... also by the track's place from the bottom, unless a track bears that name."""
    if glob(value)(place.track):
        return True
    wanted = value.lower()
    if not place.lane or wanted != f"v{place.lane[0]}":
        return False
    return all(name.lower() != wanted for name, _ in place.cut.tracks)


def _meta(place: ClipPlace, value: str) -> bool:
    path, equals, wanted = value.partition("=")
    for holder in (place.clip, place.clip.media_reference):
        found, node = _at(holder.metadata, path.strip().split(".")) if holder is not None else (False, None)
        if found and (not equals or _equals(node, wanted.strip())):
            return True
    return False


def _at(node: Any, keys: list[str]) -> tuple[bool, Any]:
    """Follow a path; keys may hold dots themselves and case is not minded."""
    if not keys:
        return True, node
    if hasattr(node, "items"):
        by_name = {key.lower(): value for key, value in entries_of(node)}
        for length in range(len(keys), 0, -1):
            name = ".".join(keys[:length]).lower()
            if name in by_name:
                found = _at(by_name[name], keys[length:])
                if found[0]:
                    return found
    elif not isinstance(node, str) and keys[0].isdigit() and hasattr(node, "__len__") and int(keys[0]) < len(node):
        return _at(node[int(keys[0])], keys[1:])
    return False, None


def _equals(node: Any, wanted: str) -> bool:
    if isinstance(node, bool):
        return wanted.lower() == str(node).lower()
    if isinstance(node, float) and node.is_integer() and wanted == str(int(node)):
        return True
    return bool(glob(wanted)(str(node)))


_TESTS: dict[str, Callable[[ClipPlace, str], Any]] = {
    "all": lambda _place, _value: True,
    "name": lambda place, value: glob(value)(place.clip.name or ""),
    "track": _on_track,
    "meta": _meta,
    "range": _in_range,
    "at": _at_moment,
}
