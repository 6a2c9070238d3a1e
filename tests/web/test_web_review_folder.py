"""The page as a folder: whole, alone, and without anything that is nobody else's business."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from click.testing import CliRunner

from otio_cometapi import judge
from otio_cometapi.cli import cli
from otio_cometapi.pipeline.job import Job
from otio_cometapi.records import Plan

KEY = "sk-secret-of-this-machine"


def exported(job: Path, into: Path, *more: str, code: int = 0) -> dict[str, object]:
    """Write a job's page and return what the command said."""
    asked = ["review", str(job), "--export", str(into), "--json", *more]
    done = CliRunner().invoke(cli, asked, env={"COMETAPI_KEY": KEY})
    assert done.exit_code == code, done.output
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_the_folder_holds_all_that_the_page_names(job: Path, tmp_path: Path) -> None:
    """Every asset, picture and video lies there, differences stand in the page, and decisions are off."""
    said = exported(job, tmp_path / "out")
    text = (tmp_path / "out" / "index.html").read_text("utf-8")
    sheet = json.loads(re.search(r'id="sheet">(.*?)</script>', text, re.DOTALL)[1])  # type: ignore[index]
    assert (said["clips"], sheet["live"]) == (2, False)
    for take in (take for clip in sheet["clips"] for take in clip["takes"]):
        for name in ("original", "media", "thumbnail"):
            assert (tmp_path / "out" / take[name]).stat().st_size > 100
        assert len(take["differences"]) == take["frames"]
    for name in re.findall(r'(?:src|href)="([^"#]+)"', text):
        assert (tmp_path / "out" / name).is_file(), name
    assert text.count("<fieldset disabled") + text.count('class="decide" disabled') == 2


def test_the_folder_has_a_page_for_every_timeline(job: Path, tmp_path: Path) -> None:
    """Each leads to the other, all that they name lies there, history included; --timeline writes one alone."""
    with Job(job) as opened:
        judge(opened, opened.takes()[0].take_id, "note", by="mia", note="too blue")
        first = opened.timeline()
        cut = opened.original(first)
    cut.name = "trailer"
    made = Plan("trailer", (), ())
    Job.with_plan(job, made, timeline=cut, source_path=str(tmp_path / "secret" / "trailer.otio")).close()
    exported(job, tmp_path / "out")
    pages = {path.name: path.read_text("utf-8") for path in (tmp_path / "out").glob("*.html")}
    assert sorted(pages) == ["index.html", f"timeline-{first.timeline_id}.html"]
    for text in pages.values():
        assert re.findall(r'<a href="([^#"]+)"', text) == ["index.html", f"timeline-{first.timeline_id}.html"]
        assert "trailer.otio" in text
        assert "secret" not in text
        for name in re.findall(r'(?:src|href)="([^"#]+)"', text):
            assert (tmp_path / "out" / name).is_file(), name
    assert '"text": "too blue"' in pages[f"timeline-{first.timeline_id}.html"]
    exported(job, tmp_path / "one", "--timeline", str(first.timeline_id))
    (alone,) = (tmp_path / "one").glob("*.html")
    assert "trailer" not in alone.read_text("utf-8")


def test_the_folder_says_nothing_of_this_machine(job: Path, tmp_path: Path) -> None:
    """No absolute path, no key, no signed address, no home and no message in any text of it."""
    with_message(job, f"cannot read '{job}/x': https://host.example/a.mp4?sig=SECRET")
    exported(job, tmp_path / "out")
    for path in (tmp_path / "out").rglob("*"):
        if path.suffix in (".html", ".js", ".css", ".svg", ".txt"):
            text = path.read_text("utf-8")
            for secret in (str(tmp_path), str(job.parent), str(Path.home()) + "/", KEY, "SECRET", "host.example"):
                assert secret not in text, (path.name, secret)
        elif path.is_file():
            assert os.fsencode(str(tmp_path)) not in path.read_bytes()


def with_message(job: Path, message: str) -> None:
    """Let every take of a job carry a message."""
    with Job(job) as opened:
        for take in opened.takes():
            opened.ledger.noted(take.take_id, message)


def test_only_a_review_folder_is_replaced(job: Path, tmp_path: Path) -> None:
    """A folder of something else stays as it is; the page's own is written anew, and nothing half stands anywhere."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "film.mov").write_text("precious")
    exported(job, tmp_path / "mine", code=2)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["film.mov"]
    exported(job, tmp_path / "out")
    (tmp_path / "out" / "index.html").write_text("old")
    exported(job, tmp_path / "out")
    assert (tmp_path / "out" / "index.html").read_text("utf-8") != "old"
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


def test_an_offline_original_leaves_the_rest(job: Path, tmp_path: Path) -> None:
    """The folder is written with what there is; the command says what is missing and ends with 3."""
    with Job(job) as opened:
        source = Path(opened.takes()[0].info.path)
    moved = source.rename(source.with_suffix(".away"))
    try:
        said = exported(job, tmp_path / "out", code=3)
    finally:
        moved.rename(source)
    assert any("does not exist" in str(problem) for problem in said["problems"])  # type: ignore[attr-defined]
    assert list((tmp_path / "out" / "take").iterdir())


def test_without_its_libraries_the_command_names_the_extra(job: Path, monkeypatch: object) -> None:
    """Nothing is started, and the line to type is told."""
    from otio_cometapi.cli import reviewing

    monkeypatch.setattr(reviewing, "find_spec", lambda name: None)  # type: ignore[attr-defined]
    done = CliRunner().invoke(cli, ["review", str(job)])
    assert done.exit_code == 1
    assert "pip install 'otio-cometapi[review]'" in done.output
