"""The page about scaling says what the model found, and the model starts from what was measured."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import scaling


def test_the_page_is_in_step_with_the_model() -> None:
    """What stands between the page's marks is what the results say, and those rest on the figures measured last."""
    found = json.loads(scaling.RESULTS.read_text())
    assert found["measured"] == json.loads(scaling.COSTS.read_text())
    assert found["assumed"] == {name: list(each) for name, each in scaling.ASSUMED.items()}
    assert scaling.with_part(scaling.PAGE.read_text(), scaling.page(found)) == scaling.PAGE.read_text()


def test_enough_units_hold_a_volume() -> None:
    """With the units that the page names no place is busier than it may be, and with one fewer one would be."""
    measured = json.loads(scaling.COSTS.read_text())
    road = scaling.road_of(measured["costs"])
    at = scaling.seconds_at(road)
    for volume in scaling.VOLUMES:
        units = scaling.needed(road, volume)
        for place, seconds in at.items():
            load = volume / scaling.DAY_S * seconds
            assert load / units[place] <= scaling.value("busy")
            assert units[place] == 1 or load / (units[place] - 1) > scaling.value("busy")


@pytest.mark.proof
def test_the_model_says_again_what_the_page_says() -> None:
    """Run anew, the model finds the figures of the smallest volume that stand on the page."""
    found = json.loads(scaling.RESULTS.read_text())
    road = scaling.road_of(found["measured"]["costs"])
    assert scaling.simulated(road, 1_000, clips=1_000) == found["rows"][0]["model"]
