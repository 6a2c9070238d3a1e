"""What keeps long timelines cheap changes nothing that is written, and loads nothing that is not needed."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from bench import bench_timelines
from bench.big_edit import write_edit
from otio_cometapi import settings as settings_module
from otio_cometapi.editorial.timeline_io import timeline_text
from otio_cometapi.pipeline.collecting import uncollected
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.link import link_timeline
from otio_cometapi.pipeline.options import PlanOptions
from otio_cometapi.pipeline.plan import plan
from otio_cometapi.pipeline.read import read
from otio_cometapi.pipeline.relink import relink

CLIPS = 40
_SELECTING = ("--select", "marker:GREEN", "--prompt", "make it snow", "--json")
_LOADED = """
import sys
from otio_cometapi.cli import cli
try:
    cli(sys.argv[1:], standalone_mode=False)
except SystemExit as end:
    assert not end.code, end.code
heavy = {"sqlalchemy", "requests", "keyring", "numpy", "rich"} & set(sys.modules)
print("\\nloaded:", *sorted(heavy))
"""


@pytest.fixture(scope="module")
def edit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a timeline of forty clips, four of them selected, with a finished job beside it."""
    folder = tmp_path_factory.mktemp("long")
    path = write_edit(folder / "edit.otio", CLIPS)
    bench_timelines.finished_job(str(path), str(folder / "edit.cometjob"))
    return path


def options(edit: Path) -> PlanOptions:
    """Return what selects the clips with green markers."""
    return PlanOptions(select=("marker:GREEN",), look={"prompt": "make it snow"}, media_root=edit.parent)


def test_garbage_is_looked_for_again_when_the_last_block_ends() -> None:
    """However blocks nest and end, Python collects garbage afterwards as it did before, and not where it did not."""
    with uncollected():
        with pytest.raises(StopIteration), uncollected():
            next(iter(()))
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_relinking_in_place_gives_the_same_timeline(edit: Path) -> None:
    """What was read once and is changed itself ends as the job's copy does."""
    with Job(edit.parent / "edit.cometjob") as job:
        copied = relink(job)
        tree = read(edit)
        changed = relink(job, original=tree)
    assert changed.timeline is tree
    assert timeline_text(changed.timeline) == timeline_text(copied.timeline)
    assert len(changed.clips) == CLIPS // 10


def test_the_linker_lays_the_same_takes(edit: Path) -> None:
    """Clip by clip, the takes found by their frames are those that the plan made for the clips, and no others."""
    with Job(edit.parent / "edit.cometjob") as job:
        wanted = {
            clip.name: clip.active_media_reference_key
            for clip in relink(job).timeline.find_clips()
            if clip.active_media_reference_key.startswith("cometapi:")
        }
    tree = read(edit)
    assert link_timeline(tree, edit.parent / "edit.cometjob", media_root=edit.parent) == len(wanted)
    shown = {clip.name: clip.active_media_reference_key for clip in tree.find_clips()}
    assert {name: key for name, key in shown.items() if key.startswith("cometapi:")} == wanted


def test_a_second_plan_finds_every_take(edit: Path) -> None:
    """Takes that stand are found by their frames: nothing is to be paid again."""
    with Job(edit.parent / "edit.cometjob") as job:
        found = plan(read(edit), options=options(edit), settings=settings_module.load(with_key=False), job=job)
    assert len(found.takes) == CLIPS // 10
    assert not found.new_takes


def test_a_first_plan_loads_neither_ledger_nor_network(edit: Path, tmp_path: Path) -> None:
    """The libraries of database, HTTP and keyring cost more than the plan itself, and are for later verbs."""
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, "plan", str(edit), "--job", str(tmp_path / "no.cometjob"), *_SELECTING],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", "HOME": str(tmp_path)},
    )
    assert done.stdout.splitlines()[-1] == "loaded:"
