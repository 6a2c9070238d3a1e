"""
How often the alignment check finds a shift, abstains or errs, beside a simple baseline.

Run by hand: ``python tests/bench/alignment_experiment.py --part test --json figures.json [--footage FILE]``.
The one threshold, and everything else of the method, was chosen on ``--part tune``: frames 0 to 61 of the footage and
crops of them, and clips drawn from other seeds. ``--part test`` was looked at only when all was done.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from otio_cometapi.media.alignment import alignment_of
from otio_cometapi.media.frames import decoded_frames
from otio_cometapi.media.motion import Trace, trace_of
from otio_cometapi.media.quality import quality_flags
from support.moving_pictures import MOTIONS, moving, read_pictures, shifted, write_pictures
from support.numbered import number_luma
from support.restyles import CHANGES, restyled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FOOTAGE = Path(__file__).resolve().parents[3] / "shared" / "footage" / "bigbuckbunny.mp4"
SHIFTS = (-3, -2, -1, 0, 1, 2, 3)
SEVEN = ("inverted", "posterised", "edges", "noise", "blur", "half replaced", "wobble")
TURNED = ("hue and contrast", "repainted", "solarised")
"""Changes after which the brightness moves as another colour did."""
RATES = (24, 25, 30)
SEEDS = {"tune": 100, "test": 9000}
"""Where drawing begins. 5000 was the test once: what it showed raised the bar, so that it is no test any more."""
GRADIENTS = {"tune": 6000, "test": 17100}
"""The same for clips whose brightness, once their hues are turned, moves in a way of its own."""
CROPS = {"top left": (0, 0), "top right": (0, 1), "bottom left": (1, 0), "bottom right": (1, 1)}
"""Quarters of the picture: other movement, in the same film."""
REPEATED_FRAMES = (7, 32, 57, 82, 107)
"""Frames of the footage that repeat the one before, from its conversion to 25 fps: anchors that not all media have."""


@dataclass(frozen=True)
class Case:
    """One source, and the shifts and changes it is tried under."""

    name: str
    pictures: NDArray[Any]
    rate: int
    shifts: tuple[int, ...]
    changes: tuple[str, ...] = tuple(CHANGES)


def sources(part: str, footage: Path, only: str) -> Iterator[Case]:
    """Yield what is tried."""
    if only in ("all", "footage") and footage.is_file():
        yield from _footage(part, footage)
    if only in ("all", "numbers"):
        yield Case("numbered media", numbered(72, first=SEEDS[part]), 24, SHIFTS, SEVEN)
    for number, kind in enumerate(MOTIONS if only in ("all", "drawn") else ()):
        rate, count = RATES[number % 3], (60, 72, 84)[number % 3]
        pictures = moving(kind, frame_count=count, rate=rate, seed=SEEDS[part] + number)
        yield Case(kind, pictures, rate, (0, SHIFTS[number % 3], SHIFTS[4 + (number + 1) % 3]))
    for number in range(24 if only in ("all", "gradients") else 0):
        rate, count = RATES[number % 3], (60, 72, 84)[number % 3]
        pictures = moving("gradient", frame_count=count, rate=rate, seed=GRADIENTS[part] + number)
        yield Case("gradients, hues turned", pictures, rate, tuple({0, SHIFTS[number % 7]}), TURNED)


def _footage(part: str, footage: Path) -> Iterator[Case]:
    whole = read_pictures(footage, width=1280, height=720)
    small = np.stack([_half(_half(picture)) for picture in whole])
    plain = np.delete(np.arange(len(whole)), REPEATED_FRAMES)
    windows = {
        "tune": {"footage 0-62": np.arange(62), "footage 0-40": np.arange(40)},
        "test": {
            "footage 58-132": np.arange(58, 132),
            "footage 82-132": np.arange(82, 132),
            "footage 65-132, no repeats": plain[62:],
        },
    }[part]
    for name, frames in windows.items():
        yield Case(name, small[frames], 25, SHIFTS, SEVEN)
    first, end = (0, 62) if part == "tune" else (66, 132)
    for place, (name, (down, across)) in enumerate(CROPS.items()):
        quarter = whole[first:end, 360 * down : 360 * down + 360, 640 * across : 640 * across + 640]
        shifts = (-1 - place % 3, 0, place % 3 + 1)
        yield Case(f"footage {first}-{end}, {name}", np.stack([_half(picture) for picture in quarter]), 25, shifts)


def _half(picture: NDArray[Any]) -> NDArray[Any]:
    height, width, _ = picture.shape
    return picture.reshape(height // 2, 2, width // 2, 2, 3).mean((1, 3)).astype(np.uint8)


def numbered(count: int, *, first: int) -> NDArray[Any]:
    """Return pictures of which only the number in them changes (frames x height x width x RGB)."""
    return np.stack([number_luma(first + n, row=2) for n in range(count)])[..., None].repeat(3, axis=3)


def written(pictures: NDArray[Any], folder: Path, case: Case, change: str = "") -> Trace:
    """Encode, decode, and reduce to the trace."""
    crf = 35 if change == "crf 35" else 22
    return trace_of(decoded_frames(write_pictures(folder / "clip.mp4", pictures, rate=case.rate, crf=crf)))


def baseline(source: Trace, output: Trace) -> int:
    """Correlate motion energy on a grid of 9 x 16 over offsets of up to 8 frames; always answer."""

    def energy(trace: Trace) -> NDArray[Any]:
        grid = trace.luma.reshape(-1, 9, 2, 16, 2).mean((2, 4)).reshape(-1, 144)
        moved = np.abs(np.diff(grid, axis=0))
        moved -= moved.mean(0)
        return moved / (moved.std(0) + 1e-6)

    sent, came = energy(source), energy(output)
    scores = {}
    for offset in range(-8, 9):
        first, end = max(0, -offset), min(len(came), len(sent) - offset)
        scores[offset] = float((came[first:end] * sent[first + offset : end + offset]).mean())
    return max(scores, key=scores.__getitem__)


def results(part: str, footage: Path, only: str) -> Iterator[dict[str, Any]]:
    """Try everything; yield one row a case."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for case in sources(part, footage, only):
            sent = written(case.pictures, folder, case)
            for number, change in enumerate(case.changes):
                for shift in case.shifts:
                    drop = (shift + number) % 3 == 0
                    seed = 1000 * SEEDS[part] + 10 * number + shift
                    made = restyled(shifted(case.pictures, shift, drop=drop), change, seed=seed)
                    came = written(made, folder, case, change)
                    began = time.process_time()
                    found = alignment_of(sent, came)
                    spent = time.process_time() - began
                    flags = [flag.kind for flag in quality_flags(sent, came, alignment=found)]
                    yield {
                        "source": case.name, "rate": case.rate, "change": change, "shift": shift, "dropped": drop,
                        "offset": found.sure_offset, "confidence": found.confidence,
                        "baseline": baseline(sent, came), "flags": flags, "seconds": round(spent, 3),
                    }  # fmt: skip


def verdict(row: dict[str, Any]) -> str:
    """Judge one row."""
    if row["offset"] is None:
        return "unsure"
    return "found" if row["offset"] == row["shift"] else "wrong"


def table(rows: list[dict[str, Any]], by: str) -> str:
    """Write what came out, grouped."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row[by]].append(row)
    groups["all"] = rows
    lines = [f"| {by} | cases | found | unsure | wrong | false alarms | baseline right | baseline false alarms |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for name, group in groups.items():
        counts = Counter(map(verdict, group))
        still = [row for row in group if row["shift"] == 0]
        alarms = sum(row["offset"] not in (None, 0) for row in still)
        right = sum(row["baseline"] == row["shift"] for row in group)
        baseline_alarms = sum(row["baseline"] != 0 for row in still)
        lines.append(
            f"| {name} | {len(group)} | {counts['found']} | {counts['unsure']} | {counts['wrong']}"
            f" | {alarms} of {len(still)} | {right} | {baseline_alarms} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the tables; write the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=sorted(SEEDS), default="test")
    parser.add_argument("--footage", type=Path, default=FOOTAGE)
    parser.add_argument("--only", choices=("all", "drawn", "footage", "gradients", "numbers"), default="all")
    parser.add_argument("--json", type=Path, default=None)
    arguments = parser.parse_args()
    rows = list(results(arguments.part, arguments.footage, arguments.only))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(rows, indent=0))
    print(table(rows, "source"), table(rows, "change"), sep="\n\n")
    footage = [row for row in rows if row["source"].startswith("footage")]
    if footage:
        print("\nFootage only", table(footage, "change"), sep="\n\n")
    flagged = [row for row in rows if set(row["flags"]) - {"length"}]
    kinds = dict(Counter(flag for row in flagged for flag in row["flags"]))
    print(f"\nHonest takes with a quality flag other than length: {len(flagged)} of {len(rows)}: {kinds}")
    for row in flagged + [row for row in rows if verdict(row) == "wrong"]:
        print("  ", {key: row[key] for key in ("source", "change", "shift", "dropped", "offset", "flags")})
    print(f"CPU per comparison: {np.mean([row['seconds'] for row in rows]):.3f} s")


if __name__ == "__main__":
    main()
