"""Records as plain JSON values and back: nothing is lost, whatever the record holds."""

from __future__ import annotations

import dataclasses
import json
import threading
import types
import typing
from enum import Enum
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otio_cometapi import records
from otio_cometapi.records import Look, MediaInfo, Span, SubmitAnswer, TaskSnapshot, TaskStatus
from otio_cometapi.records import plain as plain_records
from otio_cometapi.records.plain import plain, record

KINDS = [
    kind
    for kind in (getattr(records, name) for name in records.__all__)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
]
RATES = st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=2002)


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Return values of a field's type."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*(values_of(each) for each in inner))
    if origin is tuple and inner[-1] is Ellipsis:
        return st.lists(values_of(inner[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*(values_of(each) for each in inner))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if dataclasses.is_dataclass(hint):
        return records_of(hint)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        type(None): st.none(),
        bool: st.booleans(),
        int: st.integers(-(2**53), 2**53),
        float: st.floats(allow_nan=False),
        str: st.text(max_size=8),
        Fraction: RATES,
    }
    return simple[hint]


def records_of(kind: Any) -> st.SearchStrategy[Any]:
    """Return records of a kind with any values that it may hold."""
    if kind is Span:
        return st.builds(Span, st.integers(0, 10**9), st.integers(1, 10**9), RATES)
    hints = typing.get_type_hints(kind)
    return st.fixed_dictionaries({field.name: values_of(hints[field.name]) for field in dataclasses.fields(kind)}).map(
        lambda values: kind(**values)
    )


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_a_record_survives_json(kind: Any, data: st.DataObject) -> None:
    """Written as JSON text and read again, a record is the same, to the type of every field."""
    before = data.draw(records_of(kind))
    after = record(kind, json.loads(json.dumps(plain(before))))
    assert after == before
    assert repr(after) == repr(before)


def test_every_record_is_tried() -> None:
    """The list of kinds is not empty by accident."""
    assert {"Shot", "TakeRecord", "Plan", "Export", "SubmitAnswer"} <= {kind.__name__ for kind in KINDS}


def test_fractions_are_written_exactly() -> None:
    """A rate is text, as it stands in the new reference's metadata."""
    assert plain(Span(1, 2, Fraction(24000, 1001))) == {"first_frame": 1, "frame_count": 2, "rate": "24000/1001"}


def test_an_enum_comes_back_as_one() -> None:
    """A status read from plain values still knows whether it is final."""
    assert record(TaskSnapshot, {"task_id": "t", "status": "FAILED"}).status is TaskStatus.FAILED


def test_keys_of_a_newer_version_are_passed_over() -> None:
    """An older version reads what a newer one wrote."""
    assert record(Look, {"prompt": "p", "model": "m", "mood": "blue"}) == Look("p", "m")


def test_fields_of_a_newer_version_have_their_defaults() -> None:
    """A newer version reads what an older one wrote."""
    assert record(Look, {"prompt": "p", "model": "m"}).references == ()


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Look, None),
        (Look, []),
        (Look, {}),
        (Look, {"prompt": "p", "model": "m", "references": "one"}),
        (Span, {"first_frame": 0, "frame_count": 1, "rate": "24/0"}),
        (Span, {"first_frame": 0, "frame_count": 1, "rate": "fast"}),
        (Span, {"first_frame": 0, "frame_count": 0, "rate": "24/1"}),
        (Span, {"first_frame": 0, "frame_count": 1, "rate": None}),
        (SubmitAnswer, {"outcome": "perhaps"}),
        (MediaInfo, {"path": "x"}),
        (int, {"path": "x"}),
    ],
    ids=repr,
)
def test_what_is_no_record_is_refused(kind: Any, values: Any) -> None:
    """Wrong values are a ValueError, never another exception and never half a record."""
    with pytest.raises(ValueError, match=r"."):
        record(kind, values)


def test_a_thread_that_reads_a_kind_for_the_first_time_shows_others_no_half_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two threads that begin with records of one kind both read all of its fields, none by its default."""
    values = {"prompt": "p", "model": "m", "references": ["a", "b"], "moderation": "low"}
    whole = record(Look, values)
    look_at, looked_at = plain_records._passed, iter(range(1000))
    meanwhile: list[Look] = []

    def other() -> None:
        meanwhile.append(record(Look, values))

    def interrupted(hint: Any) -> Any:
        if next(looked_at) == 2:  # the first two fields are known by now
            thread = threading.Thread(target=other)
            thread.start()
            thread.join(10)
        return look_at(hint)

    plain_records._record_reader.cache_clear()
    monkeypatch.setattr(plain_records, "_passed", interrupted)
    assert (record(Look, values), meanwhile) == (whole, [whole])
