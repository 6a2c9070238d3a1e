"""Files from strangers, through the command line: each ends with one sentence and an exit code, never otherwise."""

from __future__ import annotations

import json
import sqlite3
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import opentimelineio as otio
import pytest
from click.testing import CliRunner, Result

from otio_cometapi.cli import cli
from otio_cometapi.editorial import file_limits
from otio_cometapi.editorial.file_limits import DEEPEST, check_file, is_too_deep
from support.edits import three_tracks
from support.flow import FILM
from support.ledgers import new_job, planned

MILLION = 1_000_000
LARGE = 1_000_000_000


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's own folders and key out of the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMETAPI_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("COMETAPI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("COMETAPI_KEY", "test")


def comet(*arguments: str | Path) -> Result:
    """Run one command in this process, and see that it ended in words."""
    ended = CliRunner().invoke(cli, [str(each) for each in arguments])
    assert ended.exception is None or isinstance(ended.exception, SystemExit), repr(ended.exception)
    assert "Traceback" not in ended.output
    return ended


def refused(ended: Result, *words: str) -> None:
    """See that a command ended with one clear sentence."""
    assert ended.exit_code in (1, 2), ended.output
    (line,) = ended.stderr.splitlines()
    assert line.startswith("otiocomet: ")
    assert len(line) < 1500
    for word in words:
        assert word in line


def sparse(path: Path, head: bytes = b"", size: int = LARGE) -> Path:
    """Write a file that claims a gigabyte and takes no room."""
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
    return path


# -- timelines

DEEP = {
    "lists": b"[" * MILLION,
    "objects": b'{"a":' * MILLION,
    "lists and objects": b'[{"a":' * (MILLION // 2),
    "closed ones in between": b"[[],{}," * MILLION,
    "hidden behind brackets in texts": b'["]",' * MILLION,
    "hidden behind escaped quotes": b'["\\"]",' * MILLION,
    "hidden behind escaped backslashes": b'["\\\\","]",' * MILLION,
    "within metadata": b'{"OTIO_SCHEMA":"Timeline.1","metadata":{"a":' + b"[" * MILLION,
}


@pytest.mark.parametrize("content", DEEP.values(), ids=DEEP.keys())
def test_a_deep_timeline_is_refused_before_otio_reads_it(tmp_path: Path, content: bytes) -> None:
    """A million levels would end the process in OTIO's own reader; they are one sentence."""
    (tmp_path / "deep.otio").write_bytes(content)
    refused(comet("plan", "deep.otio"), "deep.otio", "nested")


@pytest.mark.parametrize("kind", ["otioz", "otiod"])
def test_a_deep_timeline_in_a_bundle_is_refused_too(tmp_path: Path, kind: str) -> None:
    """Bundles hold the same JSON and go through the same reader."""
    path = tmp_path / f"deep.{kind}"
    if kind == "otiod":
        path.mkdir()
        (path / "content.otio").write_bytes(b"[" * MILLION)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("content.otio", b"[" * MILLION)
    refused(comet("plan", path), "nested")


def test_a_bundle_that_unpacks_without_an_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small archive whose timeline is larger than what is taken is given up at the limit, whatever it claims."""
    monkeypatch.setattr(file_limits, "MOST_BYTES", 8 * 1024 * 1024)
    path = tmp_path / "bomb.otioz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.otio", b" " * (64 * 1024 * 1024))
    assert path.stat().st_size < 100_000
    refused(comet("plan", path), "larger than 8 MiB")


@pytest.mark.parametrize("suffix", ["otio", "edl", "xml", "fcpxml", "ale"])
def test_a_timeline_of_a_gigabyte_is_refused_unread(tmp_path: Path, suffix: str) -> None:
    """Size alone refuses what no edit has, before memory is filled."""
    begun = time.monotonic()
    refused(comet("plan", sparse(tmp_path / f"large.{suffix}", b'{"OTIO_SCHEMA":"')), "larger than 512 MiB")
    assert time.monotonic() - begun < 5


WRONG = {
    "clip that is a number": '{"OTIO_SCHEMA":"Timeline.1","tracks":{"OTIO_SCHEMA":"Stack.1","children":[7]}}',
    "tracks that are text": '{"OTIO_SCHEMA":"Timeline.1","tracks":"none"}',
    "rate of zero": '{"OTIO_SCHEMA":"Timeline.1","tracks":{"OTIO_SCHEMA":"Stack.1","children":[{"OTIO_SCHEMA":'
    '"Track.1","kind":"Video","children":[{"OTIO_SCHEMA":"Clip.2","source_range":{"OTIO_SCHEMA":"TimeRange.1","start_time":'
    '{"OTIO_SCHEMA":"RationalTime.1","rate":0,"value":NaN},"duration":{"OTIO_SCHEMA":"RationalTime.1","rate":0,'
    '"value":1e400}}}]}]}}',
    "unknown schema": '{"OTIO_SCHEMA":"Nothing.9"}',
    "newer schema": '{"OTIO_SCHEMA":"Timeline.99"}',
    "no schema": '{"a":1}',
    "not UTF-8": b'{"OTIO_SCHEMA":"Timeline.1","name":"\xff\xfe"}',
    "cut off": '{"OTIO_SCHEMA":"Timeline.1","tracks":{',
    "empty": "",
    "reference to itself": '{"OTIO_SCHEMA":"Timeline.1","OTIO_REF_ID":"a","tracks":{"OTIO_SCHEMA":'
    '"SerializableObjectRef.1","id":"a"}}',
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG.keys())
def test_a_timeline_of_wrong_types_ends_in_words(tmp_path: Path, content: str | bytes) -> None:
    """JSON that is no timeline is refused, or its clips are left out with reasons."""
    (tmp_path / "wrong.otio").write_bytes(content if isinstance(content, bytes) else content.encode())
    ended = comet("plan", "wrong.otio", "--select", "all", "--prompt", "x")
    assert ended.exit_code in (0, 1)
    assert len(ended.output.splitlines()) < 6


OTHERS = {
    "deep.xml": b'<?xml version="1.0"?><xmeml version="4">' + b"<a>" * 100_000,
    "entities.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;">' % (n + 1, *[n] * 8) for n in range(97, 112))
    + b"]><xmeml>&p;</xmeml>",
    "outside.fcpxml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><fcpxml>&x;</fcpxml>',
    "noise.edl": b"\x00\xff" * 5000,
    "lines.edl": b"001  AX V C 99:99:99:99 00:00:00:00 00:00:00:00 00:00:00:00\n" * 200,
    "noise.otioz": b"PK\x03\x04" + b"\x00" * 500,
    "noise.ale": b"Heading\nColumn\nData\n" + b"\t" * 5000,
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_formats_from_strangers_end_in_words(tmp_path: Path, name: str) -> None:
    """Whatever other people's adapters make of broken and hostile files leaves as one sentence."""
    (tmp_path / name).write_bytes(OTHERS[name])
    ended = comet("plan", name, "--select", "all", "--prompt", "x")
    assert ended.exit_code in (0, 1)
    assert "root:" not in ended.output
    assert len(ended.output.splitlines()) < 6


def test_depth_is_counted_exactly() -> None:
    """Texts do not count, however they are escaped and wherever a piece of the file ends; closed levels do not."""
    assert not is_too_deep([b"[" * DEEPEST + b"]" * DEEPEST])
    assert is_too_deep([b"[" * (DEEPEST + 1)])
    assert not is_too_deep([b'"' + b"[" * 5000 + b'"'])
    assert not is_too_deep([b'["\\"' + b"{" * 5000 + b'"]'])
    assert not is_too_deep([b'["a\\\\",' * 10 + b'"' + b"[{" * 5000 + b'"'])
    assert not is_too_deep([b'["' + b"[" * 400, b"[" * 400 + b'"]'])
    assert is_too_deep([b'["]",' * 300, b'["]",' * 301])
    assert not is_too_deep([b"[[],{}]," * 5000])


def test_counting_the_depth_costs_nearly_nothing(tmp_path: Path) -> None:
    """Looking at the levels of a large edit takes a small share of what OTIO's reader takes."""
    timeline = three_tracks(tmp_path / "media", FILM).timeline
    track = timeline.tracks[0]
    pattern = track[0]
    pattern.metadata["long"] = {f"key {n}": ["[text]", n] for n in range(40)}
    for _ in range(4000):
        track.append(pattern.clone())
    path = tmp_path / "large.otio"
    otio.adapters.write_to_file(timeline, str(path))
    begun = time.process_time()
    check_file(path)
    looked = time.process_time() - begun
    otio.adapters.read_from_file(str(path))
    read = time.process_time() - begun - looked
    print(f"{path.stat().st_size:,} bytes: {looked:.3f} s to look, {read:.3f} s to read")
    assert looked < read / 2


# -- look files and tables

LOOKS = {
    "deep lists": (b"a = " + b"[" * MILLION, "nested"),
    "deep tables": (b"a = " + b"{a=" * MILLION, "nested"),
    "key of a million parts": (b"a." * MILLION + b"a = 1", "so many parts"),
    "table of a million parts": (b"[" + b"a." * MILLION + b"a]", "so many parts"),
    "quoted parts": (b"\"a\".'b' . " * 100_000 + b"c = 1", "so many parts"),
    "number without an end": (b"[defaults]\nseed = 0x" + b"f" * MILLION, "64 bits"),
    "decimal number without an end": (b"[defaults]\nseed = " + b"9" * MILLION, "look.toml"),
    "text without an end": (b'[defaults]\nprompt = "' + b"x" * 5_000_000, "larger than"),
    "seed that is a list": (b"[defaults]\nseed = [1, 2]", "seed"),
    "clips that are a number": (b"clips = 7", "clips"),
    "no text": (b"\xff\xfe\x00", "look.toml"),
}


@pytest.mark.parametrize("kind", LOOKS)
def test_a_hostile_look_file_is_refused(tmp_path: Path, kind: str) -> None:
    """Depth, length, range and types of TOML are bounded before they cost time, memory or the stack."""
    content, word = LOOKS[kind]
    otio.adapters.write_to_file(otio.schema.Timeline("t"), str(tmp_path / "edit.otio"))
    (tmp_path / "look.toml").write_bytes(content)
    begun = time.monotonic()
    refused(comet("plan", "edit.otio", "--look", "look.toml"), word)
    assert time.monotonic() - begun < 20


def test_a_look_file_with_many_dots_in_its_prompts_is_fine(tmp_path: Path) -> None:
    """What bounds keys does not bound prompts, nor comments."""
    otio.adapters.write_to_file(otio.schema.Timeline("t"), str(tmp_path / "edit.otio"))
    dots = "a. " * 200
    text = f'# {dots}\n[defaults]\nprompt = "{dots}" # {dots}\n[clips."sh.0.1.*"]\nprompt = """\n{dots}\n"""\n'
    (tmp_path / "look.toml").write_text(text)
    assert comet("plan", "edit.otio", "--look", "look.toml").stderr == ""


@pytest.mark.parametrize("suffix", ["toml", "csv"])
def test_a_look_file_of_a_gigabyte_is_refused_unread(tmp_path: Path, suffix: str) -> None:
    """A look file's size is bounded before it is read."""
    otio.adapters.write_to_file(otio.schema.Timeline("t"), str(tmp_path / "edit.otio"))
    refused(comet("plan", "edit.otio", "--look", sparse(tmp_path / f"look.{suffix}", b"clip,prompt\n")), "larger than")


TABLES = {
    "cell without an end": b'clip,prompt\nsh0*,"' + b"x" * MILLION,
    "cells without an end": b"clip,prompt\n" + b"x," * MILLION,
    "columns without an end": b"clip" + b",a" * MILLION,
    "NUL": b"clip,prompt\nsh\x000,x",
    "quotes": b'clip,prompt\n"""""",""""x"y"',
    "number": b"clip,seed\nsh0*," + b"9" * 100_000,
}


@pytest.mark.parametrize("content", TABLES.values(), ids=TABLES.keys())
def test_a_hostile_table_is_refused(tmp_path: Path, content: bytes) -> None:
    """Cells, columns and quotes of CSV are checked with the line that is wrong."""
    otio.adapters.write_to_file(otio.schema.Timeline("t"), str(tmp_path / "edit.otio"))
    (tmp_path / "look.csv").write_bytes(content)
    refused(comet("plan", "edit.otio", "--look", "look.csv"), "look.csv")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.toml", b"a = " + b"[" * MILLION),
        ("config.toml", b"a." * MILLION + b"b = 1"),
        ("config.toml", b"[defaults]\nseed = 0x" + b"f" * 100_000),
        ("models.toml", b"[m]\nmax_seconds = 1e999999999"),
        ("models.toml", b'[m]\nmax_seconds = "1e999999999"'),
        ("models.toml", b"[m]\nmax_seconds = 0x" + b"f" * 100_000),
        ("models.toml", b"a = " + b"{a=" * MILLION),
        ("models.toml", b"[m]\nmax_seconds = nan"),
    ],
)
def test_hostile_settings_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    """The configuration and the model table are bounded as look files are; no number fills the memory."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / name).write_bytes(content)
    refused(comet("models"), name)


# -- jobs


def job(folder: Path) -> Path:
    """Make a job with one take."""
    return new_job(folder / "a.cometjob", planned()).path


CARDS = {
    "deep": b'{"a":' * MILLION,
    "list": b"[]",
    "text": b'"x"',
    "schema of a list": b'{"schema": [], "ledger": "sqlite:///private/ledger.sqlite"}',
    "schema without an end": b'{"schema": ' + b"9" * 100_000 + b"}",
    "another ledger": b'{"schema": 1, "ledger": "sqlite:////etc/shadow"}',
    "no text": b"\xff\xfe",
}


@pytest.mark.parametrize("content", CARDS.values(), ids=CARDS.keys())
def test_a_hostile_card_is_refused(tmp_path: Path, content: bytes) -> None:
    """A job.json that cannot be meant opens nothing."""
    path = job(tmp_path)
    (path / "job.json").write_bytes(content)
    refused(comet("status", path), "a.cometjob")


def test_a_card_of_a_gigabyte_is_refused_unread(tmp_path: Path) -> None:
    """A card's beginning is all that is looked at."""
    path = job(tmp_path)
    sparse(path / "job.json", b'{"schema": 1, "ledger": "')
    refused(comet("status", path), "a.cometjob")


def overwritten(path: Path) -> None:
    """Destroy a page in the middle of the database."""
    raw = bytearray(path.read_bytes())
    raw[4096:] = b"\xa5" * (len(raw) - 4096)
    path.write_bytes(raw)


BROKEN: dict[str, Callable[[Path], object]] = {
    "noise": lambda path: path.write_bytes(b"\xa5" * 20_000),
    "a head and noise": overwritten,
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "a text": lambda path: path.write_text("this is no ledger"),
    "a gigabyte of nothing": lambda path: sparse(path, b"SQLite format 3\x00"),
}


@pytest.mark.parametrize("breaking", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("command", ["status", "resume"])
def test_a_broken_ledger_ends_in_words(tmp_path: Path, breaking: Callable[[Path], object], command: str) -> None:
    """A database that is none, or damaged, is named; nothing is made anew in its place."""
    path = job(tmp_path)
    breaking(path / "private" / "ledger.sqlite")
    refused(comet(command, path, *(("-o", "out.otio") if command == "resume" else ())), "ledger.sqlite")


ROWS = [
    "UPDATE takes SET shot = '7'",
    "UPDATE takes SET shot = '" + "[" * 200_000 + "'",
    "UPDATE takes SET shot = json_set(shot, '$.look.prompt', 7)",
    "UPDATE takes SET shot = json_set(shot, '$.look.references', 'x')",
    "UPDATE takes SET shot = json_set(shot, '$.info.path', json('[1]'))",
    "UPDATE takes SET shot = json_set(shot, '$.info.width', 'wide')",
    "UPDATE takes SET shot = json_set(shot, '$.span.rate', '1/0')",
    "UPDATE takes SET shot = json_set(shot, '$.span.rate', '1e999999999')",
    "UPDATE takes SET shot = json_set(shot, '$.span.first_frame', 1.5)",
    "UPDATE takes SET seconds = 'many'",
    "UPDATE takes SET seconds = '1e999999999'",
    "UPDATE takes SET seconds = x'ff00'",
    "UPDATE takes SET number = 'one'",
    "UPDATE parts SET state = 'DREAMING'",
    "UPDATE parts SET message = x'ff00'",
    "UPDATE parts SET task_id = x'00'",
    "UPDATE uses SET record = '{'",
    "UPDATE uses SET clip_name = x'ff'",
    "UPDATE card SET value = 'seven'",
    "DELETE FROM card",
    "DELETE FROM parts",
    "DROP TABLE parts",
]


@pytest.mark.parametrize("statement", ROWS, ids=lambda text: text[:60])
def test_a_ledger_with_wrong_rows_ends_in_words(tmp_path: Path, statement: str) -> None:
    """Whatever stands in a ledger that a stranger wrote, reading it ends with one sentence that names it."""
    path = job(tmp_path)
    with sqlite3.connect(path / "private" / "ledger.sqlite") as database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute(statement)
    database.close()
    verb = "relink" if "uses SET record" in statement else "resume"
    refused(comet(verb, path, "-o", "out.otio"), "ledger.sqlite")
    told = comet("status", path, "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["problems"]


def test_a_plan_still_opens_what_is_whole(tmp_path: Path) -> None:
    """The rows above fail for what was done to them: the same job is read without it."""
    assert comet("status", job(tmp_path)).exit_code == 0
