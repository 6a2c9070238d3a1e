"""
The matrix of hosts: what an edit may be, what was asked for, and who renders it.

A row is one edit of a few scenes, sent down the road, cut again, relinked from its finished takes for a host, and
rendered by a program that is not ours: with its original media, and as relinked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import opentimelineio as otio

from support.coverings import Case, greedy_groups
from support.edits import Medium, expected_numbers
from support.host_copy import HostError
from support.hosts import GES, KDENLIVE, MELT, MELT_OWN_DOCUMENT, Host, differences
from support.road import answer, otiocomet
from support.scenes import NESTINGS, RECUTS, TRANSITIONS, Scene, edit_of

RATES: dict[str, Fraction] = {
    "23.976": Fraction(24000, 1001),
    "24": Fraction(24),
    "25": Fraction(25),
    "29.97": Fraction(30000, 1001),
    "30": Fraction(30),
    "50": Fraction(50),
    "59.94": Fraction(60000, 1001),
    "60": Fraction(60),
}

SHARED = {
    "rate": tuple(RATES),
    "renderer": ("melt", "kdenlive", "ges"),
    "handles": ("0", "8"),
    "placement": ("reference", "track"),
    "host": ("resolve", "mlt", "ges"),
}
"""What all scenes of one edit have in common. The three hosts differ in addresses and in the numbers of ranges."""

SINGLE = {"transition": tuple(TRANSITIONS), "nesting": NESTINGS, "recut": RECUTS}
"""What each scene has of its own."""

FACTORS = {**SHARED, **SINGLE}


def possible(case: Case) -> bool:
    """
    Tell whether a renderer can show a scene at all, which `tests/hosts/test_hosts_adapters.py` measures.

    The Kdenlive adapter writes no dissolves and no nested stacks; GES does not load the nested stacks that its adapter
    writes, and repeats a frame where a clip ends above one that goes on, of unchanged edits as well.
    """
    if case["renderer"] == "kdenlive":
        return case["transition"] == "none" and case["nesting"] != "nested"
    return case["renderer"] != "ges" or case["nesting"] == "flat"


@dataclass(frozen=True)
class Row:
    """One edit and its way."""

    cases: tuple[Case, ...]
    """One for each scene; they agree in the factors of `SHARED`."""

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        return RATES[self.cases[0]["rate"]]

    @property
    def scenes(self) -> list[Scene]:
        """The edit's scenes."""
        return [Scene(case["transition"], case["nesting"], case["recut"]) for case in self.cases]

    @property
    def renderer(self) -> Host:
        """Who renders it; the stock MLT adapter writes no nested stacks, so that those take our own document."""
        name = self.cases[0]["renderer"]
        if name == "melt" and any(case["nesting"] == "nested" for case in self.cases):
            return MELT_OWN_DOCUMENT
        return {"melt": MELT, "kdenlive": KDENLIVE, "ges": GES}[name]

    def __str__(self) -> str:
        shared = "-".join(self.cases[0][name] for name in SHARED)
        return f"{shared}: " + ", ".join("/".join(case[name] for name in SINGLE) for case in self.cases)


@cache
def rows(*, strength: int, scenes: int) -> tuple[Row, ...]:
    """Return rows of *scenes* scenes in which every possible combination of *strength* factors' values occurs."""
    shared = [dict(zip(SHARED, values, strict=True)) for values in product(*SHARED.values())]
    single = [dict(zip(SINGLE, values, strict=True)) for values in product(*SINGLE.values())]
    groups = greedy_groups(shared, single, size=scenes, strength=strength, possible=possible)
    return tuple(Row(tuple(cases)) for cases in groups)


@dataclass(frozen=True)
class Outcome:
    """What became of a row."""

    frame_count: int
    """Record frames that each of the two renders has."""
    problems: tuple[str, ...]
    """What is not as it must be, each a sentence; empty for a right row."""


def outcome(row: Row, media: tuple[Medium, Medium, Medium], folder: Path, url: str) -> Outcome:
    """
    Send a row's edit down the road, cut it again, relink it, render both, and compare every frame.

    Args:
        row: What to do.
        media: Three numbered media of its rate.
        folder: An empty folder to work in.
        url: A simulator.
    """
    before, after = (edit_of(row.scenes, media, recut=recut) for recut in (False, True))
    expected = expected_numbers(after)
    otio.adapters.write_to_file(before.timeline, str(folder / "edit.otio"))
    otio.adapters.write_to_file(after.timeline, str(folder / "recut.otio"))
    shared = row.cases[0]
    problems = _run(folder, url, "edit.otio", "first.otio", "--handles", shared["handles"])
    paid = _creates(url)
    wanted = ("--host", shared["host"], "--placement", shared["placement"], "--handles", shared["handles"])
    problems += _run(folder, url, "recut.otio", "out.otio", *wanted)
    if problems:
        return Outcome(len(expected), tuple(problems))
    more, due = _creates(url) - paid, _not_in_takes(row)
    if more > due:
        problems.append(f"the new cut cost {more} more creates; its takes lack frames of {due} clips only")
    made = otio.adapters.read_from_file(str(folder / "out.otio"))
    ours = [clip for clip in made.find_clips() if clip.active_media_reference_key.startswith("cometapi:")]
    clips = after.timeline.find_clips()
    if len(ours) != len(clips):
        problems.append(f"{len(ours)} of {len(clips)} clips show a take")
    if shared["placement"] == "reference" and len(made.find_clips()) != len(clips):
        problems.append("a track was added, though references were asked for")
    renders = {name: folder / f"{name}.mkv" for name in ("original", "relinked")}
    for name, timeline in (("original", after.timeline), ("relinked", made)):
        try:
            row.renderer.render(timeline, renders[name], row.rate)
        except HostError as exc:
            return Outcome(len(expected), (*problems, f"{name}: {exc}"))
        problems += [f"{name}: {line}" for line in differences(renders[name], expected, row.renderer)]
    return Outcome(len(expected), tuple(problems))


def _not_in_takes(row: Row) -> int:
    """
    Return how many clips may show frames that no take has, which happens without handles only.

    A slipped clip shows frames beyond its old end; of a nested scene in another order, the first and the last clip
    show at one end what the stack hid before.
    """
    if row.cases[0]["handles"] != "0":
        return 0
    slipped = sum(scene.recut == "slipped" for scene in row.scenes)
    return slipped + 2 * sum(scene.recut == "reordered" and scene.nesting == "nested" for scene in row.scenes)


def _run(folder: Path, url: str, timeline: str, output: str, *flags: str) -> list[str]:
    """Run `otiocomet run` for all clips into the job of the folder; return what went wrong."""
    asked = ["--select", "all", "--prompt", "make it snow", "--yes", "--poll-interval", "0.05", "--json"]
    done = otiocomet("run", timeline, "-o", output, *asked, *flags, base_url=url, home=folder, cwd=folder)
    if done.returncode == 0:
        return []
    said: Any = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    return [f"{timeline}: exit {done.returncode}: {said.get('problems') or done.stderr[-500:]}"]


def _creates(url: str) -> int:
    return int(answer(f"{url}/_mock/verify")["creates"])
