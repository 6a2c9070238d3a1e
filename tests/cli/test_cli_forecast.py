"""Progress: the step of every take, and how long the rest may take."""

from __future__ import annotations

import pytest

from otio_cometapi.cli.forecast import Forecast, Step, left_words
from otio_cometapi.events import Event, Stage

ROAD = [
    (Event(Stage.EXPORT, "cutting", "t1", "street"), "cutting"),
    (Event(Stage.EXPORT, "cut", "t1", "street", progress=1.0), "sending"),
    (Event(Stage.SUBMIT, "sent, task 1", "t1", "street"), "queued"),
    (Event(Stage.WATCH, "pending", "t1", "street"), "queued"),
    (Event(Stage.WATCH, "running", "t1", "street", progress=0.42), "generating 42%"),
    (Event(Stage.WATCH, "running", "t1", "street"), "generating"),
    (Event(Stage.WATCH, "succeeded", "t1", "street"), "downloading"),
    (Event(Stage.DOWNLOAD, "home", "t1", "street", progress=1.0), "conforming"),
    (Event(Stage.CONFORM, "fits by index", "t1", "street", progress=1.0), "done"),
]


def test_every_step_has_its_word_and_the_bar_only_grows() -> None:
    """From cutting to done, in the words of the help; no step is behind the one before."""
    forecast, percents = Forecast(), []
    for event, word in ROAD:
        take = forecast.heard(event, now=0.0)
        assert take is not None
        assert take.words == word
        percents.append(take.percent)
    assert percents[-1] == 100
    assert [percents[n] for n in (0, 1, 2, 6, 7, 8)] == sorted(percents[n] for n in (0, 1, 2, 6, 7, 8))


def test_time_left_goes_by_the_services_percentage() -> None:
    """A quarter in 30 s: 90 s more."""
    forecast = Forecast()
    forecast.heard(Event(Stage.WATCH, "running", "t1", "a", progress=0.0), now=100.0)
    forecast.heard(Event(Stage.WATCH, "running", "t1", "a", progress=0.25), now=130.0)
    assert forecast.seconds_left(now=130.0) == pytest.approx(90.0)


def test_without_a_percentage_it_goes_by_what_others_took() -> None:
    """One take came home after 40 s; another that began 10 s ago needs 30 s, one that waits 40 s."""
    forecast = Forecast()
    forecast.heard(Event(Stage.WATCH, "running", "t1", "a"), now=0.0)
    forecast.heard(Event(Stage.WATCH, "succeeded", "t1", "a"), now=40.0)
    forecast.heard(Event(Stage.CONFORM, "fits", "t1", "a", progress=1.0), now=41.0)
    forecast.heard(Event(Stage.WATCH, "running", "t2", "b"), now=40.0)
    assert forecast.seconds_left(now=50.0) == pytest.approx(30.0)
    forecast.heard(Event(Stage.SUBMIT, "sent, task 3", "t3", "c"), now=50.0)
    assert forecast.seconds_left(now=50.0) == pytest.approx(40.0)


def test_as_long_as_nothing_tells_it_says_so() -> None:
    """A first take that waits has no estimate; when all are done nothing is left."""
    forecast = Forecast()
    forecast.heard(Event(Stage.SUBMIT, "sent, task 1", "t1", "a"), now=0.0)
    assert forecast.seconds_left(now=5.0) is None
    forecast.heard(Event(Stage.CONFORM, "fits", "t1", "a", progress=1.0), now=9.0)
    assert forecast.seconds_left(now=9.0) == 0.0


def test_a_take_that_failed_is_not_waited_for() -> None:
    """It needs a person, and the time left is that of the others."""
    forecast = Forecast()
    take = forecast.heard(Event(Stage.WATCH, "moderated", "t1", "a", problem=True), now=0.0)
    assert take is not None
    assert (take.words, forecast.seconds_left(now=0.0)) == ("needs you", 0.0)


def test_late_words_of_an_earlier_step_change_nothing() -> None:
    """A poll that came after the output does not throw a take back."""
    forecast = Forecast()
    forecast.heard(Event(Stage.DOWNLOAD, "home", "t1", "a", progress=1.0), now=0.0)
    take = forecast.heard(Event(Stage.WATCH, "running", "t1", "a", progress=0.9), now=1.0)
    assert take is not None
    assert take.step is Step.CONFORMING


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "time left not known yet"),
        (4, "a few seconds left"),
        (44, "about 40 s left"),
        (150, "about 2 min left"),
        (7200, "about 2.0 h left"),
    ],
)
def test_time_left_is_said_as_people_say_it(seconds: float | None, words: str) -> None:
    """No more exactly than it is known."""
    assert left_words(seconds) == words
