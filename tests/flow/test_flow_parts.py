"""Long shots down the whole road: in parts, guided or all at once, killed, failed, unknown, too dear, too short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from cometapi_mock.options import Options
from cometapi_mock.server import MockServer
from otio_cometapi.errors import BudgetError
from otio_cometapi.events import Event
from otio_cometapi.jobs.attempts import Budget, attempts_of
from otio_cometapi.pipeline.collect import collect
from otio_cometapi.pipeline.export import export
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import Exit, RunResult
from otio_cometapi.pipeline.plan import plan
from otio_cometapi.pipeline.resolve import abandon, adopt, resubmit
from otio_cometapi.pipeline.run import unsent
from otio_cometapi.pipeline.status import state_of
from otio_cometapi.pipeline.submit import submit
from otio_cometapi.settings import Settings
from support.long_shots import COUNT, FIRST, LongRoad, in_seams, long_cut, long_medium, still_medium
from support.numbered import frames_of, numbers_of

SOURCE = list(range(FIRST, FIRST + COUNT))


@pytest.fixture(scope="module")
def medium(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the medium of all tests."""
    return long_medium(tmp_path_factory.mktemp("long"))


@pytest.fixture
def server() -> Iterator[MockServer]:
    """Run a simulator for one test."""
    with MockServer(Options()) as found:
        yield found


@pytest.fixture
def road(tmp_path: Path, medium: Path, server: MockServer) -> LongRoad:
    """Return the road of a shot of twelve seconds on a model of five."""
    return LongRoad(tmp_path, medium, server)


@pytest.fixture
def own_reference(road: LongRoad, medium: Path) -> LongRoad:
    """Return the road of a look that has an image of its own, so that the parts are not guided."""
    road.look = {"references": [str(style_image(road.folder, medium))]}
    return road


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, medium: Path) -> Iterator[tuple[LongRoad, RunResult]]:
    """Yield the road of an unguided shot that is done, and what its run said."""
    with MockServer(Options()) as server:
        folder = tmp_path_factory.mktemp("finished")
        done = LongRoad(folder, medium, server, look={"references": [str(style_image(folder, medium))]})
        yield done, done.run()


def style_image(folder: Path, medium: Path) -> Path:
    """Write an image that a look may have of its own."""
    image = folder / "style.png"
    image.write_bytes(_png(next(frames_of(medium))))
    return image


def _png(picture: object) -> bytes:
    import av

    context = av.CodecContext.create("png", "w")
    rgb = picture.reformat(format="rgb24")  # type: ignore[attr-defined]
    context.width, context.height, context.pix_fmt, context.time_base = rgb.width, rgb.height, "rgb24", Fraction(1)
    return b"".join(bytes(packet) for packet in [*context.encode(rgb), *context.encode(None)])


def test_unguided_parts_go_at_once_and_every_frame_is_its_own(finished: tuple[LongRoad, RunResult]) -> None:
    """Three creates before any output is fetched; all 288 frames show their source frame, those of the seams too."""
    road, result = finished
    assert result.exit is Exit.DONE, result.problems
    assert road.shown() == SOURCE
    asked = [entry for entry in road.server.journal() if entry["method"] == "POST" or "runwayml" not in entry["path"]]
    assert [entry["method"] for entry in asked[:4]] == ["POST", "POST", "POST", "GET"]
    assert road.server.verify()["creates"] == 3
    (take,) = result.takes
    assert not take.guided
    assert take.media[0].seams == take.seams
    assert len(take.seams) == 2


def test_guided_parts_follow_each_other(road: LongRoad) -> None:
    """Part 2 is created when part 1's output was fetched, with an image of it; every frame shows its source frame."""
    result = road.run()
    assert result.exit is Exit.DONE, result.problems
    (take,) = result.takes
    assert take.guided
    shown = road.shown()
    wrong = [(have, want) for have, want in zip(shown, SOURCE, strict=True) if have not in (want, None)]
    unread = {want for have, want in zip(shown, SOURCE, strict=True) if have is None}
    assert wrong == []
    assert unread <= in_seams(SOURCE, take.seams)  # two pictures of unlike brightness hide a number half way
    first, second, third = road.creates()
    assert "references" not in first["body"]
    for create, before in ((second, take.parts[0]), (third, take.parts[1])):
        assert [each["type"] for each in create["body"]["references"]] == ["image"]
        earlier = [entry for entry in road.server.journal() if entry["number"] < create["number"]]
        assert any(entry["method"] == "GET" and before.task_id in entry["path"] for entry in earlier)
    assert len({create["body"]["seed"] for create in (first, second, third)}) == 1


def test_both_parts_show_the_same_frame_where_they_overlap(finished: tuple[LongRoad, RunResult]) -> None:
    """The end of one output and the beginning of the next carry the same numbers."""
    road, result = finished
    (take,) = result.takes
    outputs = road.folder / "job.cometjob" / "private" / "outputs"
    for part, following, seam in zip(take.parts, take.parts[1:], take.seams, strict=False):
        one, other = (
            [each.get(1) for each in numbers_of(outputs / Path(name).name, (1,))]
            for name in (part.output_path, following.output_path)
        )
        assert one[-seam.frame_count :] == other[: seam.frame_count] == list(range(seam.first_frame, seam.end_frame))


def test_the_timeline_says_where_the_seams_are(finished: tuple[LongRoad, RunResult]) -> None:
    """By number and timecode in clip space, in the reference's metadata; the tasks of all parts stand there too."""
    road, _ = finished
    (clip,) = otio.adapters.read_from_file(str(road.output)).find_clips()
    facts = clip.media_reference.metadata["cometapi"]
    assert [(seam["frame"], seam["timecode"], seam["frame_count"]) for seam in facts["seams"]] == [
        (86507, "01:00:04:11", 8),
        (86606, "01:00:08:14", 8),
    ]
    assert len(facts["task_ids"]) == 3


def test_a_second_run_pays_nothing(finished: tuple[LongRoad, RunResult]) -> None:
    """The take stands for the clip, whether parts are allowed the second time or not."""
    road, _ = finished
    again = road.run(parts=False)
    assert again.exit is Exit.DONE
    assert again.plan is not None
    assert again.plan.seconds == 0
    assert road.server.verify()["creates"] == 3


def test_a_model_that_places_images_pins_the_first_frame(road: LongRoad, medium: Path) -> None:
    """The guide stands at 0 s of the next part, and keyframes of one's own at their own part's time."""
    image = str(style_image(road.folder, medium))
    marks = [{"at": "00:00:01:08", "image": image}, {"at": "00:00:07:08", "image": image}]
    road.look = {"model": "aleph2", "keyframes": marks}
    road.models = road.folder / "models.toml"
    road.models.write_text("[aleph2]\nmax_seconds = 7\n")
    result = road.run()
    assert result.exit is Exit.DONE, result.problems
    bodies = [create["body"] for create in road.creates()]
    assert [[each["seconds"] for each in body["keyframes"]] for body in bodies] == [[1.666667], [0.0, 1.5]]
    assert all(2 <= result.takes[0].seconds_of(part) <= 7 for part in result.takes[0].parts)


def test_a_failed_part_stops_the_rest(road: LongRoad) -> None:
    """Part 3 is not paid while part 2 has failed; sent again by a person's word, the take gets its end."""
    road.server.use("failed_output_video", create=2)
    result = road.run()
    assert [part.state for part in result.takes[0].parts] == ["HOME", "FAILED", "EXPORTED"]
    assert result.exit is Exit.NOTHING
    assert any("part 3 of 3 is not sent yet: part 2 is FAILED" in problem for problem in result.problems)
    assert len(road.creates()) == 2
    with Job(result.job) as job:
        assert not unsent(job, road.settings).seconds
        assert [trouble.waits for trouble in submit(job, settings=Settings(key=""))] == [True]  # and asks for no key
        resubmit(job, result.takes[0].take_id, part=2)
        ended = road.resume(job)
    assert ended.exit is Exit.DONE, ended.problems
    assert len(road.creates()) == 4


def test_an_unknown_part_stops_the_rest(own_reference: LongRoad) -> None:
    """Even unguided parts are not paid while one is unknown; its task adopted, the rest is sent."""
    own_reference.server.use("lost_reset", create=2)
    result = own_reference.run()
    assert [part.state for part in result.takes[0].parts] == ["HOME", "SUBMIT_UNKNOWN", "EXPORTED"]
    assert result.exit is Exit.PARTLY
    lost = own_reference.creates()[1]["task_id"]
    with Job(result.job) as job:
        adopt(job, result.takes[0].take_id, task_id=lost, part=2)
        ended = own_reference.resume(job)
    assert ended.exit is Exit.DONE, ended.problems
    assert own_reference.shown() == SOURCE
    assert own_reference.server.verify()["creates"] == 3


def test_a_given_up_take_pays_for_no_more_parts(own_reference: LongRoad) -> None:
    """`--abandon` covers the parts that were not sent."""
    own_reference.server.use("lost_reset", create=1)
    result = own_reference.run()
    with Job(result.job) as job:
        abandon(job, result.takes[0].take_id)
        ended = own_reference.resume(job)
    assert {part.state for part in ended.takes[0].parts} == {"ABANDONED"}
    assert len(own_reference.creates()) == 1


def test_a_part_too_short_to_go_on_from_stops_the_rest(road: LongRoad) -> None:
    """An output that lacks a frame would leave a hole: it is refused by name, and nothing more is paid."""
    road.server.use("output_frame_less", create=1)
    result = road.run()
    assert any("part 1 would leave a hole" in problem for problem in result.problems), result.problems
    assert len(road.creates()) == 1
    assert [part.state for part in result.takes[0].parts] == ["HOME", "EXPORTED", "EXPORTED"]


def test_a_short_unguided_part_is_refused_at_the_join(own_reference: LongRoad) -> None:
    """The clip keeps its original, and the reason names the part."""
    own_reference.server.use("output_frame_less", create=2)
    result = own_reference.run()
    assert result.relinked == ()
    assert any("part 2 would leave a hole" in problem for problem in result.problems), result.problems


def in_a_job(road: LongRoad) -> Job:
    """Plan and export into a job."""
    timeline = long_cut(road.medium)
    found = plan(timeline, options=road.options, settings=road.settings)
    job = Job.with_plan(road.folder / "job.cometjob", found, timeline=timeline)
    assert export(job, settings=road.settings) == ()
    return job


def test_no_take_is_begun_that_the_budget_cannot_end(road: LongRoad) -> None:
    """Part 1 alone would fit the limit; the three do not, so nothing is sent."""
    with in_a_job(road) as job:
        (take,) = job.takes()
        assert take.seconds_of(take.parts[0]) < 8 < take.seconds
        with pytest.raises(BudgetError):
            submit(job, settings=road.settings, budget=Budget(seconds=Fraction(8)))
        assert road.creates() == []
        assert submit(job, settings=road.settings, budget=Budget(seconds=Fraction(14))) != ()
        (entered,) = attempts_of(job.ledger, take.take_id)
    assert Fraction(entered["seconds"]) == take.seconds_of(take.parts[0])


def test_step_by_step_every_verb_says_what_waits(road: LongRoad) -> None:
    """`submit` and `collect` by turns bring a guided shot home; each says what the next one does."""
    told: list[Event] = []
    with in_a_job(road) as job:
        sent = [trouble.message for trouble in submit(job, settings=road.settings, listener=told.append)]
        assert sent == [
            "clip 'long', part 2 of 3 is not sent yet: it goes by the output of part 1, which is not home yet.",
            "clip 'long', part 3 of 3 is not sent yet: it goes by the output of part 2, which is not home yet.",
        ]
        for part in (2, 3):
            came = [trouble.message for trouble in collect(job, settings=road.settings, poll_interval_s=0.01)]
            assert came[0] == f"clip 'long', part {part} of 3 can be sent now, with `otiocomet submit {job.path}`."
            submit(job, settings=road.settings, listener=told.append)
        assert collect(job, settings=road.settings, poll_interval_s=0.01) == ()
        assert state_of(job.takes()[0]) == "READY"
    assert [event.clip for event in told if event.message.startswith("sent")] == [
        f"long, part {number} of 3" for number in (1, 2, 3)
    ]


def test_parts_of_a_still_picture_are_paid_for_apart(tmp_path: Path, server: MockServer) -> None:
    """Parts that are equal to the last byte go with seeds of their own; a resumed one with the same as before."""
    medium = still_medium(tmp_path)
    road = LongRoad(tmp_path, medium, server, look={"references": [str(style_image(tmp_path, medium))], "seed": 7})
    server.use("lost_502", create=3)
    assert road.run(handles=7).exit is Exit.PARTLY  # three parts of one length
    seeds = [create["body"]["seed"] for create in road.creates()]
    assert (seeds[0], len(set(seeds))) == (7, 3)
    with Job(road.folder / "job.cometjob") as job:
        (take,) = job.takes()
        hashes = [each["body_sha256"] for each in attempts_of(job.ledger, take.take_id)]
        resubmit(job, take.take_id)
        assert road.resume(job).exit is Exit.DONE
        assert [each["body_sha256"] for each in attempts_of(job.ledger, take.take_id)] == [*hashes, hashes[2]]


def test_a_plan_prices_every_part(road: LongRoad) -> None:
    """Seconds and dollars are the parts' sum, each at the model's smallest price at least."""
    road.models = road.folder / "models.toml"
    road.models.write_text("[gen4_aleph]\nmin_usd = 1\n")
    found = plan(long_cut(road.medium), options=road.options, settings=road.settings)
    (take,) = found.takes
    assert take.seconds == sum(take.shot.part_seconds) == Fraction(320, 24)
    assert take.usd == 3
    (clip,) = found.clips
    assert [(seam.frame, seam.timecode, seam.frame_count) for seam in clip.seams] == [
        (86507, "01:00:04:11", 8),
        (86606, "01:00:08:14", 8),
    ]


def test_an_overlap_of_ones_own(road: LongRoad) -> None:
    """`overlap` says how many frames neighbours share."""
    found = plan(long_cut(road.medium), options=replace(road.options, overlap=20), settings=road.settings)
    assert {seam.frame_count for seam in found.clips[0].seams} == {20}
    assert (
        found.takes[0].take_id
        != plan(long_cut(road.medium), options=road.options, settings=road.settings).takes[0].take_id
    )
