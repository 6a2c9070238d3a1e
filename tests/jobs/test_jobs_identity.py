"""Identity: what makes a take the same, and what does not."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import identity
from otio_cometapi.records import Keyframe, Look, Span
from support.ledgers import INFO, planned, shot

LOOK = Look("make it snow", "gen4_aleph")


def test_a_golden_identity_never_changes() -> None:
    """Identities stand in ledgers for years: a change of theirs would pay for everything again."""
    take = planned()
    assert (take.shot_id, take.look_id, take.take_id, take.look.seed) == (
        "s1-f5fd154fa5ce4741a6475e6e5d0b709b",
        "l1-8bf1d0fde03ea21e550197739fc4b427",
        "t1-38b104dbc9415c9d5efa03290e191633",
        3552390956,
    )


def test_a_golden_identity_of_a_full_look_never_changes(tmp_path: Path) -> None:
    """The same for a look that uses every field."""
    image = tmp_path / "reference.png"
    image.write_bytes(b"picture")
    look = Look("Schnee, überall", "aleph2", 7, "1280:720", (str(image), "https://example.org/a.png"), moderation="low")
    assert identity.look_id(look, number=2) == "l1-c3017e764bd2bf08456551bf441249c4"


@pytest.mark.parametrize(
    "prompt",
    [
        pytest.param("  make it snow ", id="blanks around"),
        pytest.param("make  it\n\tsnow", id="blanks between"),
        pytest.param("make it\u00a0snow", id="a blank that does not break"),
    ],
)
def test_blanks_make_no_other_look(prompt: str) -> None:
    """A prompt that differs by blanks alone asks for the same."""
    assert identity.look_id(replace(LOOK, prompt=prompt), number=1) == identity.look_id(LOOK, number=1)


def test_unicode_forms_make_no_other_look() -> None:
    """Composed and decomposed letters are the same prompt."""
    composed, decomposed = replace(LOOK, prompt="Schn\u00e9"), replace(LOOK, prompt="Schne\u0301")
    assert identity.look_id(composed, number=1) == identity.look_id(decomposed, number=1)


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "make it rain"},
        {"prompt": "Make it snow"},
        {"model": "aleph2"},
        {"seed": 0},
        {"ratio": "1280:720"},
        {"references": ("https://example.org/a.png",)},
        {"moderation": "low"},
        {"keyframes": (Keyframe("https://example.org/k.png", 3),)},
    ],
    ids=str,
)
def test_every_field_of_a_look_counts(change: dict[str, object]) -> None:
    """A look that asks for something else is another look."""
    other = replace(LOOK, **change)  # type: ignore[arg-type]
    assert identity.look_id(other, number=1) != identity.look_id(LOOK, number=1)


def test_take_numbers_without_a_seed_are_different_takes() -> None:
    """Two takes of a look without a seed are two generations."""
    assert identity.look_id(LOOK, number=1) != identity.look_id(LOOK, number=2)


def test_equal_requests_are_one_take() -> None:
    """Take 2 of seed 7 sends what take 1 of seed 8 sends, so that one of them is paid."""
    seven, eight = replace(LOOK, seed=7), replace(LOOK, seed=8)
    assert identity.look_id(seven, number=2) == identity.look_id(eight, number=1)
    assert identity.look_id(seven, number=1) != identity.look_id(eight, number=1)


def test_references_count_by_their_content(tmp_path: Path) -> None:
    """The same picture under another name is the same; another picture under the same name is not."""
    one, copy = tmp_path / "one.png", tmp_path / "copy.png"
    one.write_bytes(b"picture")
    copy.write_bytes(b"picture")
    first = identity.look_id(replace(LOOK, references=(str(one),)), number=1)
    assert identity.look_id(replace(LOOK, references=(str(copy),)), number=1) == first
    one.write_bytes(b"another picture")
    assert identity.look_id(replace(LOOK, references=(str(one),)), number=1) != first


def test_keyframes_count_by_content_and_frame(tmp_path: Path) -> None:
    """A keyframe is its picture and its source frame, whatever the file is called and in what order they are given."""
    image = tmp_path / "k.png"
    image.write_bytes(b"picture")
    content = hashlib.sha256(b"picture").hexdigest()
    one, two = Keyframe(str(image), 3), Keyframe("/gone/other name.png", 9, content)
    look = replace(LOOK, keyframes=(one, two))
    same = replace(LOOK, keyframes=(replace(two, image="/elsewhere/k.png"), replace(one, sha256=content)))
    assert identity.look_id(look, number=1) == identity.look_id(same, number=1)
    assert identity.look_id(look, number=1) != identity.look_id(replace(look, keyframes=(one,)), number=1)
    moved = replace(look, keyframes=(one, replace(two, frame=10)))
    assert identity.look_id(moved, number=1) != identity.look_id(look, number=1)


def test_a_golden_identity_of_keyframes_never_changes() -> None:
    """The same for a look with keyframes."""
    look = Look("make it snow", "aleph2", keyframes=(Keyframe("https://example.org/k.png", 12),))
    assert identity.look_id(look, number=1) == "l1-12a3d4a26eec6035476d7a8a7e92519d"


def test_a_missing_reference_is_named(tmp_path: Path) -> None:
    """A reference that cannot be read is an error that names it and the next step."""
    gone = str(tmp_path / "gone.png")
    with pytest.raises(JobError, match=r"gone\.png.*Correct its path"):
        identity.look_id(replace(LOOK, references=(gone,)), number=1)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(shot(), span=Span(101, 48, shot().span.rate)), id="first frame"),
        pytest.param(replace(shot(), span=Span(100, 49, shot().span.rate)), id="frame count"),
        pytest.param(replace(shot(), span=Span(100, 48, Fraction(24))), id="rate"),
        pytest.param(replace(shot(), pad_frames=1), id="padding"),
        pytest.param(replace(shot(), slowdown=2), id="slowdown"),
        pytest.param(replace(shot(), info=replace(INFO, width=640)), id="raster"),
    ],
)
def test_what_changes_the_picture_changes_the_shot(other: object) -> None:
    """Span, rate, raster, padding and slowdown are the shot's."""
    assert identity.shot_id(other, fingerprint="f1") != identity.shot_id(shot(), fingerprint="f1")  # type: ignore[arg-type]


def test_the_media_counts_by_its_fingerprint_alone() -> None:
    """A moved or renamed file is the same shot, other content is another."""
    assert identity.shot_id(shot(path="/elsewhere/B.mov"), fingerprint="f1") == identity.shot_id(
        shot(), fingerprint="f1"
    )
    assert identity.shot_id(shot(), fingerprint="f2") != identity.shot_id(shot(), fingerprint="f1")


@pytest.mark.parametrize(
    ("seed", "number", "expected"),
    [(7, 1, 7), (7, 3, 9), (4294967295, 1, 4294967295), (4294967295, 2, 0), (4294967294, 4, 1), (0, 1, 0)],
)
def test_the_users_seed_counts_on_and_wraps(seed: int, number: int, expected: int) -> None:
    """Take n of seed s sends s + n - 1, and after the largest seed comes 0."""
    assert identity.settled_look(replace(LOOK, seed=seed), number=number, take="t1-x").seed == expected


@given(st.text(alphabet="0123456789abcdef", min_size=32, max_size=32))
def test_derived_seeds_are_stable_and_in_range(digits: str) -> None:
    """Without a seed one is derived from the take's identity, always the same, and one that the service knows."""
    seeds = {identity.settled_look(LOOK, number=1, take=f"t1-{digits}").seed for _ in range(2)}
    (seed,) = seeds
    assert seed is not None
    assert 0 <= seed < 2**32


def test_derived_seeds_differ_between_takes() -> None:
    """No two of many takes send the same seed."""
    looks = [planned(shot(first), number=number).look for first in range(50) for number in (1, 2)]
    assert len({look.seed for look in looks}) == 100


def test_a_settled_look_is_otherwise_unchanged() -> None:
    """Only the seed is settled."""
    assert replace(identity.settled_look(LOOK, number=2, take="t"), seed=None) == LOOK


@pytest.mark.parametrize(
    ("seconds", "per_second", "minimum", "expected"),
    [
        (Fraction(2), Fraction(15, 100), None, Fraction(3, 10)),
        (Fraction(1), Fraction(15, 100), Fraction(1, 2), Fraction(1, 2)),
        (Fraction(2), None, Fraction(1, 2), None),
    ],
    ids=["by the second", "the smallest price", "no price known"],
)
def test_prices_are_assumed_only_where_one_is_known(
    seconds: Fraction, per_second: Fraction | None, minimum: Fraction | None, expected: Fraction | None
) -> None:
    """The price is seconds times the model's, at least its smallest, and unknown without one."""
    assert identity.price(seconds, per_second=per_second, minimum=minimum) == expected


def test_the_division_of_a_shot_enters_its_identity() -> None:
    """Other parts, or the same ones guided, are another picture; one part that is the whole is none."""
    whole = shot(frame_count=200)
    rate = whole.span.rate
    halves = replace(whole, parts=(Span(100, 104, rate), Span(196, 104, rate)))
    thirds = replace(whole, parts=(Span(100, 72, rate), Span(164, 72, rate), Span(228, 72, rate)))
    guided = replace(halves, guided=True)
    ids = [identity.shot_id(each, fingerprint="f1") for each in (whole, halves, thirds, guided)]
    assert len(set(ids)) == 4
    alone = replace(whole, parts=(whole.span,), guided=True)
    assert identity.shot_id(alone, fingerprint="f1") == ids[0]
