"""
A nightly job: every edit of a folder goes down the road, within one limit for the night.

Edits that cost nothing (all takes are home already) are written anew; one that would pass the night's limit is left for
the next night, and said; one that cannot be read does not keep the others waiting. Start it from cron or a timer:

    python nightly.py /projects/show/edits --out /projects/show/restyled --limit 120s

The exit code is 0 when everything is done, 3 when something waits for a person or for the next night.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import opentimelineio as otio

import otio_cometapi as comet
from otio_cometapi.errors import BudgetError, CometError


def night(edits: Path, out: Path, *, limit: str, poll_interval_s: float = 5.0) -> list[str]:
    """
    Take every ``.otio`` of a folder down the road; return what a person should read in the morning.

    All edits share one job, so that *limit* (such as ``"120s"`` or ``"20usd"``) holds for the night, and a shot that
    two edits show is paid for once.
    """
    out.mkdir(parents=True, exist_ok=True)
    folder = out / "night.cometjob"
    waits = []
    for path in sorted(edits.glob("*.otio")):
        try:
            waits += [f"{path.name}: {text}" for text in _one(path, out, folder, limit, poll_interval_s)]
        except BudgetError as exc:
            waits.append(f"{path.name}: for the next night: {exc}")
        except (CometError, otio.exceptions.OTIOError, ValueError) as exc:  # OTIO says ValueError of broken JSON
            waits.append(f"{path.name}: {exc}")
    return waits


def _one(path: Path, out: Path, folder: Path, limit: str, poll_interval_s: float) -> list[str]:
    timeline = otio.adapters.read_from_file(str(path))
    with comet.Job(folder) if comet.Job.exists(folder) else _NoJob() as known:
        plan = comet.plan(timeline, media_root=path.parent, job=known)
    if not plan.takes:
        return []
    job, troubles = comet.submit(timeline, plan, job=folder, budget=limit)
    with job:
        troubles += comet.collect(job, poll_interval_s=poll_interval_s, wait_s=6 * 3600.0)
        shown = comet.relink(job, output=out / path.name)
        if shown.clips:
            otio.adapters.write_to_file(shown.timeline, str(out / path.name))
        return [trouble.message for trouble in (*troubles, *shown.missing)]


class _NoJob:
    """Stands for the job on the first night."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def main(words: list[str] | None = None) -> int:
    """Go through the folder, print what waits, and say with the exit code whether anything does."""
    parser = argparse.ArgumentParser(description="Take every edit of a folder down the road, once a night.")
    parser.add_argument("edits", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", default="120s", help="what the night may spend, such as 120s or 20usd")
    parser.add_argument("--poll-interval", type=float, default=5.0, help="seconds between two looks at one task")
    said = parser.parse_args(words)
    waits = night(said.edits, said.out, limit=said.limit, poll_interval_s=said.poll_interval)
    for line in waits:
        print(line)
    return 3 if waits else 0


if __name__ == "__main__":
    sys.exit(main())
