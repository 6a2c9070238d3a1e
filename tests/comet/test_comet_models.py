"""The model table is data: complete, sourced, and a user's file lies over it."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction
from pathlib import Path

import pytest

from otio_cometapi.comet.models import DEFAULT_MODEL, SUCCESSOR_MODEL, load_models, model_named
from otio_cometapi.errors import SettingsError
from otio_cometapi.records import Model

NUMBERS = ("max_seconds", "min_seconds", "max_fps", "max_width", "prompt_units", "max_references", "data_uri_bytes")


def test_the_default_is_what_the_service_documents() -> None:
    """gen4_aleph takes 5 seconds, 1000 units of prompt, one image, and the ratios of the service's page."""
    model = load_models()[DEFAULT_MODEL]
    assert (Fraction(5), Fraction(0), 1000, 1, None) == (
        model.max_seconds,
        model.min_seconds,
        model.prompt_units,
        model.max_references,
        model.max_fps,
    )
    assert len(model.ratios) == 8
    assert "2026-07-30" in model.reported_retired


def test_the_successor_stands_beside_it() -> None:
    """aleph2 takes 2 to 30 seconds at up to 30 frames a second, and images as keyframes."""
    model = load_models()[SUCCESSOR_MODEL]
    assert (model.min_seconds, model.max_seconds, model.max_fps, model.guide_images) == (2, 30, 30, "keyframes")
    assert model.min_usd == Fraction(56, 100)


@pytest.mark.parametrize("model", load_models().values(), ids=lambda model: model.id)
def test_every_number_has_a_source(model: Model) -> None:
    """Each number that differs from nothing is sourced in the file itself."""
    sourced = {name for name, _ in model.sources}
    given = {
        field.name
        for field in fields(model)
        if field.name in (*NUMBERS, "ratios", "usd_per_second", "min_usd")
        and getattr(model, field.name) not in (None, ())
    }
    assert given <= sourced


def test_prices_are_exact_and_named_as_assumptions() -> None:
    """Prices are fractions, not floats, and their source says that they are not the service's."""
    for model in load_models().values():
        assert isinstance(model.usd_per_second, Fraction)
        assert "not CometAPI's" in dict(model.sources)["usd_per_second"]
    assert load_models()["gen4_aleph"].usd_per_second == Fraction(15, 100)


def test_an_unknown_model_is_let_through_with_cautious_limits() -> None:
    """A model that no table names has the defaults and is marked."""
    assert model_named(load_models(), "aleph3") == Model(id="aleph3", known=False)


def test_a_users_file_overrides_and_adds(tmp_path: Path) -> None:
    """A user's rows change only the fields they name, and add models."""
    file = tmp_path / "models.toml"
    file.write_text('[gen4_aleph]\nusd_per_second = 0.22\n[mine]\nmax_seconds = "10.5"\nratios = ["16:9"]\n')
    models = load_models(file)
    assert (Fraction(22, 100), Fraction(5)) == (models["gen4_aleph"].usd_per_second, models["gen4_aleph"].max_seconds)
    assert (Fraction(21, 2), ("16:9",), True) == (
        models["mine"].max_seconds,
        models["mine"].ratios,
        models["mine"].known,
    )


def test_a_missing_users_file_adds_nothing(tmp_path: Path) -> None:
    """No file, no difference."""
    assert load_models(tmp_path / "none.toml") == load_models()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[a\n", "not valid TOML"),
        ("a = 1\n", "'a' is not a table"),
        ("[a]\nmax_secs = 5\n", "no such field"),
        ("[a]\nmax_seconds = true\n", "max_seconds"),
        ("[a]\nmax_seconds = -1\n", "too small"),
        ("[a]\nmax_seconds = nan\n", "not valid TOML"),
        ('[a]\nmax_seconds = "1/0"\n', "not a number"),
        ("[a]\nmax_width = 1.5\n", "whole number"),
        ("[a]\nmin_seconds = 9\n", "above max_seconds"),
        ('[a]\nratios = ["wide"]\n', "WIDTH:HEIGHT"),
        ('[a]\nratios = "1:1"\n', "not a list"),
        ('[a]\nguide_images = "pictures"\n', "guide_images"),
        ('[a]\nsources = "x"\n', "sources"),
        ("[a]\nreported_retired = 5\n", "not a text"),
    ],
)
def test_a_wrong_users_file_is_named_with_its_fault(text: str, named: str, tmp_path: Path) -> None:
    """A wrong file is refused with its name and what is wrong in it."""
    file = tmp_path / "models.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_models(file)
    assert named in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_users_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are refused with the file's name."""
    file = tmp_path / "models.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"models\.toml"):
        load_models(file)
