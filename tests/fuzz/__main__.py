"""
Runs the harnesses: hypothesis makes inputs that are nearly right, atheris inputs that reach new lines of code.

    python -m fuzz --inputs 1000000       the nightly run (`make fuzz`)
    python -m fuzz --seconds 60           the slice of every change
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CORPUS = Path(__file__).with_name("corpus")
COSTS = {"wire": 1, "selection": 1, "looks": 1, "markers": 3, "metadata": 3, "urls": 1}
"""How long an input of a harness takes beside the others, measured; slower ones get fewer inputs."""
BY_GRAMMAR = 0.05
"""The share of hypothesis: its inputs are worth more and take several times as long."""
SEED = 20260101
NO_LIMIT = 1_000_000_000


def main() -> int:
    """Run every harness with every engine that is here; return 1 when one found something."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--inputs", type=int, help="how many inputs in all")
    parser.add_argument("--seconds", type=float, help="how long in all")
    parser.add_argument("--seed", type=int, default=SEED, help="the same seed makes the same inputs")
    parser.add_argument("--worker", nargs=4, metavar=("ENGINE", "NAME", "INPUTS", "SECONDS"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        engine, name, inputs, seconds = asked.worker
        return worker(engine, name, inputs=int(inputs), seconds=float(seconds), seed=asked.seed)
    if (asked.inputs is None) == (asked.seconds is None):
        parser.error("say either --inputs or --seconds")
    return overseer(inputs=asked.inputs, seconds=asked.seconds, seed=asked.seed)


def overseer(*, inputs: int | None, seconds: float | None, seed: int) -> int:
    """Share the work out, one process for every harness and engine, and print what each did."""
    coverage_guided = importlib.util.find_spec("atheris") is not None
    engines = {"hypothesis": BY_GRAMMAR, "atheris": 1 - BY_GRAMMAR} if coverage_guided else {"hypothesis": 1.0}
    weights = {name: 1 / cost for name, cost in COSTS.items()}
    done, found, started = 0, [], time.monotonic()
    for name, weight in weights.items():
        share = weight / sum(weights.values())
        for engine, part in engines.items():
            count = -(-int(inputs * 10_000 * share * part) // 10_000) + 1 if inputs else NO_LIMIT
            # Within a time, both engines get the same of it.
            limit = 0.0 if seconds is None else seconds / len(weights) / len(engines)
            said = _run(engine, name, count, limit, seed)
            done += int(said["inputs"])
            found += [said] if said["finding"] else []
            print(
                f"{name:10} {engine:10} {said['inputs']:>9,} inputs  {said['finding'] or 'nothing found'}", flush=True
            )
    for each in found:
        print(f"\n{each['name']} ({each['engine']}):\n{each['trace']}")
    print(f"{done:,} inputs in {time.monotonic() - started:.0f} s, {len(found)} findings")
    if not coverage_guided:
        print("without atheris, which has no wheel for this machine: by grammar alone")
    return 1 if found else 0


def _run(engine: str, name: str, inputs: int, seconds: float, seed: int) -> dict[str, object]:
    command = [sys.executable, "-m", "fuzz", "--seed", str(seed), "--worker", engine, name, str(inputs), str(seconds)]
    with tempfile.TemporaryDirectory() as folder:
        paths = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
        ended = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": paths, "COMETAPI_CONFIG_DIR": folder},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    counts = re.findall(r"^Done (\d+) |^#(\d+)\t|^INPUTS (\d+)", ended.stdout, re.MULTILINE)
    count = max((int(next(filter(None, each))) for each in counts), default=0)
    finding = "" if ended.returncode == 0 and count else f"FOUND SOMETHING (exit {ended.returncode})"
    trace = ended.stdout[-4000:]
    return {"name": name, "engine": engine, "inputs": count, "finding": finding, "trace": trace}


def worker(engine: str, name: str, *, inputs: int, seconds: float, seed: int) -> int:
    """Run one harness with one engine in this process."""
    run = by_coverage if engine == "atheris" else by_grammar
    return run(name, inputs=inputs, seconds=seconds, seed=seed)


def by_coverage(name: str, *, inputs: int, seconds: float, seed: int) -> int:
    """Let atheris look for inputs that reach new code, from the corpus on; the library ends the process itself."""
    import atheris

    with atheris.instrument_imports(include=["otio_cometapi"]):
        from fuzz.harnesses import HARNESSES
    learnt = Path("learnt")
    learnt.mkdir()
    limits = [f"-runs={inputs}" if inputs < NO_LIMIT else "-runs=-1"]
    limits += [f"-max_total_time={max(1, round(seconds))}"] if seconds else []
    folders = [str(learnt), *([str(CORPUS / name)] if (CORPUS / name).is_dir() else [])]
    options = [f"-seed={seed}", "-max_len=2048", "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=0"]
    atheris.Setup([sys.argv[0], *limits, *options, *folders], HARNESSES[name])
    atheris.Fuzz()
    return 0


def by_grammar(name: str, *, inputs: int, seconds: float, seed: int) -> int:
    """Let hypothesis make inputs by the harness's grammar, in rounds, and shrink what it finds."""
    from hypothesis import HealthCheck, Phase, Verbosity, given, settings
    from hypothesis import seed as seeded

    from fuzz.grammars import GRAMMARS
    from fuzz.harnesses import HARNESSES

    harness, grammar = HARNESSES[name], GRAMMARS[name]
    count = 0
    ends = time.monotonic() + (seconds or NO_LIMIT)
    rounds = 0
    while count < inputs and time.monotonic() < ends:
        size = min(2000 if seconds == 0 else 200, inputs - count)

        @seeded(seed + rounds)
        @settings(
            max_examples=size,
            database=None,
            deadline=None,
            verbosity=Verbosity.quiet,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(grammar)
        def one_round(data: bytes) -> None:
            nonlocal count
            count += 1
            try:
                harness(data)
            except Exception:
                print("input:", json.dumps(data.decode("latin-1")))
                raise

        before = count
        one_round()
        rounds += 1
        if count == before:
            break
    print(f"INPUTS {count}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
