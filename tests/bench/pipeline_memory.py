"""
How much memory a run takes as it gets longer: the same road with few and with many takes, each in a process of its own.

Run by hand: ``python tests/bench/pipeline_memory.py 50 500 5000``. Takes are 64 x 36, 12 frames, so that what grows is
what the pipeline keeps; the simulator is a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from otio_cometapi.clock import SystemClock
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import PlanOptions, SendOptions
from otio_cometapi.pipeline.plan import plan
from otio_cometapi.pipeline.run import finish
from otio_cometapi.settings import Settings
from support.road import simulator
from support.tiny_road import KEY, TinyRoad


def run(takes: int, url: str, folder: Path) -> dict[str, float]:
    """Take so many takes down the road; return this process's memory before and at its most, in MB, and the seconds."""
    road = TinyRoad(folder, clock=SystemClock())
    prompts = [f"look {number}" for number in range(takes)]
    cut = road.timeline(prompts)
    made = plan(cut, options=PlanOptions(select=("all",), handles=0, media_root=folder), settings=Settings(), job=None)
    Job.with_plan(folder / "job.cometjob", made, timeline=cut).close()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.monotonic()
    with Job(folder / "job.cometjob") as job:
        result = finish(
            job,
            folder / "out.otio",
            send=SendOptions(poll_interval_s=0.5, wait_s=None),
            settings=Settings(base_url=url, key=KEY),
        )
    assert len(result.relinked) == takes, result.problems[:3]
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"takes": takes, "planned_mb": before, "most_mb": most, "seconds": time.monotonic() - began}


def main() -> None:
    """Measure every number of takes that was asked for."""
    if sys.argv[1] == "one":
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(run(int(sys.argv[2]), sys.argv[3], Path(folder))))
        return
    for takes in sys.argv[1:]:
        with simulator() as url:
            command = [sys.executable, __file__, "one", takes, url]
            print(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip(), flush=True)


if __name__ == "__main__":
    main()
