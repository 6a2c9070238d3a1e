"""Guides: when a part has room for an image of the part before, and where that image goes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from otio_cometapi.comet.guides import GUIDE_BYTES, guided, takes_guide
from otio_cometapi.comet.input_rules import IMAGE_BYTES, data_uri_length
from otio_cometapi.comet.models import load_models
from otio_cometapi.records import Keyframe, Look, Model, Span

MODELS = load_models()
RATE = Fraction(24)
PARTS = (Span(0, 100, RATE), Span(92, 100, RATE), Span(184, 100, RATE))
IMAGE = Path("/jobs/guide.png")


def keyed(*frames: int) -> Look:
    """Return a look of aleph2 with a keyframe at each of these source frames."""
    return Look("snow", "aleph2", keyframes=tuple(Keyframe(f"/k{frame}.png", frame) for frame in frames))


@pytest.mark.parametrize(
    ("look", "takes"),
    [
        (Look("snow", "gen4_aleph"), True),
        (Look("snow", "gen4_aleph", references=("/a.png",)), False),
        (keyed(), True),
        (keyed(1, 2, 3, 4, 5), True),
        (keyed(93, 94, 95, 96), True),
        (keyed(93, 94, 95, 96, 97), False),
        (replace(keyed(), references=("/a.png",)), False),
    ],
    ids=[
        "nothing else",
        "its one reference",
        "no keyframe",
        "first part full",
        "room for one",
        "full",
        "spread images",
    ],
)
def test_a_guide_needs_room_in_every_part_after_the_first(look: Look, takes: bool) -> None:
    """The model's limit counts the look's own images in each part."""
    assert takes_guide(look, MODELS[look.model], PARTS) is takes


def test_an_unknown_model_is_sent_no_guide() -> None:
    """Nobody knows whether it takes an image; nor does one part need a guide."""
    assert not takes_guide(Look("snow", "new"), Model("new", known=False), PARTS)
    assert not takes_guide(Look("snow", "gen4_aleph"), MODELS["gen4_aleph"], PARTS[:1])


def test_a_guide_is_a_reference_or_a_keyframe_of_its_own_frame() -> None:
    """As the model takes images; keyframes stay in the order of their frames."""
    referred = guided(Look("snow", "gen4_aleph"), MODELS["gen4_aleph"], image=IMAGE, frame=92)
    assert referred.references == (str(IMAGE),)
    placed = guided(keyed(10, 120), MODELS["aleph2"], image=IMAGE, frame=92)
    assert [(each.frame, each.image) for each in placed.keyframes] == [
        (10, "/k10.png"),
        (92, str(IMAGE)),
        (120, "/k120.png"),
    ]


def test_a_keyframe_of_ones_own_stands_before_a_guide() -> None:
    """What a person gave for that very frame is not doubled."""
    look = keyed(92)
    assert guided(look, MODELS["aleph2"], image=IMAGE, frame=92) == look


def test_the_largest_guide_fits_a_request() -> None:
    """As a data URI of either kind it is within what an image may take."""
    assert data_uri_length(GUIDE_BYTES, "image/jpeg") <= IMAGE_BYTES
