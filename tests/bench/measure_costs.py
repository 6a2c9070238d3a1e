"""
What one clip costs on this machine, measured: the figures that the model of `scaling` starts from.

Run by hand, in a minute: ``python tests/bench/measure_costs.py [--footage FILE]``. Writes ``measured_costs.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from otio_cometapi.clock import SystemClock
from otio_cometapi.comet.client import Client
from otio_cometapi.comet.models import load_models, model_named
from otio_cometapi.comet.publish import video_input
from otio_cometapi.comet.request_builder import create_request
from otio_cometapi.events import ignore
from otio_cometapi.farm.errand import tools
from otio_cometapi.jobs import attempts
from otio_cometapi.jobs.attempts import Spending
from otio_cometapi.media.probe import media_info
from otio_cometapi.pipeline.job import Job, parts_in
from otio_cometapi.pipeline.options import SendOptions
from otio_cometapi.pipeline.run import finish
from otio_cometapi.pipeline.work import cut, fit
from otio_cometapi.records import Export, ExportLimits, Finish, Look, Span, SubmitAnswer, SubmitOutcome
from otio_cometapi.records.orders import CutOrder, FitOrder
from otio_cometapi.settings import Settings
from support.road import simulator
from support.tiny_road import KEY, TinyRoad

HERE = Path(__file__).parent
COSTS = HERE / "measured_costs.json"
FOOTAGE = Path(__file__).resolve().parents[3] / "shared" / "footage" / "bigbuckbunny.mp4"
LIMITS = ExportLimits(max_bytes=3_700_000, max_width=1920, max_height=1080, model_width=1280, model_height=720)
TAKES = 24


def main() -> None:
    """Measure everything and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--footage", type=Path, default=FOOTAGE)
    footage, load = parser.parse_args().footage, os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, simulator() as url:
        worked, export = work_costs(footage, Path(folder))
        costs = {**worked, **road_costs(Path(folder), url), **wire_costs(export, url)}
    costs["ledger_s_per_take"] = ledger_cost()
    said = {
        "measured": datetime.now(UTC).date().isoformat(),
        "machine": f"{processor()}, {os.cpu_count()} processors, {platform.system()}",
        "load": f"{load:.1f}",
        "with": f"Python {platform.python_version()}, {tools()}",
        "clip": f"{footage.name}, 5 s of it",
        "costs": {name: round(value, 6) for name, value in costs.items()},
    }
    COSTS.write_text(json.dumps(said, indent=2) + "\n")
    print(COSTS.read_text())


def processor() -> str:
    """Return the processor's name."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def work_costs(footage: Path, folder: Path) -> tuple[dict[str, float], Export]:
    """Cut and conform five seconds: seconds of processor, and bytes of every file."""
    info = media_info(footage)
    span = Span(0, min(info.frame_count, round(5 * info.rate)), info.rate)
    began = time.process_time()
    export = cut(CutOrder(info, span, LIMITS, 0, 1, str(folder / "export.mp4"), ()))
    cut_s = time.process_time() - began
    order = FitOrder(
        outputs=(export.path,),
        exports=(export,),
        checks=(),
        source=info,
        visible=span,
        start_frame=86400,
        finish=Finish(policy="index"),
        into=str(folder / "media.mp4"),
        into_unmoved=str(folder / "media.mp4"),
        needs=(),
    )
    began = time.process_time()
    media = fit(order)
    costs = {
        "cut_cpu_s": cut_s,
        "fit_cpu_s": time.process_time() - began,
        "export_bytes": float(export.size_bytes),
        "media_bytes": float(Path(media.path).stat().st_size),
    }
    return costs, export


def road_costs(folder: Path, url: str) -> dict[str, float]:
    """Send tiny takes down the road: what the coordinator does for each, its pictures being next to nothing."""
    road = TinyRoad(folder / "road")
    path = road.job([f"look {number}" for number in range(TAKES)])
    settings = Settings(base_url=url, key=KEY)
    began = time.process_time()
    with Job(path) as job:
        finish(
            job,
            path.with_suffix(".otio"),
            send=SendOptions(poll_interval_s=0.2, wait_s=120.0),
            settings=settings,
            listener=ignore,
        )
    return {"coordinator_cpu_s_per_take": (time.process_time() - began) / TAKES}


def wire_costs(export: Export, url: str) -> dict[str, float]:
    """Send one create with its body, and poll its task again and again: seconds of processor."""
    client = Client(url, key=KEY, clock=SystemClock())
    look = Look(prompt="snow", model="gen4_aleph", seed=1)
    model = model_named(load_models(None), look.model)
    request = create_request(look, video=video_input(export), model=model, ratio="1280:720", allow_loopback=True)
    began = time.process_time()
    task = client.submit(request).task_id
    create_s = time.process_time() - began
    began = time.process_time()
    for _ in range(200):
        client.retrieve(task, submitted_at=0.0)
    return {"create_cpu_s": create_s, "poll_cpu_s": (time.process_time() - began) / 200}


def ledger_cost() -> float:
    """Write what a take writes into a ledger in a folder of a real disk; seconds from begin to end, disk included."""
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        road = TinyRoad(Path(folder) / "ledger")
        path = road.job([f"look {number}" for number in range(TAKES)])
        with Job(path) as job:
            todo = parts_in(job.takes(), "EXPORTED")  # type: ignore[arg-type]
            owner = job.ledger.new_owner()
            began = time.perf_counter()
            for number, (_, part) in enumerate(todo):
                attempt = attempts.open_attempt(
                    job.ledger,
                    part,
                    owner=owner,
                    body_sha256=f"{number:064d}",
                    spending=Spending(Fraction(5), Fraction(3, 4)),
                    budget=attempts.Budget(),
                )
                assert attempt is not None
                answer = SubmitAnswer(SubmitOutcome.ACCEPTED, task_id=f"task-{number}")
                attempts.close_attempt(job.ledger, attempt, answer)
                for _ in range(WRITES_MORE):
                    job.ledger.noted(part.take_id, f"{number}")
            spent = time.perf_counter() - began
            owner.release()
    return spent / len(todo)


WRITES_MORE = 5
"""Beside the two of its create: two states of its task, that it is home, its media, and the note that is taken off."""

if __name__ == "__main__":
    main()
