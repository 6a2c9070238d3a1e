"""Stock OTIO tools as the door: `otioconvert` with the adapter and the media linker, as processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import opentimelineio as otio
import pytest

from support import road, warm_scripts
from support.flow import Desk, clips, journal_of, numbers_shown, taken
from support.host_process import script
from support.shown_folder import shown_folder

SEND = ("-A", "select=all", "-A", "prompt=make it snow")


def tool(at_desk: Desk, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a stock OTIO tool in the desk's folder."""
    environment = {**road.environment(base_url=at_desk.url, home=at_desk.folder), **changes}
    return warm_scripts.run(arguments, cwd=at_desk.folder, env=environment, timeout_s=120)


def installed_tool(at_desk: Desk, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a stock OTIO tool as a person would: from its installed script, with nothing imported before."""
    environment = road.environment(base_url=at_desk.url, home=at_desk.folder)
    return subprocess.run(
        [script(arguments[0]), *arguments[1:]],
        check=False,
        cwd=at_desk.folder,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


def asked(at_desk: Desk) -> int:
    """Return how many requests the simulator has seen, its own control calls aside."""
    return sum(not entry["path"].startswith("/_mock") for entry in road.answer(f"{at_desk.url}/_mock/journal"))


def test_otioconvert_sends_collects_and_links(at_desk: Desk) -> None:
    """Write with submit=1, read with wait, then link a later cut: three stock commands make a relinked timeline."""
    sent = installed_tool(at_desk, "otioconvert", "-i", "edit.otio", "-o", "edit.cometjob", *SEND, "-A", "submit=1")
    assert sent.returncode == 0, sent.stderr
    assert at_desk.creates() == 5
    got = installed_tool(
        at_desk, "otioconvert", "-i", "edit.cometjob", "-a", "wait=60", "-a", "poll_interval=0.05", "-o", "out.otio"
    )
    assert got.returncode == 0, got.stderr
    second = at_desk.edit.timeline.clone()
    for clip in second.find_clips():
        if clip.source_range:
            one = otio.opentime.RationalTime(1, clip.source_range.start_time.rate)
            clip.source_range = otio.opentime.TimeRange(clip.source_range.start_time + one, clip.source_range.duration)
    at_desk.save(second, "edit_v2.otio")
    before = asked(at_desk)
    linked = installed_tool(
        at_desk, "otioconvert", "-i", "edit_v2.otio", "-m", "cometapi", "-M", "job=edit.cometjob", "-o", "out2.otio"
    )
    assert linked.returncode == 0, linked.stderr
    assert asked(at_desk) == before
    for name in ("out.otio", "out2.otio"):
        for clip in clips(at_desk.folder / name):
            shown = numbers_shown(clip)
            assert taken(clip), (name, clip.name)
            clip.active_media_reference_key = clip.media_reference.metadata["cometapi"]["source_key"]
            assert shown == numbers_shown(clip), (name, clip.name)
    assert at_desk.creates() == 5


def test_without_submit_nothing_is_created(at_desk: Desk) -> None:
    """Writing a `.cometjob` plans and exports only, and asks nothing of the service."""
    ended = tool(at_desk, "otioconvert", "-i", "edit.otio", "-o", "edit.cometjob", *SEND)
    assert ended.returncode == 0, ended.stderr
    assert asked(at_desk) == 0
    status = json.loads(at_desk.comet("status", "edit.cometjob", "--json").stdout)
    assert {take["state"] for take in status["takes"]} == {"EXPORTED"}


def test_the_adapter_publishes(at_desk: Desk) -> None:
    """With `publish_map` every create names the mapped URL; `publish=none` beside it is no place of its own."""
    exports = at_desk.folder / "edit.cometjob" / "private" / "exports"
    with shown_folder(exports) as url:
        wish = ("-A", f"publish_map={exports}={url}", "-A", "publish=none")
        ended = tool(at_desk, "otioconvert", "-i", "edit.otio", "-o", "edit.cometjob", *SEND, *wish, "-A", "submit=1")
    assert ended.returncode == 0, ended.stderr
    sent = [entry["body"]["videoUri"] for entry in journal_of(at_desk.url, "video_to_video")]
    assert len(sent) == 5
    assert all(each.startswith(f"{url}/") for each in sent)


def test_the_environment_may_let_the_adapter_submit(at_desk: Desk) -> None:
    """COMETAPI_ADAPTER_SUBMIT=1 sends, and an explicit submit=0 still does not."""
    tool(
        at_desk,
        "otioconvert",
        *("-i", "edit.otio", "-o", "edit.cometjob", *SEND, "-A", "submit=0"),
        COMETAPI_ADAPTER_SUBMIT="1",
    )
    assert at_desk.creates() == 0
    tool(at_desk, "otioconvert", "-i", "edit.otio", "-o", "edit.cometjob", *SEND, COMETAPI_ADAPTER_SUBMIT="1")
    assert at_desk.creates() == 5


def test_writing_again_pays_only_for_what_is_new(at_desk: Desk) -> None:
    """Writing the same timeline into the same job twice sends nothing the second time."""
    for _ in range(2):
        ended = tool(at_desk, "otioconvert", "-i", "edit.otio", "-o", "edit.cometjob", *SEND, "-A", "submit=1")
        assert ended.returncode == 0, ended.stderr
    assert at_desk.creates() == 5


def test_reading_without_collect_touches_no_network(at_desk: Desk) -> None:
    """Reading a job whose tasks are open asks nothing, changes no ledger and shows the originals."""
    tool(at_desk, "otioconvert", "-i", "edit.otio", "-o", "edit.cometjob", *SEND, "-A", "submit=1")
    before = asked(at_desk)
    ledger = at_desk.folder / "edit.cometjob" / "private" / "ledger.sqlite"
    entries = ledger.read_bytes()
    got = tool(at_desk, "otioconvert", "-i", "edit.cometjob", "-o", "out.otio")
    assert got.returncode == 0, got.stderr
    assert asked(at_desk) == before
    assert ledger.read_bytes() == entries
    assert not any(taken(clip) for clip in clips(at_desk.folder / "out.otio"))


def test_reading_with_require_all_fails_while_takes_are_open(at_desk: Desk) -> None:
    """`-a require=all` fails when a take is missing, and its last line says which."""
    tool(at_desk, "otioconvert", "-i", "edit.otio", "-o", "edit.cometjob", *SEND, "-A", "submit=1")
    got = tool(at_desk, "otioconvert", "-i", "edit.cometjob", "-a", "require=all", "-o", "out.otio")
    assert got.returncode != 0
    assert "sh010" in got.stderr.strip().splitlines()[-1]
    assert not (at_desk.folder / "out.otio").exists()


def test_collecting_without_a_key_is_a_note(at_desk: Desk) -> None:
    """Reading with collect=1 and no key still shows what is home, and says why it asked nothing."""
    tool(at_desk, "otioconvert", "-i", "edit.otio", "-o", "edit.cometjob", *SEND, "-A", "submit=1")
    got = tool(at_desk, "otioconvert", "-i", "edit.cometjob", "-a", "collect=1", "-o", "out.otio", COMETAPI_KEY="")
    assert got.returncode == 0, got.stderr
    assert "COMETAPI_KEY" in got.stderr


def test_stock_tools_on_other_files_touch_neither_network_nor_ledger(at_desk: Desk) -> None:
    """Converting, listing and statistics of plain timelines ask nothing, and import none of our heavy parts."""
    at_desk.run()
    before = asked(at_desk)
    ledger = at_desk.folder / "comet.cometjob" / "private" / "ledger.sqlite"
    entries = ledger.read_bytes()
    for arguments in (
        ("otioconvert", "-i", "out.otio", "-o", "copy.otio"),
        ("otiotool", "-i", "out.otio", "--list-media", "--list-clips", "--verify-ranges"),
        ("otiostat", "out.otio"),
        ("otiocat", "edit.otio"),
    ):
        ended = tool(at_desk, *arguments)
        assert ended.returncode == 0, (arguments, ended.stderr)
    assert asked(at_desk) == before
    assert ledger.read_bytes() == entries
    program = (
        "import sys, opentimelineio as otio; otio.adapters.read_from_file('edit.otio'); "
        "print([name for name in ('av', 'requests', 'sqlalchemy', 'click', 'rich') if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], check=True, cwd=at_desk.folder, capture_output=True, text=True
    )
    assert ended.stdout.strip() == "[]"


def test_a_linker_without_a_job_is_silent(at_desk: Desk) -> None:
    """As the default linker with no job named it changes nothing and says nothing."""
    ended = tool(at_desk, "otioconvert", "-i", "edit.otio", "-o", "copy.otio", OTIO_DEFAULT_MEDIA_LINKER="cometapi")
    assert ended.returncode == 0
    assert ended.stderr == ""
    assert [clip.to_json_string() for clip in clips(at_desk.folder / "copy.otio")] == [
        clip.to_json_string() for clip in clips(at_desk.timeline)
    ]


def test_the_linker_finds_takes_when_the_original_is_offline(at_desk: Desk) -> None:
    """With the original media gone from the disk, a clip is known by file name, range and numbers."""
    at_desk.run()
    moved = at_desk.edit.timeline.clone()
    for clip in moved.find_clips():
        reference = clip.media_reference.clone()
        reference.target_url = f"/mnt/elsewhere/{Path(reference.target_url).name}"
        clip.media_reference = reference
    at_desk.save(moved, "moved.otio")
    ended = tool(
        at_desk, "otioconvert", "-i", "moved.otio", "-m", "cometapi", "-M", "job=comet.cometjob", "-o", "linked.otio"
    )
    assert ended.returncode == 0, ended.stderr
    assert all(taken(clip) for clip in clips(at_desk.folder / "linked.otio"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-A", "select=nonsense:1", "-A", "prompt=x"), "nonsense"),
        (("-A", "select=all", "-A", "prompt=x", "-A", "colour=red"), "unknown argument: colour. Known are budget, "),
        (("-A", "select=all", "-A", "promt=x"), "unknown argument: promt. Did you mean 'prompt'?"),
        (("-A", "select=all", "-A", "prompt=x", "-A", "submit=perhaps"), "submit"),
        (("-A", "select=all", "-A", "prompt=x", "-A", "publish=ftp://place"), "publish to"),
        ((), "select"),
    ],
    ids=[
        "unknown selection",
        "unknown argument",
        "misspelt argument",
        "neither yes nor no",
        "no such place",
        "nothing selected",
    ],
)
def test_wrong_arguments_end_in_a_line_that_says_so(at_desk: Desk, arguments: tuple[str, ...], words: str) -> None:
    """A wrong adapter argument fails with the cause in the last line, and makes no job."""
    ended = tool(at_desk, "otioconvert", "-i", "edit.otio", "-o", "edit.cometjob", *arguments)
    assert ended.returncode != 0
    assert words in ended.stderr.strip().splitlines()[-1]
    assert not (at_desk.folder / "edit.cometjob").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-i", "comet.cometjob", "-a", "wiat=6"), "unknown argument: wiat. Did you mean 'wait'? Known are align, "),
        (("-i", "edit.otio", "-m", "cometapi", "-M", "jbo=comet.cometjob"), "argument: jbo. Did you mean 'job'?"),
    ],
    ids=["adapter", "media linker"],
)
def test_a_misspelt_argument_for_reading_is_named(at_desk: Desk, arguments: tuple[str, ...], words: str) -> None:
    """The last line has the wrong word, the one that was probably meant, and all that there are; nothing is written."""
    at_desk.comet("export", "edit.otio", "--job", "comet.cometjob", "--select", "all", "--prompt", "x", "--no-cut")
    ended = tool(at_desk, "otioconvert", *arguments, "-o", "out.otio")
    assert ended.returncode != 0
    assert words in ended.stderr.strip().splitlines()[-1], ended.stderr
    assert not (at_desk.folder / "out.otio").exists()


def test_the_adapter_lists_its_arguments(at_desk: Desk) -> None:
    """`otiopluginfo` shows the adapter, its suffix and what its arguments mean."""
    ended = tool(at_desk, "otiopluginfo", "cometapi", "-l")
    assert ended.returncode == 0
    assert "cometjob" in ended.stdout
    assert "submit" in ended.stdout
    assert Path(at_desk.folder).is_dir()
