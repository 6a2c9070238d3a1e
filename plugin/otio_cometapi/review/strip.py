"""The strip: a timeline drawn as SVG, for a page, a mail or a wall; no script, no style, nothing from elsewhere."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from otio_cometapi.errors import tame
from otio_cometapi.records.strips import Strip, StripSegment, StripState
from otio_cometapi.timecode import drops_frames, label_text, numbers_skipped

FILLS = {
    StripState.REPLACED: "#4fb37c",
    StripState.PENDING: "#e0ac4b",
    StripState.FAILED: "#ec7069",
    StripState.LEFT_OUT: "#3b414d",
}
"""What a state looks like; every text on its fill has a contrast of 4.5 and more (WCAG 2.2, 1.4.3)."""

SIGNS = {
    StripState.REPLACED: "\N{CHECK MARK}",
    StripState.PENDING: "\N{HORIZONTAL ELLIPSIS}",
    StripState.FAILED: "\N{BALLOT X}",
    StripState.LEFT_OUT: "",
}
"""The same without colour."""

_BACKGROUND, _LANE, _TEXT, _FAINT, _INK = "#15171b", "#1d2026", "#e4e6ea", "#9aa1ad", "#0d0f12"
_MARGIN, _NAMES, _RULER, _LANE_HEIGHT, _LANE_GAP, _LEGEND = 16, 64, 30, 34, 6, 36
_SIZE = 12
_LETTER = 0.58
"""Width of a letter in the middle of common sans-serif faces, as a share of the size."""
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200)
_STEPS_FRAMES = (1, 2, 5, 10)
_TICK = 104
"""Units that a timecode under the ruler needs."""
_MOST_NAMED = 12
"""Clips that wait or failed which the description names; a person who listens stops there."""
_LONGEST_NOTE = 300


def strip_svg(strip: Strip, *, width: int = 1200, name: str = "strip") -> str:
    """
    Draw a timeline: a lane a track, the topmost first, under a ruler of timecode, with a legend that counts.

    The text may be written to a file or stand within an HTML page under a content security policy that allows no
    inline style and no script. Everything that comes from a timeline is escaped. The picture has a title and a
    description for those who do not see it, and every clip a title that pointing devices show.

    Args:
        strip: What to draw.
        width: Width in units of the drawing; it scales to any size. At least 320.
        name: What ids begin with, so that several strips may stand in one page: letters, digits and hyphens.
    """
    width = max(320, width)
    drawing = _Drawing(strip, width)
    height = drawing.bottom + _LEGEND
    linked = any(_is_fragment(segment.href) for segment in strip.segments)
    title, description = _title(strip), _description(strip)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="{"group" if linked else "img"}" aria-labelledby="{name}-title {name}-desc"'
        f' font-family="system-ui, sans-serif" font-size="{_SIZE}">'
    )
    return "\n".join(
        [
            opening,
            f'<title id="{name}-title">{_said(title)}</title>',
            f'<desc id="{name}-desc">{_said(description)}</desc>',
            f'<rect width="{width}" height="{height}" fill="{_BACKGROUND}"/>',
            *drawing.ruler(),
            *drawing.lanes(),
            *drawing.clips(),
            *_legend(strip, top=drawing.bottom + 8),
            "</svg>",
            "",
        ]
    )


class _Drawing:
    """Where frames and tracks lie on the drawing."""

    def __init__(self, strip: Strip, width: int) -> None:
        self.strip = strip
        self.first = min((each.start for each in strip.segments), default=0)
        self.end = max((each.end for each in strip.segments), default=self.first + 1)
        self.left, self.right = _MARGIN + _NAMES, width - _MARGIN
        self.top = _MARGIN + _RULER
        names = dict.fromkeys([*strip.tracks, *(each.track for each in strip.segments)])
        self.tracks = tuple(reversed(names))
        self.bottom = self.top + max(1, len(self.tracks)) * (_LANE_HEIGHT + _LANE_GAP)

    def x(self, frame: int) -> float:
        """Return where a frame begins."""
        return self.left + (self.right - self.left) * (frame - self.first) / max(1, self.end - self.first)

    def y(self, track: str) -> int:
        """Return where a track's lane begins."""
        return self.top + self.tracks.index(track) * (_LANE_HEIGHT + _LANE_GAP)

    def label(self, frame: int) -> str:
        """Return a frame's timecode."""
        return label_text(frame, self.strip.rate, drop_frame=self.strip.drop_frame)

    def ruler(self) -> Iterator[str]:
        """Draw timecode above the lanes."""
        for frame in _ticks(self.first, self.end, self.strip, room=(self.right - self.left) / _TICK):
            x = self.x(frame)
            yield f'<path d="M{x:.1f} {self.top - 8}V{self.bottom - _LANE_GAP}" stroke="{_LANE}" stroke-width="1"/>'
            if x + _TICK - 16 <= self.right + _MARGIN:
                yield (
                    f'<text x="{x:.1f}" y="{self.top - 12}" fill="{_FAINT}" font-size="11"'
                    f' font-family="ui-monospace, monospace">{_said(self.label(frame))}</text>'
                )

    def lanes(self) -> Iterator[str]:
        """Draw every track's name and ground."""
        for track in self.tracks:
            y = self.y(track)
            yield (
                f'<rect x="{self.left}" y="{y}" width="{self.right - self.left}" height="{_LANE_HEIGHT}" rx="3"'
                f' fill="{_LANE}"/>'
            )
            name = _said(_fitting(track, _NAMES - 8))
            yield f'<text x="{_MARGIN}" y="{y + 21}" fill="{_TEXT}">{name}<title>{_said(track)}</title></text>'

    def clips(self) -> Iterator[str]:
        """Draw the clips."""
        for segment in sorted(self.strip.segments, key=lambda each: each.start):
            yield self._clip(segment)

    def _clip(self, segment: StripSegment) -> str:
        x = self.x(segment.start)
        # half a unit stays free, so that neighbours can be told apart; the shortest clip can still be seen
        wide = max(1.0, self.x(segment.end) - x - 0.5)
        ink = _TEXT if segment.state is StripState.LEFT_OUT else _INK
        sign = SIGNS[segment.state]
        shown = _fitting(f"{sign} {segment.clip}".strip(), wide - 10) or (sign if wide > _SIZE + 6 else "")
        label = f'<text x="5" y="21" fill="{ink}">{_said(shown)}</text>' if shown else ""
        drawn = (
            f'<svg x="{x:.2f}" y="{self.y(segment.track)}" width="{wide:.2f}" height="{_LANE_HEIGHT}">'
            f"<title>{_said(self._words(segment))}</title>"
            f'<rect width="100%" height="100%" rx="3" fill="{FILLS[segment.state]}"/>{label}</svg>'
        )
        if not _is_fragment(segment.href):
            return drawn
        return f"<a href={quoteattr(tame(segment.href))} aria-label={quoteattr(self._words(segment))}>{drawn}</a>"

    def _words(self, segment: StripSegment) -> str:
        note = segment.note if len(segment.note) <= _LONGEST_NOTE else segment.note[: _LONGEST_NOTE - 1] + "…"
        where = f"{self.label(segment.start)} to {self.label(segment.end)}"
        return tame(f"{segment.clip} on {segment.track}, {where}: {segment.state}{'. ' + note if note else ''}")


def _ticks(first: int, end: int, strip: Strip, *, room: float) -> Iterator[int]:
    """Yield the frames that get a line: whole seconds of timecode where the strip is long enough, else frames."""
    wanted = (end - first) / max(1.0, room)
    nominal = max(1, round(strip.rate))
    for step in _STEPS_FRAMES:
        if step >= wanted and step < nominal:
            yield from range(first, end, step)
            return
    seconds = next((each for each in _STEPS_S if each * nominal >= wanted), 86400)
    drops = strip.drop_frame and drops_frames(strip.rate)
    at = max(0, first // (seconds * nominal) - 1) * seconds
    while (frame := _frame_at(at, nominal, drops=drops)) < end:
        if frame >= first:
            yield frame
        at += seconds


def _frame_at(second: int, nominal: int, *, drops: bool) -> int:
    """Return the first frame of a second of timecode; where drop frame skips its first numbers, the one after."""
    frame = second * nominal
    if drops:
        minutes, rest = divmod(second, 60)
        frame -= numbers_skipped(minutes, nominal) - (nominal // 15 if not rest and minutes % 10 else 0)
    return frame


def _legend(strip: Strip, *, top: int) -> Iterator[str]:
    """Draw what the colours mean, and how many clips have each."""
    counts = Counter(segment.state for segment in strip.segments)
    x = float(_MARGIN)
    for state in StripState:
        words = f"{SIGNS[state]} {counts[state]} {state}".strip()
        yield f'<rect x="{x:.0f}" y="{top}" width="12" height="12" rx="2" fill="{FILLS[state]}"/>'
        yield f'<text x="{x + 18:.0f}" y="{top + 10}" fill="{_TEXT}">{_said(words)}</text>'
        x += 18 + _width(words) + 24


def _title(strip: Strip) -> str:
    replaced = sum(segment.state is StripState.REPLACED for segment in strip.segments)
    count = len(strip.segments)
    return f"{strip.title or 'Timeline'}: {replaced} of {count} clip{'' if count == 1 else 's'} replaced"


def _description(strip: Strip) -> str:
    """Say in sentences what the picture shows."""
    if not strip.segments:
        return "The timeline has no clip on a video track."
    counts = Counter(segment.state for segment in strip.segments)
    said = [", ".join(f"{counts[state]} {state}" for state in StripState if counts[state]) + "."]
    waiting = [each for each in strip.segments if each.state in (StripState.FAILED, StripState.PENDING)]
    waiting.sort(key=lambda each: (each.state is StripState.PENDING, each.start))
    for segment in waiting[:_MOST_NAMED]:
        at = label_text(segment.start, strip.rate, drop_frame=strip.drop_frame)
        said.append(f"{segment.clip} on {segment.track} at {at} is {segment.state}.")
    if len(waiting) > _MOST_NAMED:
        said.append(f"And {len(waiting) - _MOST_NAMED} more.")
    return " ".join(said)


def _is_fragment(href: str) -> bool:
    """Tell whether an address leads within its page; no other one is ever written."""
    return href.startswith("#") and len(href) > 1


def _said(text: str) -> str:
    return escape(tame(text))


def _width(text: str) -> float:
    """Return about how wide a text is drawn; letters of East Asia fill a square."""
    wide = sum(1.0 if unicodedata.east_asian_width(letter) in "WF" else _LETTER for letter in text)
    return wide * _SIZE


def _fitting(text: str, room: float) -> str:
    """Return as much of a text as has room, an ellipsis where it was cut; nothing where not two letters have."""
    text = tame(text)
    if _width(text) <= room:
        return text
    while text and _width(text) + _SIZE > room:
        text = text[:-1]
    return text.rstrip() + "\N{HORIZONTAL ELLIPSIS}" if len(text) > 1 else ""
