"""What a `comet:` marker says, and where each writer puts it."""

from __future__ import annotations

from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otio_cometapi.editorial.markers import Space, comet_text, comet_texts, facts_of
from support.otio_builders import CALM, clip, marker


def facts(made: Any, owner: Any = None) -> Any:
    """Return a marker, read."""
    return facts_of(made, owner=owner or clip())


def test_the_text_after_the_prefix_is_the_prompt() -> None:
    """`comet:` marks, the rest is what the model is asked."""
    said = comet_text("comet: make it snow ")
    assert said is not None
    assert (said.prompt, said.settings) == ("make it snow", ())


def test_settings_follow_a_bar() -> None:
    """Every setting is a key and a value; keys in any case, values with spaces in quotes."""
    said = comet_text(
        'CoMeT: snow | SEED=7 model=gen4_aleph ratio=1280:720 | takes=2 moderation=low reference="a b.png"'
    )
    assert said is not None
    assert said.settings == (
        ("seed", "7"),
        ("model", "gen4_aleph"),
        ("ratio", "1280:720"),
        ("takes", "2"),
        ("moderation", "low"),
        ("reference", "a b.png"),
    )


def test_an_escaped_bar_belongs_to_the_prompt() -> None:
    r"""`\|` is a bar."""
    said = comet_text(r"comet: red \| blue | seed=1")
    assert said is not None
    assert (said.prompt, said.settings) == ("red | blue", (("seed", "1"),))


def test_an_edl_in_capitals_is_read_in_lower_case() -> None:
    """EDL writers turn a marker into capitals; its settings still name models."""
    said = comet_text("COMET: MAKE IT SNOW | MODEL=GEN4_ALEPH SEED=7")
    assert said is not None
    assert (said.prompt, said.settings) == ("MAKE IT SNOW", (("model", "gen4_aleph"), ("seed", "7")))


def test_words_without_a_value_are_a_problem() -> None:
    """A setting that cannot be read is told, never dropped."""
    said = comet_text("comet: snow | seed 7")
    assert said is not None
    assert "seed 7" in said.problems[0]


@pytest.mark.parametrize("text", ["", "comet", "a comet: x", "comets: x"])
def test_other_texts_are_none_of_ours(text: str) -> None:
    """Only the prefix makes a marker ours."""
    assert comet_text(text) is None


@CALM
@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Markers are strangers' strings."""
    said = comet_text("comet:" + text)
    assert said is not None
    assert said.prompt == said.prompt.strip()


@pytest.mark.parametrize(
    "made",
    [
        marker("comet: snow"),
        marker("VFX", comment="comet: snow"),
        marker("VFX", metadata={"Resolve_OTIO": {"Note": "comet: snow", "Keywords": []}}),
        marker("VFX", metadata={"Resolve_OTIO": {"Keywords": ["a", "comet: snow"]}}),
        marker("VFX", metadata={"fcp_xml": {"comment": "comet: snow"}}),
        marker("", metadata={"AAF": {"Comment": "comet: snow"}}),
        marker("", metadata={"AAF": {"CommentMarkerAttributeList": {"_ATN_CRM_COM": "comet: snow"}}}),
        marker("", comment="comet: snow", metadata={"kdenlive": {"type": 2}}),
        marker("tag", metadata={"Hiero": {"tag.note": "comet: snow"}}),
    ],
    ids=[
        "name",
        "comment",
        "resolve note",
        "resolve keyword",
        "fcp xml",
        "avid",
        "avid attribute",
        "kdenlive",
        "hiero",
    ],
)
def test_every_writers_marker_text_is_found(made: Any) -> None:
    """The table knows where each writer puts the words."""
    assert [text.prompt for text in comet_texts(facts(made))] == ["snow"]


@pytest.mark.parametrize(
    ("key", "space"),
    [
        ("cmx_3600", Space.RECORD),
        ("fcp_xml", Space.MEDIA),
        ("kdenlive", Space.SHOWN),
        ("Resolve_OTIO", Space.SOURCE),
        ("AAF", Space.SOURCE),
        ("other", Space.SOURCE),
    ],
)
def test_every_writer_counts_in_its_own_space(key: str, space: Space) -> None:
    """EDL counts record timecode, FCP XML from the media's start, Kdenlive from the first frame shown."""
    assert facts(marker("x", metadata={key: {"type": 1}})).space is space


def test_a_final_cut_marker_without_metadata_is_known_by_its_clip() -> None:
    """The fcp_xml adapter keeps no metadata for a marker with a name alone."""
    assert facts(marker("x"), clip(metadata={"fcp_xml": {}})).space is Space.MEDIA


def test_the_colour_that_a_reader_makes_up_does_not_count() -> None:
    """FCP XML brings no colour; OTIO's default RED is not the editor's."""
    assert facts(marker("x", metadata={"fcp_xml": {"comment": ""}})).colours == ()


def test_avids_colour_name_counts_beside_the_converted_one() -> None:
    """The AAF adapter converts colours; Avid's own word selects too."""
    made = marker("x", color="MAGENTA", metadata={"AAF": {"CommentMarkerAttributeList": {"_ATN_CRM_COLOR": "Violet"}}})
    assert facts(made).colours == ("MAGENTA", "VIOLET")


@pytest.mark.parametrize("content", [1, None, "x", [1], {"Note": {"a": 1}}, {"Note": None}, {"Keywords": [1, 2]}])
def test_metadata_of_any_shape_is_survived(content: object) -> None:
    """Metadata is strangers' data; the name is still read."""
    assert facts(marker("name", metadata={"Resolve_OTIO": content})).texts == ("name",)


def test_a_marker_that_nobody_gave_a_place_is_placeless() -> None:
    """`Marker()` has 0 at rate 1; that is no position."""
    assert facts(otio.schema.Marker("comet: x")).placeless
    assert not facts(marker("comet: x", 0, 0)).placeless
