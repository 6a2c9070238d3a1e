"""The Python door: plan, submit, collect and relink on OTIO objects, in this process."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import opentimelineio as otio
import pytest

import otio_cometapi
from cometapi_mock.server import MockServer
from otio_cometapi.errors import BudgetError, SettingsError, WrongUsageError
from otio_cometapi.events import Event
from otio_cometapi.jobs.states import TakeState
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.settings import Settings
from support.edits import Edit, dissolve
from support.flow import FILM, numbers_shown, taken
from support.tiny_road import TinyRoad


@pytest.fixture
def server() -> Iterator[MockServer]:
    """Yield a simulator in this process."""
    with MockServer() as running:
        yield running


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    """Return an edit with a dissolve."""
    return dissolve(tmp_path / "media", FILM)


def test_the_four_stages_on_objects(server: MockServer, edit: Edit, tmp_path: Path) -> None:
    """Plan → submit → collect → relink give a relinked copy; the caller's timeline is not changed."""
    settings = Settings(base_url=server.url, key="test")
    before = edit.timeline.to_json_string()
    told: list[Event] = []
    plan = otio_cometapi.plan(edit.timeline, select=["all"], prompt="make it snow", settings=settings)
    assert len(plan.new_takes) == len(plan.takes) == 3
    job, troubles = otio_cometapi.submit(
        edit.timeline, plan, job=tmp_path / "job.cometjob", settings=settings, listener=told.append
    )
    with job:
        troubles += otio_cometapi.collect(job, settings=settings, poll_interval_s=0.01, listener=told.append)
        shown = otio_cometapi.relink(job)
    assert troubles == ()
    assert edit.timeline.to_json_string() == before
    assert {event.stage.value for event in told} >= {"export", "submit", "watch", "download", "conform"}
    assert server.verify()["creates"] == 3
    for clip in shown.timeline.find_clips():
        assert taken(clip)
        frames = numbers_shown(clip)
        clip.active_media_reference_key = clip.media_reference.metadata["cometapi"]["source_key"]
        assert frames == numbers_shown(clip)


def test_media_of_a_dissolve_holds_both_sides(server: MockServer, edit: Edit, tmp_path: Path) -> None:
    """What is sent, and comes back, covers what a transition shows of a clip, not its source range alone."""
    settings = Settings(base_url=server.url, key="test")
    plan = otio_cometapi.plan(edit.timeline, select=["all"], prompt="x", handles=0, settings=settings)
    visible = {clip.name: clip.visible_range() for clip in edit.timeline.find_clips()}
    for clip in plan.clips:
        (take_id,) = clip.take_ids
        take = next(each for each in plan.takes if each.take_id == take_id)
        assert take.shot.span.frame_count == visible[clip.name].duration.value


def test_above_the_default_limit_nothing_is_sent(server: MockServer, edit: Edit, tmp_path: Path) -> None:
    """Python callers are held to the budget too."""
    settings = Settings(base_url=server.url, key="test")
    plan = otio_cometapi.plan(edit.timeline, select=["all"], prompt="x", settings=settings)
    with pytest.raises(BudgetError, match="nothing was sent"):
        otio_cometapi.submit(edit.timeline, plan, job=tmp_path / "j.cometjob", budget="2s", settings=settings)
    assert server.verify()["creates"] == 0


def test_without_a_key_submit_says_so(edit: Edit, tmp_path: Path) -> None:
    """No key: an error before anything is made."""
    settings = Settings(base_url="https://api.example.com")
    plan = otio_cometapi.plan(edit.timeline, select=["all"], prompt="x", settings=settings)
    with pytest.raises(SettingsError, match="COMETAPI_KEY"):
        otio_cometapi.submit(edit.timeline, plan, job=tmp_path / "j.cometjob", settings=settings)
    assert not (tmp_path / "j.cometjob").exists()


def test_an_undone_relink_is_one_assignment(server: MockServer, edit: Edit, tmp_path: Path) -> None:
    """Switching the active key back shows the original, exactly as it was."""
    settings = Settings(base_url=server.url, key="test")
    plan = otio_cometapi.plan(edit.timeline, select=["name:sh110"], prompt="x", settings=settings)
    job, _ = otio_cometapi.submit(edit.timeline, plan, job=tmp_path / "j.cometjob", settings=settings)
    with job:
        otio_cometapi.collect(job, settings=settings, poll_interval_s=0.01)
        shown = otio_cometapi.relink(job)
    (new,) = [clip for clip in shown.timeline.find_clips() if taken(clip)]
    old = next(clip for clip in edit.timeline.find_clips() if clip.name == new.name)
    new.active_media_reference_key = otio.schema.Clip.DEFAULT_MEDIA_KEY
    assert new.media_reference.to_json_string() == old.media_reference.to_json_string()
    assert new.visible_range() == old.visible_range()


def test_the_public_names_are_the_ones_promised() -> None:
    """The package offers what its documentation names, lazily, and nothing that does not exist."""
    assert set(otio_cometapi.__all__) == {"Job", "__version__", "collect", "plan", "relink", "restore", "submit"} | {
        *("cancel", "clean", "judge", "move", "report", "resolve", "review_folder", "reviews", "strip")
    }
    assert all(getattr(otio_cometapi, name) for name in otio_cometapi.__all__)
    with pytest.raises(AttributeError, match="submitt"):
        _ = otio_cometapi.submitt  # type: ignore[attr-defined]


def test_jobs_go_on_in_threads(server: MockServer, tmp_path: Path) -> None:
    """Four jobs at once in one process: each hears of its own takes alone, all come home, nothing is paid twice."""
    settings = Settings(base_url=server.url, key="test")
    tiny = TinyRoad(tmp_path / "media")
    cuts = [tiny.timeline([f"snow {number}", f"rain {number}"]) for number in range(4)]

    def taken_down(number: int) -> tuple[set[str], set[str], int]:
        told: list[Event] = []
        plan = otio_cometapi.plan(cuts[number], select=["all"], settings=settings, listener=told.append)
        job, troubles = otio_cometapi.submit(
            cuts[number], plan, job=tmp_path / f"{number}.cometjob", settings=settings, listener=told.append
        )
        with job:
            troubles += otio_cometapi.collect(job, settings=settings, poll_interval_s=0.01, listener=told.append)
            shown = otio_cometapi.relink(job, listener=told.append)
        assert troubles == ()
        return {take.take_id for take in plan.takes}, {event.take_id for event in told}, len(shown.clips)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(taken_down, range(4)))
    for takes, heard, clip_count in found:
        assert heard - {""} == takes
        assert clip_count == 2
    assert server.verify()["creates"] == server.verify()["distinct_bodies"] == 8


def test_two_threads_in_one_job_pay_once(server: MockServer, tmp_path: Path) -> None:
    """The same plan, submitted into the same job by two threads at once, is sent once."""
    settings = Settings(base_url=server.url, key="test")
    cut = TinyRoad(tmp_path / "media").timeline(["snow", "rain", "hail"])
    plan = otio_cometapi.plan(cut, select=["all"], settings=settings)
    ready = Barrier(2)

    def sent(_: int) -> None:
        ready.wait()
        job, _ = otio_cometapi.submit(cut.clone(), plan, job=tmp_path / "one.cometjob", settings=settings)
        job.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(sent, range(2)))
    assert server.verify()["creates"] == 3
    with otio_cometapi.Job(tmp_path / "one.cometjob") as job:
        assert otio_cometapi.collect(job, settings=settings, poll_interval_s=0.01) == ()
        assert len(otio_cometapi.relink(job).clips) == 3


def test_functions_take_words_not_places() -> None:
    """Beyond what a function is about, everything is keyword-only, typed and documented."""
    for name in otio_cometapi.__all__:
        function = getattr(otio_cometapi, name)
        if not inspect.isfunction(function):
            continue
        found = inspect.signature(function)
        placed = [each.name for each in found.parameters.values() if each.kind is each.POSITIONAL_OR_KEYWORD]
        assert set(placed) <= {"timeline", "plan", "job", "take", "word", "place", "into"}, name
        assert found.return_annotation is not found.empty, name
        assert all(each.annotation is not each.empty for each in found.parameters.values()), name
        assert function.__doc__, name


def test_what_is_decided_and_shown_by_python(server: MockServer, tmp_path: Path) -> None:
    """A lost create is given up by `resolve`, the strip says so, and the page lies in a folder."""
    settings = Settings(base_url=server.url, key="test")
    cut = TinyRoad(tmp_path / "media").timeline(["snow", "[[scenario:lost_502]] rain"])
    plan = otio_cometapi.plan(cut, select=["all"], settings=settings)
    job, _ = otio_cometapi.submit(cut, plan, job=tmp_path / "a.cometjob", settings=settings)
    with job:
        otio_cometapi.collect(job, settings=settings, poll_interval_s=0.01)
        (lost,) = (take.take_id for take in plan.takes if "lost" in take.look.prompt)
        assert "1 replaced" in otio_cometapi.strip(job)
        with pytest.raises(WrongUsageError):
            otio_cometapi.resolve(job, lost)
        assert state_of(otio_cometapi.resolve(job, lost, abandon=True)) is TakeState.ABANDONED
        made = otio_cometapi.review_folder(job, tmp_path / "page")
    assert (made.clip_count, made.problems, made.page.is_file()) == (2, (), True)
