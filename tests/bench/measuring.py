"""Measuring: the same work by us and by a peer, in turn, each run in a process of its own."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
RESULTS = TESTS.parent / "build" / "bench"
"""Where the figures go as JSON; not in the repository."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took."""

    seconds: float
    """Wall time of the work."""
    cpu: float
    """Processor seconds, children included."""
    peak_mib: float
    """Largest resident memory of the process."""
    value: Any = None
    """What the work returned."""


@dataclass(slots=True)
class Row:
    """One comparison."""

    what: str
    """The work."""
    ours: float
    """Our figure."""
    peer: float
    """The peer's."""
    unit: str
    """Of both."""
    against: str
    """What the peer did."""
    aim: float | None = None
    """The ratio that is not to be passed; None: the figure is only told."""
    runs: int = 1
    """Of each; the figures are medians."""
    spread: tuple[float, float] = (0.0, 0.0)
    """The smallest and largest ratio of neighbouring runs."""
    more: dict[str, Any] = field(default_factory=dict)
    """Further facts."""

    @property
    def ratio(self) -> float:
        """Ours by the peer's."""
        return self.ours / self.peer if self.peer else float("nan")

    def line(self) -> str:
        """Return the row of a table."""
        aim = "" if self.aim is None else f"{self.aim:g}"
        missed = "" if self.aim is None else "yes" if self.ratio <= self.aim else "**no**"
        spread = f"{self.spread[0]:.2f} - {self.spread[1]:.2f}" if self.runs > 1 else ""
        return (
            f"| {self.what} | {self.against} | {self.ours:.3g} {self.unit} | {self.peer:.3g} {self.unit} | "
            f"{self.ratio:.2f} | {spread} | {aim} | {missed} |"
        )


HEAD = (
    "| what | peer in the same run | ours | peer | ratio | smallest - largest | aim | reached |\n"
    "|---|---|---|---|---|---|---|---|"
)


def in_turn(
    ours: Callable[[], Cost], peer: Callable[[], Cost], *, runs: int, warm_up: bool = True
) -> tuple[list[Cost], list[Cost]]:
    """Run both in turn, A B A B, after one run of each that is not counted, if there is more than one."""
    if warm_up and runs > 1:
        ours()
        peer()
    pairs = [(ours(), peer()) for _ in range(runs)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def compared(
    what: str,
    against: str,
    costs: tuple[list[Cost], list[Cost]],
    *,
    aim: float | None = None,
    figure: str = "seconds",
    more: dict[str, Any] | None = None,
) -> Row:
    """Return the row of one figure of both: medians, and the ratios of neighbouring runs."""
    ours, peer = ([getattr(cost, figure) for cost in each] for each in costs)
    ratios = [first / second for first, second in zip(ours, peer, strict=True) if second]
    return Row(
        what=what,
        ours=statistics.median(ours),
        peer=statistics.median(peer),
        unit={"seconds": "s", "cpu": "s CPU", "peak_mib": "MiB"}[figure],
        against=against,
        aim=aim,
        runs=len(ours),
        spread=(min(ratios), max(ratios)) if ratios else (0.0, 0.0),
        more={**(more or {}), "wall_s": [[cost.seconds for cost in each] for each in costs]},
    )


def process(*command: str, cwd: Path | None = None, into: Path | None = None) -> Cost:
    """Run a program to its end and return what the whole process took, by the operating system's own account."""
    with tempfile.TemporaryFile() as errors, (into or Path(os.devnull)).open("wb") as out:
        started = datetime.now(tz=UTC).timestamp()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, cwd=cwd, env=_variables()
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = datetime.now(tz=UTC).timestamp() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            raise RuntimeError(f"{command} ended with {child.returncode}: {errors.read()[-2000:].decode()}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def child(work: Callable[..., Any], *arguments: object) -> Cost:
    """
    Call a function of a module in a fresh process and return what it took there, the modules that it imports included.

    The interpreter's own start is not counted; arguments and the value it returns go as JSON.
    """
    name = f"{work.__module__}:{work.__qualname__}"
    done = subprocess.run(
        [sys.executable, "-m", "bench.child", name, json.dumps(arguments, default=str)],
        check=False,
        capture_output=True,
        text=True,
        cwd=TESTS,
        env=_variables(),
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed: {done.stderr[-3000:]}")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _variables() -> dict[str, str]:
    """Return an environment without a user's own settings, so that every machine measures the same."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COMETAPI_", "XDG_"))}
    return {**kept, "HOME": tempfile.gettempdir(), "PYTHONDONTWRITEBYTECODE": ""}


def machine() -> dict[str, Any]:
    """Return what the figures were taken on."""
    model = ""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        model = platform.processor()
    return {
        "cores": os.cpu_count(),
        "processor": model,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "date": datetime.now(tz=UTC).date().isoformat(),
    }


def options(description: str | None) -> argparse.ArgumentParser:
    """Return the flags that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--small", action="store_true", help="a size that only shows that the benchmark runs")
    parser.add_argument("--runs", type=int, default=0, help="runs of each [default: 5, with --small 1]")
    parser.add_argument("--into", type=Path, default=RESULTS, help="folder of the figures as JSON [%(default)s]")
    return parser


def runs_of(flags: argparse.Namespace, usual: int = 5) -> int:
    """Return how many runs are asked for."""
    return int(flags.runs or (1 if flags.small else usual))


def told(name: str, rows: Sequence[Row], flags: argparse.Namespace) -> Sequence[Row]:
    """Print a benchmark's table and write its figures."""
    print(HEAD, *(row.line() for row in rows), sep="\n", flush=True)
    flags.into.mkdir(parents=True, exist_ok=True)
    facts = {"bench": name, "small": flags.small, "machine": machine()}
    facts["rows"] = [{**asdict(row), "ratio": row.ratio} for row in rows]
    (flags.into / f"{name}.json").write_text(json.dumps(facts, indent=1, default=str), "utf-8")
    return rows
