"""Scenarios as data: how a task lives, what goes wrong on the wire, what its output is like."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields, replace
from functools import cache
from importlib import resources
from typing import Any

from .answers import answer_names
from .lifecycle import Stage
from .shapes import CREATE_SHAPES, POLL_SHAPES

DEFAULT_STAGES = (Stage("PENDING", 10.0), Stage("RUNNING", 15.0), Stage("SUCCEEDED"))
"""Succeeds at the fifth poll on the poll clock."""

WIRE_FAULTS = (
    "reset", "close", "stall", "drip", "truncate", "half_reset",
    "short_length", "wrong_type", "octet_stream", "redirect", "no_range",
    "gzip_bomb", "endless", "changed",
)  # fmt: skip
"""What can happen to a connection; `wire` does it, `docs/mock_server.md` describes it."""

VARIANTS = (
    "whole", "first_seconds", "relabel", "resample", "frame_more", "frame_less", "first_doubled", "shifted",
    "frozen", "repeated", "cut",
    "raster", "letterbox", "sound", "vfr", "late_start", "prores", "hevc10", "png_zip",
    "truncated", "black", "text", "empty",
)  # fmt: skip
"""What an output can be like; `variants` makes it, `docs/mock_server.md` describes it."""

_DIRECTIVE = re.compile(r"\[\[\s*(scenario|shape)\s*:\s*([\w.-]+)\s*\]\]")


class UnknownScenarioError(Exception):
    """No scenario has that name, or a scenario's description says something that it cannot."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, and when."""

    on: str
    """The request that it happens to: ``"create"``, ``"poll"`` or ``"file"``."""
    answer: str | None = None
    """Name of a ready-made answer to give instead."""
    wire: str | None = None
    """What happens to the connection: one of `WIRE_FAULTS`."""
    times: int = 1
    """How many times in a row it happens; 0: always."""
    after: int = 0
    """How many requests go well before: creates of the same body, polls of the task, requests of its files."""
    accepted: bool = False
    """Whether a create takes effect all the same: the task exists, only its answer is lost."""
    seconds: float = 2.0
    """How long a stalled or dripping answer takes, in real seconds."""
    methods: tuple[str, ...] = ()
    """HTTP methods that it happens to; empty: all."""

    def strikes(self, number: int) -> bool:
        """Return whether it happens to the request with this number, counted from 1."""
        return number > self.after and (self.times == 0 or number <= self.after + self.times)


@dataclass(frozen=True, slots=True)
class OutputPlan:
    """What a finished task delivers."""

    variant: str = "whole"
    """The kind of output: one of `VARIANTS`."""
    frames: int = 1
    """A number of frames that the variant needs, such as a shift; below 0 a shift the other way."""
    seconds: float = 5.0
    """A length that the variant needs."""
    rate: str = ""
    """A frame rate that the variant needs, as ``"24/1"``; empty: 24 for every rate but 30 for 30000/1001."""
    size: tuple[int, int] = (848, 480)
    """A raster that the variant needs, in pixels."""
    count: int = 1
    """How many URLs the answer lists."""
    lifetime_s: float = 24 * 3600.0
    """How long a URL works, in virtual seconds."""
    expired_urls: int = 0
    """How many of the first URLs have expired when they are given."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way in which a task can go."""

    name: str
    """What a test calls it by."""
    about: str = ""
    """What happens, in a sentence."""
    stages: tuple[Stage, ...] = DEFAULT_STAGES
    """The task's life."""
    shapes: tuple[str, ...] = ()
    """Shapes of its polls' answers, in turn; empty: the server's."""
    create_shape: str | None = None
    """Shape of its create's answer; None: the server's."""
    not_found_s: float = 0.0
    """Age until which a poll is told that the task does not exist, in virtual seconds."""
    gone_after_s: float | None = None
    """Age from which a poll is told that the task is gone; None: never."""
    lenient: bool = False
    """Whether unknown keys of a body are taken silently, as some endpoints do."""
    required_headers: tuple[str, ...] = ()
    """Headers without which a create is refused."""
    faults: tuple[Fault, ...] = ()
    """What goes wrong, in order of precedence."""
    output: OutputPlan = field(default_factory=OutputPlan)
    """What it delivers."""

    def fault_for(self, on: str, number: int, *, method: str = "") -> Fault | None:
        """Return what goes wrong with the n-th request of a kind, if anything."""
        for fault in self.faults:
            if fault.on == on and fault.strikes(number) and (not fault.methods or method in fault.methods):
                return fault
        return None

    def shape_of(self, poll: int) -> str | None:
        """Return the shape of the n-th poll's answer, or None for the server's."""
        return self.shapes[(poll - 1) % len(self.shapes)] if self.shapes else None


def directives_in(prompt: str) -> dict[str, str]:
    """Return what a prompt asks of the simulator: ``[[scenario:throttled]]``, ``[[shape:wrapped]]``."""
    return {match[1]: match[2] for match in _DIRECTIVE.finditer(prompt)}


def scenario_for_format(scenario: Scenario, output_format: str) -> Scenario:
    """Return a scenario that delivers in the format which a body asks for, unless it spoils the output already."""
    variant = {"prores": "prores", "png_sequence": "png_zip", "sdr_rec709_10bit": "hevc10"}.get(output_format)
    if variant is None or scenario.output.variant != "whole":
        return scenario
    return replace(scenario, output=replace(scenario.output, variant=variant))


@cache
def named_scenarios() -> dict[str, Scenario]:
    """Return the scenarios that ship with the simulator, by name."""
    found: dict[str, Scenario] = {}
    folder = resources.files(__package__).joinpath("scenario_files")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        found.update(scenarios_from(tomllib.loads(file.read_text(encoding="utf-8"))))
    return found


def scenarios_from(tables: dict[str, Any]) -> dict[str, Scenario]:
    """
    Return scenarios from parsed TOML or JSON: one table a scenario.

    Raises:
        UnknownScenarioError: A table has a key or a value that a scenario cannot have.
    """
    found: dict[str, Scenario] = {}
    for name, table in tables.items():
        try:
            found[name] = _scenario(name, dict(table))
        except (TypeError, ValueError, AttributeError) as exc:
            message = f"scenario {name!r}: {exc}"
            raise UnknownScenarioError(message) from exc
    return found


def _scenario(name: str, table: dict[str, Any]) -> Scenario:
    stages = tuple(_stage(dict(row)) for row in table.pop("stages", []))
    faults = tuple(_fault(dict(row)) for row in table.pop("faults", []))
    output = _output(dict(table.pop("output", {})))
    for key in ("shapes", "required_headers"):
        table[key] = tuple(table.get(key, ()))
    _known("a scenario", table, Scenario)
    scenario = Scenario(name=name, faults=faults, output=output, **table)
    for shape in scenario.shapes:
        _one_of("shape", shape, POLL_SHAPES)
    if scenario.create_shape is not None:
        _one_of("create_shape", scenario.create_shape, CREATE_SHAPES)
    return replace(scenario, stages=stages) if stages else scenario


def _stage(row: dict[str, Any]) -> Stage:
    if not row.get("status"):
        message = "a stage needs a status"
        raise ValueError(message)
    _known("a stage", row, Stage)
    return Stage(**row)


def _fault(row: dict[str, Any]) -> Fault:
    row["methods"] = tuple(row.get("methods", ()))
    _known("a fault", row, Fault)
    fault = Fault(**row)
    if (fault.answer is None) == (fault.wire is None):
        message = "a fault needs either an answer or a wire"
        raise ValueError(message)
    _one_of("on", fault.on, ("create", "poll", "file"))
    if fault.answer is not None:
        _one_of("answer", fault.answer, answer_names())
    if fault.wire is not None:
        _one_of("wire", fault.wire, WIRE_FAULTS)
    return fault


def _output(row: dict[str, Any]) -> OutputPlan:
    if "size" in row:
        row["size"] = tuple(row["size"])
    _known("an output", row, OutputPlan)
    plan = OutputPlan(**row)
    _one_of("variant", plan.variant, VARIANTS)
    return plan


def _known(what: str, row: dict[str, Any], kind: type) -> None:
    keys = tuple(each.name for each in fields(kind) if each.name != "name")
    for key in row:
        _one_of(f"the key of {what}", key, keys)


def _one_of(what: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        message = f"{what} {value!r} is none of {', '.join(allowed)}"
        raise ValueError(message)
