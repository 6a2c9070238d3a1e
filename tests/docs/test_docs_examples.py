"""The example packages are installed and used through the real doors; what is wrong with one is said with its name."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import road
from support.doc_pages import ROOT
from support.flow import Desk, clips, desk, fast, journal_of, numbers_shown
from support.shown_folder import shown_folder

EXAMPLES = ROOT / "docs" / "examples"
PACKAGES = sorted(path.parent for path in EXAMPLES.glob("*/pyproject.toml"))
BROKEN = """
def broken(*_):
    raise KeyError("the tracker has no such show")
"""
BROKEN_POINTS = """
[otio_cometapi.selectors]
broken = broken_studio:broken
[otio_cometapi.prompt_sources]
broken = broken_studio:broken
[otio_cometapi.publishers]
broken = broken_studio:broken
[otio_cometapi.conform_policies]
gone = no_such_module:policy
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install every example, and one package that fails, into a folder; return it."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run(
        [*pip, "--no-index", "--no-deps", "--no-build-isolation", "--target", str(target), *map(str, PACKAGES)],
        check=True,
        timeout=120,
    )
    (target / "broken_studio.py").write_text(BROKEN)
    facts = target / "broken_studio-2.1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-studio\nVersion: 2.1\n")
    (facts / "entry_points.txt").write_text(BROKEN_POINTS)
    return target


@pytest.fixture(scope="module")
def at_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Yield an edit of which two clips are in progress, as the tracker wrote into their metadata."""
    with road.simulator() as url:
        made = desk(tmp_path_factory.mktemp("desk"), url)
        for clip in made.edit.timeline.find_clips():
            clip.metadata["tracker"] = {"status": "IP" if clip.name in ("sh010", "sh030") else "fin"}
        made.save(made.edit.timeline, "edit.otio")
        yield made


def comet(at_desk: Desk, installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command where the packages are installed."""
    more = {"PYTHONPATH": str(installed)}
    return road.otiocomet(
        *arguments, base_url=at_desk.url, home=at_desk.folder, cwd=at_desk.folder, more=more, installed=True
    )


def test_a_studio_selects_prompts_publishes_and_fits_in_its_own_way(at_desk: Desk, installed: Path) -> None:
    """One run: clips by tracker status, prompts out of a list, sent from a shown folder, short outputs spread."""
    (at_desk.folder / "shots.json").write_text(
        json.dumps({"sh010": {"prompt": "snow [[scenario:output_frame_less]]"}, "sh030": {"prompt": "rain", "seed": 7}})
    )
    public = at_desk.folder / "public"
    public.mkdir()
    with shown_folder(public) as url:
        ended = comet(
            at_desk,
            installed,
            *("run", "edit.otio", "-o", "out.otio", "--handles", "0", "--select", "status:ip"),
            *("--prompts-from", "shots:shots.json", "--publish", f"studio://{public}={url}", "--conform", "spread"),
            *fast(),
        )
    said = json.loads(ended.stdout)
    assert (ended.returncode, sorted(said["relinked"])) == (0, ["sh010", "sh030"]), ended.stderr
    bodies = [entry["body"] for entry in journal_of(at_desk.url, "video_to_video")]
    assert {body["promptText"] for body in bodies} == {"snow [[scenario:output_frame_less]]", "rain"}
    assert all(body["videoUri"].startswith(f"{url}/") for body in bodies)
    assert list(public.iterdir()) == []
    (short,) = [clip for clip in clips(at_desk.folder / "out.otio") if clip.name == "sh010"]
    facts = short.media_reference.metadata["cometapi"]
    assert (facts["conform"], short.media_reference.available_range.duration.value) == ("spread", 34)
    shown = numbers_shown(short)
    assert shown[0] == shown[1]  # the first frame is the one that repeats: 34 frames out of 33
    assert len({str(each) for each in shown}) == 33


def test_plan_reads_a_studios_selector(at_desk: Desk, installed: Path) -> None:
    """`plan` shows the clips that the studio's selector chooses, and ends with 0."""
    ended = comet(at_desk, installed, "plan", "edit.otio", "--select", "status:ip", "--prompt", "x")
    sent = [line.split("\t")[3] for line in ended.stdout.splitlines() if line.startswith("To be sent")]
    assert (ended.returncode, sorted(sent), ended.stderr) == (0, ["sh010", "sh030"], "")


@pytest.mark.parametrize(
    ("flags", "code", "meant"),
    [
        (("--select", "staus:ip"), 2, "did you mean 'status'?"),
        (("--select", "trak:V2"), 2, "did you mean 'track'?"),
        (("--select", "all", "--prompts-from", "shot:list.json"), 2, "Did you mean 'shots'?"),
        (("--select", "all", "--publish", "studoi:///srv=https://cdn.example.com"), 1, "Did you mean 'studio'?"),
        (("--select", "all", "--publish", "ss3://bucket"), 1, "Did you mean 's3'?"),
        (("--select", "all", "--conform", "sprade"), 2, "Did you mean 'spread'?"),
    ],
    ids=["selector", "our own selector", "prompt source", "publisher", "our own publisher", "conform policy"],
)
def test_an_unknown_name_gives_the_one_that_was_meant(
    at_desk: Desk, installed: Path, flags: tuple[str, ...], code: int, meant: str
) -> None:
    """A typing error is told with the nearest name, and nothing is made."""
    command = ("run", "edit.otio", "-o", "typo.otio", "--job", "typo.cometjob", "--prompt", "x", *flags, *fast())
    ended = comet(at_desk, installed, *command)
    assert (ended.returncode, meant in ended.stderr, ".." in ended.stderr) == (code, True, False), ended.stderr
    assert not (at_desk.folder / "typo.cometjob").exists()


@pytest.mark.parametrize(
    ("flags", "noun"),
    [
        (("--select", "broken:ip"), "selector 'broken' of broken-studio 2.1"),
        (("--select", "all", "--prompts-from", "broken"), "prompt source 'broken' of broken-studio 2.1"),
        (("--select", "all", "--publish", "broken://x"), "publisher 'broken' of broken-studio 2.1"),
        (("--select", "all", "--conform", "gone"), "conform policy 'gone' of broken-studio 2.1"),
    ],
    ids=["selector", "prompt source", "publisher", "conform policy"],
)
def test_an_addition_that_fails_is_named(at_desk: Desk, installed: Path, flags: tuple[str, ...], noun: str) -> None:
    """What other people's code raises is one sentence with its name, package and version; nothing is made."""
    command = ("run", "edit.otio", "-o", "fail.otio", "--job", "fail.cometjob", "--prompt", "x", *flags, *fast())
    ended = comet(at_desk, installed, *command)
    assert ended.returncode == 1
    assert noun in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr
    assert not (at_desk.folder / "fail.cometjob").exists()


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_the_page_shows_the_package_as_it_is(package: Path) -> None:
    """The how-to shows every example's module word for word, and the entry point that declares it."""
    page = (ROOT / "docs" / "how-to" / "extend.md").read_text("utf-8")
    (module,) = package.glob("*.py")
    assert module.read_text("utf-8").strip() in page
    declared = (package / "pyproject.toml").read_text("utf-8").split("[project.entry-points.")[1].split("[tool")[0]
    assert f"[project.entry-points.{declared}".strip() in page
