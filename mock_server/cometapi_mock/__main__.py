"""The command ``cometapi-mock``: the simulator in the foreground."""

from __future__ import annotations

import argparse
import math
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from .clocks import CLOCK_KINDS
from .matching import Rule, read_scenario_file
from .options import Options
from .scenarios import Scenario, UnknownScenarioError, named_scenarios
from .server import MockServer
from .shapes import CREATE_SHAPES, POLL_SHAPES
from .state import StateError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulator until it is interrupted or told to stop; return the exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        own, rules = read_scenario_file(chosen.scenarios, named_scenarios()) if chosen.scenarios else ({}, [])
        if chosen.list_scenarios:
            return _list(own)
        server = _server(chosen, own, rules)
        server.start()
    except (UnknownScenarioError, StateError, OSError) as exc:
        print(f"cometapi-mock: starting the simulator failed: {exc}", file=sys.stderr)  # noqa: T201 - a command prints
        return 2
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    print(server.url, flush=True)  # noqa: T201 - the first line is the ready signal
    stopping.wait()
    server.stop()
    return 0


def _server(chosen: argparse.Namespace, scenarios: dict[str, Scenario], rules: list[Rule]) -> MockServer:
    options = Options(
        scenario=chosen.scenario,
        shape=chosen.shape.replace("+", "_").replace("-", "_"),
        create_shape=chosen.create_shape,
        strict=chosen.strict,
        seed=chosen.seed,
        clock=chosen.clock or ("real" if chosen.speed is not None else "polls"),
        speed=chosen.speed or 1.0,
        allow_delete=chosen.allow_delete,
        concurrency=chosen.concurrency,
        daily_limit=chosen.daily_limit,
    )
    return MockServer(options, port=chosen.port, state=chosen.state, scenarios=scenarios, rules=rules)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cometapi-mock",
        description="Answer like CometAPI's video-to-video service, offline. Prints its address when it is ready.",
    )
    parser.add_argument("--port", type=_port, default=0, help="port on 127.0.0.1; 0 takes a free one (default)")
    parser.add_argument("--scenario", default="ok", metavar="NAME", help="how tasks go that ask for nothing else")
    parser.add_argument(
        "--shape",
        default="bare",
        choices=[*POLL_SHAPES, "bare+cost", "wrapped-legacy"],
        metavar="NAME",
        help=f"shape of polls' answers: {', '.join(POLL_SHAPES)}",
    )
    parser.add_argument("--create-shape", default="id", choices=CREATE_SHAPES, help="shape of creates' answers")
    parser.add_argument("--strict", action="store_true", help="require all seven fields of a create")
    parser.add_argument("--clock", choices=CLOCK_KINDS, help="how time passes (default: polls, or real with --speed)")
    parser.add_argument("--speed", type=_above_zero, metavar="X", help="virtual seconds per real second")
    parser.add_argument("--seed", type=int, default=0, help="what task ids follow from, beside request bodies")
    parser.add_argument("--allow-delete", action="store_true", help="let DELETE cancel tasks, as upstream does")
    parser.add_argument("--concurrency", type=_count, metavar="N", help="tasks that run at once; others are THROTTLED")
    parser.add_argument(
        "--daily-limit", type=_at_least_0, metavar="N", help="creates in 24 virtual hours before HTTP 429"
    )
    parser.add_argument("--list-scenarios", action="store_true", help="print the named scenarios, FILE's too, and end")
    parser.add_argument("--scenarios", type=Path, metavar="FILE", help="a TOML file with scenarios and rules")
    parser.add_argument("--state", type=Path, metavar="DIR", help="keep the state here and go on from it next time")
    return parser


def _above_zero(text: str) -> float:
    value = _finite(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def _finite(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"'{text}' is no number")
    return value


def _whole(text: str, *, low: int, high: int | None = None) -> int:
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number") from None
    if value < low or (high is not None and value > high):
        raise argparse.ArgumentTypeError(
            f"{text} is not from {low} to {high}" if high is not None else f"{text} is below {low}"
        )
    return value


def _count(text: str) -> int:
    return _whole(text, low=1)


def _at_least_0(text: str) -> int:
    return _whole(text, low=0)


def _port(text: str) -> int:
    return _whole(text, low=0, high=65535)


def _list(own: dict[str, Scenario]) -> int:
    for name, scenario in {**named_scenarios(), **own}.items():
        print(f"{name:32} {scenario.about}")  # noqa: T201 - a command prints
    return 0


if __name__ == "__main__":
    sys.exit(main())
