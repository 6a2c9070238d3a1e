"""The strip: a timeline as a picture that reads without colour, without script, and without sight."""

from __future__ import annotations

import re
from fractions import Fraction
from xml.etree import ElementTree as ET

from otio_cometapi.records import Strip, StripSegment, StripState
from otio_cometapi.review.strip import FILLS, strip_svg

SVG = "{http://www.w3.org/2000/svg}"
HOUR = 24 * 3600


def drawn(strip: Strip, **wishes: object) -> ET.Element:
    """Return the drawing, read as any XML reader does."""
    return ET.fromstring(strip_svg(strip, **wishes))  # type: ignore[arg-type]  # noqa: S314 - our own text


def cut(*segments: StripSegment, rate: Fraction = Fraction(24), drop_frame: bool = False) -> Strip:
    """Return a strip of two tracks."""
    return Strip("edit v3", rate, ("V1", "V2"), segments, drop_frame=drop_frame)


def four_states() -> Strip:
    """Return a strip with a clip of every state, ten seconds each."""
    return cut(
        *(
            StripSegment(HOUR + 240 * n, HOUR + 240 * n + 240, state, f"sh{n}", "V1", note=f"note {n}")
            for n, state in enumerate(StripState)
        )
    )


def boxes(root: ET.Element) -> list[tuple[float, float, str]]:
    """Return where every clip lies on the drawing, and its colour."""
    return [
        (float(each.get("x", "")), float(each.get("width", "")), each.find(f"{SVG}rect").get("fill", ""))  # type: ignore[union-attr]
        for each in root.iter(f"{SVG}svg")
        if each.get("x")
    ]


def test_every_clip_lies_where_its_frames_are() -> None:
    """Four clips of equal length share the lane in four equal parts, in their states' colours."""
    found = boxes(drawn(four_states(), width=1080))
    assert [round(x) for x, _, _ in found] == [80, 326, 572, 818]
    assert {round(wide + 0.5) for _, wide, _ in found} == {246}
    assert [colour for _, _, colour in found] == list(FILLS.values())


def test_the_lowest_track_is_drawn_lowest() -> None:
    """Tracks lie as in an edit suite: V2 above V1."""
    strip = cut(*(StripSegment(0, 24, StripState.PENDING, "a", track) for track in ("V1", "V2")))
    root = drawn(strip)
    tops = [float(each.get("y", "")) for each in root.iter(f"{SVG}svg") if each.get("x")]
    assert tops[0] > tops[1]


def test_title_and_description_say_what_is_seen() -> None:
    """Who does not see the picture hears counts, and every clip that failed or waits, failures first."""
    root = drawn(four_states(), name="cut-2")
    assert root.get("aria-labelledby") == "cut-2-title cut-2-desc"
    assert root.get("role") == "img"
    texts = {each.get("id"): each.text for each in root if each.get("id")}
    assert texts["cut-2-title"] == "edit v3: 1 of 4 clips replaced"
    assert texts["cut-2-desc"] == (
        "1 replaced, 1 pending, 1 failed, 1 left out. sh2 on V1 at 01:00:20:00 is failed. "
        "sh1 on V1 at 01:00:10:00 is pending."
    )


def test_the_state_reads_without_colour() -> None:
    """A sign stands before the name, and the legend has words and counts."""
    shown = [each.text for each in drawn(four_states()).iter(f"{SVG}text")]
    assert {"✓ sh0", "… sh1", "✗ sh2", "sh3"} <= set(shown)
    assert {"✓ 1 replaced", "… 1 pending", "✗ 1 failed", "1 left out"} <= set(shown)


def test_strangers_texts_stay_texts() -> None:
    """Names, notes and tracks of a hostile timeline make no element, no attribute and no control character."""
    nasty = "</svg><script>alert(1)</script>\x1b[2J\x00\ud800\"'&]]>"
    segment = StripSegment(0, 2400, StripState.FAILED, nasty, nasty, note=nasty, href='#a" onclick="x')
    root = drawn(Strip(nasty, Fraction(24), (nasty,), (segment,)))
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        *("svg", "title", "desc", "rect", "path", "text", "a"),
    }
    assert not {name for each in root.iter() for name in each.attrib if name.startswith("on")}
    assert "\x1b" not in strip_svg(Strip(nasty, Fraction(24), (nasty,), (segment,)))


def test_a_page_without_inline_style_can_show_it() -> None:
    """There is no style, no script, and no address but the page's own and the namespace."""
    text = strip_svg(four_states())
    assert not re.search(r"<style|style=|<script|\bon\w+=|xlink|url\(", text)
    assert re.findall(r"https?://[^\"']+", text) == ["http://www.w3.org/2000/svg"]


def test_links_lead_within_the_page_only() -> None:
    """A fragment becomes a link with a name; every other address becomes none."""
    strip = cut(
        StripSegment(0, 24, StripState.REPLACED, "a", "V1", href="#clip-0"),
        StripSegment(24, 48, StripState.REPLACED, "b", "V1", href="javascript:alert(1)"),
    )
    root = drawn(strip)
    links = list(root.iter(f"{SVG}a"))
    assert [each.get("href") for each in links] == ["#clip-0"]
    assert links[0].get("aria-label") == "a on V1, 00:00:00:00 to 00:00:01:00: replaced"
    assert root.get("role") == "group"


def test_the_ruler_counts_whole_seconds_of_timecode() -> None:
    """At 29.97 drop frame the lines stand at round timecodes, and at ;02 where drop frame skips ;00."""
    rate = Fraction(30000, 1001)
    strip = cut(StripSegment(107892, 107892 + 5 * 1798, StripState.PENDING, "a", "V1"), rate=rate, drop_frame=True)
    shown = [each.text for each in drawn(strip).iter(f"{SVG}text") if each.get("font-size") == "11"]
    assert shown[:5] == ["01:00:00;00", "01:00:30;00", "01:01:00;02", "01:01:30;00", "01:02:00;02"]


def test_a_short_timeline_counts_frames() -> None:
    """Under ten frames every frame has its line."""
    shown = [
        each.text
        for each in drawn(cut(StripSegment(0, 8, StripState.PENDING, "a", "V1"))).iter(f"{SVG}text")
        if each.get("font-size") == "11"
    ]
    assert shown == [f"00:00:00:0{n}" for n in range(8)]


def test_500_clips_stay_small_and_seen() -> None:
    """A clip of one frame in an hour is at least one unit wide, and the picture stays below 400 kB."""
    clips = [StripSegment(n * 172, n * 172 + (1 if n % 2 else 172), StripState.REPLACED, "x", "V1") for n in range(500)]
    text = strip_svg(cut(*clips))
    assert min(wide for _, wide, _ in boxes(ET.fromstring(text))) >= 1.0  # noqa: S314 - our own text
    assert len(text) < 400_000


def test_an_empty_timeline_is_drawn() -> None:
    """No clip is no mistake: the description says so."""
    texts = [each.text for each in drawn(Strip("", Fraction(25), (), ())).iter(f"{SVG}desc")]
    assert texts == ["The timeline has no clip on a video track."]


def test_every_text_can_be_read_on_its_ground() -> None:
    """Ink on fills, and text on the ground, have a contrast of at least 4.5 (WCAG 2.2)."""
    grounds = {FILLS[state]: "#0d0f12" for state in StripState} | {FILLS[StripState.LEFT_OUT]: "#e4e6ea"}
    grounds |= {"#15171b": "#9aa1ad"}
    assert {ground: contrast(ground, ink) for ground, ink in grounds.items() if contrast(ground, ink) < 4.5} == {}


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours (WCAG 2.2, relative luminance)."""
    levels = []
    for colour in (first, second):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        levels.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(levels) + 0.05) / (min(levels) + 0.05)
