"""Long timelines: plan, relink and the media linker, against what OpenTimelineIO itself needs for the file."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench import measuring
from bench.measuring import Row, child, compared, in_turn

CLIPS = 100_000
GROWTH = (1_000, 10_000, 100_000)
SMALL = (20, 200, 400)


def otio_read_write(timeline: str, output: str) -> int:
    """Read a timeline and write it again, as OpenTimelineIO does."""
    import opentimelineio as otio

    read = otio.adapters.read_from_file(timeline)
    otio.adapters.write_to_file(read, output)
    return len(read.tracks)


def planned(timeline: str, cache: str) -> dict[str, Any]:
    """Read a timeline and plan the clips with green markers; what was measured of media is kept in *cache*, or not."""
    from otio_cometapi.pipeline.options import PlanOptions
    from otio_cometapi.pipeline.plan import plan
    from otio_cometapi.pipeline.read import read

    found = plan(read(Path(timeline)), options=_options(PlanOptions, timeline), settings=_settings(cache))
    return {
        "clips": len(found.clips),
        "selected": sum(clip.selected for clip in found.clips),
        "takes": len(found.takes),
    }


def planned_and_relinked(timeline: str, cache: str, job: str, output: str) -> dict[str, Any]:
    """Plan again what a job has finished, lay its takes onto the timeline that was read, and write it."""
    from otio_cometapi.pipeline.job import Job
    from otio_cometapi.pipeline.options import PlanOptions
    from otio_cometapi.pipeline.plan import plan
    from otio_cometapi.pipeline.read import read
    from otio_cometapi.pipeline.relink import relink, write

    tree = read(Path(timeline))
    with Job(job) as opened:
        found = plan(tree, options=_options(PlanOptions, timeline), settings=_settings(cache), job=opened)
        shown = relink(opened, output=Path(output), original=tree)
        write(shown, Path(output))
    return {"new": len(found.new_takes), "shown": len(shown.clips)}


def _settings(cache: str = "") -> Any:
    from otio_cometapi import settings

    return replace(settings.load(with_key=False), cache_dir=Path(cache) if cache else None)


def _options(kind: Any, timeline: str) -> Any:
    return kind(select=("marker:GREEN",), look={"prompt": "make it snow"}, media_root=Path(timeline).parent)


def linked(timeline: str, job: str, output: str) -> int:
    """Read a timeline with our media linker, and write it."""
    import opentimelineio as otio

    arguments = {"job": job, "media_root": str(Path(timeline).parent)}
    read = otio.adapters.read_from_file(timeline, media_linker_name="cometapi", media_linker_argument_map=arguments)
    otio.adapters.write_to_file(read, output)
    return sum(len(clip.media_references()) > 1 for clip in read.find_clips())


def linked_to_nothing(timeline: str, manifest: str, output: str) -> int:
    """Read a timeline with a linker that returns None, and write it."""
    import os

    os.environ["OTIO_PLUGIN_MANIFEST_PATH"] = manifest
    import opentimelineio as otio

    read = otio.adapters.read_from_file(timeline, media_linker_name="nothing")
    otio.adapters.write_to_file(read, output)
    return len(read.tracks)


def made(folder: str, clips: int) -> str:
    """Write the timeline, and a manifest with a linker that does nothing."""
    from bench.big_edit import write_edit

    place = Path(folder)
    (place / "nothing.py").write_text(
        "def link_media_reference(in_clip, media_linker_argument_map=None):\n    return None\n"
    )
    (place / "nothing.json").write_text(
        '{"OTIO_SCHEMA": "PluginManifest.1", "media_linkers": [{"OTIO_SCHEMA": "MediaLinker.1", "name": "nothing",'
        ' "filepath": "nothing.py"}]}'
    )
    return str(write_edit(place / "edit.otio", clips))


def finished_job(timeline: str, job: str) -> int:
    """Make the job of a plan whose takes are all finished: their media is there, and the ledger knows it."""
    from bench.finished import finish
    from otio_cometapi.pipeline.job import Job
    from otio_cometapi.pipeline.options import PlanOptions
    from otio_cometapi.pipeline.plan import plan
    from otio_cometapi.pipeline.read import read

    tree = read(Path(timeline))
    found = plan(tree, options=_options(PlanOptions, timeline), settings=_settings())
    with Job.with_plan(job, found, timeline=tree, source_path=timeline) as opened:
        return finish(opened)


def rows_of(folder: Path, clips: int, runs: int) -> list[Row]:
    """Measure one timeline."""
    timeline = child(made, folder, clips).value
    output, job, cache = str(folder / "out.otio"), str(folder / "edit.cometjob"), str(folder / "cache")
    peer = lambda: child(otio_read_write, timeline, output)  # noqa: E731
    first = in_turn(lambda: child(planned, timeline, ""), peer, runs=runs)
    child(planned, timeline, cache)
    plans = in_turn(lambda: child(planned, timeline, cache), peer, runs=runs)
    print(f"{clips} clips: {plans[0][-1].value}", file=sys.stderr)
    count = child(finished_job, timeline, job).value
    both = in_turn(lambda: child(planned_and_relinked, timeline, cache, job, output), peer, runs=runs)
    print(f"{count} takes finished: {both[0][-1].value}", file=sys.stderr)
    nothing = str(folder / "nothing.json")
    links = in_turn(
        lambda: child(linked, timeline, job, output),
        lambda: child(linked_to_nothing, timeline, nothing, output),
        runs=runs,
    )
    print(f"linker: {links[0][-1].value} clips show a take", file=sys.stderr)
    own = "OTIO read + write"
    size = {"file_mib": round(Path(timeline).stat().st_size / 2**20, 1), "clips": clips}
    return [
        compared(f"plan, {clips} clips, 10 % selected", own, plans, aim=1.25, figure="cpu", more=size),
        compared(f"first plan, {clips} clips: media never measured before", own, first, figure="cpu"),
        compared(f"plan, {clips} clips: memory", own, plans, figure="peak_mib"),
        compared(f"plan + relink, {clips} clips", own, both, aim=1.75, figure="cpu"),
        compared(f"plan + relink, {clips} clips: memory", own, both, aim=1.5, figure="peak_mib"),
        compared(f"media linker over {clips} clips", "a linker that returns None", links, aim=1.5, figure="cpu"),
    ]


def main(arguments: Sequence[str] | None = None) -> Sequence[Row]:
    """Print how the cost grows with the clips."""
    flags = measuring.options(__doc__).parse_args(arguments)
    rows: list[Row] = []
    for clips in SMALL[-1:] if flags.small else GROWTH:
        with tempfile.TemporaryDirectory() as folder:
            rows += rows_of(Path(folder), clips, measuring.runs_of(flags))
    return measuring.told("timelines", rows, flags)
