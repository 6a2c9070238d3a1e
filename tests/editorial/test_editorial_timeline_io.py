"""Reading and writing timelines."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import opentimelineio as otio
import pytest

from otio_cometapi.editorial.criteria import Criteria
from otio_cometapi.editorial.looks import LookSources
from otio_cometapi.editorial.relink import timeline_relinked
from otio_cometapi.editorial.selection import survey
from otio_cometapi.editorial.structure import video_clips
from otio_cometapi.editorial.timeline_io import (
    content_sha256,
    read_timeline,
    timeline_from_text,
    timeline_text,
    write_timeline,
)
from otio_cometapi.errors import EditorialError
from support.otio_builders import clip, link, marker, reference, timeline, track

EDL = """TITLE: cut
FCM: NON-DROP FRAME

001  AX V     C        00:00:00:05 00:00:02:05 01:00:00:00 01:00:02:00
* FROM CLIP NAME: a
* FROM FILE: /media/a.mov
* LOC: 01:00:00:10 GREEN   COMET: MAKE IT SNOW
"""


def test_a_timeline_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Through .otio nothing is lost and nothing is told."""
    made = timeline(clip("a", markers=(marker("x"),)), start=86400)
    assert write_timeline(made, tmp_path / "cut.otio") == ()
    assert read_timeline(tmp_path / "cut.otio").to_json_string() == made.to_json_string()
    assert [path.name for path in tmp_path.iterdir()] == ["cut.otio"]


def test_text_and_back_is_the_same_timeline() -> None:
    """What a job keeps is what it was given."""
    made = timeline(clip("雪"), start=86400)
    again = timeline_from_text(timeline_text(made))
    assert timeline_text(again) == timeline_text(made)
    assert content_sha256(again) == content_sha256(made)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.otio", None, "no such file"),
        ("a.otio", b"", "empty"),
        ("a.otio", b"no json", "JSON"),
        ("a.otio", b'{"a": 1}', "no timeline"),
        ("a.otio", b'"text"', "no timeline"),
        ("a.otio", b'{"OTIO_SCHEMA": "Foo.1"}', "no timeline"),
        ("a.otio", b"[" * 100_000, "nested"),
        ("a.otio", b'{"a":' * 100_000, "nested"),
        ("a.otio", b'{"OTIO_SCHEMA":"Timeline.99"}', "unsupported schema version"),
        ("a.edl", b"\xff\xfe rubbish", "decode"),
        ("a.xml", b"<a", "unclosed"),
        ("a.otioz", b"rubbish", "zip"),
        ("a.otiod", b"rubbish", "directory"),
        ("a.xyz", b"", "no adapter"),
        ("a", b"", "no adapter"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_clear_error(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    """Whatever an adapter raises, what comes out is ours: the file, the cause, the next step."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EditorialError) as caught:
        read_timeline(path)
    assert words.lower() in str(caught.value).lower()
    assert str(path) in str(caught.value)
    assert caught.value.next_step


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_broken_aaf_is_a_clear_error(tmp_path: Path) -> None:
    """The AAF library has exceptions of its own, and leaves its file open when it raises them."""
    (tmp_path / "a.aaf").write_bytes(b"rubbish")
    with pytest.raises(EditorialError, match="magic") as caught:
        read_timeline(tmp_path / "a.aaf")
    assert caught.value.next_step
    del caught
    gc.collect()


def test_a_schema_from_the_future_names_the_downgrade(tmp_path: Path) -> None:
    """OTIO 0.19 writes Marker.3, which 0.18 refuses."""
    path = tmp_path / "a.otio"
    path.write_text('{"OTIO_SCHEMA":"Marker.3"}')
    with pytest.raises(EditorialError, match="--downgrade"):
        read_timeline(path)


def test_a_missing_adapter_names_what_to_install(tmp_path: Path) -> None:
    """Without the extra, an EDL is answered with the pip line; seen in a process that has no plugins."""
    (tmp_path / "a.edl").write_text(EDL)
    code = (
        "from pathlib import Path\n"
        "from otio_cometapi.editorial.timeline_io import read_timeline\n"
        "from otio_cometapi.errors import EditorialError\n"
        "try: read_timeline(Path('a.edl'))\n"
        "except EditorialError as error: print(error)\n"
    )
    environment = {"OTIO_DISABLE_ENTRYPOINTS_PLUGINS": "1", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert "pip install 'otio-cometapi[formats]'" in done.stdout, done.stderr


def test_brackets_in_names_are_not_nesting(tmp_path: Path) -> None:
    """Names may hold any number of brackets."""
    made = timeline(*(clip("[[{") for _ in range(150)))
    write_timeline(made, tmp_path / "cut.otio")
    assert len(video_clips(read_timeline(tmp_path / "cut.otio"))) == 150


def test_no_media_linker_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A linker that a studio has made its default would change what is planned."""
    write_timeline(timeline(clip()), tmp_path / "cut.otio")
    monkeypatch.setenv("OTIO_DEFAULT_MEDIA_LINKER", "no such linker")
    assert video_clips(read_timeline(tmp_path / "cut.otio"))


@pytest.mark.parametrize(("rate", "exact"), [(None, 24.0), (25, 25.0), (23.976, 24000 / 1001)])
def test_an_edl_is_read_at_the_rate_given(tmp_path: Path, rate: float | None, exact: float) -> None:
    """EDLs name no rate."""
    (tmp_path / "cut.edl").write_text(EDL)
    (one,) = video_clips(read_timeline(tmp_path / "cut.edl", rate=rate))
    assert one.source_range.duration.rate == pytest.approx(exact)


@pytest.mark.parametrize("locator", ["01:00:00:10", "00:00:00:15"], ids=["record, as Avid", "source, as OTIO"])
def test_an_edls_locator_chooses_its_clip(tmp_path: Path, locator: str) -> None:
    """The whole way: adapter, timecode of the list or of the clip, capitals."""
    (tmp_path / "cut.edl").write_text(EDL.replace("LOC: 01:00:00:10", f"LOC: {locator}"))
    found = survey(read_timeline(tmp_path / "cut.edl"), criteria=Criteria(), looks=LookSources(), media_root=tmp_path)
    assert [one.selected for one in found.clips] == [True]
    assert found.clips[0].look is not None
    assert found.clips[0].look.prompt == "MAKE IT SNOW"
    assert found.clips[0].record_timecode == "01:00:00:00"


def test_an_edls_locator_elsewhere_chooses_nothing(tmp_path: Path) -> None:
    """Neither under the clip nor in its frames."""
    (tmp_path / "cut.edl").write_text(EDL.replace("LOC: 01:00:00:10", "LOC: 00:00:09:00"))
    found = survey(read_timeline(tmp_path / "cut.edl"), criteria=Criteria(), looks=LookSources(), media_root=tmp_path)
    assert [one.selected for one in found.clips] == [False]
    assert "MAKE IT SNOW" in found.clips[0].reason


def test_a_marker_survives_final_cut_xml_and_still_chooses(tmp_path: Path) -> None:
    """FCP XML counts from the media's start; media here starts at 01:00:00:00."""
    ref = reference("file:///media/a.mov", start=86400)
    inside = clip("a", 86410, 24, ref=ref, markers=(marker("comet: snow", 12, 0),))
    made = timeline(inside, clip("b", 86440, 24, ref=ref.clone(), markers=(marker("comet: snow", 12, 0),)))
    write_timeline(made, tmp_path / "cut.xml")
    found = survey(read_timeline(tmp_path / "cut.xml"), criteria=Criteria(), looks=LookSources(), media_root=tmp_path)
    assert [(one.name, one.selected) for one in found.clips] == [("a", True), ("b", False)]


def test_what_a_format_loses_is_told_when_it_is_lost(tmp_path: Path) -> None:
    """A relinked timeline as EDL keeps the active reference only, and drops the disabled clip."""
    made = timeline(clip("a", markers=(marker("x"),)), clip("b", enabled=False), start=86400)
    told = write_timeline(timeline_relinked(made, [link(0)]), tmp_path / "cut.edl", arguments={"rate": 24})
    assert any("active reference" in sentence for sentence in told)
    assert any("disabled" in sentence for sentence in told)
    assert write_timeline(timeline(clip("a")), tmp_path / "plain.xml") == ()


def test_the_object_that_is_written_is_not_changed(tmp_path: Path) -> None:
    """Adapters and hooks may change what they are given; they are given a copy."""
    made = timeline(clip("a"), start=86400)
    before = made.to_json_string()
    for name in ("cut.otio", "cut.xml"):
        write_timeline(made, tmp_path / name)
    assert made.to_json_string() == before


@pytest.mark.parametrize("name", ["nowhere/cut.otio", "cut.xyz", "folder.otio"])
def test_an_output_that_cannot_be_written_is_a_clear_error(tmp_path: Path, name: str) -> None:
    """Missing folder, no adapter, a folder in the way: nothing is left behind."""
    (tmp_path / "folder.otio").mkdir()
    with pytest.raises(EditorialError) as caught:
        write_timeline(timeline(clip("a")), tmp_path / name)
    assert caught.value.next_step
    assert [path.name for path in tmp_path.iterdir()] == ["folder.otio"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """A file under its final name is whole."""
    path = tmp_path / "cut.edl"
    path.write_text("old")
    with pytest.raises(EditorialError):
        write_timeline(timeline(track(clip("a")), track(clip("b"))), path)
    assert path.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["cut.edl"]


SAMPLES = Path(__file__).parents[3] / "shared" / "samples"


@pytest.mark.proof
@pytest.mark.parametrize("selection", [(), ("all",)], ids=["comet markers", "all"])
def test_every_host_timeline_is_surveyed_with_a_reason_for_each_clip(selection: tuple[str, ...]) -> None:
    """Files of Avid, Premiere, Final Cut and EDL writers: no clip without a reason, none lost, none changed."""
    files = sorted(path for path in SAMPLES.iterdir() if path.suffix != ".md")
    assert len(files) == 11
    for path in files:
        made = read_timeline(path)
        before = made.to_json_string()
        found = survey(made, criteria=Criteria(selection), looks=LookSources(flags={"prompt": "p"}), media_root=SAMPLES)
        assert len(found.clips) == len(video_clips(made)), path.name
        assert all(one.reason and one.selected == (one.look is not None) for one in found.clips), path.name
        assert made.to_json_string() == before


@pytest.mark.proof
def test_record_timecodes_of_an_edl_are_the_ones_written_in_it() -> None:
    """Events of the sample EDL stand where their record columns say."""
    found = survey(
        read_timeline(SAMPLES / "screening_example.edl"), criteria=Criteria(), looks=LookSources(), media_root=SAMPLES
    )
    assert [one.record_timecode for one in found.clips] == [
        "00:59:53:11",
        "00:59:54:18",
        "00:59:56:20",
        "00:59:58:00",
        "01:00:02:19",
        "01:00:07:00",
        "01:00:13:17",
        "01:00:20:19",
        "01:00:26:11",
    ]


@pytest.mark.proof
def test_an_edls_locators_mean_the_events_that_they_stand_under() -> None:
    """The sample's pink and green locators select their own events by record timecode."""
    made = read_timeline(SAMPLES / "screening_example.edl")
    for term, name in (("marker:PINK", "ZZ100_504C (LAY1)"), ("marker:green", "ZZ100_508 (LAY2)")):
        found = survey(made, criteria=Criteria((term,)), looks=LookSources(), media_root=SAMPLES)
        meant = [one.name for one in found.clips if "does not mean it" not in one.reason]
        assert meant == [name]


@pytest.mark.proof
def test_avids_references_are_all_kept_when_relinked() -> None:
    """Two or three references a clip, among them `.PHYS`."""
    made = read_timeline(SAMPLES / "trims.aaf")
    before = [set(one.media_references()) for one in video_clips(made)]
    result = timeline_relinked(made, [link(index) for index in range(len(before))])
    after = [set(one.media_references()) - {"cometapi:t1"} for one in video_clips(result)]
    assert after == before
    assert isinstance(result, otio.schema.Timeline)


def test_what_is_meant_for_hooks_is_no_argument_of_the_adapter(tmp_path: Path) -> None:
    """A studio's hooks get what they are given, whatever the adapter takes itself."""
    path = tmp_path / "cut.otio"
    otio.adapters.write_to_file(otio.schema.Timeline("cut"), str(path))
    given = {"hook_function_argument_map": {"show": "abc"}, "media_linker_argument_map": {"reel": 1}}
    assert read_timeline(path, arguments=given).name == "cut"
