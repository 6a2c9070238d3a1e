"""The command ``cometapi-mock``: the simulator in the foreground."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from .clocks import CLOCK_KINDS
from .options import Options
from .scenarios import UnknownScenarioError
from .server import MockServer
from .shapes import CREATE_SHAPES, POLL_SHAPES


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulator until it is interrupted or told to stop; return the exit code."""
    chosen = _parser().parse_args(arguments)
    clock = chosen.clock or ("real" if chosen.speed is not None else "polls")
    options = Options(
        scenario=chosen.scenario,
        shape=chosen.shape.replace("+", "_").replace("-", "_"),
        create_shape=chosen.create_shape,
        strict=chosen.strict,
        seed=chosen.seed,
        clock=clock,
        speed=chosen.speed or 1.0,
        allow_delete=chosen.allow_delete,
    )
    try:
        server = MockServer(options, port=chosen.port)
        server.start()
    except (UnknownScenarioError, OSError) as exc:
        print(f"cometapi-mock: starting the simulator failed: {exc}", file=sys.stderr)  # noqa: T201 - a command prints
        return 2
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    print(server.url, flush=True)  # noqa: T201 - the first line is the ready signal
    stopping.wait()
    server.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cometapi-mock",
        description="Answer like CometAPI's video-to-video service, offline. Prints its address when it is ready.",
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one (default)")
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
    parser.add_argument("--speed", type=float, metavar="X", help="virtual seconds per real second")
    parser.add_argument("--seed", type=int, default=0, help="what task ids follow from, beside request bodies")
    parser.add_argument("--allow-delete", action="store_true", help="let DELETE cancel tasks, as upstream does")
    return parser


if __name__ == "__main__":
    sys.exit(main())
