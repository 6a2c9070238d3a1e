"""
Past one machine, on paper: what 1,000, 100,000 and 10 million clips a day ask for, and where each of them jams.

A discrete-event model of the road over the costs of ``measured_costs.json``. Run by hand, in half a minute, after a
change of either: ``python tests/bench/scaling.py``. It writes ``scaling.json`` and the tables of ``docs/scaling.md``.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
COSTS, RESULTS = HERE / "measured_costs.json", HERE / "scaling.json"
PAGE = Path(__file__).parents[2] / "docs" / "scaling.md"
BEGIN, END = (
    "<!-- begin of what tests/bench/scaling.py writes -->",
    "<!-- end of what tests/bench/scaling.py writes -->",
)

TAKEN = {
    "processors": "processors",
    "coordinators": "coordinator",
    "ledgers": "ledger",
    "lines up": "line up",
    "lines down": "line down",
    "tasks at a time": "service",
}
"""The columns of what is needed, and their places."""

VOLUMES = (1_000, 100_000, 10_000_000)
DAY_S = 86_400
CLIPS = 60_000
"""Clips that are simulated at most; a longer run of the largest volume shows nothing more."""
SEED = 7

ASSUMED = {
    "clip_s": (5, "seconds of video of a clip; the measured clip's length"),
    "task_s": (60, "seconds that a task runs at the service; the benchmarks' figure, nothing is published"),
    "output_bytes": (5_000_000, "bytes of an output: 8 Mbit/s"),
    "line_bits_per_s": (1_000_000_000, "of one site's line, each way"),
    "slots": (20, "tasks at a time of one account: the upstream provider's highest tier"),
    "slots_a_day": (30_000, "tasks a day of one account: the same"),
    "processors": (2, "of the machine that was measured"),
    "busy": (0.7, "how busy a station may be, so that bursts do not queue for long"),
    "kept_days": (30, "days that files are kept"),
    "usd_per_s": (0.15, "of video, the price that the table of models assumes for gen4_aleph"),
    "usd_per_processor_hour": (0.05, "of a rented processor"),
    "usd_per_gb_month": (0.023, "of object storage"),
}
"""What nobody measured: value and source."""


@dataclass(frozen=True)
class Visit:
    """One of the places that a clip comes to on its road."""

    place: str
    """What it is called on the page."""
    seconds: float
    """How long the clip occupies one unit of it."""


def value(name: str) -> float:
    """Return an assumption."""
    return float(ASSUMED[name][0])


def road_of(costs: dict[str, float]) -> tuple[Visit, ...]:
    """Return what a clip passes, in the road's order; it comes to the processors twice."""
    up, down = costs["export_bytes"] * 4 / 3, value("output_bytes")
    polls = value("task_s") / 5 * costs["poll_cpu_s"]
    return (
        Visit("processors", costs["cut_cpu_s"]),
        Visit("coordinator", costs["coordinator_cpu_s_per_take"] + costs["create_cpu_s"] + polls),
        Visit("ledger", costs["ledger_s_per_take"]),
        Visit("line up", 8 * up / value("line_bits_per_s")),
        Visit("service", value("task_s")),
        Visit("line down", 8 * down / value("line_bits_per_s")),
        Visit("processors", costs["fit_cpu_s"]),
    )


def seconds_at(road: tuple[Visit, ...]) -> dict[str, float]:
    """Return how long one clip occupies every place, in all."""
    found: dict[str, float] = {}
    for visit in road:
        found[visit.place] = found.get(visit.place, 0.0) + visit.seconds
    return found


def needed(road: tuple[Visit, ...], volume: int) -> dict[str, int]:
    """Return the units of every place that hold a volume without being busier than they may."""
    each_s = volume / DAY_S / value("busy")
    return {place: max(1, math.ceil(each_s * seconds)) for place, seconds in seconds_at(road).items()}


def accounts(volume: int) -> int:
    """Return the accounts of the highest tier that a volume takes: by tasks at a time, and by tasks a day."""
    slots = math.ceil(volume / DAY_S * value("task_s") / value("busy") / value("slots"))
    return max(1, slots, math.ceil(volume / value("slots_a_day")))


def simulated(road: tuple[Visit, ...], volume: int, *, clips: int, seed: int = SEED) -> dict[str, float]:
    """
    Send clips down the road as they come by chance over the day, with the units that are needed.

    Returns:
        Seconds from a clip's coming to its media: the middle one, and that which 95 of 100 keep; how long a clip takes
        where nothing is in its way; and the most that waited at once, anywhere.
    """
    import simpy

    chance, world = random.Random(seed), simpy.Environment()
    places = {name: simpy.Resource(world, units) for name, units in needed(road, volume).items()}
    took: list[float] = []
    most = 0

    def clip() -> Iterator[Any]:
        nonlocal most
        came = world.now
        for visit in road:
            place = places[visit.place]
            with place.request() as turn:
                most = max(most, len(place.queue))
                yield turn
                yield world.timeout(chance.uniform(0.5, 1.5) * visit.seconds)
        took.append(world.now - came)

    def day() -> Iterator[Any]:
        for _ in range(clips):
            world.process(clip())
            yield world.timeout(chance.expovariate(volume / DAY_S))

    world.process(day())
    world.run()
    took.sort()
    return {
        "middle_s": round(took[len(took) // 2], 1),
        "most_s": round(took[len(took) * 95 // 100], 1),
        "alone_s": round(sum(each.seconds for each in road), 1),
        "waiting": most,
    }


def results(measured: dict[str, Any], *, clips: int = CLIPS) -> dict[str, Any]:
    """Return all that the page shows."""
    costs: dict[str, float] = measured["costs"]
    road = road_of(costs)
    have = {"processors": value("processors"), "service": value("slots")}
    at = seconds_at(road)
    kept = costs["export_bytes"] + value("output_bytes") + costs["media_bytes"]
    work = at["processors"] + at["coordinator"]
    rows = []
    for volume in VOLUMES:
        load = {place: volume / DAY_S * seconds / have.get(place, 1) for place, seconds in at.items()}
        rows.append(
            {
                "volume": volume,
                "load": {name: round(each, 4) for name, each in load.items()},
                "bottleneck": max(load, key=lambda name: load[name]),
                "needed": needed(road, volume),
                "accounts": accounts(volume),
                "gb_a_day": round(volume * kept / 1e9, 1),
                "gb_up_a_day": round(volume * costs["export_bytes"] * 4 / 3 / 1e9, 1),
                "usd_service": round(volume * value("clip_s") * value("usd_per_s"), 2),
                "usd_processors": round(volume * work / 3600 * value("usd_per_processor_hour"), 2),
                "usd_storage": round(volume * kept / 1e9 * value("usd_per_gb_month") * value("kept_days") / 30, 2),
                "model": simulated(road, volume, clips=min(clips, volume)),
            }
        )
    return {"measured": measured, "assumed": {name: list(each) for name, each in ASSUMED.items()}, "rows": rows}


def page(found: dict[str, Any]) -> str:
    """Return the part of the page that is written from the results."""
    measured, rows = found["measured"], found["rows"]
    names = list(rows[0]["load"])
    lines = [
        f"Measured on {measured['measured']}: {measured['machine']}, load average before it {measured['load']};",
        f"{measured['with']}; {measured['clip']}.",
        "",
        "| measured | of one clip |",
        "|---|---|",
        *(f"| `{name}` | {_number(each)} |" for name, each in measured["costs"].items()),
        "",
        "| assumed | value | what it is |",
        "|---|---|---|",
        *(f"| `{name}` | {_number(each)} | {why} |" for name, (each, why) in found["assumed"].items()),
        "",
        "How busy the measured machine, one line and one account would be (1.00 is all the time; more cannot be done):",
        "",
        f"| clips a day | {' | '.join(names)} | jams first at |",
        f"|---|{'---|' * len(names)}---|",
    ]
    for row in rows:
        loads = " | ".join(_load(row["load"][name]) for name in names)
        lines.append(f"| {row['volume']:,} | {loads} | {row['bottleneck']} |")
    lines += [
        "",
        "What it takes, and how long a clip is on its way in the model then:",
        "",
        f"| clips a day | {' | '.join(TAKEN)} | accounts | middle | 95 of 100 within | alone | waiting at most |",
        f"|---|{'---|' * (len(TAKEN) + 5)}",
    ]
    for row in rows:
        need, model = row["needed"], row["model"]
        shown = " | ".join(f"{each:,}" for each in (*(need[place] for place in TAKEN.values()), row["accounts"]))
        times = " | ".join(f"{model[name]:.0f} s" for name in ("middle_s", "most_s", "alone_s"))
        lines.append(f"| {row['volume']:,} | {shown} | {times} | {model['waiting']:,} |")
    lines += [
        "",
        "What a day costs (assumed prices), and what it moves:",
        "",
        "| clips a day | service | processors | storage | sent up | kept |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['volume']:,} | {row['usd_service']:,.0f} USD | {row['usd_processors']:,.2f} USD | "
        f"{row['usd_storage']:,.2f} USD | {row['gb_up_a_day']:,.1f} GB | {row['gb_a_day']:,.1f} GB |"
        for row in rows
    ]
    return "\n".join(lines)


def _number(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 or number == int(number) else f"{number:.4g}"


def _load(load: float) -> str:
    return f"{load:,.0f}" if load >= 100 else f"{load:.2f}" if load >= 0.005 else "0.00"


def with_part(text: str, part: str) -> str:
    """Return the page with its written part in place."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{part}\n\n{END}{after}"


def main() -> None:
    """Run the model and write results and page."""
    found = results(json.loads(COSTS.read_text()))
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")
    PAGE.write_text(with_part(PAGE.read_text(), page(found)))
    sys.stdout.write(page(found) + "\n")


if __name__ == "__main__":
    main()
