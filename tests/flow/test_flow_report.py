"""The list a production asks for: what stands in it, and that it adds up to the ledger and to the service's journal."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cometapi_mock.options import Options
from cometapi_mock.server import MockServer
from otio_cometapi.cli.report_table import COLUMNS, csv_text
from support import road
from support.flow import Desk, desk, fast

AMOUNTS = ("seconds", "estimated_usd", "credits", "credits_usd")


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Yield a desk with two versions of a cut sent: one with two takes a clip, then another prompt on one clip."""
    with MockServer(Options(shape="bare_cost")) as server:
        at_desk = desk(tmp_path_factory.mktemp("report") / "desk", server.url)
        assert at_desk.run("--takes", "2", "--exclude", "name:sh04*,name:sh05*")["exit"] == 0
        other = at_desk.edit.timeline.clone()
        other.name = "second version"
        at_desk.save(other, "second.otio")
        ended = at_desk.comet(
            *("run", "second.otio", "-o", "out2.otio", "--select", "name:sh010", "--prompt", '=HYPERLINK("http://x")'),
            *fast(),
        )
        assert ended.returncode == 0, ended.stderr
        failed = at_desk.comet(
            *("run", "second.otio", "-o", "out3.otio", "--select", "name:sh050"),
            *("--prompt", "+[[scenario:failed_internal]]", *fast()),
        )
        assert failed.returncode == 1, failed.stdout
        yield at_desk


@cache
def printed(at_desk: Path, url: str, *arguments: str) -> str:
    """Return what a command prints that changes nothing; asked once."""
    ended = road.otiocomet(*arguments, base_url=url, home=at_desk, cwd=at_desk)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def lines(at_desk: Desk) -> list[dict[str, str]]:
    """Return the report's CSV as a program reads it."""
    text = printed(at_desk.folder, at_desk.url, "report", "comet.cometjob", "--csv")
    return list(csv.DictReader(io.StringIO(text)))


def as_json(at_desk: Desk, *flags: str) -> dict[str, Any]:
    """Return the report's JSON."""
    said: dict[str, Any] = json.loads(
        printed(at_desk.folder, at_desk.url, "report", "comet.cometjob", "--json", *flags)
    )
    return said


def test_columns_add_up_to_the_ledger_exactly(reported: Desk) -> None:
    """Every column of amounts is the ledger's exact sum, rounded once; creates are the service's own count."""
    found = lines(reported)
    connection = sqlite3.connect(reported.folder / "comet.cometjob" / "private" / "ledger.sqlite")
    rows = connection.execute("SELECT seconds, usd, cost_credits FROM attempts WHERE outcome = 'accepted'").fetchall()
    connection.close()
    exact = {
        "seconds": sum(Fraction(row[0]) for row in rows),
        "estimated_usd": sum(Fraction(row[1]) for row in rows),
        "credits": sum(Fraction(repr(row[2])) for row in rows),
        "credits_usd": sum(Fraction(repr(row[2])) for row in rows) / 100,
    }
    for name in AMOUNTS:
        column = sum(Decimal(line[name]) for line in found if line[name])
        assert column == Decimal(round(exact[name] * 10**4)).scaleb(-4), name
    creates = [entry for entry in rows if entry]
    assert sum(int(line["creates"] or 0) for line in found) == len(creates) == reported.creates()


def test_a_line_says_what_the_timeline_says(reported: Desk) -> None:
    """Clip, track and source timecode are those of the cut; every clip of the first version has two lines."""
    found = [line for line in lines(reported) if line["clip"] == "sh020"]
    assert [line["take"] for line in found] == ["1", "2"]
    assert {line["model"] for line in found} == {"gen4_aleph"}
    assert {line["state"] for line in found} == {"READY"}
    assert len({line["seed"] for line in found}) == len({line["task_ids"] for line in found}) == 2
    assert {line["approved_by"] for line in found} == {""}
    planned = json.loads(
        reported.comet("plan", "edit.otio", "--select", "name:sh020", "--prompt", "make it snow", "--json").stdout
    )
    (clip,) = [each for each in planned["clips"] if each["selected"]]
    assert {line["record_in"] for line in found} == {clip["record_timecode"]}
    assert {line["source_in"] for line in found} == {clip["source_timecode"]}
    assert {line["track"] for line in found} == {clip["track"]}
    assert {int(line["frames"]) for line in found} == {clip["frame_count"]}


def test_a_failure_stands_in_the_list_with_its_refund(reported: Desk) -> None:
    """It was sent, it cost nothing, and it says so."""
    (line,) = [line for line in lines(reported) if line["state"] == "FAILED"]
    assert (line["clip"], line["creates"], line["refunded"], Decimal(line["credits"])) == ("sh050", "1", "1", 0)
    assert Decimal(line["estimated_usd"]) > 0


def test_one_version_alone_says_what_the_others_cost(reported: Desk) -> None:
    """With --timeline only its clips are listed; lines and the rest make the job's sum."""
    first, whole = as_json(reported, "--timeline", "1"), as_json(reported)
    assert {line["clip"] for line in first["lines"]} == {"sh010", "sh020", "sh030"}
    assert first["total"]["sent"] + first["others"]["sent"] == whole["total"]["sent"] == reported.creates()
    assert whole["others"]["sent"] == 0
    assert first["total"]["credits"] + first["others"]["credits"] == whole["total"]["credits"]


def test_a_strangers_prompt_is_no_formula(reported: Desk) -> None:
    """In CSV it gets an apostrophe; JSON keeps it as it is."""
    prompts = {line["prompt"] for line in lines(reported)}
    assert '\'=HYPERLINK("http://x")' in prompts
    assert "'+[[scenario:failed_internal]]" in prompts
    assert '=HYPERLINK("http://x")' in {line["prompt"] for line in as_json(reported)["lines"]}


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "' =1"),
        ("\r\n=1", "'  =1"),
        (" =1", "' =1"),
        ("\uff1d1", "'\uff1d1"),
        ("a=1", "a=1"),
        ('Schnee, "weich"\nund leise; \u4e2d\u6587', 'Schnee, "weich" und leise; \u4e2d\u6587'),
        ("a\x00b\x1b[31m\u2028c", "a b [31m c"),
        ("a\u202egpj.exe", "a gpj.exe"),
        ("clip\udcff.mov", "clip\\udcff.mov"),
    ],
)
def test_a_cell_is_safe_and_reads_back(text: str, cell: str) -> None:
    """Whatever a clip is called, a spreadsheet shows it as text, in one row."""
    row: dict[str, Any] = {**dict.fromkeys(COLUMNS, None), "clip": text}
    (found,) = csv.DictReader(io.StringIO(csv_text([row])))
    assert found["clip"] == cell


def test_a_file_is_for_spreadsheets_and_a_pipe_for_programs(reported: Desk) -> None:
    """A .csv file begins with the mark that spreadsheets know UTF-8 by; standard output does not."""
    ended = reported.comet("report", "comet.cometjob", "-o", "takes.csv")
    assert ended.returncode == 0, ended.stderr
    written = (reported.folder / "takes.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbftimeline,track,")
    assert written.count(b"\r\n") == len(lines(reported)) + 1
    assert "less than assumed" in ended.stdout or "more than assumed" in ended.stdout


@pytest.mark.parametrize("flags", [("--csv", "--json"), ("-o", "takes.xls")], ids=" ".join)
def test_one_kind_of_list_is_asked_for(reported: Desk, flags: tuple[str, ...]) -> None:
    """Two kinds, or none that can be told, is wrong usage; nothing is written."""
    ended = reported.comet("report", "comet.cometjob", *flags)
    assert ended.returncode == 2
    assert not (reported.folder / "takes.xls").exists()


def test_status_says_what_was_assumed_and_what_it_cost(reported: Desk) -> None:
    """The last line of `status` compares them; with --json every take has its own."""
    said = reported.comet("status", "comet.cometjob").stdout.splitlines()[-1]
    assert said.startswith(f"{reported.creates()} creates sent, ")
    assert "1 refunded" in said
    found = json.loads(reported.comet("status", "comet.cometjob", "--json").stdout)
    assert found["cost"]["sent"] == sum(take["cost"]["sent"] for take in found["takes"]) == reported.creates()
