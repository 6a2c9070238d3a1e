"""The ledger: what goes in comes out, whoever writes, and damage is told in words."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import schema
from otio_cometapi.jobs.folder import JobFolder, folder_at
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.states import PartState, TakeState
from otio_cometapi.jobs.takes import state_of, take, takes
from otio_cometapi.records import Look, PartRecord
from support.fake_clock import FakeClock
from support.ledgers import (
    again,
    clock_of,
    conformed_in,
    export_in,
    new_job,
    only_take,
    plan_of,
    planned,
    ready_ledger,
    shot,
    url_of,
)


def add(ledger: Ledger, *found: Any, name: str = "edit", source: str = "/edits/edit.otio") -> int:
    """Enter a plan."""
    return ledger.add_plan(plan_of(*found, name=name), timeline_text='{"a": "ü"}', source_path=source)


def test_takes_of_one_plan_stand_in_the_order_of_the_timeline(ledger: Ledger) -> None:
    """However their ids sort, takes are listed as their clips follow each other, several of one clip by number."""
    put = [planned(shot(first), number=number) for first in (30, 7, 19, 2) for number in (2, 1)]
    timeline = add(ledger, *put)
    assert [(each.clip_names, each.number) for each in takes(ledger, timeline_id=timeline)] == [
        ((f"clip {first}",), number) for first in (2, 7, 19, 30) for number in (1, 2)
    ]


def test_what_has_not_changed_is_read_once_and_what_has_anew(ledger: Ledger) -> None:
    """Reading again gives the very records of before but for the takes that were changed, by whomever, meanwhile."""
    timeline = add(ledger, planned(shot(2)), planned(shot(70)))
    first, second = takes(ledger, timeline_id=timeline)
    assert {id(each) for each in takes(ledger)} >= {id(first), id(second)}
    with again(ledger) as other:
        other.export_made(first.take_id, export_in(ledger.folder))
    changed, same = takes(ledger, timeline_id=timeline)
    assert state_of(changed) is TakeState.EXPORTED
    assert same is second


def test_a_planned_take_comes_out_as_it_went_in(ledger: Ledger) -> None:
    """Identity, source, span, look, seconds and clips of a take survive the database exactly."""
    look = Look("snow, überall", "aleph2", 7, "1280:720", ("/r/a.png", "https://example.org/b.png"), "low")
    put = planned(replace(shot(7, 33), pad_frames=3, slowdown=2, info=replace(shot().info, refusals=("a", "b"))))
    put = replace(put, look=look)
    add(ledger, put)
    out = take(ledger, put.take_id)
    assert (out.take_id, out.shot_id, out.look_id, out.fingerprint) == (
        put.take_id,
        put.shot_id,
        put.look_id,
        put.fingerprint,
    )
    assert (out.info, out.span, out.look, out.number) == (put.shot.info, put.shot.span, look, 1)
    assert (out.pad_frames, out.slowdown, out.seconds) == (3, 2, Fraction(36 * 1001 * 2, 24000))
    assert (out.clip_names, out.parts[0].export, out.media) == (("clip 7",), None, ())
    assert out.parts == (PartRecord(put.take_id, 1, "PLANNED"),)


def test_exports_and_media_come_out_as_they_went_in(ledger: Ledger) -> None:
    """An export and conformed media survive with absolute paths."""
    found = only_take(ledger)
    conformed = conformed_in(ledger.folder)
    ledger.media_made(found.take_id, conformed)
    out = only_take(ledger)
    assert out.parts[0].export == export_in(ledger.folder)
    assert out.media == (conformed,)


def test_uses_come_out_as_they_went_in(ledger: Ledger) -> None:
    """Where a take is shown survives, for one timeline and for all."""
    put = planned()
    second = add(ledger, put)
    assert ledger.uses_by_take() == {put.take_id: put.shot.uses * 2}
    assert ledger.uses_by_take(timeline_id=second) == {put.take_id: put.shot.uses}


def test_the_same_take_twice_keeps_its_row(ledger: Ledger) -> None:
    """A take of the next cut that the ledger has already keeps its state, its export and its age."""
    before = only_take(ledger)
    clock_of(ledger).sleep(60)
    add(ledger, planned(), name="edit v2")
    assert only_take(ledger) == before


def test_a_moved_source_is_followed(ledger: Ledger) -> None:
    """The same content planned from another place is the same take, read from there."""
    before = only_take(ledger)
    add(ledger, planned(shot(path="/new/place/A001.mov")))
    assert only_take(ledger) == replace(before, info=replace(before.info, path="/new/place/A001.mov"))


def test_takes_of_a_timeline(ledger: Ledger) -> None:
    """Takes are found by timeline and by identity, oldest first."""
    clock_of(ledger).sleep(1)
    other = planned(shot(300))
    number = add(ledger, other)
    assert [each.take_id for each in takes(ledger)] == [planned().take_id, other.take_id]
    assert [each.take_id for each in takes(ledger, timeline_id=number)] == [other.take_id]
    assert [each.take_id for each in takes(ledger, take_ids=(other.take_id, "t1-none"))] == [other.take_id]
    assert takes(ledger, take_ids=()) == ()


def test_a_take_is_found_by_the_beginning_of_its_id(ledger: Ledger) -> None:
    """A unique beginning names a take."""
    assert take(ledger, planned().take_id[:9]) == only_take(ledger)


@pytest.mark.parametrize("text", ["", "t2-", "%", "t1_", "t1-' OR 1=1 --"])
def test_what_begins_no_take_is_refused(ledger: Ledger, text: str) -> None:
    """Nothing else finds a take, wildcards neither."""
    with pytest.raises(JobError, match=r"no take .*otiocomet status"):
        take(ledger, text)


def test_a_beginning_of_two_takes_is_refused(ledger: Ledger) -> None:
    """A beginning that names two takes names none."""
    add(ledger, planned(shot(300)))
    with pytest.raises(JobError, match="more than one take"):
        take(ledger, "t1-")


def test_timelines_are_kept_by_name_and_time(ledger: Ledger) -> None:
    """The latest is the default; a name, a file's name or a number finds the latest of that."""
    clock_of(ledger).sleep(5)
    add(ledger, planned(), name="other", source="/edits/other.otio")
    clock_of(ledger).sleep(5)
    add(ledger, planned(), name="edit", source="/edits/edit_v3.otio")
    numbers = [(each.timeline_id, each.name, each.added_at) for each in ledger.timelines()]
    start = ledger.timelines()[0].added_at
    assert numbers == [(1, "edit", start), (2, "other", start + 5), (3, "edit", start + 10)]
    assert ledger.timeline().timeline_id == 3
    assert ledger.timeline("other").timeline_id == 2
    assert ledger.timeline("edit").timeline_id == 3
    assert ledger.timeline("edit.otio").timeline_id == 1
    assert ledger.timeline("1").timeline_id == 1


def test_a_timeline_that_is_not_there_is_named_with_those_that_are(ledger: Ledger) -> None:
    """The error lists the names to choose from."""
    with pytest.raises(JobError, match=r"has no timeline reel 5\. It has: edit\."):
        ledger.timeline("reel 5")


def test_a_timelines_text_is_kept(ledger: Ledger) -> None:
    """The job keeps every timeline it was given, as text, where its row says."""
    number = add(ledger, planned())
    (path,) = (each.path for each in ledger.timelines() if each.timeline_id == number)
    assert path == "private/timelines/0002.otio"
    assert ledger.folder.absolute(path).read_text("utf-8") == '{"a": "ü"}'


def test_a_timeline_that_cannot_be_written_enters_nothing(ledger: Ledger) -> None:
    """Where the folder refuses the timeline, no row of the plan stays behind."""
    (ledger.folder.timelines / "0002.otio").mkdir()
    with pytest.raises(JobError, match="cannot be used"):
        add(ledger, planned(shot(300)))
    assert len(ledger.timelines()) == 1
    assert [each.take_id for each in takes(ledger)] == [planned().take_id]


def test_a_moved_job_still_works(ledger: Ledger, tmp_path: Path) -> None:
    """Paths inside the folder move with it."""
    ledger.media_made(planned().take_id, conformed_in(ledger.folder))
    ledger.close()
    moved = JobFolder(ledger.folder.path.rename(tmp_path / "moved.cometjob"))
    with again(ledger, path=moved.path) as there:
        out = only_take(there)
    assert out.parts[0].export == export_in(moved)
    assert out.media == (conformed_in(moved),)


@pytest.mark.parametrize("name", ["why?.cometjob", "50%41.cometjob", "a#b;c=d.cometjob", "Schnee ü.cometjob"])
def test_a_folders_name_may_hold_any_letter(tmp_path: Path, name: str) -> None:
    """The ledger lies inside the folder whatever its name, and nowhere else."""
    with ready_ledger(tmp_path / name) as ledger:
        assert only_take(ledger).take_id == planned().take_id
    assert (tmp_path / name / "private" / "ledger.sqlite").stat().st_size > 0
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_an_export_makes_a_part_ready_only_once(ledger: Ledger) -> None:
    """What was sent stays on the books as it was sent, though another process cuts the same frames again."""
    found = only_take(ledger)
    with ledger.writing() as connection:
        connection.execute(sa.update(schema.parts).values(state=PartState.SUBMITTED.value))
    ledger.export_made(found.take_id, replace(export_in(ledger.folder), picture=(0, 10, 320, 160)))
    assert only_take(ledger).parts[0].export == found.parts[0].export
    assert only_take(ledger).parts[0].state == PartState.SUBMITTED


def test_an_export_made_anew_before_sending_is_entered(ledger: Ledger) -> None:
    """As long as nothing was sent, the latest export counts."""
    again = replace(export_in(ledger.folder), sha256="cd" * 32)
    ledger.export_made(only_take(ledger).take_id, again)
    assert only_take(ledger).parts[0].export == again


def test_an_illegal_move_changes_nothing(ledger: Ledger) -> None:
    """A refused move leaves the whole row alone."""
    before = only_take(ledger)
    with pytest.raises(JobError, match="from EXPORTED to HOME"):
        ledger.part_moved(before.parts[0], PartState.HOME, output_path="x")
    assert only_take(ledger) == before


def test_media_of_a_start_is_replaced_and_another_start_is_added(ledger: Ledger) -> None:
    """One medium for every start in clip space; made again, the latest counts."""
    found = only_take(ledger)
    first, again = conformed_in(ledger.folder), replace(conformed_in(ledger.folder), policy="time")
    ledger.media_made(found.take_id, first)
    ledger.media_made(found.take_id, again)
    ledger.media_made(found.take_id, conformed_in(ledger.folder, start_frame=9))
    assert only_take(ledger).media == (conformed_in(ledger.folder, start_frame=9), again)


def test_a_take_is_ready_when_it_is_home_and_has_media(ledger: Ledger) -> None:
    """`state_of` reads parts and media."""
    with ledger.writing() as connection:
        connection.execute(sa.update(schema.parts).values(state="HOME"))
    assert state_of(only_take(ledger)) is TakeState.HOME
    ledger.media_made(only_take(ledger).take_id, conformed_in(ledger.folder))
    assert state_of(only_take(ledger)) is TakeState.READY


def test_a_note_shows_with_the_take(ledger: Ledger) -> None:
    """A sentence about a take is kept."""
    ledger.noted(only_take(ledger).take_id, "the disk is full")
    assert only_take(ledger).parts[0].message == "the disk is full"


def test_a_failing_transaction_leaves_nothing(ledger: Ledger) -> None:
    """All of a block or nothing of it is entered."""

    def half() -> None:
        with ledger.writing() as connection:
            connection.execute(sa.update(schema.parts).values(message="half"))
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert only_take(ledger).parts[0].message == ""


def write_from(path: Path, url: str, numbers: range) -> None:
    """Enter a plan of its own for every number."""
    with Ledger(folder_at(path), clock=FakeClock(), url=url) as ledger:
        for number in numbers:
            add(ledger, planned(shot(number)), planned(shot(1000)), name=f"edit {number}")


def everything_of(ledger: Ledger) -> tuple[set[str], int, list[str]]:
    """Return the takes, how many timelines, and the timelines' files."""
    paths = [each.path for each in ledger.timelines()]
    return {each.take_id for each in takes(ledger)}, len(paths), sorted(set(paths))


def expected_after_writers() -> set[str]:
    """Return the takes of 24 plans, of which all share one."""
    return {planned(shot(number)).take_id for number in (*range(24), 100, 1000)}


@pytest.mark.parametrize("kind", [threading.Thread, multiprocessing.get_context("spawn").Process])
def test_writers_at_once_lose_nothing(ledger: Ledger, kind: Callable[..., Any]) -> None:
    """Plans entered by four threads, or by four processes, at the same time are all there, each once."""
    path = ledger.folder.path
    writers = [
        kind(target=write_from, args=(path, url_of(ledger), range(start, start + 6))) for start in (0, 6, 12, 18)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    found, count, paths = everything_of(ledger)
    assert found == expected_after_writers()
    assert count == len(paths) == 25


def test_a_writer_waits_for_another(ledger: Ledger) -> None:
    """A write that begins while another is under way waits for its end instead of failing."""
    inside, done = threading.Event(), threading.Event()

    def slow() -> None:
        with ledger.writing() as connection:
            connection.execute(sa.update(schema.parts).values(message="slow"))
            inside.set()
            done.wait(0.3)

    thread = threading.Thread(target=slow)
    thread.start()
    inside.wait(10)
    ledger.noted(only_take(ledger).take_id, "quick")
    thread.join(10)
    assert only_take(ledger).parts[0].message == "quick"


# -- damage


def refused(folder: JobFolder, words: str) -> None:
    """See that a ledger is not opened, for that reason."""
    with pytest.raises(JobError, match=words):
        Ledger(folder)


def test_a_ledger_that_is_gone_is_never_made_anew(tmp_path: Path) -> None:
    """An empty ledger in an old job would pay for everything again."""
    folder = new_job(tmp_path / "edit.cometjob", planned())
    folder.ledger.unlink()
    refused(folder, r"gone or empty.*Restore it")
    assert not folder.ledger.exists()


def test_a_ledger_that_was_cut_to_nothing_is_refused(tmp_path: Path) -> None:
    """A file of no bytes is a lost ledger, not a new one."""
    folder = new_job(tmp_path / "edit.cometjob", planned())
    folder.ledger.write_bytes(b"")
    refused(folder, r"gone or empty.*Restore it")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Other bytes in its place are named with a next step."""
    folder = new_job(tmp_path / "edit.cometjob", planned())
    folder.ledger.write_bytes(b"these are notes, and no account book at all. " * 100)
    refused(folder, r"cannot be used: file is not a database\..*permissions")


def test_a_ledger_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    """What the system does not open is named."""
    folder = new_job(tmp_path / "edit.cometjob", planned())
    folder.ledger.unlink()
    folder.ledger.mkdir()
    refused(folder, r"cannot be used: unable to open database file")


@pytest.mark.parametrize("version", [str(schema.LEDGER_SCHEMA + 1), "two"])
def test_a_ledger_of_a_newer_version_is_refused(tmp_path: Path, version: str) -> None:
    """Tables that this version does not know are not written to."""
    folder = new_job(tmp_path / "edit.cometjob", planned())
    connection = sqlite3.connect(folder.ledger)
    connection.execute("UPDATE card SET value = ?", (version,))
    connection.commit()
    connection.close()
    refused(folder, "newer version.*Install")


def limited(ledger: Ledger, pragma: str) -> None:
    """Make every later connection of a ledger obey a limit, as a full or read-only disk would."""

    @sa.event.listens_for(ledger.engine, "connect")
    def _limit(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA {pragma}").close()


@pytest.mark.parametrize("ledger_url", [""], ids=["a file"])
def test_a_full_disk_is_told_in_words(ledger: Ledger) -> None:
    """A write that finds no space is our error, names the next step, and keeps what was there."""
    limited(ledger, "max_page_count=1")
    many = [planned(shot(number)) for number in range(200)]
    with pytest.raises(JobError, match=r"full.*disk's space"):
        add(ledger, *many)
    assert planned().take_id in {each.take_id for each in takes(ledger)}


@pytest.mark.parametrize("ledger_url", [""], ids=["a file"])
def test_a_ledger_that_cannot_be_written_can_be_read(ledger: Ledger) -> None:
    """On a read-only disk the takes are shown, and a write is our error."""
    limited(ledger, "query_only=ON")
    assert only_take(ledger).take_id == planned().take_id
    with pytest.raises(JobError, match=r"readonly.*permissions"):
        ledger.noted("t", "x")


def test_opening_a_ledger_waits_for_no_writer(ledger: Ledger) -> None:
    """Looking at a job works while another process writes."""
    with ledger.writing() as connection:
        connection.execute(sa.update(schema.parts).values(message="not yet"))
        with again(ledger) as other:
            assert only_take(other).parts[0].message == ""


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE takes SET shot = '{}'",
        "UPDATE takes SET shot = '[]'",
        "UPDATE takes SET seconds = 'many'",
        "DELETE FROM parts",
        'UPDATE parts SET export = \'{"path": "x"}\'',
    ],
)
def test_a_damaged_row_is_told_in_words(ledger: Ledger, damage: str) -> None:
    """A row that is no record any more is our error with a next step."""
    with ledger.writing() as connection:
        connection.exec_driver_sql(damage)
    with pytest.raises(JobError, match=r"no record.*Restore it"):
        takes(ledger)


@pytest.mark.parametrize("ledger_url", [""], ids=["a file"])
def test_text_that_is_no_json_is_told_in_words(ledger: Ledger) -> None:
    """A server refuses such a row when it is written; a file holds anything."""
    with ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE takes SET shot = 'no json'")
    with pytest.raises(JobError, match=r"no record.*Restore it"):
        takes(ledger)
